//! The command table of Luna's own window: name → typed handler → JSON, once, for IPC and for HTTP.
//!
//! Each concept's file holds its requests and replies as plain types and its handlers; [`table`] lists them all. The
//! TypeScript of the window is generated from the same list. Knows neither Tauri nor HTTP.

mod agent;
mod audit;
mod calendar;
mod chat;
pub mod desktop;
mod holdings;
mod memory;
mod providers;
mod runs;
mod sight;
mod system;
mod table;
mod voice;

pub use table::{About, Failure, Reply, Table};
