//! Reads source code with tree-sitter: the pieces of a file that are worth searching for, the functions in it, and the
//! faults that rules can see. Pure: text in, positions and texts out; knows no files, no database and no model.

mod findings;
mod functions;
mod language;
mod pieces;

pub use findings::{Finding, Rule, Rules, Severity};
pub use functions::{Function, functions};
pub use language::Language;
pub use pieces::{Piece, pieces, spelled_out};
