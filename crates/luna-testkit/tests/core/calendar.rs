//! The calendar: series over changes of the clocks, changes to one, the following and all, undo, reminders that are said
//! once, calendar files and subscriptions.

use jiff::SignedDuration;
use luna_model::{
    Draft, Event, EventPatch, NewEvent, NewTodo, Occurrence, Priority, Reach, Times, Timestamp, TodoPatch,
};
use luna_testkit::{InMemory, Ingredients, Reply, tell};
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn new(title: &str, start: &str, minutes: i64, zone: &str, repeat: Option<&str>) -> NewEvent {
    let start = at(start);
    let end = start.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    NewEvent {
        title: title.into(),
        notes: String::new(),
        location: String::new(),
        times: Times::Timed { start, end, zone: zone.into() },
        repeat: repeat.map(Into::into),
        remind_before: None,
        calendar: None,
    }
}

async fn held(luna: &InMemory, from: &str, to: &str) -> Vec<Occurrence> {
    luna.calendar().occurrences(at(from), at(to)).await.unwrap()
}

fn starts(all: &[Occurrence]) -> Vec<String> {
    all.iter().map(|o| o.event.times.start(&jiff::tz::TimeZone::UTC).to_string()).collect()
}

fn moved_to(start: &str, minutes: i64) -> EventPatch {
    let start = at(start);
    let end = start.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    EventPatch {
        times: Some(Times::Timed { start, end, zone: "Europe/Berlin".into() }),
        ..EventPatch::default()
    }
}

#[tokio::test]
async fn nine_in_the_morning_stays_nine_when_the_clocks_change() {
    let luna = InMemory::luna().await;
    luna.add_event(new("Swim", "2026-03-23T08:00:00Z", 60, "Europe/Berlin", Some("weekly"))).await.unwrap();
    let held = held(&luna, "2026-03-01T00:00:00Z", "2026-04-10T00:00:00Z").await;
    assert_eq!(starts(&held), ["2026-03-23T08:00:00Z", "2026-03-30T07:00:00Z", "2026-04-06T07:00:00Z"]);
}

