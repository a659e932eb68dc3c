//! Conversations by voice, with ears and a mouth on paper: what wakes her, what she answers, what stops her.

use std::time::Duration;

use luna_core::ports::Sound;
use luna_core::voice::Press;
use luna_model::{ErrorKind, Event, SettingsPatch, VoicePhase, VoiceTurn};
use luna_testkit::{InMemory, Ingredients, PATIENCE, Reply, spoken_by, unlike_her_name};
use serde_json::json;

async fn awake(voice: serde_json::Value) -> InMemory {
    let settings = json!({ "learn_facts": false, "voice": voice });
    let settings = settings.as_object().cloned().unwrap();
    InMemory::of(Ingredients { settings, ..Ingredients::default() }).await
}

/// Waits until it is so.
async fn until(luna: &InMemory, what: &str, so: impl Fn(&InMemory) -> bool) {
    let waited = async {
        while !so(luna) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, waited).await.is_ok(),
        "never: {what}; now {:?}",
        luna.voice_state()
    );
}

/// The next turn that ends.
async fn turn(events: &mut tokio::sync::broadcast::Receiver<std::sync::Arc<Event>>) -> VoiceTurn {
    let ended = async {
        loop {
            if let Event::VoiceTurnEnded { turn } = &*events.recv().await.unwrap() {
                return turn.clone();
            }
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("a turn ends")
}

#[tokio::test]
async fn the_microphone_is_closed_until_it_is_asked_for() {
    let luna = InMemory::luna().await;
    until(&luna, "off", |l| l.voice_state().phase == VoicePhase::Off).await;
    assert!(!luna.voice.listens());
    luna.press(Press::Toggle).await.unwrap();
    until(&luna, "listens", |l| l.voice.listens() && l.voice_state().phase == VoicePhase::Listening).await;
    luna.press(Press::Toggle).await.unwrap();
    until(&luna, "closed again", |l| !l.voice.listens()).await;
}

#[tokio::test]
async fn her_name_wakes_her_and_the_rest_is_answered_aloud() {
    let luna = awake(json!({ "wake_word": true })).await;
    let mut events = luna.bus().watch();
    until(&luna, "listens for her name", |l| l.voice.listens()).await;

    // Not for her: nothing happens.
    luna.voice.hear("and then I said to the plumber").await;
    luna.model.then(Reply::says("It is noon. Anything else?"));
    luna.voice.hear("Hey, Luna, what time is it?").await;
    let first = turn(&mut events).await;
    assert_eq!(
        (first.heard.as_str(), first.answered.as_str()),
        ("what time is it?", "It is noon. Anything else?")
    );
    assert_eq!(luna.voice.said(), ["It is noon.", "Anything else?"]);

    // For a while no name is needed, and the conversation is the same.
    luna.model.then(Reply::says("Monday."));
    luna.voice.hear("And which day?").await;
    assert_eq!(turn(&mut events).await.answered, "Monday.");
    assert_eq!(luna.conversations(10, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_does_not_sound_like_her_name_is_not_put_into_words() {
    let luna = awake(json!({ "wake_word": true, "follow_up_s": 0 })).await;
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    let mut events = luna.bus().watch();
    let other = || luna.voice.sound(Sound::Ended { speech: unlike_her_name(), silence_ms: 500 });
    for _ in 0..3 {
        other().await;
    }
    luna.model.then(Reply::says("Noon."));
    luna.voice.hear("Hey Luna, what time is it?").await;
    assert_eq!(turn(&mut events).await.heard, "what time is it?");
    assert_eq!(luna.voice.transcribed(), 1);

    // With the button all that is said is for her.
    luna.press(Press::Toggle).await.unwrap();
    until(&luna, "listens", |l| l.voice_state().phase == VoicePhase::Listening).await;
    other().await;
    until(&luna, "put into words", |l| l.voice.transcribed() == 2).await;
    // A small model hears "hey Luna" where it is told to expect it.
    assert_eq!(luna.voice.expected(), ["Hey Luna.", "Luna."]);
}

#[tokio::test]
async fn what_sounded_like_her_name_at_a_breath_does_so_to_its_end() {
    let luna = awake(json!({ "wake_word": true, "follow_up_s": 0 })).await;
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    let mut events = luna.bus().watch();
    luna.model.then(Reply::says("Noon."));
    luna.voice.sound(Sound::Began).await;
    luna.voice.understand(["Hey Luna.", "Hey Luna, what time is it?"]);
    luna.voice.sound(Sound::Pause(spoken_by(0, 1))).await;
    until(&luna, "the beginning is put into words", |l| l.voice.transcribed() == 1).await;
    luna.voice.sound(Sound::Ended { speech: unlike_her_name(), silence_ms: 500 }).await;
    assert_eq!(turn(&mut events).await.heard, "what time is it?");

    // What is said next is looked at anew.
    until(&luna, "waits for her name", |l| l.voice_state().phase == VoicePhase::Idle).await;
    luna.voice.sound(Sound::Began).await;
    luna.voice.sound(Sound::Ended { speech: unlike_her_name(), silence_ms: 500 }).await;
    luna.model.then(Reply::says("Monday."));
    luna.voice.hear("Hey Luna, which day?").await;
    assert_eq!(turn(&mut events).await.heard, "which day?");
    assert_eq!(luna.voice.transcribed(), 3);
}

/// The next text that is shown: what stays, what may change, whether it is all.
async fn shown(
    events: &mut tokio::sync::broadcast::Receiver<std::sync::Arc<Event>>,
) -> (String, String, bool) {
    let heard = async {
        loop {
            if let Event::VoiceHeard { text, tentative, whole } = &*events.recv().await.unwrap() {
                return (text.clone(), tentative.clone(), *whole);
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("a text is shown")
}

/// Speaks on until what was said so far was put into words so often.
async fn speak_on(luna: &InMemory, interims: usize) {
    let speaking = async {
        while luna.voice.interims() < interims {
            luna.voice.sound(Sound::Speaking(spoken_by(0, 2))).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, speaking).await.is_ok(), "never put into words");
}

fn text(stable: &str, tentative: &str, whole: bool) -> (String, String, bool) {
    (stable.to_owned(), tentative.to_owned(), whole)
}

#[tokio::test]
async fn what_is_said_is_shown_while_somebody_still_speaks() {
    let luna = awake(json!({ "follow_up_s": 0 })).await;
    luna.press(Press::Toggle).await.unwrap();
    until(&luna, "listens", |l| l.voice.listens()).await;
    let mut events = luna.bus().watch();
    luna.voice.understand(["Set the.", "Set the volume to", "Set the volume to 30."]);
    luna.voice.sound(Sound::Began).await;
    // A word is not worth it yet.
    luna.voice.sound(Sound::Speaking(spoken_by(0, 0))).await;
    let began = std::time::Instant::now();
    speak_on(&luna, 1).await;
    assert_eq!(shown(&mut events).await, text("", "Set the.", false));
    speak_on(&luna, 2).await;
    assert!(began.elapsed() > Duration::from_secs(1), "the recogniser is left alone for a while");
    assert_eq!(shown(&mut events).await, text("Set the", "volume to", false));
    luna.model.then(Reply::says("Done."));
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 3), silence_ms: 500 }).await;
    assert_eq!(shown(&mut events).await, text("Set the volume to 30.", "", true));
    assert_eq!(turn(&mut events).await.heard, "Set the volume to 30.");
}

#[tokio::test]
async fn what_is_said_to_others_is_not_followed_and_what_follows_her_name_is() {
    let luna = awake(json!({ "wake_word": true, "follow_up_s": 0 })).await;
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    let mut events = luna.bus().watch();
    luna.voice.sound(Sound::Began).await;
    for _ in 0..20 {
        luna.voice.sound(Sound::Speaking(spoken_by(0, 2))).await;
    }
    luna.voice.sound(Sound::Ended { speech: unlike_her_name(), silence_ms: 500 }).await;

    luna.voice.understand(["Hey Luna,", "Hey Luna, what time", "Hey Luna, what time is it?"]);
    luna.voice.sound(Sound::Began).await;
    luna.voice.sound(Sound::Pause(spoken_by(0, 1))).await;
    until(&luna, "her name is put into words", |l| l.voice.transcribed() == 1).await;
    assert_eq!(luna.voice.interims(), 0);
    speak_on(&luna, 1).await;
    assert_eq!(shown(&mut events).await, text("", "what time", false));
    luna.model.then(Reply::says("Noon."));
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 3), silence_ms: 500 }).await;
    assert_eq!(turn(&mut events).await.heard, "what time is it?");
}

#[tokio::test]
async fn the_end_does_not_wait_for_what_was_said_so_far() {
    let luna = awake(json!({ "follow_up_s": 0 })).await;
    luna.press(Press::Toggle).await.unwrap();
    until(&luna, "listens", |l| l.voice.listens()).await;
    let mut events = luna.bus().watch();
    luna.voice.understand_slowly();
    luna.voice.understand(["Lock the screen."]);
    luna.voice.sound(Sound::Began).await;
    speak_on(&luna, 1).await;
    for _ in 0..20 {
        luna.voice.sound(Sound::Speaking(spoken_by(0, 2))).await;
    }
    luna.model.then(Reply::says("Done."));
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 3), silence_ms: 500 }).await;
    assert_eq!(turn(&mut events).await.heard, "Lock the screen.");
    assert_eq!(luna.voice.interims(), 1, "one at a time");
}

