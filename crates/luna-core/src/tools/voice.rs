//! Speaking aloud.

use luna_model::{Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool};
use crate::Luna;

#[derive(Deserialize, JsonSchema)]
pub(super) struct SpeakArgs {
    /// What to say.
    text: String,
}

pub(super) struct Speak;

impl Tool for Speak {
    const NAME: &'static str = "speak";
    const DESCRIPTION: &'static str =
        "Says something aloud through the loudspeaker. Answers to spoken questions are spoken anyway.";
    const MODE: Mode = Mode::Allow;
    type Args = SpeakArgs;

    fn describe(_: &Luna, args: &SpeakArgs) -> Described {
        crate::voice::described(&args.text)
    }

    async fn run(luna: Luna, args: SpeakArgs, call: Call) -> Result<Output> {
        let whole = luna.say(&args.text, &call.cancel).await?;
        Ok(Output::ours(if whole { "It was said." } else { "It was stopped before its end." }))
    }
}
