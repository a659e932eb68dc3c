//! The dialects: documented APIs of other programs, thin translations onto the core.

pub(crate) mod executor;
pub(crate) mod lumen;
pub(crate) mod luna;
pub(crate) mod lunaos;
pub(crate) mod motoko;
