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

/// How something comes again in words, from an event's `recurrence`: "every week", "every Tuesday and Friday".
#[must_use]
pub fn describe_rule(rule: &str) -> String {
    let part = |name: &str| {
        rule.split(';').find_map(|part| part.split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v))
    };
    let unit = match part("FREQ").unwrap_or(rule) {
        "DAILY" | "daily" => "day",
        "WEEKLY" | "weekly" => "week",
        "MONTHLY" | "monthly" => "month",
        "YEARLY" | "yearly" => "year",
        _ => return "again and again".to_owned(),
    };
    const DAYS: [(&str, &str); 7] = [
        ("MO", "Monday"),
        ("TU", "Tuesday"),
        ("WE", "Wednesday"),
        ("TH", "Thursday"),
        ("FR", "Friday"),
        ("SA", "Saturday"),
        ("SU", "Sunday"),
    ];
    let named = part("BYDAY").map(|days| {
        let name = |code: &str| DAYS.iter().find(|(day, _)| *day == code).map(|(_, name)| *name);
        days.split(',').map(name).collect::<Option<Vec<_>>>()
    });
    match (part("INTERVAL").unwrap_or("1"), named) {
        ("1", Some(Some(days))) if days == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"] => {
            "every weekday".to_owned()
        }
        ("1", Some(Some(days))) => match days.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("every {} and {last}", first.join(", ")),
            days => format!("every {}", days.join(", ")),
        },
        ("1", None) => format!("every {unit}"),
        ("2", None) => format!("every other {unit}"),
        (count, None) => format!("every {count} {unit}s"),
        _ => "again and again".to_owned(),
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
