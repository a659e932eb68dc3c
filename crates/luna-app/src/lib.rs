//! Composition root: settings, places, secrets and logs here, wired to the core, its adapters and the listeners.
//!
//! The only crate that knows every other one; the programs know only this one and the core.

pub mod config;
pub mod logs;
pub mod paths;
pub mod secrets;
