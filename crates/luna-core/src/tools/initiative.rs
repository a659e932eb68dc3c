//! What Luna begins by herself, and less of it.

use luna_model::{Mode, Restraint, Result};

use super::desktop::NoArgs;
use super::{Call, Described, Output, Tool};
use crate::Luna;

pub(super) struct LessOfThis;

impl Tool for LessOfThis {
    const NAME: &'static str = "less_of_this";
    const DESCRIPTION: &'static str = "The user wants to hear less of the kind of message that you last began by yourself: a brief, a \
         question how it goes, a follow-up.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::changes(
            "Say less of this by herself".into(),
            "Such messages come more rarely. Settings, Initiative brings them back.",
        )
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let (kind, restraint) = luna.less_of_the_last().await?;
        let what = match kind.as_str() {
            "brief" => "The day's brief",
            "overdue" => "Word of overdue tasks",
            "follow_up" => "Questions how something went",
            _ => "Questions how it goes",
        };
        let often = match restraint {
            Restraint::Never => "will not come any more",
            Restraint::Week => "will come once a week at most",
            Restraint::TwoDays | Restraint::None => "will come every other day at most",
        };
        Ok(Output::ours(format!("{what} {often}. Settings, Initiative has it back as it was.")))
    }
}