#[tokio::test]
async fn an_address_that_may_cost_money_is_not_asked_what_was_said_so_far() {
    let luna = awake(json!({ "follow_up_s": 0, "stt_url": "http://127.0.0.1:9/v1" })).await;
    luna.press(Press::Toggle).await.unwrap();
    until(&luna, "listens", |l| l.voice.listens()).await;
    let mut events = luna.bus().watch();
    luna.voice.sound(Sound::Began).await;
    for _ in 0..20 {
        luna.voice.sound(Sound::Speaking(spoken_by(0, 2))).await;
    }
    luna.voice.understand(["Lock the screen."]);
    luna.model.then(Reply::says("Done."));
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 3), silence_ms: 500 }).await;
    assert_eq!(turn(&mut events).await.heard, "Lock the screen.");
    assert_eq!(luna.voice.interims(), 0);
}

#[tokio::test]
async fn the_loudspeaker_is_opened_while_somebody_still_speaks_to_her() {
    let luna = awake(json!({ "wake_word": true })).await;
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    let mut events = luna.bus().watch();
    luna.voice.sound(Sound::Began).await;
    luna.voice.understand(["and then I said", "and then I said to the plumber"]);
    luna.voice.sound(Sound::Pause(spoken_by(0, 1))).await;
    until(&luna, "the beginning is put into words", |l| l.voice.transcribed() == 1).await;
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 2), silence_ms: 500 }).await;
    until(&luna, "it is put into words", |l| l.voice.transcribed() == 2).await;
    assert_eq!(luna.voice.prepared(), 0, "that was for others");

    luna.model.then(Reply::says("Noon."));
    luna.voice.sound(Sound::Began).await;
    luna.voice.understand(["Hey Luna.", "Hey Luna, what time is it?"]);
    luna.voice.sound(Sound::Pause(spoken_by(0, 1))).await;
    until(&luna, "her name is heard", |l| l.voice.prepared() == 1).await;
    assert_eq!(luna.voice.said(), [""; 0], "before anything is said");
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 2), silence_ms: 500 }).await;
    assert_eq!(turn(&mut events).await.heard, "what time is it?");

    // She listens on: whoever begins now speaks to her.
    luna.voice.sound(Sound::Began).await;
    until(&luna, "it is opened again", |l| l.voice.prepared() == 2).await;
}

