//! The core by its verbs, with everything outside on paper: chats, runs, the calendar, voices, channels and the rest. One
//! program: eighteen took 1.4 GB and most of the time of a build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic here is a failed test"
)]

mod billing;
mod calendar;
mod calendar_accounts;
mod channels;
mod chat;
#[cfg(unix)]
mod children;
mod code;
mod days_in_words;
mod holdings;
mod initiative;
mod outside;
#[cfg(unix)]
mod real_shell;
mod runs;
mod schedule;
mod sight;
mod tasks;
mod undo;
mod voice;
mod webhooks;
