//! Outside services, a folder each. So far: the web itself, [`Web`], as [`luna_core::ports::Fetch`].
//!
//! Knows nothing of conversations or the gate. What comes from here is text from outside and is marked so by its callers.

mod web;

pub use web::{Web, WebConfig};