#[tokio::test]
async fn a_deed_by_voice_passes_the_gate_like_any_other() {
    let luna = awake(json!({ "wake_word": true, "follow_up_s": 0 })).await;
    let mut events = luna.bus().watch();
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    luna.gate().set_mode("set_volume", luna_model::Mode::Block).await.unwrap();
    luna.model.then(Reply::calls("set_volume", json!({ "level": 30 })));
    luna.model.then(Reply::says("I may not."));
    luna.voice.hear("hey luna set the volume to 30").await;
    assert_eq!(turn(&mut events).await.answered, "I may not.");
    assert_eq!(luna.desktop().volume().await.unwrap().level, 50);

    // The window is closed at once, so this is not for her.
    until(&luna, "waits for her name", |l| l.voice_state().phase == VoicePhase::Idle).await;
    luna.voice.hear("set the volume to 90").await;
    luna.gate().set_mode("set_volume", luna_model::Mode::Allow).await.unwrap();
    luna.model.then(Reply::calls("set_volume", json!({ "level": 30 })));
    luna.model.then(Reply::says("Done."));
    luna.voice.hear("hey luna set the volume to 30").await;
    assert_eq!(turn(&mut events).await.answered, "Done.");
    assert_eq!(luna.desktop().volume().await.unwrap().level, 30);
}

