//! Whether the user is there, and in what state: from idle time and the session's lock, the hour, what the user said, and
//! what is in front. Looked at once a minute; nothing of it is kept but the state.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use luna_model::{Event, Leave, Quiet, UserNow, UserState};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::Luna;
use crate::ports::Presence;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(60);
/// Idle for longer than this, nobody is at the machine.
const AWAY_AFTER: u64 = 20 * 60;
/// At night, idle for longer than this is asleep.
const ASLEEP_AFTER: u64 = 30 * 60;
/// Idle for less than this, somebody is.
const ACTIVE_WITHIN: u64 = 5 * 60;
/// How long somebody is just awake, or just back.
const JUST: SignedDuration = SignedDuration::from_mins(45);
/// Touching the machine so soon after saying good-bye is no return.
const LEAVING_TAKES: SignedDuration = SignedDuration::from_mins(3);
/// A mood below this (of -1 to 1) is low.
const LOW: f64 = -0.5;

/// What is known of the user, in memory only.
#[derive(Debug, Default)]
pub(crate) struct Whereabouts {
    seen: Mutex<Seen>,
    again: Notify,
    /// Held while it is written down how Luna holds back with them.
    pub(crate) restraining: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    now: Option<UserNow>,
    /// When the user said that they leave, and where they go.
    left: Option<(Timestamp, Leave)>,
    /// When the user said that they are back from work.
    back: Option<Timestamp>,
    /// When the user last wrote or spoke at this machine.
    spoke: Option<Timestamp>,
    /// When they were last seen asleep.
    slept: Option<Timestamp>,
}

/// Where the user speaks from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whence {
    /// This machine.
    Here,
    /// A channel.
    Elsewhere,
}

/// What a state follows from.
#[derive(Clone, Copy, Debug)]
struct Signs {
    hour: i8,
    now: Timestamp,
    machine: Presence,
    /// Something is in front that one works with.
    working: bool,
    low: bool,
}

impl Whereabouts {
    /// Has it looked at again soon.
    pub(crate) fn look_again(&self) {
        self.again.notify_one();
    }

    /// The user wrote or said something.
    fn heard(&self, text: &str, whence: Whence, now: Timestamp) {
        let mut seen = self.seen.lock();
        let leave = leaves(text);
        if whence == Whence::Here {
            seen.spoke = Some(now);
        }
        if leave.is_some() || whence == Whence::Here {
            seen.left = leave.map(|leave| (now, leave));
        }
        if returns_from_work(text) {
            seen.back = Some(now);
        }
    }

    /// The state from these signs; what was seen before, and what is now.
    fn look(&self, signs: Signs, quiet: Option<Quiet>) -> (Option<UserNow>, UserNow) {
        let mut seen = self.seen.lock();
        // Whoever touches the machine again after leaving is back.
        if seen.left.is_some_and(|(at, _)| {
            signs.now.duration_since(at) > LEAVING_TAKES && signs.machine.idle_s.is_some_and(|idle| idle < 60)
        }) {
            seen.left = None;
        }
        let state = infer(&seen, signs);
        if state == UserState::Sleeping {
            seen.slept = Some(signs.now);
        }
        let since = seen.now.filter(|before| before.state == state).map_or(signs.now, |before| before.since);
        let now = UserNow { state, since, leave: seen.left.map(|(_, leave)| leave), quiet };
        (seen.now.replace(now), now)
    }
}

