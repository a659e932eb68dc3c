//! The schedule over a simulated year, restarts in the middle of runs, retries, budgets, and what Luna says by herself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use luna_core::ports::Clock as _;
use luna_core::store::Db;
use luna_model::{
    ErrorKind, Job, JobId, JobLimits, JobPatch, JobRun, JobRunId, JobState, JobTimes, JobWhat, Missed,
    NewJob, NewTodo, RunCause, RunOutcome, SettingsPatch,
};
use luna_testkit::{FixedClock, InMemory, Ingredients, Reply};
use serde_json::json;

const BERLIN: &str = "Europe/Berlin";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn cron(pattern: &str) -> JobTimes {
    JobTimes::Cron { pattern: pattern.into(), zone: BERLIN.into() }
}

fn job(name: &str, what: JobWhat, times: JobTimes, missed: Missed) -> NewJob {
    NewJob {
        name: name.into(),
        description: String::new(),
        what,
        times,
        missed,
        limits: JobLimits::default(),
        max_retries: 0,
    }
}

fn reminder(text: &str) -> JobWhat {
    JobWhat::Reminder { text: text.into() }
}

fn prompt(text: &str) -> JobWhat {
    JobWhat::Prompt { text: text.into() }
}

fn settings(fields: serde_json::Value) -> SettingsPatch {
    let mut all = json!({ "learn_facts": false, "quiet_from": "" });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    all.as_object().cloned().unwrap()
}

async fn said(luna: &InMemory) -> Vec<String> {
    let mut all = vec![];
    while let Some(message) = luna.take_proactive().await.unwrap() {
        all.push(message);
    }
    all
}

/// All runs of a job but those that the program itself brings, newest first.
async fn runs(luna: &InMemory, id: JobId) -> Vec<JobRun> {
    luna.job_runs(Some(id), 1000, 0).await.unwrap()
}

/// Waits until nothing runs any more: Luna's own keeping of time may have claimed some of it.
async fn settled(db: &Db) {
    let patience = async {
        while !db.open_runs().await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), patience).await.expect("every run ends");
}

async fn due(luna: &InMemory) {
    luna.run_due().await.unwrap();
    settled(luna.db()).await;
}