#[tokio::test]
async fn who_speaks_over_her_is_heard() {
    let luna = awake(json!({ "wake_word": true })).await;
    let mut events = luna.bus().watch();
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    luna.voice.speak_for_ever();
    luna.model.then(Reply::says("Once upon a time. There was a moon. It shone."));
    luna.voice.hear("hey luna, tell me a story").await;
    tokio::time::timeout(PATIENCE, luna.voice.until_said(1)).await.unwrap();
    luna.voice.sound(Sound::Began).await;
    until(&luna, "pauses at once", |l| l.voice.paused()).await;
    until(&luna, "listens", |l| l.voice_state().phase == VoicePhase::Listening).await;
    luna.model.then(Reply::says("Ten past nine."));
    luna.voice.understand(["What time is it?"]);
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 1), silence_ms: 500 }).await;
    let story = turn(&mut events).await;
    assert!(story.interrupted, "{story:?}");
    tokio::time::timeout(PATIENCE, luna.voice.until_said(2)).await.unwrap();
    assert_eq!(luna.voice.said(), ["Once upon a time.", "Ten past nine."], "the rest was not spoken");
    assert!(!luna.voice.paused());
    luna.press(Press::Hush).await.unwrap();
    assert_eq!(turn(&mut events).await.heard, "What time is it?");
}

#[tokio::test]
async fn who_only_says_stop_is_not_answered() {
    let luna = awake(json!({ "wake_word": true })).await;
    let mut events = luna.bus().watch();
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    luna.voice.speak_for_ever();
    luna.model.then(Reply::says("Once upon a time."));
    luna.voice.hear("hey luna, tell me a story").await;
    tokio::time::timeout(PATIENCE, luna.voice.until_said(1)).await.unwrap();
    luna.voice.hear("No, stop that.").await;
    assert!(turn(&mut events).await.interrupted);
    until(&luna, "listens", |l| l.voice_state().phase == VoicePhase::Listening).await;
    assert_eq!(luna.model.asked().len(), 1, "it was no question");
}

#[tokio::test]
async fn a_cough_and_her_own_words_do_not_end_her_answer() {
    let luna = awake(json!({ "wake_word": true })).await;
    let mut events = luna.bus().watch();
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    luna.voice.speak_for_ever();
    luna.model.then(Reply::says("Once upon a time there was a moon. It shone."));
    luna.voice.hear("hey luna, tell me a story").await;
    tokio::time::timeout(PATIENCE, luna.voice.until_said(1)).await.unwrap();
    for nothing in ["", "Upon a time there was"] {
        luna.voice.sound(Sound::Began).await;
        until(&luna, "pauses", |l| l.voice.paused()).await;
        luna.voice.understand([nothing]);
        luna.voice.sound(Sound::Ended { speech: spoken_by(0, 1), silence_ms: 500 }).await;
        until(&luna, "goes on", |l| !l.voice.paused()).await;
        until(&luna, "speaks", |l| l.voice_state().phase == VoicePhase::Speaking).await;
    }
    // It goes on so: no more pauses for nothing.
    luna.voice.sound(Sound::Began).await;
    until(&luna, "softer", |l| l.voice.ducked()).await;
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 1), silence_ms: 500 }).await;
    until(&luna, "as loud as before", |l| !l.voice.ducked()).await;
    assert!(luna.voice_state().speaking);
    assert_eq!(luna.voice.said().len(), 1, "nothing was answered");
    luna.press(Press::Hush).await.unwrap();
    assert!(turn(&mut events).await.interrupted);
}

