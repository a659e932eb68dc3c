//! Luna's verbs, by concept. Everything Luna does is a verb here; faces only translate.
//!
//! Knows no wire format, no window and no clock: what it needs from outside stands in [`ports`].

mod actions;
pub mod calendar;
mod callers;
pub mod chat;
pub mod doctor;
mod events;
pub mod gate;
mod holdings;
mod logs;
mod luna;
pub mod memory;
pub mod modules;
pub mod ports;
mod proactive;
mod processes;
mod running;
pub mod runs;
pub mod scene;
mod settings;
mod skills;
mod state;
mod tasks;
mod tending;
mod tools;
mod undo;
pub mod vision;
pub mod voice;
mod workspace;

pub use callers::{Caller, Callers, Door};
pub use chat::{ChatRequest, TurnStream};
pub use events::Bus;
pub use holdings::{Exported, Holding};
pub use logs::LogLine;
pub use luna::{Apply, Luna, Parts, ToolInfo, key_name};
pub use luna_store as store;
pub use processes::{Process, Processes};
pub use runs::RunStream;
pub use settings::SettingsRow;
pub use skills::Skills;
pub use tending::BACKUPS_KEPT;
pub use tools::{Described, Output};
pub use undo::Undo;
pub use workspace::{Found, Workspace};
