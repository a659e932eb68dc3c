//! Dates and times in words, each against what is meant by it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use jiff::Zoned;
use luna_builtin::when::{Period, Precision, Recurrence, describe, describe_length, extract, length, parse};
use proptest::prelude::*;

/// Wednesday 11 March 2026, ten in the morning, in Berlin; summer time begins on the 29th.
fn now() -> Zoned {
    "2026-03-11T10:00:00+01:00[Europe/Berlin]".parse().unwrap()
}

fn start(text: &str) -> String {
    parse(text, &now()).map_or("-".into(), |w| w.start.strftime("%Y-%m-%dT%H:%M%:z").to_string())
}

#[test]
fn moments() {
    for (text, expected) in [
        ("in 20 minutes", "2026-03-11T10:20+01:00"),
        ("in half an hour", "2026-03-11T10:30+01:00"),
        ("in an hour and a half", "2026-03-11T11:30+01:00"),
        ("in two and a half hours", "2026-03-11T12:30+01:00"),
        ("in 1h30", "2026-03-11T11:30+01:00"),
        ("in 1 hour 15 minutes", "2026-03-11T11:15+01:00"),
        ("90 seconds from now", "2026-03-11T10:01+01:00"),
        ("at 9", "2026-03-11T21:00+01:00"),
        ("at 11", "2026-03-11T11:00+01:00"),
        ("at 9am", "2026-03-12T09:00+01:00"),
        ("at 12", "2026-03-11T12:00+01:00"),
        ("noon", "2026-03-11T12:00+01:00"),
        ("at midnight", "2026-03-12T00:00+01:00"),
        ("tonight at 8", "2026-03-11T20:00+01:00"),
        ("at quarter to six", "2026-03-11T17:45+01:00"),
        ("half past two", "2026-03-11T14:30+01:00"),
        ("at half two", "2026-03-11T14:30+01:00"),
        ("at ten past five", "2026-03-11T17:10+01:00"),
        ("at twenty to nine", "2026-03-11T20:40+01:00"),
        ("tomorrow at noon", "2026-03-12T12:00+01:00"),
        ("tomorrow at 9", "2026-03-12T09:00+01:00"),
        ("tomorrow 9", "2026-03-12T09:00+01:00"),
        ("9 tomorrow", "2026-03-12T09:00+01:00"),
        ("tomorrow at 3", "2026-03-12T15:00+01:00"),
        ("tomorrow at seven fifteen pm", "2026-03-12T19:15+01:00"),
        ("tmrw 2.30pm", "2026-03-12T14:30+01:00"),
        ("next tuesday at half past two", "2026-03-17T14:30+01:00"),
        ("nxt", "-"),
        ("on friday at two", "2026-03-13T14:00+01:00"),
        ("at two on friday", "2026-03-13T14:00+01:00"),
        ("wednesday at 9", "2026-03-11T21:00+01:00"),
        ("wednesday at 9am", "2026-03-18T09:00+01:00"),
        ("the day after tomorrow at 8 in the evening", "2026-03-13T20:00+01:00"),
        ("3 march at 9", "2027-03-03T09:00+01:00"),
        ("on the 3rd of april at 15:00", "2026-04-03T15:00+02:00"),
        ("monday 30 march at 9", "2026-03-30T09:00+02:00"),
        ("2026-12-24 18:00", "2026-12-24T18:00+01:00"),
        ("24.12.2026 at 18h", "2026-12-24T18:00+01:00"),
        ("in three days at noon", "2026-03-14T12:00+01:00"),
        ("christmas eve at 5pm", "2026-12-24T17:00+01:00"),
        ("tomorow at 9", "2026-03-12T09:00+01:00"),
        ("29 march at 2:30", "2026-03-29T14:30+02:00"),
        ("29 march at 2:30am", "2026-03-29T03:30+02:00"),
    ] {
        assert_eq!(start(text), expected, "{text}");
    }
}

#[test]
fn days_and_stretches() {
    for (text, from, to) in [
        ("today", "2026-03-11", "2026-03-12"),
        ("on friday", "2026-03-13", "2026-03-14"),
        ("next friday", "2026-03-20", "2026-03-21"),
        ("this friday", "2026-03-13", "2026-03-14"),
        ("last friday", "2026-03-06", "2026-03-07"),
        ("wednesday", "2026-03-18", "2026-03-19"),
        ("friday next week", "2026-03-20", "2026-03-21"),
        ("this week", "2026-03-11", "2026-03-16"),
        ("next week", "2026-03-16", "2026-03-23"),
        ("this weekend", "2026-03-14", "2026-03-16"),
        ("next month", "2026-04-01", "2026-05-01"),
        ("in june", "2026-06-01", "2026-07-01"),
        ("in february", "2027-02-01", "2027-03-01"),
        ("on the 3rd", "2026-04-03", "2026-04-04"),
        ("the 31st", "2026-03-31", "2026-04-01"),
        ("march 3rd", "2027-03-03", "2027-03-04"),
        ("4/7", "-", "-"),
        ("end of the month", "2026-03-31", "2026-04-01"),
        ("by the end of next week", "2026-03-20", "2026-03-21"),
        ("a week from monday", "2026-03-23", "2026-03-24"),
        ("two weeks ago", "2026-02-25", "2026-02-26"),
        ("in a fortnight", "2026-03-25", "2026-03-26"),
        ("new year's eve", "2026-12-31", "2027-01-01"),
        ("february 29", "2028-02-29", "2028-03-01"),
    ] {
        let found = parse(text, &now()).map(|w| w.range());
        let found =
            found.map_or(("-".into(), "-".into()), |(a, b)| (a.date().to_string(), b.date().to_string()));
        assert_eq!((found.0.as_str(), found.1.as_str()), (from, to), "{text}");
    }
}