#[tokio::test]
async fn what_is_said_over_her_stops_her_also_when_it_cannot_be_understood() {
    let luna = awake(json!({ "wake_word": true })).await;
    let mut events = luna.bus().watch();
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    luna.voice.speak_for_ever();
    luna.model.then(Reply::says("Once upon a time."));
    luna.voice.hear("hey luna, tell me a story").await;
    tokio::time::timeout(PATIENCE, luna.voice.until_said(1)).await.unwrap();
    luna.voice.unlearn("the recogniser is gone");
    luna.voice.sound(Sound::Began).await;
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 1), silence_ms: 500 }).await;
    assert!(turn(&mut events).await.interrupted);
    until(&luna, "may speak again", |l| !l.voice.paused()).await;
}

#[tokio::test]
async fn a_microphone_that_goes_away_or_is_muted_does_not_leave_her_pausing() {
    for muted in [true, false] {
        let luna = awake(json!({ "wake_word": true })).await;
        until(&luna, "listens for her name", |l| l.voice.listens()).await;
        luna.voice.speak_for_ever();
        luna.model.then(Reply::says("Once upon a time."));
        luna.voice.hear("hey luna, tell me a story").await;
        tokio::time::timeout(PATIENCE, luna.voice.until_said(1)).await.unwrap();
        luna.voice.sound(Sound::Began).await;
        until(&luna, "pauses", |l| l.voice.paused()).await;
        if muted {
            let patch: SettingsPatch = json!({ "voice": { "muted": true } }).as_object().cloned().unwrap();
            luna.patch_settings(patch).await.unwrap();
        } else {
            luna.voice.sound(Sound::Lost("it was unplugged".into())).await;
        }
        until(&luna, "goes on", |l| !l.voice.paused()).await;
        assert!(luna.voice_state().speaking);
    }
}

#[tokio::test]
async fn she_answers_in_the_language_that_was_spoken_unless_one_is_set() {
    for (set, spoken) in [("", "de"), ("en", "en")] {
        let luna = awake(json!({ "wake_word": true, "language": set })).await;
        luna.voice.hear_language("de");
        let mut events = luna.bus().watch();
        until(&luna, "listens for her name", |l| l.voice.listens()).await;
        luna.model.then(Reply::says("Es ist zwölf."));
        luna.voice.hear("Hey Luna, wie spät ist es?").await;
        turn(&mut events).await;
        assert_eq!(luna.voice.said_in(), spoken);
    }
}

#[tokio::test]
async fn without_barge_in_she_speaks_to_the_end_and_hush_stops_her() {
    let luna = awake(json!({ "wake_word": true, "barge_in": false })).await;
    let mut events = luna.bus().watch();
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    luna.voice.speak_for_ever();
    luna.model.then(Reply::says("A long story."));
    luna.voice.hear("hey luna, tell me a story").await;
    tokio::time::timeout(PATIENCE, luna.voice.until_said(1)).await.unwrap();
    luna.voice.sound(Sound::Began).await;
    until(&luna, "softer while somebody speaks", |l| l.voice.ducked()).await;
    assert!(luna.voice_state().speaking);
    luna.voice.sound(Sound::Ended { speech: spoken_by(0, 1), silence_ms: 500 }).await;
    until(&luna, "as loud as before", |l| !l.voice.ducked()).await;
    assert!(luna.voice_state().speaking);
    luna.press(Press::Hush).await.unwrap();
    assert!(turn(&mut events).await.interrupted);
}

#[tokio::test]
async fn the_microphone_is_opened_anew_for_another_way_to_find_speech() {
    let luna = awake(json!({ "wake_word": true })).await;
    until(&luna, "listens", |l| l.voice.listens()).await;
    let patch = |voice: serde_json::Value| json!({ "voice": voice }).as_object().cloned().unwrap();
    luna.patch_settings(patch(json!({ "vad": "energy" }))).await.unwrap();
    until(&luna, "listens by loudness", |l| l.voice.opened() == ["neural", "energy"] && l.voice.listens())
        .await;
    // What does not concern the microphone leaves it open.
    luna.patch_settings(patch(json!({ "rate": 200 }))).await.unwrap();
    luna.voice.hear("nothing for her").await;
    assert_eq!(luna.voice.opened().len(), 2);
}

