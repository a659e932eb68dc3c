//! Language models: eight providers and the built-in one behind [`luna_core::ports::Llm`].
//!
//! The crate `genai` knows how a request looks on each wire and sends it; what is ours is what a desktop assistant needs
//! around that: which provider answers, when to try again, when a stream counts as cut off, whole tool calls, time limits,
//! and errors in words a user can act on (`docs/decisions/llm-genai.md` says what was measured and why).
//!
//! Knows nothing of conversations, tools or the gate: a request goes in, events come out.

mod builtin;
mod catalog;
mod config;
mod failure;
mod frames;
mod prices;
mod providers;
mod reply;
mod request;
mod retry;
mod target;

pub use config::{Config, Defaults, ProviderConfig, Timeouts, defaults};
pub use providers::Providers;