#[test]
fn ends_and_recurrence() {
    for (text, from, to, recurrence) in [
        ("next tuesday at half past two for 45 minutes", "2026-03-17T14:30", "2026-03-17T15:15", None),
        ("tomorrow from 2 to 3pm", "2026-03-12T14:00", "2026-03-12T15:00", None),
        ("tomorrow from 11 to 1pm", "2026-03-12T11:00", "2026-03-12T13:00", None),
        ("friday 9-10:30", "2026-03-13T09:00", "2026-03-13T10:30", None),
        ("between two and four tomorrow", "2026-03-12T14:00", "2026-03-12T16:00", None),
        ("tonight from 22:00 until 1am", "2026-03-11T22:00", "2026-03-12T01:00", None),
        ("every monday at 9", "2026-03-16T09:00", "2026-03-16T10:00", Some(Recurrence::Weekly)),
        ("every day at 7am for an hour", "2026-03-12T07:00", "2026-03-12T08:00", Some(Recurrence::Daily)),
        ("daily at 11", "2026-03-11T11:00", "2026-03-11T12:00", Some(Recurrence::Daily)),
        (
            "on the 1st of every month at 10am",
            "2026-04-01T10:00",
            "2026-04-01T11:00",
            Some(Recurrence::Monthly),
        ),
        ("every year on 3 may at noon", "2026-05-03T12:00", "2026-05-03T13:00", Some(Recurrence::Yearly)),
        (
            "every other tuesday at 5pm",
            "2026-03-17T17:00",
            "2026-03-17T18:00",
            Some(Recurrence::Every(2, Period::Week)),
        ),
        (
            "every weekday at 9:15 for 15 minutes",
            "2026-03-12T09:15",
            "2026-03-12T09:30",
            Some(Recurrence::WEEKDAYS),
        ),
        (
            "on mondays and thursdays at 6pm",
            "2026-03-12T18:00",
            "2026-03-12T19:00",
            Some(Recurrence::On(0b1001)),
        ),
        (
            "every tuesday, thursday and saturday at 7am",
            "2026-03-12T07:00",
            "2026-03-12T08:00",
            Some(Recurrence::On(0b10_1010)),
        ),
        (
            "every three days at noon",
            "2026-03-11T12:00",
            "2026-03-11T13:00",
            Some(Recurrence::Every(3, Period::Day)),
        ),
        (
            "every fortnight at 8pm",
            "2026-03-11T20:00",
            "2026-03-11T21:00",
            Some(Recurrence::Every(2, Period::Week)),
        ),
        ("every hour", "2026-03-11T00:00", "2026-03-12T00:00", Some(Recurrence::Other)),
    ] {
        let found = parse(text, &now()).unwrap_or_else(|| panic!("not understood: {text}"));
        let (a, b) = found.range();
        let minute = |z: &Zoned| z.strftime("%Y-%m-%dT%H:%M").to_string();
        assert_eq!(
            (minute(&a).as_str(), minute(&b).as_str(), found.recurrence),
            (from, to, recurrence),
            "{text}"
        );
    }
    let morning = parse("tomorrow morning", &now()).unwrap();
    assert_eq!((morning.precision, morning.start.hour()), (Precision::PartOfDay, 9));
}

#[test]
fn a_time_is_found_inside_a_text_and_cut_from_it() {
    for (text, rest, at) in [
        ("dentist next tuesday at half past two for 45 minutes", "dentist", "2026-03-17T14:30"),
        (
            "Lunch with Anna tomorrow at noon in the garden",
            "Lunch with Anna in the garden",
            "2026-03-12T12:00",
        ),
        ("to call mum at 6pm", "to call mum", "2026-03-11T18:00"),
        ("tomorrow: pay the rent", "pay the rent", "2026-03-12T00:00"),
        ("tomorrow review with the team at 15:00", "review with the team", "2026-03-12T15:00"),
        ("buy 2 tickets on friday", "buy 2 tickets", "2026-03-13T00:00"),
        ("call room 12 in 5 minutes", "call room 12", "2026-03-11T10:05"),
        ("30 minute call with Bo on monday at 4", "call with Bo", "2026-03-16T16:00"),
    ] {
        let found = extract(text, &now()).unwrap_or_else(|| panic!("no time in: {text}"));
        assert_eq!(found.rest, rest, "{text}");
        assert_eq!(found.when.start.strftime("%Y-%m-%dT%H:%M").to_string(), at, "{text}");
    }
    for text in [
        "I may march on",
        "the second act",
        "sun and sea",
        "two of us",
        "for the win",
        "buy 2 tickets",
        "room 12",
        "a minute",
        "chapter 3",
    ] {
        assert_eq!(extract(text, &now()), None, "{text}");
    }
}