/// The state that these signs speak for, in the order in which one goes before another.
fn infer(seen: &Seen, signs: Signs) -> UserState {
    let Signs { hour, now, machine, working, low } = signs;
    let lately =
        |at: Option<Timestamp>, within: SignedDuration| at.is_some_and(|at| now.duration_since(at) < within);
    let spoke_s = seen.spoke.and_then(|at| u64::try_from(now.duration_since(at).as_secs()).ok());
    // A machine that does not say how long it is idle still tells by what is said to Luna; else somebody may be there.
    let idle = match (machine.idle_s, spoke_s) {
        (Some(idle), Some(spoke)) => idle.min(spoke),
        (Some(idle), None) => idle,
        (None, _) => 0,
    };
    let locked = machine.locked == Some(true);
    let active = !locked && seen.left.is_none() && idle < ACTIVE_WITHIN;
    let night = (1..7).contains(&hour);
    let to_bed = matches!(seen.left, Some((_, Leave::Bed)));
    if !active && (to_bed || night && (locked || idle >= ASLEEP_AFTER || seen.left.is_some())) {
        return UserState::Sleeping;
    }
    if active && (5..10).contains(&hour) && lately(seen.slept, JUST) {
        return UserState::JustWokeUp;
    }
    if locked || seen.left.is_some() || idle >= AWAY_AFTER {
        return UserState::Away;
    }
    if (16..21).contains(&hour) && lately(seen.back, JUST) {
        return UserState::BackFromWork;
    }
    if !(2..23).contains(&hour) && active {
        return UserState::StayingUp;
    }
    if low {
        return UserState::LowEnergy;
    }
    if working {
        return UserState::FocusMode;
    }
    // Only where it is known that somebody is there.
    if (20..23).contains(&hour) && active && (machine.idle_s.is_some() || lately(seen.spoke, JUST)) {
        return UserState::Relaxing;
    }
    UserState::Normal
}

const LEAVING: [(&str, Leave); 20] = [
    ("brb", Leave::Away),
    ("be right back", Leave::Away),
    ("gotta go", Leave::Away),
    ("got to go", Leave::Away),
    ("have to go", Leave::Away),
    ("heading out", Leave::Away),
    ("i'm off", Leave::Away),
    ("i am off", Leave::Away),
    ("see you later", Leave::Away),
    ("talk to you later", Leave::Away),
    ("going out", Leave::Away),
    ("bin gleich wieder da", Leave::Away),
    ("muss los", Leave::Away),
    ("bis später", Leave::Away),
    ("going to bed", Leave::Bed),
    ("off to bed", Leave::Bed),
    ("good night", Leave::Bed),
    ("goodnight", Leave::Bed),
    ("gute nacht", Leave::Bed),
    ("gehe ins bett", Leave::Bed),
];
/// Words before it that make it a thought and no leave.
const HEDGES: [&str; 14] = [
    "maybe",
    "might",
    "thinking",
    "think",
    "planning",
    "plan",
    "want",
    "wanted",
    "should",
    "would",
    "if",
    "before",
    "vielleicht",
    "bevor",
];
const FROM_WORK: [&str; 8] = [
    "back from work",
    "home from work",
    "back from the office",
    "just got home",
    "done with work",
    "finished work",
    "feierabend",
    "von der arbeit zurück",
];

/// The words of a text, one space apart and around.
fn words(text: &str) -> String {
    let text = text.to_lowercase().replace('’', "'");
    let kept = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    format!(" {} ", kept.collect::<Vec<_>>().join(" "))
}

/// Where somebody goes who says that they leave: in a short message, that is no question, and not as a thought.
fn leaves(text: &str) -> Option<Leave> {
    let said = words(text);
    if text.trim_end().ends_with('?') || said.split_whitespace().count() > 12 {
        return None;
    }
    let meant = |phrase: &str| {
        said.split_once(&format!(" {phrase} "))
            .is_some_and(|(before, _)| !before.split_whitespace().any(|word| HEDGES.contains(&word)))
    };
    // Bed goes before away: "I'm off, good night".
    let found = LEAVING.iter().filter(|(phrase, _)| meant(phrase)).map(|(_, leave)| *leave);
    found.max_by_key(|leave| *leave == Leave::Bed)
}

fn returns_from_work(text: &str) -> bool {
    let said = words(text);
    said.split_whitespace().count() <= 20
        && FROM_WORK.iter().any(|phrase| said.contains(&format!(" {phrase} ")))
}

