//! What the user sees: lines on standard output through one locked writer, aligned, with colours only where a terminal
//! shows them. Whoever reads may go away at any time; that ends the program quietly ([`reader_left`]).

use std::fmt::Display;
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use luna_model::Risk;
use unicode_width::UnicodeWidthStr as _;

/// Quiet text: ids, times, hints.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What the eye should find first.
pub(crate) const STRONG: Style = Style::new().bold();
/// All is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Look here.
pub(crate) const CAREFUL: Style = AnsiColor::Yellow.on_default();
/// Something is wrong, or dangerous.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Luna's own name, and prompts.
pub(crate) const LUNA: Style = AnsiColor::Magenta.on_default().bold();

/// Prints a line.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")
}

/// Prints text as it comes, at once.
pub(crate) fn flow(text: impl Display) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    write!(out, "{text}")?;
    out.flush()
}

/// Prints bytes exactly as they are, to standard output or standard error.
pub(crate) fn raw(bytes: &[u8], to_stderr: bool) -> io::Result<()> {
    if to_stderr {
        io::stderr().lock().write_all(bytes)
    } else {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }
}

/// Tells the user something that is not the result, on standard error.
pub(crate) fn remark(text: impl Display) {
    // Nobody is left to tell when this fails.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Shows how far something is, on standard error; no newline of its own.
pub(crate) fn progress(text: &str) {
    // Nobody is left to tell when this fails.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A text in a style.
pub(crate) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A risk in its colour.
pub(crate) fn risk(risk: Risk) -> String {
    let (style, name) = match risk {
        Risk::Safe => (GOOD, "safe"),
        Risk::Moderate => (CAREFUL, "moderate"),
        Risk::Dangerous => (BAD, "dangerous"),
    };
    styled(style, name)
}

/// Prints rows in aligned columns, two blanks apart. Further lines of a last cell stand below its first.
pub(crate) fn table(rows: &[Vec<String>]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |column: usize| {
        let cells = rows.iter().filter(|r| r.len() > column + 1).map(|r| width(&r[column]));
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(wide).collect();
    for row in rows {
        let mut text = String::new();
        let Some((last, before)) = row.split_last() else { continue };
        for (cell, wide) in before.iter().zip(&widths) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', wide - width(cell) + 2));
        }
        let below = format!("\n{}", " ".repeat(width(&text)));
        text.push_str(&last.replace('\n', &below));
        line(text.trim_end())?;
    }
    Ok(())
}

/// Columns a text takes, styles left out.
fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().width()
}

/// A text on one line, cut to so many columns.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.width() <= columns {
        return text;
    }
    let mut kept = String::new();
    for c in text.chars() {
        if kept.width() + 2 > columns {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// A moment, where the user is.
pub(crate) fn moment(at: luna_model::Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Whether this error only says that whoever read our output went away (`luna audit | head`).
pub(crate) fn reader_left(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|e| e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_counts_what_is_seen() {
        assert_eq!(width(&styled(BAD, "dangerous")), 9);
        assert_eq!(width("月光"), 4);
    }

    #[test]
    fn long_texts_are_cut_to_a_line() {
        assert_eq!(cut("one\n  two", 20), "one two");
        assert_eq!(cut("abcdefgh", 5), "abcd…");
        assert_eq!(cut("月光月光", 5), "月光…");
    }
}
