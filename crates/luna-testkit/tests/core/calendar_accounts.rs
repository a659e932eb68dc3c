//! Calendars of accounts at servers: both sides change, without a connection and at the same time, and nothing is lost.

use std::sync::Arc;

use jiff::SignedDuration;
use luna_core::calendar::NewCalendarAccount;
use luna_core::ports::CalendarServers as _;
use luna_model::{
    CalendarAccountId, CalendarEvent, CalendarId, ErrorKind, Event, EventPatch, NewEvent, NewTodo, Reach,
    Secret, Times, Timestamp, TodoPatch,
};
use luna_testkit::{CALENDAR_PASSWORD, InMemory, Ingredients, PaperCalendars};

struct Stage {
    luna: InMemory,
    server: PaperCalendars,
    account: CalendarAccountId,
    home: CalendarId,
    work: CalendarId,
}

fn account() -> NewCalendarAccount {
    NewCalendarAccount {
        name: String::new(),
        url: "https://paper.example/".into(),
        user: "ada".into(),
        password: Secret::new(CALENDAR_PASSWORD.into()),
        unencrypted: false,
        calendars: None,
    }
}

async fn stage() -> Stage {
    let server = PaperCalendars::default();
    let luna = InMemory::of(Ingredients {
        calendars: Arc::new(server.clone()),
        on_disk: true,
        ..Ingredients::default()
    })
    .await;
    let state = luna.add_calendar_account(account()).await.unwrap().now;
    let id = |name: &str| state.calendars.iter().find(|c| c.name == name).unwrap().id;
    let (home, work) = (id("Home"), id("Work"));
    Stage { luna, server, account: state.account.id, home, work }
}

impl Stage {
    async fn sync(&self) {
        self.luna.sync_account(self.account).await.unwrap();
    }

    async fn add(&self, title: &str, start: &str, repeat: Option<&str>) -> CalendarEvent {
        let event = NewEvent {
            title: title.into(),
            notes: String::new(),
            location: String::new(),
            times: times(start, 60),
            repeat: repeat.map(Into::into),
            remind_before: Some(vec![15]),
            calendar: Some(self.home),
        };
        self.luna.add_event(event).await.unwrap().now
    }

    async fn rename(&self, event: &CalendarEvent, title: &str) {
        let patch = EventPatch { title: Some(title.into()), ..EventPatch::default() };
        self.luna.update_event(event.id, None, Reach::All, patch).await.unwrap();
    }

    /// Titles in a calendar; none = Luna's own.
    async fn titles(&self, calendar: Option<CalendarId>) -> Vec<String> {
        let all = self.luna.calendar().events(None).await.unwrap();
        let mut titles: Vec<_> =
            all.into_iter().filter(|e| e.calendar == calendar).map(|e| e.title).collect();
        titles.sort();
        titles
    }

    /// Until it is back, nothing goes over by itself.
    fn apart(&self) {
        self.server.be_away(true);
    }

    async fn together(&self) {
        self.server.be_away(false);
        self.sync().await;
    }

