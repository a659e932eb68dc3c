//! The user's days in words, without a large model: what is said is found, asked about where it is open, done in the
//! database, and undone.

use std::ops::Deref;

use luna_core::ChatRequest;
use luna_core::calendar::Wanted;
use luna_model::{Answer, ConversationId, ErrorKind, ModelRequest, NewEvent, Times, Timestamp};
use luna_testkit::{InMemory, Reply, Story, tell};
use serde_json::json;

/// What the built-in model answers, as the script's model says it.
fn built_in(request: &ModelRequest) -> Reply {
    luna_builtin::answer(request).into_iter().collect()
}

/// A talk with a Luna who has only the built-in model. It is Sunday, 1 March 2026, nine in the morning, UTC.
struct Talk {
    luna: InMemory,
    conversation: Option<ConversationId>,
}

impl Deref for Talk {
    type Target = InMemory;

    fn deref(&self) -> &InMemory {
        &self.luna
    }
}

impl Talk {
    async fn begin() -> Self {
        let luna = InMemory::luna().await;
        luna.model.improvise(built_in);
        Self { luna, conversation: None }
    }

    async fn tell(&mut self, text: &str, answer: Answer) -> Story {
        let request =
            ChatRequest { message: text.into(), conversation: self.conversation, ..ChatRequest::default() };
        let story = tell(&self.luna, request, Some(answer)).await;
        self.conversation = Some(story.conversation);
        story
    }

    /// Says this, allows what is asked, and gives what is said.
    async fn say(&mut self, text: &str) -> String {
        self.tell(text, Answer::Once).await.said
    }

    async fn add(&self, title: &str, start: &str, repeat: Option<&str>) {
        let start: Timestamp = start.parse().unwrap();
        let end = start.checked_add(jiff::SignedDuration::from_mins(90)).unwrap();
        let new = NewEvent {
            title: title.into(),
            notes: String::new(),
            location: String::new(),
            times: Times::Timed { start, end, zone: "UTC".into() },
            repeat: repeat.map(Into::into),
            remind_before: None,
            calendar: None,
        };
        self.add_event(new).await.unwrap();
    }

    /// What is in the calendar until the end of March: title, beginning, end.
    async fn held(&self) -> Vec<String> {
        let (from, to) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-04-01T00:00:00Z".parse().unwrap());
        let all = self.calendar().occurrences(from, to).await.unwrap();
        let line = |o: &luna_model::Occurrence| {
            let at = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC);
            let zone = jiff::tz::TimeZone::UTC;
            let (start, end) = (at(o.event.times.start(&zone)), at(o.event.times.end(&zone)));
            format!("{} {}-{}", o.event.title, start.strftime("%d %H:%M"), end.strftime("%H:%M"))
        };
        all.iter().map(line).collect()
    }

    async fn reminders(&self) -> Vec<String> {
        let all = self.calendar().reminders().await.unwrap();
        all.into_iter().map(|r| format!("{} {}", r.text, r.at)).collect()
    }
}

#[tokio::test]
async fn an_event_is_moved_renamed_made_longer_and_cancelled_and_each_is_undone() {
    let mut talk = Talk::begin().await;
    talk.add("Dentist", "2026-03-05T18:00:00Z", None).await;
    let before = ["Dentist 05 18:00-19:30"];
    for (said, after) in [
        ("move the dentist to 8pm", "Dentist 05 20:00-21:30"),
        ("move the dentist to 8", "Dentist 05 20:00-21:30"),
        ("reschedule the dentist to next Thursday at 3", "Dentist 05 15:00-16:30"),
        ("move the dentist appointment to friday", "Dentist 06 18:00-19:30"),
        ("postpone the dentist to next week", "Dentist 12 18:00-19:30"),
        ("push the dentist back by half an hour", "Dentist 05 18:30-20:00"),
        ("bring the dentist forward by 2 hours", "Dentist 05 16:00-17:30"),
        ("make the dentist an hour longer", "Dentist 05 18:00-20:30"),
        ("make the dentist 30 minutes shorter", "Dentist 05 18:00-19:00"),
        ("rename the dentist to Check-up", "Check-up 05 18:00-19:30"),
    ] {
        let answer = talk.say(said).await;
        assert_eq!(talk.held().await, [after], "{said}: {answer}");
        let undone = talk.say("undo that").await;
        assert_eq!(talk.held().await, before, "undo of {said}: {undone}");
    }
    assert_eq!(talk.say("cancel the dentist").await, "Cancelled: Dentist, Thursday 5 March at 18:00.");
    assert!(talk.held().await.is_empty());
    talk.say("undo that").await;
    assert_eq!(talk.held().await, before);
    let refused = talk.tell("cancel the dentist", Answer::No).await;
    assert_eq!(refused.asked.len(), 1, "cancelling is asked");
    assert_eq!(refused.asked[0].summary, "Delete the event \"Dentist\", Thursday 5 March at 18:00");
    assert_eq!(talk.held().await, before);
}

