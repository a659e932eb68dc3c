//! Outside services, a folder each. So far: the web itself, [`Web`], as [`luna_core::ports::Fetch`].
//!
//! Knows nothing of conversations or the gate. What comes from here is text from outside and is marked so by its callers.

mod address;
mod channels;
mod sources;
mod web;

pub use channels::{Services, ServicesConfig};
pub use sources::{Outside, OutsideConfig};
pub use web::{Web, WebConfig};
