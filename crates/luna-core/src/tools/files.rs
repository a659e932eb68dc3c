//! Files of the workspace.

use luna_model::{Error, Mode, Result, RuleMatch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool, cut};
use crate::Luna;

/// Most characters of a file that a model gets to read at once.
const MOST_READ: usize = 20_000;

#[derive(Deserialize, JsonSchema)]
pub(super) struct PathArgs {
    /// Relative to the workspace, such as `notes/ideas.md`.
    path: String,
}

pub(super) struct ReadFile;

impl Tool for ReadFile {
    const NAME: &'static str = "read_file";
    const DESCRIPTION: &'static str = "Reads a text file of the workspace.";
    const MODE: Mode = Mode::Allow;
    type Args = PathArgs;

    fn describe(_: &Luna, args: &PathArgs) -> Described {
        Described::reads(format!("Read {}", args.path))
    }

    async fn run(luna: Luna, args: PathArgs, _: Call) -> Result<Output> {
        let text = luna.workspace().read(&args.path).await?;
        let summary = format!("Read {} characters", text.chars().count());
        Ok(Output::outside(cut(&text, MOST_READ), summary, format!("the file {}", args.path)))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct WriteArgs {
    /// Relative to the workspace; folders are made as needed.
    path: String,
    /// The whole new text of the file.
    content: String,
}

pub(super) struct WriteFile;

impl Tool for WriteFile {
    const NAME: &'static str = "write_file";
    const DESCRIPTION: &'static str = "Writes a text file of the workspace, new or in place of the old text.";
    const MODE: Mode = Mode::Confirm;
    type Args = WriteArgs;

    fn describe(luna: &Luna, args: &WriteArgs) -> Described {
        let effect = match args.content.lines().count() {
            0 => "The file will be empty.".to_owned(),
            1 => "The file will hold this one line.".to_owned(),
            lines => format!("The file will hold these {lines} lines."),
        };
        writes(luna, &args.path, format!("Write {}", args.path), effect)
    }

    async fn run(luna: Luna, args: WriteArgs, _: Call) -> Result<Output> {
        let size = args.content.len();
        luna.workspace().write(&args.path, args.content).await?;
        Ok(Output::ours(format!("Wrote {size} bytes to {}", args.path)))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct EditArgs {
    /// Relative to the workspace.
    path: String,
    /// The text to replace, exactly as it stands in the file; it must stand there once.
    old: String,
    /// What takes its place.
    new: String,
}

pub(super) struct EditFile;

impl Tool for EditFile {
    const NAME: &'static str = "edit_file";
    const DESCRIPTION: &'static str = "Replaces one place in a text file of the workspace.";
    const MODE: Mode = Mode::Confirm;
    type Args = EditArgs;

    fn describe(luna: &Luna, args: &EditArgs) -> Described {
        writes(
            luna,
            &args.path,
            format!("Edit {}", args.path),
            "One place in the file will be replaced.".into(),
        )
    }

    async fn run(luna: Luna, args: EditArgs, _: Call) -> Result<Output> {
        if args.old.is_empty() {
            return Err(Error::invalid("`old` is empty; give the text to replace"));
        }
        let text = luna.workspace().read(&args.path).await?;
        match text.matches(&args.old).count() {
            1 => {}
            0 => {
                return Err(Error::invalid(format!(
                    "that text does not stand in {}; read it first",
                    args.path
                )));
            }
            n => {
                return Err(Error::invalid(format!(
                    "that text stands {n} times in {}; give more of it",
                    args.path
                )));
            }
        }
        luna.workspace().write(&args.path, text.replacen(&args.old, &args.new, 1)).await?;
        Ok(Output::ours(format!("Edited {}", args.path)))
    }
}

fn writes(luna: &Luna, path: &str, summary: String, effect: String) -> Described {
    let keeps = luna.workspace().absolute(path).into_iter().collect();
    let always = path
        .rsplit_once('/')
        .map(|(folder, _)| RuleMatch::Under { name: "path".into(), prefix: format!("{folder}/") });
    Described { keeps, reversible: true, always, ..Described::changes(summary, effect) }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct ListArgs {
    /// Only what lies in this folder.
    #[serde(default)]
    path: Option<String>,
}

pub(super) struct ListFiles;

impl Tool for ListFiles {
    const NAME: &'static str = "list_files";
    const DESCRIPTION: &'static str = "Lists the files of the workspace.";
    const MODE: Mode = Mode::Allow;
    type Args = ListArgs;

    fn describe(_: &Luna, _: &ListArgs) -> Described {
        Described::reads("List the workspace".into())
    }

    async fn run(luna: Luna, args: ListArgs, _: Call) -> Result<Output> {
        let below = args.path.unwrap_or_default();
        let below = below.trim_end_matches('/').trim_start_matches("./");
        let files = luna.workspace().list().await?;
        let inside = |p: &str| {
            below.is_empty() || below == "." || p.strip_prefix(below).is_some_and(|r| r.starts_with('/'))
        };
        let lines: Vec<_> = files
            .iter()
            .filter(|f| inside(&f.path))
            .map(|f| format!("{} ({} bytes)", f.path, f.size))
            .collect();
        let summary = format!("Listed {} files", lines.len());
        let content = if lines.is_empty() {
            "There are no files here yet.".into()
        } else {
            cut(&lines.join("\n"), MOST_READ)
        };
        Ok(Output { content, summary, origin: None, failed: false })
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct SearchArgs {
    /// Words or a regular expression; upper and lower case are the same.
    query: String,
    /// Only in this folder.
    #[serde(default)]
    path: Option<String>,
}

pub(super) struct SearchFiles;

impl Tool for SearchFiles {
    const NAME: &'static str = "search_files";
    const DESCRIPTION: &'static str = "Searches the text files of the workspace for lines that match.";
    const MODE: Mode = Mode::Allow;
    type Args = SearchArgs;

    fn describe(_: &Luna, args: &SearchArgs) -> Described {
        Described::reads(format!("Search the workspace for {:?}", args.query))
    }

    async fn run(luna: Luna, args: SearchArgs, _: Call) -> Result<Output> {
        let found =
            luna.workspace().search(&args.query, args.path.as_deref().unwrap_or_default(), 60).await?;
        let lines: Vec<_> = found.iter().map(|f| format!("{}:{}: {}", f.path, f.line, f.text)).collect();
        let summary = format!("Found {} lines", lines.len());
        if lines.is_empty() {
            return Ok(Output::ours("Nothing in the workspace matches."));
        }
        Ok(Output::outside(lines.join("\n"), summary, "files of the workspace".into()))
    }
}
