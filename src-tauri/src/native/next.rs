//! What comes next in the calendar, as a line for the tray. Knows no tray.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use luna_model::Occurrence;

use crate::words::Words;

/// A line of a menu holds no more.
const LONGEST: usize = 40;

/// The time that the line is about: from now to the end of tomorrow.
pub(super) fn stretch(now: Timestamp, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let end = now.to_zoned(zone.clone()).checked_add(2.days()).and_then(|day| day.start_of_day());
    (now, end.map_or(now, |end| end.timestamp()))
}

/// "Next: 14:30 Dentist", of what begins or goes on; days without a time are in nobody's way.
pub(super) fn line(occurrences: &[Occurrence], now: Timestamp, zone: &TimeZone, words: &Words) -> String {
    let timed = occurrences.iter().filter(|o| !o.event.times.all_day() && o.event.times.end(zone) > now);
    let begins = |o: &&Occurrence| o.event.times.start(zone);
    let to_come = timed.clone().filter(|o| begins(o) >= now).min_by_key(begins);
    let Some(next) = to_come.or_else(|| timed.min_by_key(begins)) else {
        return words.nothing_next.to_owned();
    };
    let at = begins(&next).to_zoned(zone.clone());
    let day = if at.date() > now.to_zoned(zone.clone()).date() { words.tomorrow } else { "" };
    format!("{} {day}{} {}", words.next, at.strftime("%H:%M"), short(&next.event.title))
}

/// As much of a text as a line has room for.
pub(super) fn short(text: &str) -> String {
    let mut start: String = text.chars().take(LONGEST).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn occurrence(title: &str, start: &str, end: &str) -> Occurrence {
        serde_json::from_value(serde_json::json!({
            "event": {
                "id": "0199d0f4-6f0e-7000-8000-000000000000", "title": title, "notes": "", "location": "",
                "times": {"kind": "timed", "start": start, "end": end, "zone": "Europe/Berlin"},
                "rule": null, "skipped": [], "series": null, "original": null, "remind_before": [], "calendar": null, "uid": "a",
                "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"
            },
            "original": null
        }))
        .unwrap()
    }

    #[test]
    fn the_next_beginning_is_named_by_the_local_clock() {
        let (zone, words) = (TimeZone::get("Europe/Berlin").unwrap(), words("en"));
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let running = occurrence("Standup", "2026-03-02T08:45:00Z", "2026-03-02T09:15:00Z");
        let soon = occurrence("Dentist", "2026-03-02T13:30:00Z", "2026-03-02T14:00:00Z");
        let morrow = occurrence("Train", "2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z");
        let of = |all: &[Occurrence]| line(all, now, &zone, words);
        assert_eq!(of(&[running.clone(), morrow.clone(), soon]), "Next: 14:30 Dentist");
        assert_eq!(of(&[running.clone(), morrow]), "Next: tomorrow 07:00 Train");
        assert_eq!(of(&[running]), "Next: 09:45 Standup");
        assert_eq!(of(&[]), words.nothing_next);
        assert_eq!(stretch(now, &zone).1, "2026-03-03T23:00:00Z".parse().unwrap());
    }
}
