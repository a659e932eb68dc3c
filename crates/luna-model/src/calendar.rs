//! The calendar: events, what is to be done, and reminders. How a rule repeats is the core's affair.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{CalendarId, EventId, ReminderId, TodoId};

/// When something is: at a time of a place's clock, or on whole days, which are the same days wherever one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Times {
    /// From a moment to a moment.
    Timed {
        /// Its beginning.
        start: Timestamp,
        /// Its end; not before its beginning.
        end: Timestamp,
        /// IANA name of the zone by whose clock it repeats: `Europe/Berlin`.
        zone: String,
    },
    /// Whole days.
    Days {
        /// The first.
        first: Date,
        /// The day after the last.
        until: Date,
    },
}

impl Times {
    /// Its beginning, for someone in this zone.
    #[must_use]
    pub fn start(&self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Timed { start, .. } => *start,
            Self::Days { first, .. } => midnight(*first, zone),
        }
    }

    /// Its end, for someone in this zone.
    #[must_use]
    pub fn end(&self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Timed { end, .. } => *end,
            Self::Days { until, .. } => midnight(*until, zone),
        }
    }

    /// Whether it is whole days.
    #[must_use]
    pub const fn all_day(&self) -> bool {
        matches!(self, Self::Days { .. })
    }
}

/// The beginning of a day in a zone.
#[must_use]
pub fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    // Only the days at the very ends of the calendar have no such moment.
    day.to_zoned(zone.clone()).map_or(Timestamp::MAX, |z| z.timestamp())
}

/// An event, or a whole series of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CalendarEvent {
    /// Its id.
    pub id: EventId,
    /// The calendar it came from; none = Luna's own.
    pub calendar: Option<CalendarId>,
    /// The name it has in every calendar program (RFC 5545, UID).
    pub uid: String,
    /// A line.
    pub title: String,
    /// More about it.
    pub notes: String,
    /// Where.
    pub location: String,
    /// When; of a series, when its first is.
    pub times: Times,
    /// How it repeats (RFC 5545, RRULE, without the name): `FREQ=WEEKLY`.
    pub rule: Option<String>,
    /// Beginnings that the rule gives and that are not held, or are held otherwise.
    pub skipped: Vec<Timestamp>,
    /// The series in which this is held otherwise than the rule says.
    pub series: Option<EventId>,
    /// When the rule says that this would begin.
    pub original: Option<Timestamp>,
    /// Minutes before its beginning at which to remind of it.
    pub remind_before: Vec<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// One time that an event is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Occurrence {
    /// The event; its `times` are those of this occurrence.
    pub event: CalendarEvent,
    /// What tells it from the others of its series: when the rule says that it begins. None when it is no series.
    pub original: Option<Timestamp>,
}

/// What is said of a new event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct NewEvent {
    /// A line.
    pub title: String,
    /// More about it.
    #[serde(default)]
    pub notes: String,
    /// Where.
    #[serde(default)]
    pub location: String,
    /// When.
    pub times: Times,
    /// `daily`, `weekly`, `monthly`, `yearly` or an RRULE.
    pub repeat: Option<String>,
    /// Minutes before its beginning at which to remind of it; none = as is usual.
    pub remind_before: Option<Vec<u32>>,
    /// The calendar it goes into; none = the one where new things go.
    pub calendar: Option<CalendarId>,
}

/// A change to an event: what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
#[serde(default)]
pub struct EventPatch {
    /// A line.
    pub title: Option<String>,
    /// More about it.
    pub notes: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// When.
    pub times: Option<Times>,
    /// As in [`NewEvent::repeat`]; empty = it does not repeat.
    pub repeat: Option<String>,
    /// Minutes before.
    pub remind_before: Option<Vec<u32>>,
}

/// How much of a series a change is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The one occurrence.
    This,
    /// It and those after it.
    Following,
    /// All of them.
    #[default]
    All,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Todo {
    /// Its id.
    pub id: TodoId,
    /// The calendar it came from; none = Luna's own.
    #[serde(default)]
    pub calendar: Option<CalendarId>,
    /// The name it has in every calendar program.
    pub uid: String,
    /// A line.
    pub title: String,
    /// More about it.
    pub notes: String,
    /// By when.
    pub due: Option<Timestamp>,
    /// How much it matters.
    pub priority: Priority,
    /// When it was done.
    pub completed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// How much something matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is time.
    Low,
    /// As usual.
    #[default]
    Medium,
    /// First.
    High,
}

/// What is said of a new thing to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct NewTodo {
    /// A line.
    pub title: String,
    /// More about it.
    #[serde(default)]
    pub notes: String,
    /// By when.
    pub due: Option<Timestamp>,
    /// How much it matters.
    #[serde(default)]
    pub priority: Priority,
    /// The calendar it goes into; none = the one where new things go.
    pub calendar: Option<CalendarId>,
}

/// A change to something to be done: what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
#[serde(default)]
pub struct TodoPatch {
    /// A line.
    pub title: Option<String>,
    /// More about it.
    pub notes: Option<String>,
    /// By when.
    pub due: Option<Timestamp>,
    /// It has no longer a time by when.
    pub no_due: bool,
    /// How much it matters.
    pub priority: Option<Priority>,
    /// Whether it is done.
    pub completed: Option<bool>,
}

/// Something to be said at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Reminder {
    /// Its id.
    pub id: ReminderId,
    /// What.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// The event it is about.
    pub event: Option<EventId>,
    /// When it was said.
    pub said_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What words for the calendar were understood to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Draft {
    /// An event.
    Event {
        /// What would be added.
        event: NewEvent,
        /// What else is then, by title.
        conflicts: Vec<String>,
    },
    /// Something to do.
    Todo {
        /// What would be added.
        todo: NewTodo,
    },
    /// A reminder.
    Reminder {
        /// What.
        text: String,
        /// When.
        at: Timestamp,
    },
}

/// A calendar that is kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Subscription {
    /// Its id.
    pub id: CalendarId,
    /// What it is called.
    pub name: String,
    /// Where it is read.
    pub url: String,
    /// When it was last read.
    pub read_at: Option<Timestamp>,
    /// Why it could not be read the last time.
    pub failure: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// What came of reading calendar files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Imported {
    /// Events that are new or were changed.
    pub events: u32,
    /// Things to do that are new or were changed.
    pub todos: u32,
    /// Entries that could not be understood.
    pub left_out: u32,
}