/// Numbers from a seed, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// When a job of the simulation is due: reckoned day by day on the wall clock, without the crate that the schedule uses.
/// What falls into the hour that is left out is due when that is over; of an hour that comes twice, the first counts.
fn due_times(hour: i8, minute: i8, weekday: Option<i8>, until: Timestamp) -> Vec<Timestamp> {
    let zone = TimeZone::get(BERLIN).unwrap();
    let first = jiff::civil::date(2026, 1, 1);
    let days = (0..375).map(|n| first.checked_add(n.days()).unwrap());
    let fits = days.filter(|day| weekday.is_none_or(|w| day.weekday().to_sunday_zero_offset() == w));
    let moment = |wall: DateTime| {
        let ambiguous = zone.to_ambiguous_timestamp(wall);
        match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => {
                let before = wall.checked_sub(3.hours()).unwrap().to_zoned(zone.clone()).unwrap();
                zone.following(before.timestamp()).next().unwrap().timestamp()
            }
            _ => ambiguous.compatible().unwrap(),
        }
    };
    fits.map(|day| moment(day.at(hour, minute, 0, 0)))
        .filter(|t| *t > at("2026-01-01T00:00:00Z") && *t <= until)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_a_thousand_jobs_with_suspends_restarts_and_clock_steps() {
    let mut dice = Dice(0x5eed);
    let clock = FixedClock::at("2026-01-01T00:00:00Z");
    let ingredients = Ingredients {
        clock: clock.clone(),
        settings: settings(json!({})),
        on_disk: true,
        ..Ingredients::default()
    };
    let mut luna = InMemory::of(ingredients).await;
    let until = at("2026-12-31T00:00:00Z");
    let mut jobs: BTreeMap<JobId, Vec<Timestamp>> = BTreeMap::new();
    for n in 0..1000 {
        let small = |n: u64| i8::try_from(n).unwrap();
        // Half of them at night, where the clocks change.
        let hour = if dice.below(2) == 0 { small(dice.below(4)) } else { small(dice.below(24)) };
        let minute = small(dice.below(60));
        let weekday = (n % 20 > 0).then(|| small(dice.below(7)));
        let missed = if dice.below(2) == 0 { Missed::RunOnce } else { Missed::Skip };
        let day = weekday.map_or("*".to_owned(), |d| d.to_string());
        let dues = due_times(hour, minute, weekday, at("2027-01-09T00:00:00Z"));
        let new = Job {
            id: JobId::new(),
            name: format!("job {n}"),
            description: String::new(),
            what: JobWhat::Overdue {},
            times: cron(&format!("{minute} {hour} * * {day}")),
            missed,
            limits: JobLimits::default(),
            max_retries: 0,
            enabled: true,
            own: false,
            state: JobState::Pending,
            retries: 0,
            next: dues.first().copied(),
            retry_at: None,
            last: None,
            created_at: clock.now(),
        };
        jobs.insert(new.id, dues);
        luna.db().save_job(new).await.unwrap();
    }
    // When somebody looked at the clock, so that what may be late is known.
    let mut looks: Vec<Timestamp> = vec![clock.now()];
    let (mut restarts, mut suspends, mut steps_back) = (0, 0, 0);
    while clock.now() < until {
        let next = luna.run_due().await.unwrap();
        // What the program itself began goes on; a job that runs is not begun anew, however late it becomes.
        settled(luna.db()).await;
        let now = clock.now();
        let step = match dice.below(200) {
            0 => {
                suspends += 1;
                SignedDuration::from_hours(1 + i64::try_from(dice.below(72)).unwrap())
            }
            1 if restarts < 40 => {
                restarts += 1;
                luna.restart().await;
                SignedDuration::from_secs(1)
            }
            2 => {
                steps_back += 1;
                SignedDuration::from_mins(-i64::try_from(1 + dice.below(120)).unwrap())
            }
            // Several together, as after a short sleep.
            _ => next
                .map_or(SignedDuration::from_hours(1), |next| next.duration_since(now))
                .max(SignedDuration::from_mins(i64::try_from(dice.below(240)).unwrap())),
        };
        clock.advance(step);
        looks.push(clock.now());
    }
    luna.run_due().await.unwrap();
    settled(luna.db()).await;
    let runs = luna.db().job_runs(None, 10_000_000, 0).await.unwrap();
    let mut made: BTreeMap<JobId, BTreeSet<Timestamp>> = BTreeMap::new();
    for run in &runs {
        let Some(dues) = jobs.get(&run.job) else { continue };
        assert!(dues.binary_search(&run.due).is_ok(), "{run:?} was not due");
        assert!(run.began_at >= run.due, "{run:?} is early");
        assert!(made.entry(run.job).or_default().insert(run.due), "{run:?} is twice there");
    }
    let tops = looks.iter().scan(Timestamp::MIN, |top, t| {
        *top = (*top).max(*t);
        Some(*top)
    });
    let high: Vec<Timestamp> = tops.collect();
    let mut checked = 0;
    for (id, dues) in &jobs {
        let made = made.get(id).cloned().unwrap_or_default();
        for (n, due) in dues.iter().enumerate().filter(|(_, due)| *due <= high.last().unwrap()) {
            if made.contains(due) {
                checked += 1;
                continue;
            }
            // It may only be left out for a later one of the same job that was due at the same look.
            let seen = high.get(high.partition_point(|look| look < due)).copied().unwrap_or(until);
            assert!(dues.get(n + 1).is_some_and(|later| *later <= seen), "{due} of {id} was lost");
        }
    }
    assert!(checked > 50_000, "only {checked} runs were checked");
    assert!(restarts >= 3 && suspends >= 3 && steps_back >= 3, "{restarts} {suspends} {steps_back}");
}

