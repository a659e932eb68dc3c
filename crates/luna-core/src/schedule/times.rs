//! When jobs are due. Pure: from a job's times and a moment to the moments around it, and from words to times.
//!
//! Cron patterns follow the clock on the wall: what falls into an hour that is left out is due right after it, what falls
//! into an hour that comes twice is due once; what is due every so many minutes goes on through both.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use luna_builtin::when::{self, Period, Recurrence};
use luna_model::{Error, JobTimes, Result};

use crate::calendar::zone_name;

/// Shortest time between two runs, in seconds.
const SHORTEST: u32 = 60;

/// The last time at or before `now` (not before `from`), and the first after it.
pub(super) fn around(
    times: &JobTimes,
    from: Timestamp,
    now: Timestamp,
) -> (Option<Timestamp>, Option<Timestamp>) {
    match times {
        JobTimes::Once { at } if *at > now => (None, Some(*at)),
        JobTimes::Once { at } => ((*at >= from).then_some(*at), None),
        JobTimes::Every { from: start, seconds } => {
            let step = i64::from((*seconds).max(SHORTEST));
            let gone = now.duration_since(*start).as_secs().div_euclid(step);
            let at = |n: i64| start.checked_add(SignedDuration::from_secs(n.checked_mul(step)?)).ok();
            let last = if gone >= 0 { at(gone).filter(|last| *last >= from) } else { None };
            (last, at((gone + 1).max(0)))
        }
        JobTimes::Cron { pattern, zone } => {
            let (Ok(cron), Ok(zone)) = (cron(pattern), TimeZone::get(zone)) else { return (None, None) };
            let Ok(whole) = Timestamp::from_second(now.as_second()) else { return (None, None) };
            let here = whole.to_zoned(zone);
            let last = cron.find_previous_occurrence(&here, true).ok().map(|z| z.timestamp());
            let next = cron.find_next_occurrence(&here, false).ok().map(|z| z.timestamp());
            (last.filter(|last| *last >= from), next)
        }
    }
}

/// The first time after a moment.
pub(super) fn next_after(times: &JobTimes, after: Timestamp) -> Option<Timestamp> {
    around(times, after, after).1
}

/// The next times after a moment.
pub(super) fn upcoming(times: &JobTimes, after: Timestamp, most: usize) -> Vec<Timestamp> {
    std::iter::successors(next_after(times, after), |at| next_after(times, *at)).take(most).collect()
}

/// Checks times before they are kept.
///
/// # Errors
/// `Invalid` for a pattern that is none, an unknown zone, what comes more often than once a minute, and what never comes.
pub(super) fn checked(times: &JobTimes, now: Timestamp) -> Result<Timestamp> {
    match times {
        JobTimes::Every { seconds, .. } if *seconds < SHORTEST => {
            return Err(Error::invalid("a job runs at most once a minute"));
        }
        JobTimes::Cron { pattern, zone } => {
            cron(pattern)?;
            TimeZone::get(zone).map_err(|_| {
                Error::invalid(format!("{zone:?} is no time zone; give an IANA name such as Europe/Berlin"))
            })?;
        }
        _ => {}
    }
    next_after(times, now).ok_or_else(|| match times {
        JobTimes::Once { .. } => Error::invalid("that time is over already; when shall it be?"),
        _ => Error::invalid("there is no such time, ever; look at the days and months"),
    })
}

