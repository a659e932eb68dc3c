//! Luna's domain types: plain data that every other crate shares. No I/O, no async, no names of any wire format.
//!
//! One file a concept; everything is re-exported here, so other crates write `luna_model::Fact`.

mod account;
mod action;
mod artifact;
mod calendar;
mod channel;
mod chat;
mod child;
mod command;
mod connection;
mod dashboard;
mod error;
mod event;
mod fact;
mod id;
mod model;
mod music;
mod plan;
mod presence;
mod scene;
mod schedule;
mod secret;
mod settings;
mod task;
mod tool;
mod voice;
mod webhook;

pub use account::*;
pub use action::*;
pub use artifact::*;
pub use calendar::*;
pub use channel::*;
pub use chat::*;
pub use child::*;
pub use command::*;
pub use connection::*;
pub use dashboard::*;
pub use error::*;
pub use event::*;
pub use fact::*;
pub use id::*;
pub use jiff::Timestamp;
pub use model::*;
pub use music::*;
pub use plan::*;
pub use presence::*;
pub use scene::*;
pub use schedule::*;
pub use secret::*;
pub use settings::*;
pub use task::*;
pub use tool::*;
pub use voice::*;
pub use webhook::*;