#[tokio::test]
async fn what_was_missed_is_made_up_for_once_or_left_out_by_its_own_rule() {
    let luna = InMemory::of(Ingredients { settings: settings(json!({})), ..Ingredients::default() }).await;
    let again = job("again", reminder("water the plants"), cron("0 11 * * *"), Missed::RunOnce);
    let again = luna.add_job(again).await.unwrap().now;
    let never =
        luna.add_job(job("never", reminder("look up"), cron("0 12 * * *"), Missed::Skip)).await.unwrap().now;
    luna.clock.advance(SignedDuration::from_hours(24 * 5));
    due(&luna).await;
    due(&luna).await;
    let made = runs(&luna, again.id).await;
    assert_eq!(
        made.iter().map(|r| r.outcome).collect::<Vec<_>>(),
        [RunOutcome::Done],
        "five missed, one made up for"
    );
    let made = runs(&luna, never.id).await;
    assert_eq!(made.iter().map(|r| r.outcome).collect::<Vec<_>>(), [RunOutcome::Skipped]);
    let said = said(&luna).await;
    assert_eq!(said.iter().filter(|s| *s == "water the plants").count(), 1, "{said:?}");
    assert!(!said.contains(&"look up".to_owned()));
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_made_at_the_next_start_and_only_once() {
    let settings = settings(json!({}));
    let mut luna = InMemory::of(Ingredients { on_disk: true, settings, ..Ingredients::default() }).await;
    let calls = JobWhat::Webhook { url: "https://hooks.example.org/x".into(), body: None };
    let tidy =
        luna.add_job(job("tidy", reminder("tidied"), cron("0 13 * * 1"), Missed::RunOnce)).await.unwrap().now;
    let call = luna.add_job(job("call", calls, cron("0 13 * * 1"), Missed::RunOnce)).await.unwrap().now;
    // The program ends between the claim and the deed.
    for job in [&tidy, &call] {
        let due = job.next.unwrap();
        let claimed = JobRun {
            id: JobRunId::new(),
            job: job.id,
            due,
            cause: RunCause::Due,
            began_at: due,
            ended_at: None,
            took_ms: 0,
            outcome: RunOutcome::Running,
            output: String::new(),
            conversation: None,
            tokens: 0,
            micros: 0,
        };
        assert!(luna.db().claim_run(claimed.clone(), Some(at("2026-03-09T12:00:00Z"))).await.unwrap());
        let twice = JobRun { id: JobRunId::new(), ..claimed };
        assert!(!luna.db().claim_run(twice, None).await.unwrap(), "it cannot be claimed again");
    }
    luna.clock.advance(SignedDuration::from_hours(30));
    luna.restart().await;
    settled(luna.db()).await;
    due(&luna).await;
    let made = runs(&luna, tidy.id).await;
    assert_eq!((made.len(), made[0].outcome), (1, RunOutcome::Done));
    assert_eq!(said(&luna).await.iter().filter(|s| *s == "tidied").count(), 1);
    let made = runs(&luna, call.id).await;
    assert_eq!(
        (made.len(), made[0].outcome),
        (1, RunOutcome::Interrupted),
        "nobody knows how far the call got"
    );
    assert!(luna.web.posted().is_empty());
}

#[tokio::test]
async fn a_failed_run_is_tried_again_with_growing_pauses_until_it_succeeds() {
    let luna = InMemory::of(Ingredients { settings: settings(json!({})), ..Ingredients::default() }).await;
    let what = JobWhat::Webhook { url: "https://hooks.example.org/x".into(), body: Some(json!({"a": 1})) };
    let new = NewJob { max_retries: 3, ..job("call", what, cron("0 11 * * *"), Missed::RunOnce) };
    let made = luna.add_job(new).await.unwrap().now;
    luna.clock.advance(SignedDuration::from_hours(1));
    due(&luna).await;
    let failed = luna.find_job(made.id).await.unwrap();
    assert_eq!((failed.retries, failed.state), (1, JobState::Pending));
    assert_eq!(failed.retry_at, Some(luna.clock.now() + SignedDuration::from_secs(1)));
    luna.clock.advance(SignedDuration::from_secs(1));
    due(&luna).await;
    assert_eq!(luna.find_job(made.id).await.unwrap().retries, 2);
    luna.web.put("https://hooks.example.org/x", "there now");
    luna.clock.advance(SignedDuration::from_secs(2));
    due(&luna).await;
    let well = luna.find_job(made.id).await.unwrap();
    assert_eq!((well.retries, well.retry_at, well.state), (0, None, JobState::Pending));
    let causes: Vec<_> = runs(&luna, made.id).await.iter().map(|r| (r.cause, r.outcome)).collect();
    assert_eq!(
        causes,
        [
            (RunCause::Retry, RunOutcome::Done),
            (RunCause::Retry, RunOutcome::Failed),
            (RunCause::Due, RunOutcome::Failed)
        ]
    );
    assert_eq!(luna.web.posted().len(), 1);
}

#[tokio::test]
async fn retries_end() {
    let luna = InMemory::of(Ingredients { settings: settings(json!({})), ..Ingredients::default() }).await;
    let what = JobWhat::Webhook { url: "https://nobody.example.org/".into(), body: None };
    let new = NewJob { max_retries: 1, ..job("call", what, cron("0 11 * * *"), Missed::RunOnce) };
    let made = luna.add_job(new).await.unwrap().now;
    luna.clock.advance(SignedDuration::from_hours(1));
    for _ in 0..5 {
        due(&luna).await;
        luna.clock.advance(SignedDuration::from_mins(6));
    }
    assert_eq!(runs(&luna, made.id).await.len(), 2);
    assert_eq!(luna.find_job(made.id).await.unwrap().state, JobState::Failed);
    luna.clock.advance(SignedDuration::from_hours(24));
    due(&luna).await;
    assert_eq!(runs(&luna, made.id).await.len(), 3, "the next time it is due it runs again");
}

#[tokio::test]
async fn a_prompt_is_worked_on_and_its_answer_told() {
    let luna = InMemory::of(Ingredients { settings: settings(json!({})), ..Ingredients::default() }).await;
    luna.model.improvise(|_| Reply::says("Three new messages.").cost(40, 10));
    let made = luna
        .add_job(job("mail", prompt("Look for mail"), cron("0 11 * * *"), Missed::RunOnce))
        .await
        .unwrap()
        .now;
    let run = luna.run_job(made.id).await.unwrap();
    assert_eq!((run.outcome, run.tokens, run.cause), (RunOutcome::Done, 50, RunCause::Asked));
    assert_eq!(said(&luna).await, ["mail: Three new messages."]);
    let talk = luna.messages(run.conversation.unwrap(), 10, None).await.unwrap();
    assert_eq!(talk[0].content, "Look for mail");
    assert!(luna.conversations(10, None).await.unwrap().is_empty(), "it is not among the user's own");
}

#[tokio::test]
async fn above_a_budget_nothing_more_is_asked_and_the_user_is_asked() {
    let limits = settings(json!({ "background_tokens_a_day": 100, "background_tokens_a_job": 1000 }));
    let luna = InMemory::of(Ingredients { settings: limits, ..Ingredients::default() }).await;
    luna.model.improvise(|_| Reply::says("Done.").cost(90, 30));
    let made =
        luna.add_job(job("hourly", prompt("Look"), cron("0 * * * *"), Missed::RunOnce)).await.unwrap().now;
    luna.clock.advance(SignedDuration::from_hours(1));
    due(&luna).await;
    assert_eq!(runs(&luna, made.id).await[0].tokens, 120);
    said(&luna).await;
    luna.clock.advance(SignedDuration::from_hours(1));
    due(&luna).await;
    assert_eq!(runs(&luna, made.id).await[0].outcome, RunOutcome::Stopped);
    let asked = said(&luna).await;
    assert!(asked[0].contains("100 tokens") && asked[0].ends_with('?'), "{asked:?}");
    assert_eq!(luna.allow_more_today().await.unwrap(), 2);
    luna.clock.advance(SignedDuration::from_hours(1));
    due(&luna).await;
    assert_eq!(runs(&luna, made.id).await[0].outcome, RunOutcome::Done);
    luna.clock.advance(SignedDuration::from_hours(24));
    due(&luna).await;
    assert_eq!(runs(&luna, made.id).await[0].outcome, RunOutcome::Done, "the next day is a new one");
}

#[tokio::test]
async fn a_run_that_goes_on_and_on_is_stopped_at_its_own_limit() {
    let luna = InMemory::of(Ingredients { settings: settings(json!({})), ..Ingredients::default() }).await;
    luna.model.improvise(|_| Reply::calls("list_tasks", json!({})).cost(300, 50));
    let limits = JobLimits { tokens: Some(1000), ..JobLimits::default() };
    let new =
        NewJob { limits, ..job("loop", prompt("Look again and again"), cron("0 11 * * *"), Missed::RunOnce) };
    let made = luna.add_job(new).await.unwrap().now;
    let run = luna.run_job(made.id).await.unwrap();
    assert_eq!((run.outcome, run.tokens), (RunOutcome::Stopped, 1050), "no call more after the thousand");
}

#[tokio::test]
async fn a_job_does_not_overlap_itself() {
    let luna = InMemory::of(Ingredients { settings: settings(json!({})), ..Ingredients::default() }).await;
    luna.model.improvise(|_| Reply::says("…").hang());
    let made =
        luna.add_job(job("long", prompt("Think"), cron("*/10 * * * *"), Missed::RunOnce)).await.unwrap().now;
    let run = luna.begin_job(made.id).await.unwrap();
    luna.clock.advance(SignedDuration::from_mins(25));
    luna.run_due().await.unwrap();
    assert_eq!(luna.run_job(made.id).await.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(runs(&luna, made.id).await.iter().map(|r| r.id).collect::<Vec<_>>(), [run.id]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_when_it_is_made() {
    let luna = InMemory::luna().await;
    let never = |what, times| luna.add_job(job("x", what, times, Missed::RunOnce));
    let hourly = || cron("0 * * * *");
    for (what, times) in [
        (prompt(" "), hourly()),
        (reminder("x"), cron("61 * * * *")),
        (reminder("x"), JobTimes::Once { at: at("2020-01-01T00:00:00Z") }),
        (JobWhat::Webhook { url: "ftp://x".into(), body: None }, hourly()),
    ] {
        assert_eq!(never(what, times).await.unwrap_err().kind, ErrorKind::Invalid);
    }
    assert!(JobWhat::from_parts("no-such-handler", serde_json::Map::new()).is_err());
    let made = luna.add_job(job("x", reminder("y"), hourly(), Missed::Skip)).await.unwrap().now;
    let off = luna.enable_job(made.id, false).await.unwrap();
    assert_eq!((off.state, off.next), (JobState::Cancelled, None));
    let on = luna.enable_job(made.id, true).await.unwrap();
    assert_eq!((on.state, on.next), (JobState::Pending, made.next));
    let patch = JobPatch { times: Some(cron("30 * * * *")), ..JobPatch::default() };
    assert_eq!(luna.update_job(made.id, patch).await.unwrap().now.next, Some(at("2026-03-01T09:30:00Z")));
    luna.delete_job(made.id).await.unwrap();
    assert_eq!(luna.delete_job(made.id).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn luna_tells_the_day_and_what_is_overdue() {
    let clock = FixedClock::at("2026-03-02T05:00:00Z");
    let luna =
        InMemory::of(Ingredients { clock, settings: settings(json!({})), ..Ingredients::default() }).await;
    let patience = async {
        while luna.jobs().await.unwrap().len() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), patience).await.expect("her own jobs are there");
    luna.quick_add("Standup today at 10am").await.unwrap();
    let due_at = Some(at("2026-03-02T12:00:00Z"));
    luna.add_todo(NewTodo { title: "Taxes".into(), due: due_at, ..NewTodo::default() }).await.unwrap();
    luna.clock.advance(SignedDuration::from_hours(3));
    due(&luna).await;
    assert_eq!(said(&luna).await, ["Good morning. Today: Standup at 10:00. To do: Taxes."]);
    luna.clock.advance(SignedDuration::from_hours(9));
    due(&luna).await;
    let told = said(&luna).await;
    assert!(told.contains(&"Overdue: Taxes.".to_owned()), "{told:?}");
    let quiet = SettingsPatch::from_iter([("do_not_disturb".to_owned(), true.into())]);
    luna.patch_settings(quiet).await.unwrap();
    luna.clock.advance(SignedDuration::from_hours(24));
    due(&luna).await;
    assert!(said(&luna).await.is_empty(), "she does not speak up when she is not to disturb");
}
