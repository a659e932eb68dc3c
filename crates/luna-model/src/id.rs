//! Identifiers: a newtype a concept around a UUID, so that one cannot be passed for another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier; later ones sort after earlier ones (UUID version 7).
            #[must_use]
            #[allow(clippy::new_without_default, reason = "a default identifier would be a new one each time")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A conversation.
    ConversationId;
    /// A message of a conversation.
    MessageId;
    /// A remembered fact.
    FactId;
    /// Something Luna did or wants to do to the world; also the id of its confirmation and of its audit record.
    ActionId;
    /// All that one request set going: a chat turn, a plan's run, a background task's step. Undo works by turn too.
    TurnId;
    /// A background task of the agent.
    TaskId;
    /// A run of a shell plan or of one command.
    RunId;
    /// A permission rule.
    RuleId;
    /// An account.
    AccountId;
    /// A user of a business.
    UserId;
    /// A key of an account.
    ApiKeyId;
    /// An artifact, or a version of one.
    ArtifactId;
    /// A child agent.
    ChildId;
    /// A webhook.
    WebhookId;
    /// A calendar that is kept elsewhere.
    CalendarId;
    /// An account at a server that keeps calendars.
    CalendarAccountId;
    /// An event of the calendar.
    EventId;
    /// Something to be done.
    TodoId;
    /// A reminder.
    ReminderId;
    /// Something that Luna does at times.
    JobId;
    /// One run of it.
    JobRunId;
}
