//! Things made in a conversation that are looked at beside it.

use luna_model::{Actor, ArtifactId, ArtifactKind, Error, Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool};
use crate::Luna;
use crate::artifacts::{ArtifactChange, NewArtifact};

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Code,
    Markdown,
    Html,
    Mermaid,
    Text,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct MakeArgs {
    /// What it is.
    kind: Kind,
    /// What it is called.
    title: String,
    /// All it holds.
    content: String,
    /// The programming language, of code.
    #[serde(default)]
    language: Option<String>,
}

pub(super) struct CreateArtifact;

impl Tool for CreateArtifact {
    const NAME: &'static str = "create_artifact";
    const DESCRIPTION: &'static str = "Makes something to be looked at beside the conversation: a program, a document, a page, a diagram. For what is longer than a few lines and will be worked on.";
    const MODE: Mode = Mode::Allow;
    type Args = MakeArgs;

    fn describe(_: &Luna, args: &MakeArgs) -> Described {
        Described {
            reversible: true,
            ..Described::changes(format!("Make {:?}", args.title), "It is shown beside the conversation.")
        }
    }

    async fn run(luna: Luna, args: MakeArgs, call: Call) -> Result<Output> {
        let Actor::Model { conversation } = call.action.actor else {
            return Err(Error::invalid("an artifact is made in a conversation"));
        };
        let kind = match args.kind {
            Kind::Code => ArtifactKind::Code,
            Kind::Markdown => ArtifactKind::Markdown,
            Kind::Html => ArtifactKind::Html,
            Kind::Mermaid => ArtifactKind::Mermaid,
            Kind::Text => ArtifactKind::Text,
        };
        let new = NewArtifact {
            conversation,
            kind,
            title: args.title,
            content: args.content,
            language: args.language,
        };
        let made = luna.make_artifact(new).await?;
        Ok(Output::ours(format!("Made {:?} ({})", made.title, made.id)))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct ChangeArgs {
    /// The id that `create_artifact` gave.
    id: String,
    /// All it holds from now on.
    content: String,
    /// What it is called from now on; left out = as before.
    #[serde(default)]
    title: Option<String>,
}

pub(super) struct UpdateArtifact;

impl Tool for UpdateArtifact {
    const NAME: &'static str = "update_artifact";
    const DESCRIPTION: &'static str =
        "Changes something that was made with create_artifact. What it was before is kept as a version.";
    const MODE: Mode = Mode::Allow;
    type Args = ChangeArgs;

    fn describe(_: &Luna, args: &ChangeArgs) -> Described {
        let what = args.title.as_deref().unwrap_or(&args.id);
        Described {
            reversible: true,
            ..Described::changes(format!("Change {what:?}"), "What it was before is kept as a version.")
        }
    }

    async fn run(luna: Luna, args: ChangeArgs, _: Call) -> Result<Output> {
        let id: ArtifactId = args.id.parse().map_err(|_| Error::invalid("that is no id of an artifact"))?;
        let change =
            ArtifactChange { content: Some(args.content), title: args.title, ..ArtifactChange::default() };
        let changed = luna.change_artifact(id, change).await?;
        Ok(Output::ours(format!("{:?} is at version {} now", changed.title, changed.version)))
    }
}