#[tokio::test]
async fn a_missing_microphone_is_said_and_nothing_else_suffers() {
    let luna = InMemory::luna().await;
    luna.voice.deafen("no microphone can be used");
    let patch: SettingsPatch = json!({ "voice": { "wake_word": true } }).as_object().cloned().unwrap();
    luna.patch_settings(patch).await.unwrap();
    until(&luna, "the trouble is said", |l| {
        l.voice_state().trouble.as_deref() == Some("no microphone can be used")
    })
    .await;
    luna.speak("I can still speak.").await.unwrap();
    assert_eq!(luna.voice.said(), ["I can still speak."]);
}

#[tokio::test]
async fn speaking_can_be_forbidden_and_is_written_down() {
    let luna = InMemory::luna().await;
    luna.speak("**Hello** there. See https://example.org/a/b.").await.unwrap();
    assert_eq!(luna.voice.said(), ["Hello there.", "See example.org."]);
    luna.gate().set_mode("speak", luna_model::Mode::Block).await.unwrap();
    assert_eq!(luna.speak("Hello").await.unwrap_err().kind, luna_model::ErrorKind::Forbidden);
    let lines = luna.gate().audit().records(10, None).await.unwrap();
    // A line before and a line after, for what was said and for what was refused.
    assert_eq!(lines.iter().filter(|line| line.tool == "speak").count(), 4);
}

#[tokio::test]
async fn how_it_was_said_informs_the_answer_unless_that_is_switched_off() {
    for (listens, told) in [(true, true), (false, false)] {
        let luna = awake(json!({ "wake_word": true, "emotion": listens })).await;
        luna.voice.sound_as(luna_model::Emotion { neutral: 0.1, happy: 0.05, sad: 0.8, angry: 0.05 });
        let mut events = luna.bus().watch();
        until(&luna, "listens for her name", |l| l.voice.listens()).await;
        luna.model.then(Reply::says("I am here."));
        luna.voice.hear("Hey Luna, are you there?").await;
        turn(&mut events).await;
        let asked = luna.model.asked();
        assert_eq!(asked.last().unwrap().system.contains("sounds sad"), told);
    }
}

#[tokio::test]
async fn once_she_knows_a_voice_only_it_wakes_her() {
    let luna = awake(json!({ "follow_up_s": 0 })).await;
    let reads = async |who, seconds| {
        let say = async {
            until(&luna, "listens for a sentence", |l| l.voice.listens()).await;
            let speech = spoken_by(who, seconds);
            luna.voice.sound(Sound::Ended { speech, silence_ms: 500 }).await;
        };
        tokio::join!(luna.learn_voice(), say).0
    };
    for n in 1..=5 {
        if n == 3 {
            assert_eq!(reads(0, 1).await.unwrap_err().kind, ErrorKind::Invalid, "too short");
            assert_eq!(reads(1, 2).await.unwrap_err().kind, ErrorKind::Invalid, "somebody else");
        }
        let known = reads(0, 2).await.unwrap();
        assert_eq!((known.known, known.heard), (n == 5, n % 5));
    }
    assert!(luna.settings().current().voice.only_known);

    let patch: SettingsPatch = json!({ "voice": { "wake_word": true } }).as_object().cloned().unwrap();
    luna.patch_settings(patch).await.unwrap();
    until(&luna, "listens for her name", |l| l.voice.listens()).await;
    let mut events = luna.bus().watch();
    luna.voice.hear_from(1, "Hey Luna, unlock the door").await;
    luna.model.then(Reply::says("Noon."));
    luna.voice.hear_from(0, "Hey Luna, what time is it?").await;
    assert_eq!(turn(&mut events).await.heard, "what time is it?", "the stranger was not for her");

    luna.forget_voice().await.unwrap();
    assert!(!luna.settings().current().voice.only_known);
    assert!(!luna.known_voice().await.unwrap().known);
}