#[tokio::test]
async fn of_several_the_one_that_is_meant_is_asked_for() {
    let mut talk = Talk::begin().await;
    talk.add("Lunch with Anna", "2026-03-03T12:00:00Z", None).await;
    talk.add("Lunch with Bo", "2026-03-04T12:30:00Z", None).await;
    talk.add("Lunch with Bo", "2026-03-11T12:30:00Z", None).await;
    let asked = talk.tell("cancel lunch", Answer::Once).await;
    assert_eq!(
        asked.said,
        "There are several:\n- Lunch with Anna, Tuesday 3 March at 12:00\n- Lunch with Bo, Wednesday 4 March at 12:30\n\
         - Lunch with Bo, Wednesday 11 March at 12:30\nWhich one do you mean?"
    );
    assert!(asked.asked.is_empty(), "nothing is allowed before it is known what");
    assert_eq!(talk.held().await.len(), 3);
    let narrower = talk.say("the one with Bo").await;
    assert!(narrower.contains("Which one") && !narrower.contains("Anna"), "{narrower}");
    talk.say("on the 11th").await;
    assert_eq!(talk.held().await, ["Lunch with Anna 03 12:00-13:30", "Lunch with Bo 04 12:30-14:00"]);
    // A day names it at once.
    talk.say("call off lunch on Tuesday").await;
    assert_eq!(talk.held().await, ["Lunch with Bo 04 12:30-14:00"]);
    talk.add("Lunch with Anna", "2026-03-06T12:00:00Z", None).await;
    talk.say("move lunch to 1pm").await;
    talk.say("never mind").await;
    assert_eq!(talk.held().await, ["Lunch with Bo 04 12:30-14:00", "Lunch with Anna 06 12:00-13:30"]);
    talk.say("cancel lunch").await;
    talk.say("both").await;
    assert!(talk.held().await.is_empty());
}

#[tokio::test]
async fn of_a_series_one_or_all_are_meant() {
    let mut talk = Talk::begin().await;
    talk.add("Choir", "2026-02-26T19:00:00Z", Some("weekly")).await;
    let all =
        ["Choir 05 19:00-20:30", "Choir 12 19:00-20:30", "Choir 19 19:00-20:30", "Choir 26 19:00-20:30"];
    assert_eq!(talk.held().await, all);
    let question = talk.say("cancel choir").await;
    assert_eq!(
        question,
        "“Choir” comes every week; the next is Thursday 5 March at 19:00. Only that one, or all of them?"
    );
    assert_eq!(talk.held().await, all);
    talk.say("only that one").await;
    assert_eq!(talk.held().await, all[1..]);
    talk.say("undo that").await;
    // Its day says that it is that one alone.
    talk.say("cancel choir next thursday").await;
    assert_eq!(talk.held().await, all[1..]);
    talk.say("undo that").await;
    talk.say("move choir to 8").await;
    talk.say("all of them").await;
    assert_eq!(talk.held().await[0], "Choir 05 20:00-21:30");
    assert_eq!(talk.held().await[3], "Choir 26 20:00-21:30");
    talk.say("undo that").await;
    assert_eq!(talk.held().await, all);
    for said in ["cancel all choir rehearsals", "cancel every choir", "delete the whole choir series"] {
        talk.say(said).await;
        assert!(talk.held().await.is_empty(), "{said}");
        talk.say("undo that").await;
        assert_eq!(talk.held().await, all, "{said}");
    }
    talk.say("cancel choir on the 19th").await;
    talk.say("cancel choir from now on").await;
    assert!(talk.held().await.is_empty());
}

