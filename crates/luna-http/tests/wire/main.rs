//! The wire, held to what is documented: transcripts of every route, what only shows in time, and the OpenAPI document.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic here is a failed test")]

mod document;
mod golden;
mod stage;
mod terminal;
mod transcript;
mod turns;
mod voice;
