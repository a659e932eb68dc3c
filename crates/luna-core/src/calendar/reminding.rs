//! Reminding: what is due is said once, however often the clock jumps, the machine sleeps or the program ends. What was
//! due while nobody was awake is said late, unless the event is over by then.

use jiff::SignedDuration;
use luna_model::{CalendarEvent, Event, Occurrence, OwnWord, Reminder, Result, Timestamp};
use serde_json::json;

use super::recurrence;
use crate::Luna;

/// Longest time before an event at which it can be reminded of, in minutes: four weeks.
const EARLIEST: u32 = 4 * 7 * 24 * 60;
/// How far back an event may have begun to be still reminded of, if it is not over.
const BACK: SignedDuration = SignedDuration::from_hours(24);

impl Luna {
    /// Begins to remind in the background.
    pub(crate) fn remind(&self) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            luna.whenever_due(|event| matches!(event, Event::CalendarChanged), || luna.remind_due()).await;
        });
    }

    /// Says what is due now; when the next is due, as far as that is near.
    ///
    /// # Errors
    /// When it cannot be read or written; what was not said is due still.
    pub async fn remind_due(&self) -> Result<Option<Timestamp>> {
        let now = self.clock().now();
        self.processes().ran("calendar_reminders", now);
        let mut next: Option<Timestamp> = None;
        for reminder in self.calendar().reminders().await? {
            if reminder.at > now {
                next = Some(reminder.at);
                break;
            }
            self.say_reminder(reminder, now).await?;
        }
        self.processes().ran("check_upcoming_events", now);
        let ahead = now.saturating_add(SignedDuration::from_mins(i64::from(EARLIEST))).unwrap_or(now);
        let back = now.saturating_sub(BACK).unwrap_or(now);
        for event in self.db().events_between(back, ahead).await? {
            for (occurrence, minutes, due) in alarms(&event, back, now, &self.calendar().zone()) {
                if due <= now {
                    self.say_alarm(&occurrence, minutes, due, now).await?;
                } else {
                    next = Some(next.map_or(due, |next| next.min(due)));
                }
            }
        }
        Ok(next)
    }

    /// When the next reminder is due, as far as that is before a time.
    pub(crate) async fn next_reminder(&self, until: Timestamp) -> Result<Option<Timestamp>> {
        let now = self.clock().now();
        let reminders = self.calendar().reminders().await?.into_iter().map(|reminder| reminder.at);
        let ahead = until.saturating_add(SignedDuration::from_mins(i64::from(EARLIEST))).unwrap_or(until);
        let events = self.db().events_between(now, ahead).await?;
        let zone = self.calendar().zone();
        let alarms = events.iter().flat_map(|event| alarms(event, now, until, &zone)).map(|(_, _, due)| due);
        Ok(reminders.chain(alarms).filter(|at| *at > now && *at <= until).min())
    }

    async fn say_reminder(&self, reminder: Reminder, now: Timestamp) -> Result<()> {
        let late = now.duration_since(reminder.at) > SignedDuration::from_mins(5);
        let text = if late {
            let at = luna_builtin::when::describe(
                &reminder.at.to_zoned(self.calendar().zone()),
                &self.clock().local(),
            );
            format!("Reminder from {at}: {}", reminder.text)
        } else {
            format!("Reminder: {}", reminder.text)
        };
        let about = json!({ "kind": "reminder", "reminder": reminder.id, "text": reminder.text });
        let word = OwnWord { text, about: Some(about), at: now };
        if self.db().say_reminder(reminder.id, word.clone()).await? {
            self.tell_of(word);
        }
        Ok(())
    }

    async fn say_alarm(&self, o: &Occurrence, minutes: u32, due: Timestamp, now: Timestamp) -> Result<()> {
        let zone = self.calendar().zone();
        let start = o.event.times.start(&zone);
        let key = (o.event.id, start, minutes);
        if self.db().alarm_said(key).await? {
            return Ok(());
        }
        // What was entered after its reminder was due is fresh in mind; what is over needs none.
        let news = o.event.created_at <= due && o.event.times.end(&zone) > now;
        let text = format!("{} {}", o.event.title, away(start.duration_since(now), o.event.times.all_day()));
        let about = json!({ "kind": "event", "event": o.event.id, "start": start, "text": o.event.title });
        let word = OwnWord { text, about: Some(about), at: now };
        if self.db().say_alarm(key, news.then(|| word.clone()), now).await? {
            self.tell_of(word);
        }
        Ok(())
    }

    fn tell_of(&self, word: OwnWord) {
        self.bus().publish(Event::CalendarChanged);
        self.speak_up(word);
    }
}

/// The reminders of an event that are due by soon after now: which occurrence, how many minutes before, and when.
fn alarms(
    event: &CalendarEvent,
    back: Timestamp,
    now: Timestamp,
    zone: &jiff::tz::TimeZone,
) -> Vec<(Occurrence, u32, Timestamp)> {
    let Some(longest) = event.remind_before.iter().copied().max() else { return vec![] };
    let soon =
        now.saturating_add(SignedDuration::from_mins(i64::from(longest.min(EARLIEST)) + 1)).unwrap_or(now);
    let held = recurrence::between(event, back, soon, zone);
    let each = held.into_iter().flat_map(|o| {
        let start = o.event.times.start(zone);
        let due = move |minutes: u32| {
            start.saturating_sub(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(start)
        };
        o.event.remind_before.clone().into_iter().map(move |m| (o.clone(), m, due(m)))
    });
    each.collect()
}

/// How far away a beginning is: "is in 10 minutes".
fn away(ahead: SignedDuration, all_day: bool) -> String {
    let minutes = (ahead.as_secs() + 30).div_euclid(60);
    let count = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match minutes {
        _ if all_day && minutes <= 0 => "is today".into(),
        0 => "begins now".into(),
        m if m < 0 => format!("began {} ago", count(-m, "minute")),
        m if m < 90 => format!("is in {}", count(m, "minute")),
        m if m < 48 * 60 => format!("is in {}", count((m + 30) / 60, "hour")),
        m => format!("is in {}", count((m + 720) / 1440, "day")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_away_is_said_in_words() {
        let said = |minutes| away(SignedDuration::from_mins(minutes), false);
        assert_eq!(said(10), "is in 10 minutes");
        assert_eq!(said(1), "is in 1 minute");
        assert_eq!(said(0), "begins now");
        assert_eq!(said(-5), "began 5 minutes ago");
        assert_eq!(said(120), "is in 2 hours");
        assert_eq!(said(3 * 1440), "is in 3 days");
    }
}
