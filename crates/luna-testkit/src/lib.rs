//! What tests of the core and its faces stand on: a Luna in memory with a model that follows a script, a clock that
//! stands still, and a machine, a web and a place for secrets that are only data. Never part of a program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic here is a failed test")]

mod calendars;
mod clock;
mod luna;
mod machine;
mod payments;
mod post;
mod recall;
mod script;
mod shell;
mod sources;
mod spotify;
mod story;
mod voice;

pub use calendars::{CALENDAR_PASSWORD, PaperCalendars};
pub use clock::FixedClock;
pub use luna::{InMemory, Ingredients};
pub use machine::{CannedWeb, HeldSecrets, PaperMachine};
pub use payments::{FreeOfCharge, NoTailnet, PAYMENT_SECRET};
pub use post::PaperPost;
pub use recall::SharedWords;
pub use script::{Reply, ScriptedModel};
pub use shell::PaperShell;
pub use sources::PaperSources;
pub use spotify::{CLIENT_ID, SpotifyStandIn};
pub use story::{Story, tell};
pub use voice::{PATIENCE, PaperVoice, spoken_by, unlike_her_name};
