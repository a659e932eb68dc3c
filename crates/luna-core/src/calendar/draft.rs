//! Quick add: what a line of words says to the calendar, by the dates in words of luna-builtin. No model is asked.

use luna_builtin::when::{self, Precision, When};
use luna_model::{Draft, Error, NewEvent, NewTodo, Priority, Result, Times};

use super::Calendar;

const REMIND: [&str; 6] =
    ["remind me to ", "remind me that ", "remind me about ", "remind me of ", "remind me ", "reminder "];
const TODO: [&str; 7] = ["todo ", "to do ", "to-do ", "task ", "add task ", "todo: ", "task: "];

impl Calendar {
    /// What words would add: an event where they name a time, a reminder where they ask for one, else something to do.
    ///
    /// # Errors
    /// `Invalid` when they say nothing, or repeat in a way that cannot be said in words.
    pub async fn understand(&self, words: &str) -> Result<Draft> {
        let words = words.trim();
        let now = self.clock.local();
        let (remind, rest) = beginning(words, &REMIND);
        let (todo, rest) = if remind { (false, rest) } else { beginning(rest, &TODO) };
        let found = when::extract(rest, &now);
        let title = found.as_ref().map_or_else(|| when::title(rest), |found| when::title(&found.rest));
        if found.as_ref().is_some_and(|f| f.when.recurrence == Some(when::Recurrence::Other)) {
            return Err(Error::invalid(
                "in words, things repeat every so many days, weeks, months or years, or on days of the week; add it once and set how it repeats there",
            ));
        }
        match (found.map(|f| f.when), title) {
            (Some(when), title) if remind => {
                let text = title.ok_or_else(|| Error::invalid("say what to remind you of"))?;
                Ok(Draft::Reminder { text, at: when.moment(&now).timestamp() })
            }
            (None, _) if remind => Err(Error::invalid("say when to remind you, such as “tomorrow at nine”")),
            (Some(when), Some(title)) if !todo => self.event_draft(title, &when).await,
            (Some(_), None) => Err(Error::invalid("say what is then")),
            (when, Some(title)) => {
                let urgent = words.ends_with('!');
                let todo = NewTodo {
                    title,
                    due: when.map(|when| when.moment(&now).timestamp()),
                    priority: if urgent { Priority::High } else { Priority::Medium },
                    ..NewTodo::default()
                };
                Ok(Draft::Todo { todo })
            }
            (None, None) => {
                Err(Error::invalid("say what to add, such as “lunch with Anna tomorrow at noon”"))
            }
        }
    }

    async fn event_draft(&self, title: String, when: &When) -> Result<Draft> {
        let (from, to) = when.range();
        let times = match when.precision {
            Precision::Moment | Precision::PartOfDay => {
                Times::Timed { start: from.timestamp(), end: to.timestamp(), zone: zone_name(&from) }
            }
            Precision::Day | Precision::Days => Times::Days { first: from.date(), until: to.date() },
        };
        let conflicts = self.conflicts(&times, None).await?;
        let mut conflicts: Vec<_> = conflicts.into_iter().map(|o| o.event.title).collect();
        conflicts.truncate(5);
        let repeat = when.recurrence.and_then(when::Recurrence::name);
        let event = NewEvent {
            title,
            notes: String::new(),
            location: String::new(),
            times,
            repeat,
            remind_before: None,
            calendar: None,
        };
        Ok(Draft::Event { event, conflicts })
    }
}

/// The IANA name of a moment's zone; zones without one are taken as UTC.
pub(crate) fn zone_name(at: &jiff::Zoned) -> String {
    at.time_zone().iana_name().unwrap_or("UTC").to_owned()
}

fn beginning<'w>(words: &'w str, any: &[&str]) -> (bool, &'w str) {
    let small = words.to_ascii_lowercase();
    match any.iter().find(|start| small.starts_with(**start)) {
        Some(start) => (true, words[start.len()..].trim_start()),
        None => (false, words),
    }
}
