//! A business, as it is really served: the program's own composition on a port, called over HTTP with users' tokens.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic here is a failed test")]

mod pace;
mod place;
mod sleep;
mod tls;
mod tokens;
mod walk;
