//! The web: searching, reading, opening a page for the user.

use luna_model::{Mode, Result, RuleMatch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool};
use crate::Luna;

const MOST_READ: usize = 12_000;

#[derive(Deserialize, JsonSchema)]
pub(super) struct QueryArgs {
    /// What to search for.
    query: String,
}

pub(super) struct WebSearch;

impl Tool for WebSearch {
    const NAME: &'static str = "web_search";
    const DESCRIPTION: &'static str = "Searches the web. Read a result with web_fetch before relying on it.";
    const MODE: Mode = Mode::Allow;
    type Args = QueryArgs;

    fn describe(_: &Luna, args: &QueryArgs) -> Described {
        Described::reads(format!("Search the web for {:?}", args.query))
    }

    async fn run(luna: Luna, args: QueryArgs, _: Call) -> Result<Output> {
        let hits = luna.fetch().search(&args.query, 6).await?;
        let lines = hits
            .iter()
            .enumerate()
            .map(|(i, h)| format!("{}. {}\n   {}\n   {}", i + 1, h.title, h.url, h.snippet));
        let content = lines.collect::<Vec<_>>().join("\n");
        let summary = format!("Returned {} results", hits.len());
        if hits.is_empty() {
            return Ok(Output::ours("The search found nothing."));
        }
        Ok(Output::outside(content, summary, "a web search".into()))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct UrlArgs {
    /// The address, beginning with http:// or https://.
    url: String,
}

fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|h| !h.is_empty() && !h.contains(['@', '\\']))?;
    Some(format!("{scheme}://{host}/"))
}

pub(super) struct WebFetch;

impl Tool for WebFetch {
    const NAME: &'static str = "web_fetch";
    const DESCRIPTION: &'static str = "Reads a web page or feed as text.";
    const MODE: Mode = Mode::Allow;
    type Args = UrlArgs;

    fn describe(_: &Luna, args: &UrlArgs) -> Described {
        let always = origin_of(&args.url).map(|prefix| RuleMatch::Under { name: "url".into(), prefix });
        Described {
            sends_to: Some(args.url.clone()),
            always,
            ..Described::reads(format!("Read {}", args.url))
        }
    }

    async fn run(luna: Luna, args: UrlArgs, _: Call) -> Result<Output> {
        let page = luna.fetch().page(&args.url, MOST_READ).await?;
        let title = page.title.as_deref().map(|t| format!("# {t}\n\n")).unwrap_or_default();
        let end = if page.truncated { "\n… (cut)" } else { "" };
        let summary = format!("Read {} characters", page.text.chars().count());
        Ok(Output::outside(format!("{title}{}{end}", page.text), summary, page.url))
    }
}

pub(super) struct BrowserOpen;

impl Tool for BrowserOpen {
    const NAME: &'static str = "browser_open";
    const DESCRIPTION: &'static str = "Opens a page in the user's browser.";
    const MODE: Mode = Mode::Confirm;
    type Args = UrlArgs;

    fn describe(_: &Luna, args: &UrlArgs) -> Described {
        let always = origin_of(&args.url).map(|prefix| RuleMatch::Under { name: "url".into(), prefix });
        let effect = "The page opens in your browser, with your logins.";
        Described {
            sends_to: Some(args.url.clone()),
            always,
            ..Described::changes(format!("Open {}", args.url), effect)
        }
    }

    async fn run(luna: Luna, args: UrlArgs, _: Call) -> Result<Output> {
        luna.desktop().open_url(&args.url).await?;
        Ok(Output::ours(format!("Opened {}", args.url)))
    }
}
