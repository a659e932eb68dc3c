//! Search in the user's indexed code.

use luna_model::{Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool, cut};
use crate::Luna;
use crate::code::{MOST_HITS, OWN};

/// Most characters of a piece that a model gets to read.
const MOST_READ: usize = 2_000;

#[derive(Deserialize, JsonSchema)]
pub(super) struct CodeArgs {
    /// What to look for, in words or in names of the code: "where are tokens checked".
    query: String,
    /// Only in this repository; left out = in all that are indexed.
    #[serde(default)]
    repository: Option<String>,
    /// How many pieces at most (1 to 20; 5 when left out).
    #[serde(default)]
    limit: Option<u8>,
}

pub(super) struct CodeSearch;

impl Tool for CodeSearch {
    const NAME: &'static str = "code_search";
    const DESCRIPTION: &'static str =
        "Finds functions, types and blocks in the user's indexed repositories, by meaning and by words.";
    const MODE: Mode = Mode::Allow;
    type Args = CodeArgs;

    fn describe(_: &Luna, args: &CodeArgs) -> Described {
        Described::reads(format!("Search the code for {:?}", args.query))
    }

    async fn run(luna: Luna, args: CodeArgs, _: Call) -> Result<Output> {
        let limit = usize::from(args.limit.unwrap_or(5)).clamp(1, MOST_HITS);
        let hits = luna.code().search(OWN, args.repository.as_deref(), &args.query, limit).await?;
        if hits.is_empty() {
            return Ok(Output::ours("Nothing fits, or no repository is indexed."));
        }
        let told = hits.iter().map(|hit| {
            let p = &hit.piece;
            format!(
                "{}/{}:{}-{}\n```\n{}\n```",
                hit.repository,
                p.path,
                p.first_line,
                p.last_line,
                cut(&p.text, MOST_READ)
            )
        });
        let content = told.collect::<Vec<_>>().join("\n\n");
        Ok(Output::outside(content, format!("Found {} pieces", hits.len()), "indexed code".into()))
    }
}