#[tokio::test]
async fn what_there_is_not_is_said_with_what_comes_near() {
    let mut talk = Talk::begin().await;
    assert_eq!(
        talk.say("cancel choir").await,
        "I found nothing like “choir” in your calendar, your reminders or your tasks."
    );
    talk.add("Choir", "2026-03-05T19:00:00Z", None).await;
    let question = talk.say("cancel choir tomorrow").await;
    assert_eq!(question, "I found nothing like “choir”. Did you mean Choir, Thursday 5 March at 19:00?");
    assert_eq!(talk.held().await.len(), 1);
    talk.say("no").await;
    assert_eq!(talk.held().await.len(), 1);
    assert!(talk.say("cancel chior").await.contains("Did you mean Choir"));
    // What is asked for next is no answer.
    assert!(talk.say("what time is it").await.contains("It is"));
    assert_eq!(talk.held().await.len(), 1);
    talk.say("cancel chior").await;
    talk.say("yes").await;
    assert!(talk.held().await.is_empty());
}

#[tokio::test]
async fn reminders_and_tasks_are_moved_and_cancelled_too() {
    let mut talk = Talk::begin().await;
    talk.say("remind me to call mum at six pm").await;
    talk.say("remind me tomorrow at 9 to pay the rent").await;
    assert_eq!(
        talk.reminders().await,
        ["call mum 2026-03-01T18:00:00Z", "pay the rent 2026-03-02T09:00:00Z"]
    );
    for question in
        ["what did I ask you to remind me of?", "which reminders do I have?", "what are my reminders?"]
    {
        assert_eq!(
            talk.say(question).await,
            "I'll remind you of:\n- call mum (today at 18:00)\n- pay the rent (tomorrow at 09:00)",
            "{question}"
        );
    }
    talk.say("move the reminder to call mum to 7").await;
    assert_eq!(talk.reminders().await[0], "call mum 2026-03-01T19:00:00Z");
    talk.say("undo that").await;
    assert_eq!(talk.reminders().await[0], "call mum 2026-03-01T18:00:00Z");
    talk.say("cancel the reminder about mum").await;
    assert_eq!(talk.reminders().await, ["pay the rent 2026-03-02T09:00:00Z"]);
    talk.say("undo that").await;
    assert_eq!(talk.reminders().await.len(), 2);

    talk.say("add buy milk to my list").await;
    assert_eq!(talk.say("postpone buy milk to Monday").await, "“buy milk” is now due tomorrow at 09:00.");
    talk.say("delete the task buy milk").await;
    assert!(talk.calendar().todos(Some(false), None).await.unwrap().is_empty());
    talk.say("undo that").await;
    assert_eq!(talk.calendar().todos(Some(false), None).await.unwrap().len(), 1);

    talk.say("set a timer for ten minutes").await;
    talk.say("stop the timer").await;
    assert_eq!(talk.reminders().await.len(), 2);
    // One that comes every day is an event, whatever it is called.
    talk.say("remind me every day at 9 to stretch").await;
    talk.say("stop reminding me to stretch").await;
    talk.say("all of them").await;
    assert!(talk.held().await.is_empty());
}

#[tokio::test]
async fn when_something_is_is_told() {
    let mut talk = Talk::begin().await;
    talk.add("Choir", "2026-03-05T19:00:00Z", Some("weekly")).await;
    talk.add("Dentist", "2026-03-03T14:30:00Z", None).await;
    talk.add("Lunch with Anna", "2026-03-02T12:00:00Z", None).await;
    for (question, answer) in [
        ("when is choir?", "“Choir” comes every week; the next is Thursday 5 March at 19:00 to 20:30."),
        ("when do I see the dentist?", "“Dentist” is Tuesday 3 March at 14:30 to 16:00."),
        ("when is my dentist appointment", "“Dentist” is Tuesday 3 March at 14:30 to 16:00."),
        ("what time is lunch with Anna?", "“Lunch with Anna” is tomorrow at 12:00 to 13:30."),
        (
            "when is the concert?",
            "I found nothing like “concert” in your calendar, your reminders or your tasks.",
        ),
    ] {
        assert_eq!(talk.say(question).await, answer, "{question}");
    }
}

