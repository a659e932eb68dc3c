//! What Luna begins by herself: when she asks how it goes, when she holds back, and less of it.

use futures::StreamExt as _;
use jiff::SignedDuration;
use luna_core::ChatRequest;
use luna_model::{ErrorKind, Event, Job, JobWhat, Leave, OwnWord, Restraint, RunOutcome, UserState};
use luna_testkit::{FixedClock, InMemory, Ingredients, Reply};
use serde_json::json;

/// How long something may take that happens by itself.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

async fn awake(at: &str) -> InMemory {
    let settings = json!({ "learn_facts": false, "quiet_from": "" }).as_object().cloned().unwrap();
    let ingredients =
        Ingredients { clock: FixedClock::at(at), settings, on_disk: true, ..Ingredients::default() };
    let luna = InMemory::of(ingredients).await;
    let patience = async {
        while luna.jobs().await.unwrap().len() < 4 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, patience).await.expect("her own jobs are there");
    luna
}

async fn say(luna: &InMemory, text: &str) {
    luna.model.then(Reply::says("I see."));
    let request = ChatRequest { message: text.into(), ..ChatRequest::default() };
    let mut turn = luna.chat(request).await.unwrap();
    while turn.next().await.is_some() {}
}

async fn job(luna: &InMemory, what: &JobWhat) -> Job {
    luna.jobs().await.unwrap().into_iter().find(|job| job.own && job.what == *what).unwrap()
}

/// Has what is due done, and says how the last run of this job went.
async fn done(luna: &InMemory, what: &JobWhat) -> (RunOutcome, String) {
    luna.run_due().await.unwrap();
    let id = job(luna, what).await.id;
    let patience = async {
        while !luna.db().open_runs().await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, patience).await.expect("every run ends");
    let runs = luna.job_runs(Some(id), 1, 0).await.unwrap();
    runs.into_iter().next().map(|run| (run.outcome, run.output)).expect("it ran")
}

const CHECK_IN: JobWhat = JobWhat::CheckIn {};
const BRIEF: JobWhat = JobWhat::Brief {};

#[tokio::test]
async fn she_asks_how_it_goes_a_while_after_the_last_talk_and_only_someone_who_is_there() {
    let luna = awake("2026-03-02T09:50:00Z").await;
    luna.machine.leave(5, false);
    luna.look_at_user().await;
    say(&luna, "I am writing the talk for Friday").await;
    // Ten minutes later: too soon.
    luna.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(done(&luna, &CHECK_IN).await, (RunOutcome::Done, "there was nothing to say".into()));
    luna.clock.advance(SignedDuration::from_mins(30));
    luna.machine.leave(3_000, true);
    assert_eq!(luna.look_at_user().await.state, UserState::Away);
    assert_eq!(done(&luna, &CHECK_IN).await, (RunOutcome::Skipped, "not now: nobody is there".into()));
    luna.clock.advance(SignedDuration::from_mins(30));
    luna.machine.leave(5, false);
    luna.look_at_user().await;
    luna.model.then(Reply::says("How is the talk for Friday coming along?"));
    let asked = "How is the talk for Friday coming along?";
    assert_eq!(done(&luna, &CHECK_IN).await, (RunOutcome::Done, asked.into()));
    assert_eq!(luna.take_proactive().await.unwrap().as_deref(), Some(asked));
    // Not again for an hour and a half, whatever the clock says.
    luna.clock.advance(SignedDuration::from_mins(60));
    assert_eq!(done(&luna, &CHECK_IN).await, (RunOutcome::Done, "there was nothing to say".into()));
    luna.patch_settings(json!({ "do_not_disturb": true }).as_object().cloned().unwrap()).await.unwrap();
    luna.clock.advance(SignedDuration::from_mins(60));
    let quiet = done(&luna, &CHECK_IN).await;
    assert_eq!(quiet, (RunOutcome::Skipped, "not now: quiet hours, or do not disturb".into()));
}

