//! What jobs say: the day's brief, overdue tasks, a question how something went. Made of what is in the database, without
//! a model.

use jiff::{SignedDuration, Span, Timestamp, Zoned};
use luna_builtin::when;
use luna_model::{Occurrence, Result, Times, Todo};

use crate::Luna;

/// Words of things that go well or badly (what the first Luna asked after, and a few more).
const MATTERS: [&str; 14] = [
    "interview",
    "exam",
    "test",
    "deadline",
    "appointment",
    "flight",
    "surgery",
    "presentation",
    "meeting",
    "date",
    "trip",
    "concert",
    "match",
    "party",
];
/// Most entries that a brief names of a kind.
const MOST: usize = 3;

impl Luna {
    /// What the day brings.
    pub(crate) async fn brief(&self) -> Result<String> {
        let now = self.clock().local();
        let tomorrow =
            now.tomorrow().and_then(|t| t.start_of_day()).map_or(now.timestamp(), |t| t.timestamp());
        let events =
            self.calendar().occurrences(now.timestamp(), tomorrow.max(later(now.timestamp(), 1))).await?;
        let todos = self.calendar().todos(Some(false), None).await?;
        let due: Vec<_> = todos.into_iter().filter(|t| t.due.is_some_and(|due| due < tomorrow)).collect();
        Ok(brief(&self.settings().current().user_name, &events, &due, &now))
    }

    /// What is left of the day, for who is back from work; none when nothing is.
    pub(crate) async fn rest_of_day(&self) -> Result<Option<String>> {
        let now = self.clock().local();
        let midnight =
            now.tomorrow().and_then(|t| t.start_of_day()).map_or(now.timestamp(), |t| t.timestamp());
        let ahead = later(now.timestamp(), 1);
        let mut events = self.calendar().occurrences(ahead, midnight.max(later(ahead, 1))).await?;
        events.retain(|o| o.event.times.start(now.time_zone()) > now.timestamp());
        let open = self.calendar().todos(Some(false), None).await?;
        let due: Vec<_> = open.into_iter().filter(|t| t.due.is_some_and(|due| due < midnight)).collect();
        Ok((!events.is_empty() || !due.is_empty()).then(|| rest_of_day(&events, &due, &now)))
    }

    /// How the next morning begins, for who stays up; none when nothing waits before noon.
    pub(crate) async fn next_morning(&self) -> Result<Option<String>> {
        let now = self.clock().local();
        let noon = now.with().hour(12).minute(0).second(0).subsec_nanosecond(0).build();
        let noon = noon.and_then(|noon| if now.hour() < 12 { Ok(noon) } else { noon.tomorrow() });
        let Ok(noon) = noon else { return Ok(None) };
        let from = later(now.timestamp(), 3 * 3600);
        let events = self.calendar().occurrences(from, noon.timestamp().max(later(from, 1))).await?;
        let first = events
            .into_iter()
            .find(|o| !o.event.times.all_day() && o.event.times.start(now.time_zone()) >= from);
        Ok(first.map(|o| format!("It is late, and the morning begins with {}.", on(&o, &now))))
    }

    /// The tasks that are overdue, if any are.
    pub(super) async fn overdue(&self) -> Result<Option<String>> {
        let now = self.clock().now();
        let open = self.calendar().todos(Some(false), None).await?;
        let late: Vec<_> = open.into_iter().filter(|t| t.due.is_some_and(|due| due < now)).collect();
        Ok((!late.is_empty()).then(|| format!("Overdue: {}.", named(&late))))
    }

