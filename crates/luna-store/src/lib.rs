//! Luna's database: one file a concept, each with its rows and queries; [`Db`] is the threads and the bridge to async.
//!
//! Nothing outside this crate sees rusqlite. The SQL is kept to what SQLite and PostgreSQL share, except for full-text
//! search and the pragmas of `db.rs`.

mod backup;
mod calendar;
mod calendar_changes;
mod changes;
mod channels;
mod conversations;
mod db;
mod documents;
mod facts;
mod messages;
mod migrations;
mod permissions;
mod proactive;
mod reminders;
mod row;
mod runs;
mod schedule;
mod tasks;
mod todos;
mod wipe;

pub use backup::*;
pub use calendar::*;
pub use calendar_changes::*;
pub use changes::*;
pub use channels::*;
pub use conversations::*;
pub use db::*;
pub use facts::*;
pub use messages::*;
pub use migrations::LATEST as SCHEMA_VERSION;
pub use reminders::*;
pub use schedule::*;