#[tokio::test]
async fn a_bare_line_with_a_time_is_offered_and_entered_at_a_yes() {
    let mut talk = Talk::begin().await;
    let question = talk.say("Dentist next Tuesday at half past two for 45 minutes").await;
    assert_eq!(question, "Shall I put “Dentist” into your calendar, Tuesday 3 March at 14:30 to 15:15?");
    assert!(talk.held().await.is_empty());
    talk.say("yes please").await;
    assert_eq!(talk.held().await, ["Dentist 03 14:30-15:15"]);
    talk.say("undo that").await;
    assert!(talk.held().await.is_empty());
    talk.say("Lunch with Anna tomorrow at noon").await;
    assert_eq!(talk.say("no thanks").await, "All right.");
    assert_eq!(
        talk.say("call mum tomorrow at nine").await,
        "Shall I remind you tomorrow at 09:00: call mum?"
    );
    talk.say("yes").await;
    assert_eq!(talk.reminders().await, ["call mum 2026-03-02T09:00:00Z"]);
    for talk_only in [
        "I was at the dentist last Tuesday at two",
        "we had lunch with Anna at noon",
        "Dentist tomorrow at two?",
        "the concert started at 8pm",
        "see you tomorrow at nine",
    ] {
        let said = talk.say(talk_only).await;
        assert!(!said.contains("Shall I"), "{talk_only}: {said}");
        talk.say("yes").await;
    }
    assert!(talk.held().await.is_empty());
}

#[tokio::test]
async fn it_is_what_was_spoken_of_last() {
    let mut talk = Talk::begin().await;
    talk.say("schedule lunch with Anna tomorrow at noon").await;
    talk.say("move it to 1").await;
    assert_eq!(talk.held().await, ["lunch with Anna 02 13:00-14:00"]);
    talk.say("make it half an hour longer").await;
    assert_eq!(talk.held().await, ["lunch with Anna 02 13:00-14:30"]);
    talk.say("cancel it").await;
    assert!(talk.held().await.is_empty());
}

#[tokio::test]
async fn tools_name_what_is_meant_by_words_and_time() {
    let talk = Talk::begin().await;
    talk.add("Lunch with Anna", "2026-03-03T12:00:00Z", None).await;
    talk.add("Lunch with Bo", "2026-03-04T12:30:00Z", None).await;
    talk.add("Choir", "2026-03-05T19:00:00Z", Some("weekly")).await;
    let several = talk.use_tool("delete_event", json!({ "query": "lunch" })).await.unwrap_err();
    assert_eq!(several.kind, ErrorKind::Conflict);
    assert!(several.message.contains("Lunch with Bo (Wednesday 4 March at 12:30)"), "{}", several.message);
    let none =
        talk.use_tool("delete_event", json!({ "query": "choir", "on": "2026-03-06" })).await.unwrap_err();
    assert_eq!(none.kind, ErrorKind::NotFound);
    assert!(none.message.contains("Choir (Thursday 5 March at 19:00)"), "{}", none.message);
    let open = talk.use_tool("delete_event", json!({ "query": "choir" })).await.unwrap_err();
    assert!(open.message.contains("reach"), "{}", open.message);
    talk.use_tool("update_event", json!({ "query": "", "on": "2026-03-04T12:30:00Z", "start": "13:00" }))
        .await
        .unwrap();
    talk.use_tool("delete_event", json!({ "query": "choir", "on": "2026-03-12" })).await.unwrap();
    let held = talk.held().await;
    assert_eq!(held[1], "Lunch with Bo 04 13:00-14:30");
    assert_eq!(held.iter().filter(|line| line.starts_with("Choir")).count(), 3, "{held:?}");
    let one = talk.calendar().find_event(Wanted::from("anna")).await.unwrap();
    assert_eq!(one.event.title, "Lunch with Anna");
}