    /// A question how something went that the user said would happen, if there is such a thing.
    pub(super) async fn follow_up(&self) -> Result<Option<String>> {
        let now = self.clock().now();
        let back = |hours: i64| now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
        let zone = self.calendar().zone();
        for (said, at) in self.db().said_between(back(6 * 24), back(4), 40).await? {
            let Some((what, moment)) = commitment(&said, &at.to_zoned(zone.clone())) else { continue };
            // It is over since the last time this was asked (a day ago), and not only just now.
            if moment < back(1) && moment >= back(25) {
                return Ok(Some(format!("How did it go: {what}?")));
            }
        }
        Ok(None)
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

fn brief(user: &str, events: &[Occurrence], due: &[Todo], now: &Zoned) -> String {
    let greeting = match now.hour() {
        0..=11 => "Good morning",
        12..=17 => "Good afternoon",
        _ => "Good evening",
    };
    let name = if user == "friend" { String::new() } else { format!(", {user}") };
    if events.is_empty() && due.is_empty() {
        return format!("{greeting}{name}. Nothing urgent today.");
    }
    let mut said = format!("{greeting}{name}.");
    if !events.is_empty() {
        let shown: Vec<_> = events.iter().take(MOST).map(|o| on(o, now)).collect();
        said.push_str(&format!(" Today: {}{}.", shown.join(", "), rest(events.len())));
    }
    if !due.is_empty() {
        said.push_str(&format!(" To do: {}.", named(due)));
    }
    said
}

fn rest_of_day(events: &[Occurrence], due: &[Todo], now: &Zoned) -> String {
    let mut said = "Welcome back.".to_owned();
    if !events.is_empty() {
        let shown: Vec<_> = events.iter().take(MOST).map(|o| on(o, now)).collect();
        said.push_str(&format!(" Still today: {}{}.", shown.join(", "), rest(events.len())));
    }
    if !due.is_empty() {
        said.push_str(&format!(" To do: {}.", named(due)));
    }
    said
}

fn on(o: &Occurrence, now: &Zoned) -> String {
    match &o.event.times {
        Times::Days { .. } => o.event.title.clone(),
        Times::Timed { start, .. } => {
            format!("{} at {}", o.event.title, start.to_zoned(now.time_zone().clone()).strftime("%H:%M"))
        }
    }
}

fn named(todos: &[Todo]) -> String {
    let shown: Vec<_> = todos.iter().take(MOST).map(|t| t.title.clone()).collect();
    format!("{}{}", shown.join(", "), rest(todos.len()))
}

fn rest(all: usize) -> String {
    if all > MOST { format!(" and {} more", all - MOST) } else { String::new() }
}

/// What a message says will happen, and when that is: "your driving test", and the end of its day.
fn commitment(said: &str, at: &Zoned) -> Option<(String, Timestamp)> {
    let line = said.lines().next()?.trim();
    if line.ends_with('?') || line.chars().count() > 300 {
        return None;
    }
    let found = when::extract(line, at)?;
    let words: Vec<String> = found.rest.split_whitespace().map(str::to_owned).collect();
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let matters = words.iter().position(|word| MATTERS.contains(&plain(word).as_str()))?;
    let own = words[..matters]
        .iter()
        .rposition(|w| matches!(plain(w).as_str(), "a" | "an" | "my" | "the" | "i"))?;
    let thing: Vec<_> = words[own + 1..=matters].iter().map(|w| plain(w)).collect();
    let end = match found.when.precision {
        when::Precision::Moment => {
            found.when.end.unwrap_or_else(|| found.when.start.saturating_add(Span::new().hours(1)))
        }
        _ => found.when.range().1,
    };
    (found.when.start > *at).then(|| (format!("your {}", thing.join(" ")), end.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_to_happen_is_known_with_its_end() {
        let at: Zoned = "2026-03-11T10:00:00+01:00[Europe/Berlin]".parse().unwrap();
        let (what, end) = commitment("I have my driving test on Friday at 9", &at).unwrap();
        assert_eq!((what.as_str(), end.to_string().as_str()), ("your driving test", "2026-03-13T09:00:00Z"));
        assert!(commitment("I had a test yesterday", &at).is_none(), "what is over when it is said is known");
        assert!(commitment("When is my exam tomorrow?", &at).is_none());
        assert!(commitment("I like cake", &at).is_none());
    }
}
