//! Where something is moved to. What was not said is left to whoever knows what is moved: "to 8" is a time of day and
//! not which day, "to Friday" a day and not which time.

use jiff::Zoned;

use super::{
    Said, phrases,
    pieces::{Clock, Day},
    resolve::{resolve, time},
};
use crate::words::{Word, read};

/// A new time as the tools take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    /// RFC 3339; a day; a time of day ("20:00", or "8:00 o'clock" where the half of the day was not said), perhaps behind
    /// a day; or a week ("2026-W12").
    pub(crate) start: String,
    /// How long it then lasts, if that was said: "PT45M".
    pub(crate) length: Option<String>,
}

/// Where the new time that begins at a word ends, when one begins there.
pub(crate) fn end_of_destination(words: &[Word], at: usize) -> Option<usize> {
    let (said, end) = said(words, at)?;
    said.repeat.is_none().then_some(end)
}

/// The new time that this whole text says. None for what is too wide ("next month") or comes again.
pub(crate) fn destination(text: &str, now: &Zoned) -> Option<Destination> {
    let words = read(text);
    let (said, end) = said(&words, 0)?;
    if end != words.len() || said.repeat.is_some() {
        return None;
    }
    let when = resolve(said, now)?;
    let lasting = said.length.is_some() || said.until.is_some();
    let length = when.end.as_ref().filter(|_| lasting).map(|end| (end - &when.start).to_string());
    let stamp = || when.start.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let clock = clock(said);
    let start = match (said.day, clock) {
        _ if said.shift.is_some() => stamp(),
        (Some(Day::Week(_)), None) => when.start.strftime("%G-W%V").to_string(),
        (Some(Day::Weekend(_) | Day::Month(_) | Day::Year(_) | Day::NamedMonth(_) | Day::Week(_)), _) => {
            return None;
        }
        (Some(_), None) => when.start.date().to_string(),
        (Some(_), Some((clock, true))) => format!("{} {clock}", when.start.date()),
        (Some(_), Some(_)) => stamp(),
        (None, Some((clock, _))) => clock,
        (None, None) => return None,
    };
    Some(Destination { start, length })
}

/// The time of day that was said, and whether its half of the day is open.
fn clock(said: Said) -> Option<(String, bool)> {
    match (said.clock, said.part) {
        (Some(Clock { hour, minute, pm: None }), None) if (1..=12).contains(&hour) => {
            Some((format!("{hour}:{minute:02} o'clock"), true))
        }
        (Some(clock), part) => Some((time(clock, part, None)?.strftime("%H:%M").to_string(), false)),
        (None, Some(part)) => Some((format!("{:02}:00", part.at), false)),
        (None, None) => None,
    }
}

/// "the evening", "8", "friday at 4".
fn said(words: &[Word], at: usize) -> Option<(Said, usize)> {
    phrases(words, at, true).or_else(|| {
        let behind = words.get(at).is_some_and(|word| word.norm == "the");
        phrases(words, at + 1, true).filter(|(said, _)| behind && said.part.is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_said_is_left_open() {
        // A Wednesday.
        let now: Zoned = "2026-03-11T10:00:00+01:00[Europe/Berlin]".parse().unwrap();
        for (said, start, length) in [
            ("8", "8:00 o'clock", None),
            ("half past seven", "7:30 o'clock", None),
            ("8pm", "20:00", None),
            ("20:30", "20:30", None),
            ("8 in the evening", "20:00", None),
            ("the evening", "19:00", None),
            ("friday", "2026-03-13", None),
            ("friday at 4", "2026-03-13 4:00 o'clock", None),
            ("next thursday at 3pm", "2026-03-19T15:00:00+01:00", None),
            ("tomorrow evening", "2026-03-12T19:00:00+01:00", None),
            ("next week", "2026-W12", None),
            ("2pm for 45 minutes", "14:00", Some("PT45M")),
            ("in two hours", "2026-03-11T12:00:00+01:00", None),
        ] {
            let found = destination(said, &now).map(|d| (d.start, d.length));
            assert_eq!(found, Some((start.to_owned(), length.map(str::to_owned))), "{said}");
        }
        for said in ["next month", "every monday", "the moon", "docs/", "30"] {
            assert_eq!(destination(said, &now), None, "{said}");
        }
    }
}
