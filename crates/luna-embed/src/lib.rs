//! Search by meaning over short texts: luna-core's `Recall` port.
//!
//! Two engines. The static table (always there, part of the program) scores by late interaction: each word of the query
//! takes its best match among the words of the text. MiniLM (when its files are there) gives a vector a text; the two are
//! mixed. Knows nothing of facts, conversations or the database: texts in, ids and scores out.

mod index;
mod meaning;
mod minilm;
pub mod models;
mod scan;
mod table;
mod tokens;

pub use meaning::Meaning;

/// Exact scoring without any index, for tests and benchmarks to compare with.
#[doc(hidden)]
pub mod exact {
    pub use crate::index::Index;
    pub use crate::minilm::{AXES, MiniLm, Vector};
    pub use crate::tokens::tokenize;
}