#[tokio::test]
async fn an_hour_that_is_left_out_and_one_that_comes_twice() {
    let luna = InMemory::luna().await;
    luna.add_event(new("Night", "2026-03-28T01:30:00Z", 30, "Europe/Berlin", Some("daily"))).await.unwrap();
    let spring = held(&luna, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z").await;
    // 2:30 on 29 March does not exist in Berlin: it is an hour later by the clock, at 3:30 summer time.
    assert_eq!(starts(&spring), ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]);
    let autumn = held(&luna, "2026-10-24T00:00:00Z", "2026-10-26T22:00:00Z").await;
    assert_eq!(starts(&autumn), ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
}

#[tokio::test]
async fn whole_days_are_the_same_days_wherever_one_is() {
    let luna = InMemory::luna().await;
    let times = Times::Days { first: "2026-05-05".parse().unwrap(), until: "2026-05-06".parse().unwrap() };
    let birthday = NewEvent { times, ..new("Birthday", "2026-05-05T00:00:00Z", 0, "UTC", Some("yearly")) };
    luna.add_event(birthday).await.unwrap();
    let found = held(&luna, "2028-05-01T00:00:00Z", "2028-06-01T00:00:00Z").await;
    let days = Times::Days { first: "2028-05-05".parse().unwrap(), until: "2028-05-06".parse().unwrap() };
    assert_eq!(found[0].event.times, days);
    assert!(found[0].event.remind_before.is_empty());
}

#[tokio::test]
async fn rules_say_more_than_four_words() {
    let luna = InMemory::luna().await;
    let rule = "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3";
    luna.add_event(new("Party", "2026-03-27T17:00:00Z", 60, "Europe/Berlin", Some(rule))).await.unwrap();
    let all = held(&luna, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z").await;
    assert_eq!(starts(&all), ["2026-03-27T17:00:00Z", "2026-04-24T16:00:00Z", "2026-05-29T16:00:00Z"]);
    for bad in ["sometimes", "FREQ=SECONDLY", "FREQ=DAILY;COUNT=x"] {
        let refused =
            luna.add_event(new("x", "2026-03-27T17:00:00Z", 1, "UTC", Some(bad))).await.unwrap_err();
        assert_eq!(refused.kind, luna_model::ErrorKind::Invalid, "{bad}");
    }
}

#[tokio::test]
async fn one_the_following_and_all_of_a_series_change_and_every_change_can_be_undone() {
    let luna = InMemory::luna().await;
    let series = luna
        .add_event(new("Standup", "2026-03-02T09:00:00Z", 30, "Europe/Berlin", Some("weekly")))
        .await
        .unwrap();
    let id = series.now.id;
    let (from, to) = ("2026-03-01T00:00:00Z", "2026-03-29T00:00:00Z");
    let before = starts(&held(&luna, from, to).await);
    assert_eq!(before.len(), 4);

    let second = Some(at("2026-03-09T09:00:00Z"));
    let one = luna.update_event(id, second, Reach::This, moved_to("2026-03-10T12:00:00Z", 30)).await.unwrap();
    assert_eq!(one.now.series, Some(id));
    let after = held(&luna, from, to).await;
    assert_eq!(starts(&after)[1], "2026-03-10T12:00:00Z");
    assert_eq!(after.len(), 4, "the others stay");

    let third = Some(at("2026-03-16T09:00:00Z"));
    let later =
        luna.update_event(id, third, Reach::Following, moved_to("2026-03-17T10:00:00Z", 60)).await.unwrap();
    assert_eq!(
        starts(&held(&luna, from, to).await),
        ["2026-03-02T09:00:00Z", "2026-03-10T12:00:00Z", "2026-03-17T10:00:00Z", "2026-03-24T10:00:00Z"]
    );
    luna.delete_event(id, None, Reach::All).await.unwrap();
    assert_eq!(held(&luna, from, to).await.len(), 2, "with a series goes what is held otherwise in it");
    luna.undo_action(later.action, false).await.unwrap_err();

    let luna = InMemory::luna().await;
    let series = luna
        .add_event(new("Standup", "2026-03-02T09:00:00Z", 30, "Europe/Berlin", Some("weekly")))
        .await
        .unwrap();
    let id = series.now.id;
    let moved = luna.update_event(id, third, Reach::All, moved_to("2026-03-16T10:00:00Z", 30)).await.unwrap();
    assert_eq!(starts(&held(&luna, from, to).await)[0], "2026-03-02T10:00:00Z", "all move by as much");
    luna.undo_action(moved.action, false).await.unwrap();
    assert_eq!(starts(&held(&luna, from, to).await), before);
    let gone = luna.delete_event(id, None, Reach::All).await.unwrap();
    assert!(held(&luna, from, to).await.is_empty());
    luna.undo_action(gone.action, false).await.unwrap();
    assert_eq!(starts(&held(&luna, from, to).await), before);
    luna.undo_action(gone.action, false).await.unwrap_err();
    let records = luna.gate().audit().records(50, None).await.unwrap();
    let tools: Vec<_> = records.iter().rev().map(|r| r.tool.as_str()).collect();
    assert!(
        tools.contains(&"update_event") && tools.contains(&"delete_event") && tools.contains(&"undo"),
        "{tools:?}"
    );
}

#[tokio::test]
async fn words_are_understood_and_what_is_then_is_named() {
    let luna = InMemory::luna().await;
    let added = luna.quick_add("Dentist next Tuesday at half past two for 45 minutes").await.unwrap();
    let Draft::Event { event, .. } = added.now else { panic!("an event") };
    let Times::Timed { start, end, .. } = event.times else { panic!("at a time") };
    assert_eq!(
        (event.title.as_str(), start, end),
        ("Dentist", at("2026-03-03T14:30:00Z"), at("2026-03-03T15:15:00Z"))
    );
    let Draft::Event { conflicts, .. } =
        luna.calendar().understand("call next Tuesday at 3pm").await.unwrap()
    else {
        panic!("an event")
    };
    assert_eq!(conflicts, ["Dentist"]);
    let todo = luna.calendar().understand("buy milk!").await.unwrap();
    let Draft::Todo { todo } = todo else { panic!("a task") };
    assert_eq!((todo.title.as_str(), todo.priority, todo.due), ("buy milk", Priority::High, None));
    let Draft::Reminder { text, at: when } =
        luna.calendar().understand("remind me to call mum at six").await.unwrap()
    else {
        panic!("a reminder")
    };
    assert_eq!((text.as_str(), when), ("call mum", at("2026-03-01T18:00:00Z")));
    assert!(luna.calendar().understand("  ").await.is_err());
}

/// Her messages since the last look, through the queue that survives restarts.
async fn said(luna: &InMemory) -> Vec<String> {
    let mut all = vec![];
    while let Some(message) = luna.take_proactive().await.unwrap() {
        all.push(message);
    }
    all
}

#[tokio::test]
async fn every_reminder_is_said_once_whatever_the_clock_and_the_program_do() {
    let mut luna = InMemory::of(Ingredients { on_disk: true, ..Ingredients::default() }).await;
    luna.add_reminder("turn the oven off", at("2026-03-01T09:20:00Z"), None).await.unwrap();
    luna.add_event(new("Standup", "2026-03-01T10:00:00Z", 30, "UTC", Some("daily"))).await.unwrap();
    luna.clock.advance(SignedDuration::from_mins(19));
    luna.remind_due().await.unwrap();
    assert!(said(&luna).await.is_empty(), "none is early");
    luna.clock.advance(SignedDuration::from_mins(1));
    for _ in 0..3 {
        luna.remind_due().await.unwrap();
    }
    assert_eq!(said(&luna).await, ["Reminder: turn the oven off"]);
    // The clock is put back, and on again: nothing is said twice.
    luna.clock.advance(SignedDuration::from_mins(-30));
    luna.remind_due().await.unwrap();
    luna.clock.advance(SignedDuration::from_mins(30));
    luna.remind_due().await.unwrap();
    assert!(said(&luna).await.is_empty());
    luna.clock.advance(SignedDuration::from_mins(31));
    luna.remind_due().await.unwrap();
    luna.restart().await;
    luna.remind_due().await.unwrap();
    assert_eq!(said(&luna).await, ["Standup is in 9 minutes"], "a restart neither loses nor doubles it");
    // She sleeps over a whole day: what is over is not reminded of, what is still on is.
    luna.clock.advance(SignedDuration::from_hours(48));
    luna.remind_due().await.unwrap();
    assert_eq!(said(&luna).await, ["Standup is in 9 minutes"]);
}

#[tokio::test]
async fn a_reminder_that_was_due_while_nobody_was_awake_is_said_late_and_can_be_put_off() {
    let luna = InMemory::luna().await;
    let made = luna.add_reminder("water the plants", at("2026-03-01T10:00:00Z"), None).await.unwrap();
    luna.clock.advance(SignedDuration::from_hours(5));
    luna.remind_due().await.unwrap();
    let late = said(&luna).await;
    assert_eq!(late, ["Reminder from today at 10:00: water the plants"]);
    luna.snooze_reminder(made.now.id, at("2026-03-01T14:10:00Z")).await.unwrap();
    luna.clock.advance(SignedDuration::from_mins(10));
    luna.remind_due().await.unwrap();
    assert_eq!(said(&luna).await, ["Reminder: water the plants"]);
}

#[tokio::test]
async fn models_use_the_same_calendar_and_deleting_is_asked() {
    let luna = InMemory::luna().await;
    luna.model
        .then(Reply::calls(
            "create_event",
            json!({"title": "Lunch with Anna", "start": "2026-03-02T12:00:00Z"}),
        ))
        .then(Reply::says("Done."));
    let says = |m: &str| luna_core::ChatRequest { message: m.into(), ..luna_core::ChatRequest::default() };
    let story = tell(&luna, says("Lunch with Anna tomorrow at noon"), None).await;
    assert_eq!(story.asked.len(), 0);
    assert!(story.results[0].content.contains("Lunch with Anna"), "{:?}", story.results);
    luna.model.then(Reply::calls("delete_event", json!({"query": "lunch"}))).then(Reply::says("Not then."));
    let story = tell(&luna, says("Cancel lunch"), Some(luna_model::Answer::No)).await;
    assert_eq!(story.asked.len(), 1);
    assert_eq!(held(&luna, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z").await.len(), 1);
    luna.gate().set_mode("create_event", luna_model::Mode::Block).await.unwrap();
    let refused = luna.quick_add("Dinner tomorrow at 7pm").await.unwrap_err();
    assert_eq!(
        refused.kind,
        luna_model::ErrorKind::Forbidden,
        "a block holds for the user's own quick add too"
    );
}

#[tokio::test]
async fn what_is_written_as_a_calendar_file_is_read_again_as_it_was() {
    let luna = InMemory::luna().await;
    let series = luna
        .add_event(new("Ünïcödé; a,b", "2026-03-02T09:00:00Z", 30, "Europe/Berlin", Some("weekly")))
        .await
        .unwrap();
    let (second, third) = (Some(at("2026-03-09T09:00:00Z")), Some(at("2026-03-16T09:00:00Z")));
    luna.update_event(series.now.id, second, Reach::This, moved_to("2026-03-10T12:00:00Z", 30))
        .await
        .unwrap();
    luna.delete_event(series.now.id, third, Reach::This).await.unwrap();
    luna.quick_add("Holiday on 1 July").await.unwrap();
    luna.add_todo(NewTodo { title: "Taxes".into(), priority: Priority::High, ..NewTodo::default() })
        .await
        .unwrap();
    let file = luna.export_calendar().await.unwrap();
    assert!(file.contains("BEGIN:VTIMEZONE") && file.contains("RECURRENCE-ID"), "{file}");
    assert!(file.lines().all(|line| line.len() <= 76), "lines are folded");

    let other = InMemory::luna().await;
    let done = other.import_calendar(&file).await.unwrap();
    assert_eq!((done.now.events, done.now.todos, done.now.left_out), (3, 1, 0));
    let (from, to) = ("2026-03-01T00:00:00Z", "2026-08-01T00:00:00Z");
    let plain = |all: Vec<Occurrence>| -> Vec<_> {
        all.into_iter().map(|o| (o.event.title, o.event.times, o.event.remind_before)).collect()
    };
    assert_eq!(plain(held(&other, from, to).await), plain(held(&luna, from, to).await));
    let again = other.import_calendar(&file).await.unwrap();
    assert_eq!(again.now.events, 0, "what is known is not taken in twice");
    other.undo_action(done.action, false).await.unwrap();
    assert!(held(&other, from, to).await.is_empty());
    assert!(other.import_calendar("what is this").await.is_err());
}

#[tokio::test]
async fn a_subscribed_calendar_is_read_again_and_cannot_be_changed_here() {
    let luna = InMemory::luna().await;
    let file = |title: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nX-WR-CALNAME:Club\r\nBEGIN:VEVENT\r\nUID:a\r\n\
             DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=W. Europe Standard Time:20260303T190000\r\nDURATION:PT2H\r\n\
             SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let url = "https://club.example/cal.ics";
    luna.web.put(url, &file("Training"));
    let made = luna.subscribe("", "webcal://club.example/cal.ics").await.unwrap();
    assert_eq!(made.now.name, "Club");
    let found = held(&luna, "2026-03-01T00:00:00Z", "2026-03-10T00:00:00Z").await;
    assert_eq!(starts(&found), ["2026-03-03T18:00:00Z"], "Windows' names of zones are known");
    let refused = luna.delete_event(found[0].event.id, None, Reach::All).await.unwrap_err();
    assert_eq!(refused.kind, luna_model::ErrorKind::Conflict);
    luna.web.put(url, &file("Training in the hall"));
    luna.refresh_subscriptions().await.unwrap();
    luna.clock.advance(SignedDuration::from_hours(2));
    luna.refresh_subscriptions().await.unwrap();
    let found = held(&luna, "2026-03-01T00:00:00Z", "2026-03-10T00:00:00Z").await;
    assert_eq!(found[0].event.title, "Training in the hall");
    luna.unsubscribe(made.now.id).await.unwrap();
    assert!(held(&luna, "2026-03-01T00:00:00Z", "2026-03-10T00:00:00Z").await.is_empty());
}

#[tokio::test]
async fn what_is_done_is_ticked_off_and_everyone_is_told() {
    let luna = InMemory::luna().await;
    let mut watch = luna.bus().watch();
    let todo = luna.add_todo(NewTodo { title: "Taxes".into(), ..NewTodo::default() }).await.unwrap().now;
    assert!(std::iter::from_fn(|| watch.try_recv().ok()).any(|e| matches!(*e, Event::CalendarChanged)));
    let done = TodoPatch { completed: Some(true), ..TodoPatch::default() };
    luna.update_todo(todo.id, done).await.unwrap();
    assert!(luna.calendar().todos(Some(false), None).await.unwrap().is_empty());
    assert_eq!(luna.calendar().find_todo("taxes").await.unwrap_err().kind, luna_model::ErrorKind::NotFound);
}

#[tokio::test]
async fn what_is_ahead_has_events_reminders_and_tasks() {
    let luna = InMemory::luna().await;
    let tomorrow = |hour: u8| format!("2026-03-02T{hour:02}:00:00Z");
    luna.add_event(new("Yoga", &tomorrow(18), 60, "UTC", None)).await.unwrap();
    for (tool, input) in [
        ("create_reminder", json!({ "text": "call the dentist", "at": tomorrow(9) })),
        ("create_reminder", json!({ "text": "water the plants", "at": "2026-03-05T09:00:00Z" })),
        ("create_task", json!({ "title": "taxes", "due": tomorrow(12) })),
    ] {
        luna.use_tool(tool, input).await.unwrap();
    }
    let output = luna
        .use_tool("list_events", json!({ "from": tomorrow(0), "to": "2026-03-03T00:00:00Z" }))
        .await
        .unwrap();
    let listed: Vec<serde_json::Value> = serde_json::from_str(&output.content).unwrap();
    let titles: Vec<_> = listed.iter().map(|one| one["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Yoga", "call the dentist", "taxes"]);
    assert_eq!((listed[1]["kind"].as_str(), listed[2]["kind"].as_str()), (Some("reminder"), Some("task")));
}

#[tokio::test]
async fn the_weather_is_told_where_the_user_is_and_elsewhere() {
    let luna = InMemory::luna().await;
    let here = luna.use_tool("get_weather", json!({})).await.unwrap();
    assert!(here.content.starts_with("New York now: partly cloudy, 22 °C"), "{}", here.content);
    assert_eq!(here.origin, None);
    let there = luna.use_tool("get_weather", json!({ "place": "Chicago" })).await.unwrap();
    assert!(there.content.starts_with("Chicago now"), "{}", there.content);
    assert!(there.origin.is_some(), "the name of a place that was looked up is from outside");
}