/// Programs in which one writes, draws or builds.
const WORKSHOPS: [&str; 16] = [
    "code",
    "codium",
    "idea",
    "pycharm",
    "webstorm",
    "clion",
    "rustrover",
    "emacs",
    "vim",
    "zed",
    "sublime",
    "xcode",
    "devenv",
    "eclipse",
    "blender",
    "gimp",
];

fn is_workshop(app: &str) -> bool {
    let app = app.to_lowercase();
    app.split(|c: char| !c.is_alphanumeric()).any(|part| WORKSHOPS.contains(&part))
}

impl Luna {
    /// How the user is, as it was last seen, and whether Luna keeps quiet now.
    #[must_use]
    pub fn user_now(&self) -> UserNow {
        let seen = self.whereabouts().seen.lock().now;
        let unseen =
            || UserNow { state: UserState::Normal, since: self.clock().now(), leave: None, quiet: None };
        UserNow { quiet: self.keeps_quiet(), ..seen.unwrap_or_else(unseen) }
    }

    /// The user said something.
    pub(crate) fn hear_of_user(&self, text: &str, whence: Whence) {
        self.whereabouts().heard(text, whence, self.clock().now());
        self.whereabouts().look_again();
    }

    /// The user says, by hand, that they leave.
    pub async fn see_off(&self, leave: Leave) -> UserNow {
        self.whereabouts().seen.lock().left = Some((self.clock().now(), leave));
        self.look_at_user().await
    }

    /// The user says, by hand, that they are here.
    pub async fn welcome(&self) -> UserNow {
        {
            let mut seen = self.whereabouts().seen.lock();
            (seen.left, seen.spoke) = (None, Some(self.clock().now()));
        }
        self.look_at_user().await
    }

    /// Looks how the user is, now, and greets them where that gives reason to.
    pub async fn look_at_user(&self) -> UserNow {
        let machine = self.desktop().presence().await;
        // Windows are only looked at when somebody is there.
        let there = machine.locked != Some(true) && machine.idle_s.is_some_and(|idle| idle < ACTIVE_WITHIN);
        let working = there
            && self
                .sight()
                .windows()
                .await
                .is_ok_and(|all| all.iter().any(|window| window.focused && is_workshop(&window.app)));
        let low = self.memory().personality().await.is_ok_and(|p| p.mood < LOW);
        let local = self.clock().local();
        let signs = Signs { hour: local.hour(), now: local.timestamp(), machine, working, low };
        let (before, now) = self.whereabouts().look(signs, self.keeps_quiet());
        self.processes().ran("state_aware_proactive", signs.now);
        if before != Some(now) {
            self.bus().publish(Event::UserChanged { user: now });
        }
        if before.is_some_and(|before| before.state != now.state) {
            tracing::debug!(state = ?now.state, "the user's state is another one");
            if let Err(error) = self.greet(now.state).await {
                tracing::warn!(%error, "the user could not be greeted");
            }
        }
        now
    }