/// Times in words ("every weekday at nine", "every 20 minutes", "tomorrow at noon"), or a cron pattern.
///
/// # Errors
/// `Invalid` when they cannot be understood.
pub(super) fn understood(words: &str, now: &Zoned) -> Result<JobTimes> {
    let words = words.trim().trim_end_matches(['.', '!']).to_lowercase();
    let zone = zone_name(now);
    let midnight = now.start_of_day().unwrap_or_else(|_| now.clone());
    if words.split_whitespace().count() == 5
        && words.contains(|c: char| c == '*' || c.is_ascii_digit())
        && let Ok(pattern) = cron(&words)
    {
        return Ok(JobTimes::Cron { pattern: pattern.as_str().to_owned(), zone });
    }
    let at = |pattern: String| JobTimes::Cron { pattern, zone: zone.clone() };
    if let Some(seconds) = interval(&words) {
        return match seconds {
            0..60 => Err(Error::invalid("a job runs at most once a minute")),
            s if s <= 3600 && 3600 % s == 0 && s % 60 == 0 => Ok(at(match s / 60 {
                60 => "0 * * * *".into(),
                1 => "* * * * *".into(),
                minutes => format!("*/{minutes} * * * *"),
            })),
            s if s < 86_400 && 86_400 % s == 0 && s % 3600 == 0 => Ok(at(format!("0 */{} * * *", s / 3600))),
            s => Ok(JobTimes::Every { from: now.timestamp(), seconds: u32::try_from(s).unwrap_or(u32::MAX) }),
        };
    }
    let unclear = || {
        Error::invalid(format!(
            "{words:?} is no time that I understand. Say it like “every weekday at 9”, “every 20 minutes”, “on the 1st of \
             every month at noon” or “tomorrow at six”, or give a cron pattern such as 0 9 * * 1-5"
        ))
    };
    let mut when = when::parse(&words, now).ok_or_else(unclear)?;
    if when.recurrence.is_some() {
        // "Every day at eight" is in the morning, also when it is said at ten.
        when = when::parse(&words, &midnight).ok_or_else(unclear)?;
    }
    let moment = when.moment(if when.recurrence.is_some() { &midnight } else { now });
    let time = format!("{} {}", moment.minute(), moment.hour());
    match when.recurrence {
        None => Ok(JobTimes::Once { at: moment.timestamp() }),
        Some(Recurrence::Daily) => Ok(at(format!("{time} * * *"))),
        Some(Recurrence::Weekly) => {
            Ok(at(format!("{time} * * {}", moment.weekday().to_sunday_zero_offset())))
        }
        Some(Recurrence::On(bits)) => Ok(at(format!("{time} * * {}", days_of_week(bits)))),
        Some(Recurrence::Every(count, period)) => every(count, period, &moment, &zone).ok_or_else(unclear),
        Some(Recurrence::Monthly) => Ok(at(format!("{time} {} * *", moment.day()))),
        Some(Recurrence::Yearly) => Ok(at(format!("{time} {} {} *", moment.day(), moment.month()))),
        Some(Recurrence::Other) => Err(unclear()),
    }
}

/// Times in words.
pub(super) fn said(times: &JobTimes, now: &Zoned) -> String {
    match times {
        JobTimes::Once { at } => when::describe(&at.to_zoned(now.time_zone().clone()), now),
        JobTimes::Every { seconds, .. } => {
            format!("every {}", when::describe_length(jiff::Span::new().seconds(i64::from(*seconds))))
        }
        JobTimes::Cron { pattern, .. } => {
            cron(pattern).map_or_else(|_| pattern.clone(), |cron| cron.describe())
        }
    }
}

fn cron(pattern: &str) -> Result<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    if pattern.trim().starts_with('@') || pattern.split_whitespace().count() != 5 {
        return Err(Error::invalid(format!(
            "{pattern:?} is no cron pattern: it has five fields, for minute, hour, day of the month, month and day of the week"
        )));
    }
    parser.parse(pattern).map_err(|why| Error::invalid(format!("{pattern:?} is no cron pattern: {why}")))
}

/// "every 20 minutes", "every two hours", "hourly": in seconds.
fn interval(words: &str) -> Option<i64> {
    let length = match words {
        "hourly" | "every hour" => return Some(3600),
        "every minute" => return Some(60),
        _ => words.strip_prefix("every ").or_else(|| words.strip_prefix("each "))?,
    };
    let span = when::length(length)?;
    span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok().map(|s| {
        #[allow(clippy::cast_possible_truncation, reason = "seconds of a length that somebody said")]
        let seconds = s as i64;
        seconds
    })
}

