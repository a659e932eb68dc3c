//! The model that is always there: recognises what people ask of an assistant and calls the same tools as a large model.
//!
//! Pure: no network, no files, no clock (the request says what time it is). The grammar is data (`grammar.toml`); what it
//! does not cover is answered honestly, with a way to a larger model. Knows tools only by name and argument.

mod answer;
mod calculate;
mod days;
mod direct;
mod grammar;
mod number;
mod offered;
mod pronouns;
mod recalled;
mod reply;
pub mod when;
mod words;

pub use answer::answer;

/// The names of the intents that a text is understood as, in order; nothing when it is not understood.
#[must_use]
pub fn intents(text: &str, now: Option<&jiff::Zoned>) -> Vec<&'static str> {
    grammar::GRAMMAR.understand(text, now).into_iter().map(|ask| ask.intent.name.as_str()).collect()
}