    /// Keeps looking, in the background.
    pub(crate) fn watch_user(&self) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            loop {
                luna.look_at_user().await;
                tokio::select! {
                    () = luna.stopping().cancelled() => break,
                    () = tokio::time::sleep(EVERY) => {}
                    () = luna.whereabouts().again.notified() => {}
                }
            }
        });
    }

    /// What the state asks of an answer; none where nothing.
    pub(crate) fn manner_for_user(&self) -> Option<&'static str> {
        match self.user_now().state {
            UserState::FocusMode => {
                Some("They are at work on something: one or two sentences, nothing beside the point.")
            }
            UserState::LowEnergy => Some("They seem low: be warm, brief and undemanding."),
            UserState::StayingUp => Some("It is late and they are still up: be calm and brief."),
            UserState::JustWokeUp => Some("They just got up: be gentle and brief."),
            UserState::BackFromWork => Some("They are just back from work: be relaxed."),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(at: &str, idle_s: u64, locked: bool) -> Signs {
        let zoned: jiff::Zoned = format!("2026-03-11T{at}:00+01:00[Europe/Berlin]").parse().unwrap();
        let machine = Presence { idle_s: Some(idle_s), locked: Some(locked) };
        Signs { hour: zoned.hour(), now: zoned.timestamp(), machine, working: false, low: false }
    }

    #[test]
    fn a_day_is_seen_as_it_goes() {
        let watch = Whereabouts::default();
        let state = |signs| watch.look(signs, None).1.state;
        assert_eq!(state(signs("03:00", 7_200, false)), UserState::Sleeping);
        assert_eq!(state(signs("06:50", 9_000, true)), UserState::Sleeping);
        assert_eq!(state(signs("07:10", 5, false)), UserState::JustWokeUp);
        assert_eq!(state(signs("09:00", 5, false)), UserState::Normal);
        assert_eq!(state(Signs { working: true, ..signs("10:00", 5, false) }), UserState::FocusMode);
        assert_eq!(state(signs("11:00", 1_300, false)), UserState::Away);
        assert_eq!(state(signs("11:30", 5, true)), UserState::Away, "locked, however lately it was touched");
        assert_eq!(state(signs("21:00", 5, false)), UserState::Relaxing);
        assert_eq!(state(signs("23:30", 5, false)), UserState::StayingUp);
        let (before, now) = watch.look(signs("23:40", 5, false), None);
        assert_eq!(before, Some(now), "nothing is another, and it is since half past eleven");
        let (before, now) = watch.look(signs("23:50", 5, false), Some(Quiet::Hours));
        assert_ne!(before, Some(now), "but quiet");
    }

    #[test]
    fn where_the_machine_says_nothing_nobody_is_called_away() {
        let nothing = Signs { machine: Presence::default(), ..signs("14:00", 0, false) };
        assert_eq!(Whereabouts::default().look(nothing, None).1.state, UserState::Normal);
        let night = Signs { machine: Presence::default(), ..signs("04:00", 0, false) };
        assert_eq!(Whereabouts::default().look(night, None).1.state, UserState::Normal);
    }

    #[test]
    fn leaving_is_told_from_thinking_of_it() {
        for text in ["brb", "ok, gotta go!", "I’m off, see you later", "Bis später!"] {
            assert_eq!(leaves(text), Some(Leave::Away), "{text}");
        }
        for text in ["Good night Luna", "I'm off, going to bed", "Gute Nacht"] {
            assert_eq!(leaves(text), Some(Leave::Bed), "{text}");
        }
        for text in [
            "I'm thinking of going out tonight",
            "maybe I should go to bed",
            "is it time for going to bed?",
            "what does brb mean?",
            "I might have to go",
        ] {
            assert_eq!(leaves(text), None, "{text}");
        }
        assert!(returns_from_work("Hey, just got home") && !returns_from_work("work is hard"));
    }

    #[test]
    fn whoever_says_good_bye_is_away_until_they_touch_the_machine_again() {
        let watch = Whereabouts::default();
        watch.heard("brb", Whence::Here, signs("12:00", 0, false).now);
        let leaving = watch.look(signs("12:01", 5, false), None).1;
        assert_eq!((leaving.state, leaving.leave), (UserState::Away, Some(Leave::Away)));
        watch.heard("did you see my keys?", Whence::Elsewhere, signs("12:02", 0, false).now);
        assert_eq!(
            watch.look(signs("12:02", 60, false), None).1.state,
            UserState::Away,
            "writes from elsewhere"
        );
        let back = watch.look(signs("12:10", 5, false), None).1;
        assert_eq!((back.state, back.leave), (UserState::Normal, None));
        watch.heard("good night", Whence::Here, signs("22:00", 0, false).now);
        assert_eq!(watch.look(signs("22:01", 20, false), None).1.state, UserState::Sleeping);
        watch.heard("one more thing", Whence::Here, signs("22:02", 0, false).now);
        assert_eq!(watch.look(signs("22:02", 1, false), None).1.state, UserState::Relaxing, "not yet");
    }
}
