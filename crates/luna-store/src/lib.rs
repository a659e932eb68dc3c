//! Luna's database: one file a concept, each with its rows and queries; [`Db`] is the threads and the bridge to async.
//!
//! Nothing outside this crate sees rusqlite. The SQL is kept to what SQLite and PostgreSQL share, except for full-text
//! search and the pragmas of `db.rs`.

mod accounts;
mod activity;
mod artifacts;
mod backup;
mod calendar;
mod calendar_accounts;
mod calendar_changes;
mod changes;
mod channels;
mod children;
mod code;
mod conversations;
mod costs;
mod db;
mod documents;
mod facts;
mod messages;
mod migrations;
mod packages;
mod permissions;
mod proactive;
mod reminders;
mod row;
mod runs;
mod schedule;
mod sessions;
mod tasks;
mod todos;
mod traits;
mod users;
mod webhooks;
mod wipe;

pub use accounts::*;
pub use activity::*;
pub use backup::*;
pub use calendar::*;
pub use calendar_accounts::*;
pub use calendar_changes::*;
pub use changes::*;
pub use channels::*;
pub use code::*;
pub use conversations::*;
pub use costs::*;
pub use db::*;
pub use facts::*;
pub use messages::*;
pub use migrations::LATEST as SCHEMA_VERSION;
pub use packages::*;
pub use reminders::*;
pub use schedule::*;
pub use sessions::*;
pub use traits::*;
pub use users::*;
