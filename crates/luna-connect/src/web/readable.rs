//! Bytes of a page → the text a reader wants: the main part of HTML as Markdown, text, JSON and feeds as they are.

use dom_query::Document as Html;
use dom_smoothie::{Config, Readability, TextMode};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use luna_model::{Error, Result};

/// Elements beyond which HTML is not searched for its main part.
const MOST_ELEMENTS: usize = 60_000;

/// Nesting that no page for people has and that would exhaust the parsers' stack.
const DEEPEST: usize = 400;

/// What a main part must at least have to be taken for one; below, the whole page is given.
const LEAST_CHARS: usize = 140;

/// What never belongs to the text of a page.
const SKIPPED: [&str; 12] = [
    "script", "style", "noscript", "template", "iframe", "svg", "canvas", "form", "nav", "header", "footer",
    "aside",
];

/// A page as it came.
pub(super) struct Document {
    pub(super) kind: String,
    pub(super) body: Vec<u8>,
    pub(super) url: String,
}

/// A page to read.
pub(super) struct Readable {
    pub(super) title: Option<String>,
    pub(super) text: String,
    /// Whether a part was left out because it was too deep to be read.
    pub(super) cut: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Plain,
    Unknown,
}

/// Refuses what is no text, by its content type.
pub(super) fn check_kind(kind: &str) -> Result<()> {
    form(kind).map(drop)
}

fn form(kind: &str) -> Result<Form> {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "" | "application/octet-stream" => Ok(Form::Unknown),
        "text/html" | "application/xhtml+xml" => Ok(Form::Html),
        "application/json"
        | "application/xml"
        | "application/javascript"
        | "application/yaml"
        | "application/x-ndjson" => Ok(Form::Plain),
        other if other.starts_with("text/") || other.ends_with("+json") || other.ends_with("+xml") => {
            Ok(Form::Plain)
        }
        other => Err(Error::invalid(format!(
            "This is {other}, which has no text to read. Give the address of a page or a text."
        ))),
    }
}

/// Makes a page readable. Takes time with large HTML: not for an async thread.
pub(super) fn read(document: &Document) -> Result<Readable> {
    let text = decode(&document.body, &document.kind);
    let looks_like_html = || {
        let start = text.trim_start().get(..200).unwrap_or(text.trim_start()).to_ascii_lowercase();
        start.starts_with("<!doctype html")
            || start.starts_with("<html")
            || start.contains("<body")
            || start.contains("<head")
    };
    match form(&document.kind)? {
        Form::Html => Ok(html(&text, &document.url)),
        Form::Unknown if looks_like_html() => Ok(html(&text, &document.url)),
        Form::Unknown if text.contains('\0') => {
            Err(Error::invalid("This is no text. Give the address of a page or a text."))
        }
        Form::Plain | Form::Unknown => Ok(Readable { title: None, text, cut: false }),
    }
}

/// The text of the bytes: by byte order mark, by the content type, by what the document says of itself, else UTF-8 where it
/// is that, else the encoding that browsers assume.
fn decode(body: &[u8], kind: &str) -> String {
    let named = label_after(kind, "charset=")
        .or_else(|| {
            let start = String::from_utf8_lossy(&body[..body.len().min(1024)]).to_ascii_lowercase();
            label_after(&start, "charset=").or_else(|| label_after(&start, "encoding="))
        })
        .and_then(|label| Encoding::for_label(label.as_bytes()));
    let guess = || if is_utf8_but_for_its_end(body) { UTF_8 } else { WINDOWS_1252 };
    named.unwrap_or_else(guess).decode(body).0.into_owned()
}

fn label_after(text: &str, key: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let rest = lower[lower.find(key)? + key.len()..].trim_start_matches(['"', '\'', ' ']);
    let label: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))
        .collect();
    (!label.is_empty()).then_some(label)
}

/// A body that was cut at the size limit may end in the middle of a letter.
fn is_utf8_but_for_its_end(body: &[u8]) -> bool {
    std::str::from_utf8(body).map_or_else(|error| error.error_len().is_none(), |_| true)
}

fn html(text: &str, url: &str) -> Readable {
    let (text, cut) = shallow(text);
    let config =
        Config { text_mode: TextMode::Markdown, max_elements_to_parse: MOST_ELEMENTS, ..Config::default() };
    let main = Readability::new(text, Some(url), Some(config)).and_then(|mut reader| reader.parse()).ok();
    let (title, main) =
        main.map_or((None, String::new()), |article| (Some(article.title), article.text_content.to_string()));
    let page = Html::from(text);
    let title = title
        .or_else(|| Some(page.select("title").first().text().to_string()))
        .filter(|title| !title.trim().is_empty());
    let text = if main.trim().chars().count() >= LEAST_CHARS {
        main
    } else {
        // Lists of links, tables and short pages have no main part in the sense of an article.
        let whole = page.body().map_or_else(String::new, |body| body.md(Some(&SKIPPED)).to_string());
        if whole.trim().len() > main.trim().len() { whole } else { main }
    };
    Readable { title: title.map(|title| title.trim().to_owned()), text: tidy(&text), cut }
}

/// The HTML up to where it is nested deeper than any page for people, and whether something was left out. Counts tags
/// roughly and errs on the side of reading on.
fn shallow(text: &str) -> (&str, bool) {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(next) = text[at..].find('<') {
        at += next;
        let rest = &text[at + 1..];
        let name =
            rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        at += 1;
        if rest.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if let "script" | "style" | "textarea" = name.as_str() {
            // In there a `<` is no tag.
            at += rest.find("</").map_or(rest.len(), |end| end + 2);
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic())
            && !NEVER_CLOSED.contains(&name.as_str())
        {
            depth += 1;
            if depth > DEEPEST {
                return (&text[..at - 1], true);
            }
        }
    }
    (text, false)
}

/// Elements without an end tag, and those whose end tag is usually left out.
const NEVER_CLOSED: [&str; 25] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "option", "thead", "tbody", "colgroup",
];

/// At most one empty line in a row, nothing at the ends of lines.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 && !(tidied.is_empty() && line.is_empty()) {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied.truncate(tidied.trim_end().len());
    tidied
}