#[tokio::test]
async fn less_of_this_is_less_over_restarts_and_can_be_taken_back() {
    let mut luna = awake("2026-03-02T07:59:00Z").await;
    assert_eq!(luna.use_tool("less_of_this", json!({})).await.unwrap_err().kind, ErrorKind::NotFound);
    luna.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(done(&luna, &BRIEF).await.0, RunOutcome::Done);
    let said = luna.use_tool("less_of_this", json!({})).await.unwrap().content;
    assert!(said.contains("every other day"), "{said}");
    let day = SignedDuration::from_hours(24);
    luna.clock.advance(day);
    assert_eq!(
        done(&luna, &BRIEF).await,
        (RunOutcome::Skipped, "not now: the user wants less of this".into())
    );
    luna.restart().await;
    luna.clock.advance(day);
    assert_eq!(done(&luna, &BRIEF).await.0, RunOutcome::Done, "the other day");
    assert_eq!(luna.less_of("brief").await.unwrap(), Restraint::Week);
    assert_eq!(luna.less_of("brief").await.unwrap(), Restraint::Never);
    luna.clock.advance(day * 30);
    assert_eq!(done(&luna, &BRIEF).await.0, RunOutcome::Skipped);
    luna.as_much_of("brief").await.unwrap();
    luna.clock.advance(day);
    assert_eq!(done(&luna, &BRIEF).await.0, RunOutcome::Done);
    assert_eq!(luna.less_of("weather").await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn whoever_says_good_bye_is_away_until_they_come_back() {
    let luna = awake("2026-03-02T14:00:00Z").await;
    luna.machine.leave(5, false);
    assert_eq!(luna.look_at_user().await.state, UserState::Normal);
    let mut watch = luna.bus().watch();
    say(&luna, "gotta go, see you later").await;
    let seen = async {
        loop {
            if let Event::UserChanged { user } = &*watch.recv().await.unwrap()
                && user.leave == Some(Leave::Away)
            {
                break user.state;
            }
        }
    };
    let state = tokio::time::timeout(PATIENCE, seen).await.expect("it is told at once");
    assert_eq!(state, UserState::Away);
    luna.clock.advance(SignedDuration::from_mins(30));
    luna.machine.leave(2, false);
    assert_eq!(luna.look_at_user().await.state, UserState::Normal);
    assert_eq!(luna.see_off(Leave::Bed).await.state, UserState::Sleeping);
    assert_eq!(luna.welcome().await.state, UserState::Normal);
}

/// What she says by herself next.
async fn told(luna: &InMemory) -> String {
    let patience = async {
        loop {
            if let Some(text) = luna.take_proactive().await.unwrap() {
                break text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, patience).await.expect("she says something")
}

#[tokio::test]
async fn what_nobody_saw_waits_over_restarts_with_what_it_is_about_and_what_was_seen_does_not() {
    let mut luna = awake("2026-03-02T07:59:00Z").await;
    luna.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(done(&luna, &BRIEF).await.0, RunOutcome::Done);
    luna.restart().await;
    let waiting = luna.waiting_proactive().await.unwrap();
    let brief = waiting.iter().find(|word| word.text.starts_with("Good morning")).expect("the brief waits");
    assert_eq!(brief.about.as_ref().unwrap()["initiative"], "brief", "there can be less of it still");
    assert_eq!(
        luna.waiting_proactive().await.unwrap(),
        waiting,
        "a window that looked may have ended before it showed them"
    );
    for OwnWord { text, .. } in &waiting {
        assert!(luna.took_proactive(text).await.unwrap());
    }
    assert_eq!(luna.waiting_proactive().await.unwrap(), vec![], "each is delivered once");
    luna.clock.advance(SignedDuration::from_hours(24));
    let mut watch = luna.bus().watch();
    assert_eq!(done(&luna, &BRIEF).await.0, RunOutcome::Done);
    let text = loop {
        if let Event::Notice { text, .. } = &*watch.recv().await.unwrap() {
            break text.clone();
        }
    };
    assert!(luna.took_proactive(&text).await.unwrap(), "a window showed it");
    assert_eq!(luna.take_proactive().await.unwrap(), None);
    assert!(!luna.took_proactive(&text).await.unwrap());
}

#[tokio::test]
async fn who_gets_up_hears_the_brief_once_and_who_comes_home_what_is_left_of_the_day() {
    let luna = awake("2026-03-02T06:20:00Z").await;
    luna.quick_add("Standup today at 10am").await.unwrap();
    luna.quick_add("Choir today at 7pm").await.unwrap();
    luna.machine.leave(20_000, true);
    assert_eq!(luna.look_at_user().await.state, UserState::Sleeping);
    luna.clock.advance(SignedDuration::from_mins(30));
    luna.look_at_user().await;
    luna.clock.advance(SignedDuration::from_mins(20));
    luna.machine.leave(2, false);
    assert_eq!(luna.look_at_user().await.state, UserState::JustWokeUp);
    assert_eq!(told(&luna).await, "Good morning. Today: Standup at 10:00, Choir at 19:00.");
    luna.clock.advance(SignedDuration::from_mins(50));
    let again = done(&luna, &BRIEF).await;
    assert_eq!(again, (RunOutcome::Done, "it was said already today".into()));
    luna.clock.advance(SignedDuration::from_hours(9));
    luna.look_at_user().await;
    say(&luna, "Just got home").await;
    assert_eq!(luna.look_at_user().await.state, UserState::BackFromWork);
    assert_eq!(told(&luna).await, "Welcome back. Still today: Choir at 19:00.");
    assert_eq!(luna.less_of("greeting").await.unwrap(), Restraint::TwoDays);
    assert_eq!(luna.take_proactive().await.unwrap(), None);
}