#[test]
fn a_day_without_a_time_is_reminded_of_at_nine() {
    let at = |text| parse(text, &now()).unwrap().moment(&now()).strftime("%d %H:%M").to_string();
    assert_eq!(at("on friday"), "13 09:00");
    assert_eq!(at("today"), "11 11:00");
    assert_eq!(at("tomorrow evening"), "12 19:00");
}

#[test]
fn lengths_and_saying_times_back() {
    assert_eq!(describe_length(length("an hour and a half").unwrap()), "1 hour and 30 minutes");
    assert_eq!(describe_length(length("90 min").unwrap()), "1 hour and 30 minutes");
    assert_eq!(describe_length(length("45 seconds").unwrap()), "45 seconds");
    assert!(length("tomorrow").is_none());
    for (text, said) in [
        ("in 20 minutes", "today at 10:20"),
        ("tomorrow", "tomorrow"),
        ("next tuesday at half past two", "Tuesday 17 March at 14:30"),
        ("march 3rd", "Wednesday 3 March 2027"),
    ] {
        assert_eq!(describe(&parse(text, &now()).unwrap().start, &now()), said, "{text}");
    }
}

const PHRASE_WORDS: &[&str] = &[
    "at",
    "on",
    "in",
    "every",
    "next",
    "last",
    "the",
    "half",
    "quarter",
    "past",
    "to",
    "for",
    "from",
    "until",
    "a",
    "an",
    "and",
    "of",
    "monday",
    "friday",
    "march",
    "may",
    "3rd",
    "31st",
    "first",
    "9",
    "12",
    "30",
    "99999999999",
    "2:30",
    "25:61",
    "9pm",
    "2-3",
    "0",
    "two",
    "hundred",
    "million",
    "minutes",
    "hours",
    "days",
    "weeks",
    "months",
    "years",
    "tomorrow",
    "today",
    "tonight",
    "morning",
    "night",
    "noon",
    "week",
    "month",
    "end",
    "ago",
    "now",
    "weekend",
    "2026-02-30",
    "29",
    "february",
    "daily",
    "christmas",
    "1h30",
    "couple",
    "few",
];

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = (parse(&text, &now()), extract(&text, &now()), length(&text));
    }

    #[test]
    fn no_sequence_of_date_words_panics_and_every_end_is_after_its_start(
        words in prop::collection::vec(prop::sample::select(PHRASE_WORDS), 1..9),
    ) {
        let text = words.join(" ");
        if let Some(found) = extract(&text, &now()) {
            let (from, to) = found.when.range();
            prop_assert!(to >= from, "{text}: {from} to {to}");
        }
    }

    #[test]
    fn a_clock_time_without_a_day_is_within_the_next_day(hour in 0i8..24, minute in 0i8..60, at in 0i64..(366 * 24 * 60)) {
        let now = now().saturating_add(jiff::Span::new().minutes(at));
        let found = parse(&format!("at {hour}:{minute:02}"), &now).unwrap();
        prop_assert!(found.start > now, "{} is not after {now}", found.start);
        // Twenty-five hours where a summer ends.
        prop_assert!(found.start <= now.saturating_add(jiff::Span::new().hours(25)), "{} is too far from {now}", found.start);
    }

    #[test]
    fn a_weekday_is_one_of_the_next_seven_days_and_next_is_in_the_next_week(day in 0usize..7, at in 0i64..800) {
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let now = now().saturating_add(jiff::Span::new().days(at));
        let ahead = |text: String| now.date().until(parse(&text, &now).unwrap().start.date()).unwrap().get_days();
        let (coming, next) = (ahead(format!("on {}", names[day])), ahead(format!("next {}", names[day])));
        prop_assert!((1..=7).contains(&coming), "{coming}");
        prop_assert!((1..=13).contains(&next), "{next}");
    }

    #[test]
    fn a_shift_is_exact(n in 1i64..10_000, word in prop::sample::select(&["minutes", "hours"][..])) {
        let found = parse(&format!("in {n} {word}"), &now()).unwrap();
        let minutes = found.start.duration_since(&now()).as_secs() / 60;
        prop_assert_eq!(minutes, if word == "hours" { n * 60 } else { n });
    }
}