    async fn the_event(&self) -> CalendarEvent {
        let mut all = self.luna.calendar().events(None).await.unwrap();
        all.retain(|e| e.calendar == Some(self.home) && e.series.is_none());
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn times(start: &str, minutes: i64) -> Times {
    let start = at(start);
    let end = start.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    Times::Timed { start, end, zone: "Europe/Berlin".into() }
}

fn theirs(uid: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Phone//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n\
         SUMMARY:{title}\r\nDTSTART:20260304T090000Z\r\nDTEND:20260304T100000Z\r\nX-PHONE:yes\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

const PHONE: &str = "/ada/home/phone.ics";

#[tokio::test]
async fn what_is_written_on_either_side_is_on_both() {
    let s = stage().await;
    s.server.write(PHONE, &theirs("phone", "Dentist"));
    let own = s.add("Lunch", "2026-03-05T11:00:00Z", None).await;
    s.sync().await;
    assert_eq!(s.titles(Some(s.home)).await, ["Dentist", "Lunch"]);
    let sent = s.server.all().remove(&format!("/ada/home/{}.ics", own.uid)).unwrap();
    assert!(sent.contains("SUMMARY:Lunch") && sent.contains("TRIGGER:-PT15M"), "{sent}");
    // Nothing is new: nothing but that is asked.
    s.server.asked();
    s.sync().await;
    assert!(s.server.asked().iter().all(|asked| asked == "news"));
    // Each side changes what the other wrote.
    let dentist = s.luna.calendar().events(Some("Dentist")).await.unwrap().remove(0);
    s.rename(&dentist, "Dentist at two").await;
    s.server.write(&format!("/ada/home/{}.ics", own.uid), &sent.replace("Lunch", "Late lunch"));
    s.sync().await;
    assert_eq!(s.titles(Some(s.home)).await, ["Dentist at two", "Late lunch"]);
    let phone = s.server.all().remove(PHONE).unwrap();
    assert!(phone.contains("SUMMARY:Dentist at two") && phone.contains("X-PHONE:yes"), "{phone}");
    // And deletes what the other wrote.
    s.luna.delete_event(dentist.id, None, Reach::All).await.unwrap();
    s.server.erase(&format!("/ada/home/{}.ics", own.uid));
    s.sync().await;
    assert!(s.server.all().is_empty() && s.titles(Some(s.home)).await.is_empty());
}

#[tokio::test]
async fn what_is_changed_without_a_connection_goes_out_later() {
    let mut s = stage().await;
    let event = s.add("Lunch", "2026-03-05T11:00:00Z", None).await;
    s.sync().await;
    s.server.be_away(true);
    s.rename(&event, "Brunch").await;
    let second = s.add("Walk", "2026-03-06T11:00:00Z", None).await;
    let error = s.luna.sync_account(s.account).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let state = s.luna.calendar_accounts().await.unwrap().remove(0).account;
    assert!(state.failure.unwrap().contains("Home") && state.failures > 0 && state.next_at > state.synced_at);
    s.luna.restart().await;
    s.server.be_away(false);
    s.sync().await;
    let all = s.server.all();
    assert!(all[&format!("/ada/home/{}.ics", event.uid)].contains("Brunch"));
    assert!(all.contains_key(&format!("/ada/home/{}.ics", second.uid)));
    assert!(s.luna.calendar_accounts().await.unwrap()[0].account.failure.is_none());
}

#[tokio::test]
async fn when_two_changes_meet_the_servers_stands_and_ours_is_beside_it() {
    let s = stage().await;
    s.server.write(PHONE, &theirs("phone", "Dentist"));
    s.sync().await;
    let mut watch = s.luna.bus().watch();
    s.apart();
    s.rename(&s.the_event().await, "Dentist, ask about X-ray").await;
    s.server.write(PHONE, &theirs("phone", "Dentist moved"));
    s.together().await;
    assert_eq!(s.titles(Some(s.home)).await, ["Dentist moved"]);
    assert_eq!(s.titles(None).await, ["Dentist, ask about X-ray (kept from here)"]);
    let told = std::iter::from_fn(|| watch.try_recv().ok());
    assert!(told.into_iter().any(|e| matches!(&*e, Event::Notice { text, .. } if text.contains("X-ray"))));
    s.server.asked();
    s.sync().await;
    assert!(s.server.asked().iter().all(|asked| asked == "news"), "it is over");

    // The same change on both sides is none.
    s.apart();
    s.rename(&s.the_event().await, "Dentist at ten").await;
    s.server.write(PHONE, &theirs("phone", "Dentist at ten"));
    s.together().await;
    assert_eq!(s.titles(None).await.len(), 1);

    // Changed here, deleted there.
    s.apart();
    s.rename(&s.the_event().await, "Dentist at noon").await;
    s.server.erase(PHONE);
    s.together().await;
    assert!(s.titles(Some(s.home)).await.is_empty() && s.server.all().is_empty());
    assert!(s.titles(None).await.contains(&"Dentist at noon (kept from here)".to_owned()));

    // Deleted here, changed there.
    s.server.write(PHONE, &theirs("phone", "Haircut"));
    s.sync().await;
    s.apart();
    s.luna.delete_event(s.the_event().await.id, None, Reach::All).await.unwrap();
    s.server.write(PHONE, &theirs("phone", "Haircut, paid"));
    s.together().await;
    assert_eq!(s.titles(Some(s.home)).await, ["Haircut, paid"]);
}

#[tokio::test]
async fn a_change_that_comes_between_is_met_in_the_same_visit() {
    // The server's text differs from what was read: the write is refused, read again, and decided.
    let s = stage().await;
    s.server.write(PHONE, &theirs("phone", "Dentist"));
    s.sync().await;
    let login = luna_core::ports::CalendarLogin {
        url: String::new(),
        user: "ada".into(),
        password: Secret::new(CALENDAR_PASSWORD.into()),
        unencrypted: false,
    };
    let stale = s.server.put(&login, PaperCalendars::HOME, PHONE, "x", Some("\"0\"")).await;
    assert_eq!(stale.unwrap_err().kind, ErrorKind::Conflict);
    // A new entry here under a name that is taken there by the same entry (a write whose answer was lost).
    let own = s.add("Lunch", "2026-03-05T11:00:00Z", None).await;
    let text = s.luna.export_calendar().await.unwrap();
    assert!(!text.contains("Lunch"), "what is in an account's calendar is exported there");
    s.server.write(&format!("/ada/home/{}.ics", own.uid), &theirs(&own.uid, "Lunch"));
    s.sync().await;
    assert_eq!(s.titles(Some(s.home)).await, ["Dentist", "Lunch"]);
}

#[tokio::test]
async fn occurrences_held_otherwise_go_both_ways() {
    let s = stage().await;
    let series = s.add("Swim", "2026-03-02T08:00:00Z", Some("weekly")).await;
    s.sync().await;
    let ninth = at("2026-03-09T08:00:00Z");
    let later = EventPatch { times: Some(times("2026-03-09T10:00:00Z", 60)), ..EventPatch::default() };
    s.luna.update_event(series.id, Some(ninth), Reach::This, later).await.unwrap();
    s.luna.delete_event(series.id, Some(at("2026-03-16T08:00:00Z")), Reach::This).await.unwrap();
    s.sync().await;
    let (href, text) = s.server.only();
    assert!(text.contains("RECURRENCE-ID;TZID=Europe/Berlin:20260309T090000"), "{text}");
    assert!(text.contains("EXDATE;TZID=Europe/Berlin:20260316T090000"), "{text}");
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
    // There the exception is renamed and another one is made.
    let other = "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260323T090000\r\n\
        SUMMARY:Race\r\nDTSTART;TZID=Europe/Berlin:20260323T120000\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let text = text.replace("END:VCALENDAR", &other.replace("{uid}", &series.uid));
    s.server.write(&href, &text);
    s.sync().await;
    let held =
        s.luna.calendar().occurrences(at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z")).await.unwrap();
    let held: Vec<_> = held
        .iter()
        .map(|o| format!("{} {}", o.event.times.start(&jiff::tz::TimeZone::UTC), o.event.title))
        .collect();
    assert_eq!(
        held,
        [
            "2026-03-02T08:00:00Z Swim",
            "2026-03-09T10:00:00Z Swim",
            "2026-03-23T11:00:00Z Race",
            "2026-03-30T07:00:00Z Swim"
        ]
    );
    // From one on, all: the old series ends, and a new one is there too.
    let patch = EventPatch { title: Some("Swim far".into()), ..EventPatch::default() };
    s.luna.update_event(series.id, Some(at("2026-03-30T07:00:00Z")), Reach::Following, patch).await.unwrap();
    s.sync().await;
    let all = s.server.all();
    assert_eq!(all.len(), 2);
    assert!(all[&href].contains("UNTIL=") && all[&href].contains("SUMMARY:Race"));
}

#[tokio::test]
async fn tasks_go_both_ways() {
    let s = stage().await;
    let new = NewTodo { title: "Taxes".into(), calendar: Some(s.home), ..NewTodo::default() };
    let todo = s.luna.add_todo(new).await.unwrap().now;
    s.sync().await;
    let (href, text) = s.server.only();
    assert!(text.contains("BEGIN:VTODO") && text.contains("STATUS:NEEDS-ACTION"), "{text}");
    s.server.write(&href, &text.replace("SUMMARY:Taxes", "SUMMARY:Taxes\r\nX-LIST:paper"));
    let done = TodoPatch { completed: Some(true), ..TodoPatch::default() };
    s.sync().await;
    s.luna.update_todo(todo.id, done).await.unwrap();
    s.sync().await;
    let (_, text) = s.server.only();
    assert!(text.contains("STATUS:COMPLETED") && text.contains("X-LIST:paper"), "{text}");
    s.server.write(
        &href,
        &text.replace("STATUS:COMPLETED", "STATUS:NEEDS-ACTION").replace("\r\nCOMPLETED", "\r\nX-DONE"),
    );
    s.sync().await;
    assert!(s.luna.calendar().todo(todo.id).await.unwrap().completed_at.is_none());
    s.luna.delete_todo(todo.id).await.unwrap();
    s.sync().await;
    assert!(s.server.all().is_empty());
}

#[tokio::test]
async fn what_is_not_understood_is_left_to_the_server() {
    let s = stage().await;
    let journal = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VJOURNAL\r\nUID:j\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Dear\r\n\
        END:VJOURNAL\r\nEND:VCALENDAR\r\n";
    s.server.write("/ada/home/journal.ics", journal);
    s.server.write("/ada/home/broken.ics", "this is no calendar");
    s.server.write(PHONE, &theirs("phone", "Dentist"));
    s.server.write("/ada/home/twice.ics", &theirs("phone", "Dentist"));
    s.sync().await;
    assert_eq!(s.titles(Some(s.home)).await, ["Dentist"]);
    s.sync().await;
    assert_eq!(s.server.all().len(), 4, "nothing of it is deleted or written there");
    s.server.forget_history();
    s.server.erase("/ada/home/twice.ics");
    s.server.erase(PHONE);
    s.sync().await;
    assert!(s.titles(Some(s.home)).await.is_empty());
    assert_eq!(s.server.all().len(), 2);
}

#[tokio::test]
async fn a_server_that_forgets_or_says_little_is_no_trouble() {
    let s = stage().await;
    s.server.be_silent();
    let event = s.add("Lunch", "2026-03-05T11:00:00Z", None).await;
    s.sync().await;
    // It was changed again before the server said what it calls the state.
    s.rename(&event, "Brunch").await;
    s.sync().await;
    assert_eq!(
        (s.titles(Some(s.home)).await, s.titles(None).await),
        (vec!["Brunch".into()], Vec::<String>::new())
    );
    assert!(s.server.only().1.contains("Brunch"));
    s.server.write(PHONE, &theirs("phone", "Dentist"));
    s.sync().await;
    s.server.erase(PHONE);
    s.server.forget_history();
    s.sync().await;
    assert_eq!(s.titles(Some(s.home)).await, ["Brunch"]);
}

#[tokio::test]
async fn undo_reaches_the_server_and_not_over_what_came_from_it() {
    let s = stage().await;
    s.server.write(PHONE, &theirs("phone", "Dentist"));
    s.sync().await;
    let deleted = s.luna.delete_event(s.the_event().await.id, None, Reach::All).await.unwrap();
    s.sync().await;
    assert!(s.server.all().is_empty());
    s.luna.undo_action(deleted.action, false).await.unwrap();
    s.sync().await;
    assert!(s.server.only().1.contains("Dentist"));
    let patch = EventPatch { title: Some("Mine".into()), ..EventPatch::default() };
    let renamed = s.luna.update_event(s.the_event().await.id, None, Reach::All, patch).await.unwrap();
    s.sync().await;
    let (href, text) = s.server.only();
    s.server.write(&href, &text.replace("Mine", "Theirs"));
    s.sync().await;
    let error = s.luna.undo_action(renamed.action, false).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict, "it was changed since, from elsewhere");
}

#[tokio::test]
async fn calendars_are_chosen_and_let_go() {
    let s = stage().await;
    s.server.write("/ada/work/one.ics", &theirs("one", "Review"));
    s.server.write(PHONE, &theirs("phone", "Dentist"));
    s.sync().await;
    assert_eq!(s.titles(Some(s.work)).await, ["Review"]);
    let review = s.luna.calendar().events(Some("Review")).await.unwrap().remove(0);
    let error = s.luna.delete_event(review.id, None, Reach::All).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict, "it may only be read");
    s.luna.choose_calendar(s.work, false).await.unwrap();
    assert!(s.titles(Some(s.work)).await.is_empty());
    // New things go where the user says.
    s.luna.make_usual_calendar(s.home, true).await.unwrap();
    assert!(s.luna.make_usual_calendar(s.work, true).await.is_err());
    let added = s.luna.quick_add("Lunch with Anna tomorrow at noon").await.unwrap();
    s.sync().await;
    assert_eq!(s.server.all().len(), 3);
    // What only is here outlives the account; its password does not.
    s.server.be_away(true);
    s.add("Only here", "2026-03-09T08:00:00Z", None).await;
    s.luna.remove_calendar_account(s.account).await.unwrap();
    assert_eq!(s.titles(None).await, ["Only here (kept from here)"]);
    assert!(s.luna.calendar_accounts().await.unwrap().is_empty());
    assert_eq!(s.server.all().len(), 3, "on the server nothing changes");
    // Undoing something that was in it does not fail for that.
    s.luna.undo_action(added.action, true).await.unwrap();
    let secret = format!("CALENDAR_PASSWORD_{}", s.account);
    assert_eq!(luna_core::ports::Secrets::get(&s.luna.secrets, &secret).await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_password_is_said_and_a_new_one_mends_it() {
    let s = stage().await;
    let wrong = NewCalendarAccount { password: Secret::new("wrong".into()), user: "ben".into(), ..account() };
    assert_eq!(s.luna.add_calendar_account(wrong).await.unwrap_err().kind, ErrorKind::Unauthenticated);
    assert_eq!(s.luna.add_calendar_account(account()).await.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(s.luna.calendar_accounts().await.unwrap().len(), 1);
    let name = format!("CALENDAR_PASSWORD_{}", s.account);
    luna_core::ports::Secrets::set(&s.luna.secrets, &name, Secret::new("old".into())).await.unwrap();
    let error = s.luna.sync_account(s.account).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
    let error = s.luna.set_calendar_password(s.account, Secret::new("older".into())).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
    s.luna.set_calendar_password(s.account, Secret::new(CALENDAR_PASSWORD.into())).await.unwrap();
    s.sync().await;
    let all = serde_json::to_string(&s.luna.calendar_accounts().await.unwrap()).unwrap();
    assert!(!all.contains(CALENDAR_PASSWORD));
    let audit = std::fs::read_to_string(s.luna.folder().join("audit.log")).unwrap();
    assert!(audit.contains("sync_calendar") && !audit.contains(CALENDAR_PASSWORD));
}

#[tokio::test]
async fn what_is_changed_goes_out_by_itself() {
    let s = stage().await;
    s.add("Lunch", "2026-03-05T11:00:00Z", None).await;
    let end = std::time::Instant::now() + luna_testkit::PATIENCE;
    while s.server.all().is_empty() {
        assert!(std::time::Instant::now() < end, "nothing was sent");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(
        s.luna.background().await.unwrap().iter().any(|p| p.name == "calendar_sync" && p.last_run.is_some())
    );
}

#[tokio::test]
async fn deleting_everything_deletes_the_passwords_too() {
    let s = stage().await;
    s.luna.delete_everything(false).await.unwrap();
    assert_eq!(s.luna.secrets.names(), Vec::<String>::new());
    assert!(s.luna.calendar_accounts().await.unwrap().is_empty());
}
