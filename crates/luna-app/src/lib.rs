//! Composition root: settings, places, secrets and logs here, wired to the core, its adapters and the listeners.
//!
//! The only crate that knows every other one; the programs know only this one and the core. [`Setup`] is what a program
//! starts from, [`Home`] is Luna awake without listeners, [`App`] is the server.

mod app;
mod attend;
mod business;
mod claim;
pub mod config;
pub mod flags;
mod home;
mod limits;
mod listeners;
pub mod logs;
mod models;
pub mod paths;
pub mod secrets;
mod setup;
mod there;
mod tls;

pub use app::{App, start};
pub use attend::{Attended, attend};
pub use claim::{Claim, Holder, Taken};
pub use home::Home;
pub use luna_commands::{Failure, Reply, Table, desktop};
pub use luna_embed::models as weights;
pub use luna_store as store;
pub use luna_voice::models as speech_models;
pub use setup::Setup;
pub use there::{Events, There};

/// The version of Luna.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