/// Days of the week as cron has them, from a bit for each.
fn days_of_week(bits: u8) -> String {
    if Recurrence::On(bits) == Recurrence::WEEKDAYS {
        return "1-5".into();
    }
    let mut days: Vec<_> = (0..7).filter(|at| bits & (1 << at) != 0).map(|at| (at + 1) % 7).collect();
    days.sort_unstable();
    days.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Every so many days or weeks from a moment on, or months of the year that they divide.
fn every(count: u16, period: Period, moment: &Zoned, zone: &str) -> Option<JobTimes> {
    let days = match period {
        Period::Day => u32::from(count),
        Period::Week => 7 * u32::from(count),
        Period::Month if count > 0 && 12 % count == 0 => {
            let (minute, hour, day) = (moment.minute(), moment.hour(), moment.day());
            let pattern = format!("{minute} {hour} {day} */{count} *");
            return Some(JobTimes::Cron { pattern, zone: zone.to_owned() });
        }
        Period::Month | Period::Year => return None,
    };
    Some(JobTimes::Every { from: moment.timestamp(), seconds: days.checked_mul(86_400)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-03-11T10:02:00+01:00[Europe/Berlin]".parse().unwrap()
    }

    fn wall(pattern: &str) -> JobTimes {
        JobTimes::Cron { pattern: pattern.into(), zone: "Europe/Berlin".into() }
    }

    fn moments(pattern: &str, after: &str, most: usize) -> Vec<String> {
        let all = upcoming(&wall(pattern), after.parse().unwrap(), most);
        all.into_iter().map(|t| t.to_string()).collect()
    }

    #[test]
    fn words_become_times() {
        for (words, pattern) in [
            ("every weekday at 9", "0 9 * * 1-5"),
            ("weekdays at half past seven", "30 7 * * 1-5"),
            ("every monday and thursday at 18:30", "30 18 * * 1,4"),
            ("every day at 8", "0 8 * * *"),
            ("every Tuesday at noon", "0 12 * * 2"),
            ("every 15 minutes", "*/15 * * * *"),
            ("every two hours", "0 */2 * * *"),
            ("hourly", "0 * * * *"),
            ("every month on the 3rd at 10", "0 10 3 * *"),
            ("0 3 * * mon-fri", "0 3 * * 1-5"),
            ("every weekend at 10", "0 10 * * 0,6"),
        ] {
            match understood(words, &now()) {
                Ok(JobTimes::Cron { pattern: found, .. }) => {
                    assert_eq!(found.to_uppercase(), pattern.to_uppercase(), "{words}")
                }
                other => panic!("{words}: {other:?}"),
            }
        }
        let tomorrow = understood("tomorrow at six in the evening", &now()).unwrap();
        assert_eq!(tomorrow, JobTimes::Once { at: "2026-03-12T17:00:00Z".parse().unwrap() });
        assert!(matches!(
            understood("every 90 minutes", &now()).unwrap(),
            JobTimes::Every { seconds: 5400, .. }
        ));
        for unclear in ["often", "every second full moon", "61 3 * * *", "every 5 seconds", ""] {
            assert!(understood(unclear, &now()).is_err(), "{unclear}");
        }
    }

    #[test]
    fn what_is_named_by_both_days_comes_on_either() {
        // The 13th, or a Friday.
        assert_eq!(
            moments("0 9 13 * fri", "2026-03-01T00:00:00Z", 4),
            ["2026-03-06T08:00:00Z", "2026-03-13T08:00:00Z", "2026-03-20T08:00:00Z", "2026-03-27T08:00:00Z"]
        );
    }

    #[test]
    fn an_hour_that_is_left_out_or_comes_twice_loses_and_doubles_nothing() {
        // 29 March 2026: two becomes three. 25 October: three becomes two.
        assert_eq!(
            moments("30 2 * * *", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        assert_eq!(
            moments("30 2 * * *", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        let steady = moments("*/30 * * * *", "2026-10-24T23:59:00Z", 6);
        let apart: Vec<_> = steady.iter().map(|t| &t[11..16]).collect();
        assert_eq!(apart, ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30"]);
    }

    #[test]
    fn nonsense_is_refused_when_it_is_given() {
        let now = now().timestamp();
        for bad in ["often", "61 3 * * *", "* * * *", "0 0 0 0 0", "0 0 30 2 *", "@daily", "* * * * * *"] {
            assert!(checked(&wall(bad), now).is_err(), "{bad}");
        }
        assert!(checked(&JobTimes::Once { at: Timestamp::UNIX_EPOCH }, now).is_err());
        assert!(checked(&JobTimes::Every { from: now, seconds: 10 }, now).is_err());
        assert!(checked(&wall("0 3 * * *"), now).is_ok());
    }

    #[test]
    fn times_apart_are_counted_from_their_beginning() {
        let from: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let times = JobTimes::Every { from, seconds: 5400 };
        let now = "2026-03-01T04:00:00Z".parse().unwrap();
        let (last, next) = around(&times, from, now);
        assert_eq!(last.unwrap().to_string(), "2026-03-01T03:00:00Z");
        assert_eq!(next.unwrap().to_string(), "2026-03-01T04:30:00Z");
    }
}
