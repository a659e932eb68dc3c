//! The command table of Luna's own window: name → typed handler → JSON, once, for IPC and for HTTP.
//!
//! Each concept's file holds its requests and replies as plain types and its handlers; [`table`] lists them all. The
//! TypeScript of the window is generated from the same list. Knows neither Tauri nor HTTP.

mod accounts;
mod agent;
mod artifacts;
mod audit;
mod calendar;
mod calendar_accounts;
mod channels;
mod chat;
mod code;
mod connections;
mod costs;
mod dashboard;
pub mod desktop;
mod holdings;
mod initiative;
mod memory;
mod music;
mod providers;
mod registry;
mod runs;
mod schedule;
mod sight;
mod system;
mod table;
mod users;
mod voice;
mod webhooks;
mod work;

pub use table::{About, Failure, Reply, Table};
