//! What the dialects share: the guard, failures, extraction, event streams. Knows no dialect's shapes.

pub(crate) mod extract;
pub(crate) mod failure;
pub(crate) mod guard;
mod peer;
pub(crate) mod stream;
