//! Whether the user is there, and in what state: what Luna goes by before she speaks up by herself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the user is, as far as it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Asleep, most likely: it is night and nobody is there.
    Sleeping,
    /// Up, and a moment ago asleep.
    JustWokeUp,
    /// Not at the machine.
    Away,
    /// Said to be back from work.
    BackFromWork,
    /// At the machine when others sleep.
    StayingUp,
    /// Low, by how they speak.
    LowEnergy,
    /// At work on something.
    FocusMode,
    /// At the machine in the evening.
    Relaxing,
    /// None of these.
    #[default]
    Normal,
}

impl UserState {
    /// Whether somebody is there to be spoken to.
    #[must_use]
    pub const fn is_there(self) -> bool {
        !matches!(self, Self::Sleeping | Self::Away)
    }
}

/// Where somebody goes who says that they leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    /// Somewhere, for a while.
    Away,
    /// To bed.
    Bed,
}

/// Why Luna does not speak up by herself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Quiet {
    /// The user is not to be disturbed.
    DoNotDisturb,
    /// It is within the quiet hours.
    Hours,
}

/// How the user is, and whether Luna keeps quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct UserNow {
    /// The state.
    pub state: UserState,
    /// Since when.
    pub since: Timestamp,
    /// Where they said they go, while they are not back.
    pub leave: Option<Leave>,
    /// Why Luna keeps quiet, while she does.
    pub quiet: Option<Quiet>,
}

/// A message that Luna begins by herself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OwnWord {
    /// The text.
    pub text: String,
    /// What it is about, as in its notice.
    pub about: Option<Value>,
    /// When it was said.
    pub at: Timestamp,
}

/// How much Luna holds back with a kind of message that she begins by herself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Restraint {
    /// Not at all.
    #[default]
    None,
    /// Two days go by between two of them.
    TwoDays,
    /// A week goes by.
    Week,
    /// There are none any more.
    Never,
}

impl Restraint {
    /// One step more.
    #[must_use]
    pub const fn more(self) -> Self {
        match self {
            Self::None => Self::TwoDays,
            Self::TwoDays => Self::Week,
            Self::Week | Self::Never => Self::Never,
        }
    }
}

/// A kind of message that Luna begins by herself, and how she holds back with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Initiative {
    /// The kind: the name of a job's handler (`check_in`).
    pub kind: String,
    /// How she holds back.
    pub restraint: Restraint,
    /// When she last said such a thing.
    pub last: Option<Timestamp>,
}
