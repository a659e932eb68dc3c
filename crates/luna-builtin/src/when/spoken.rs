//! Times said back: "tomorrow at 09:00", "Tuesday 17 March at 14:30", "an hour and a half".

use jiff::{Span, Unit, Zoned, civil::Time};

/// A moment as one would say it now, in now's zone: the day by name when it is near, the year when it is another one.
#[must_use]
pub fn describe(moment: &Zoned, now: &Zoned) -> String {
    let moment = moment.with_time_zone(now.time_zone().clone());
    let day = describe_day(&moment, now);
    if moment.time() == Time::midnight() { day } else { format!("{day} at {}", moment.strftime("%H:%M")) }
}

/// The day of a moment as one would say it now.
fn describe_day(moment: &Zoned, now: &Zoned) -> String {
    let days = now.date().until(moment.date()).map_or(i32::MAX, |span| span.get_days());
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        _ if moment.year() == now.year() => moment.strftime("%A %-d %B").to_string(),
        _ => moment.strftime("%A %-d %B %Y").to_string(),
    }
}

/// A length of time in words: "45 minutes", "1 hour and 30 minutes".
#[must_use]
pub fn describe_length(length: Span) -> String {
    let whole =
        length.round(jiff::SpanRound::new().largest(Unit::Hour).days_are_24_hours()).unwrap_or(length);
    let parts: Vec<String> = [
        (i64::from(whole.get_hours()), "hour"),
        (whole.get_minutes(), "minute"),
        (whole.get_seconds(), "second"),
    ]
    .into_iter()
    .filter(|(n, _)| *n != 0)
    .map(|(n, unit)| format!("{n} {unit}{}", if n == 1 { "" } else { "s" }))
    .collect();
    match parts.as_slice() {
        [] => "no time".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
