//! Finding: what of the user's days is meant by words ("the dentist appointment") and a time ("my three o'clock", "on
//! Friday"). Every tool that names something by words resolves it here. Knows no tool.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use luna_builtin::when;
use luna_model::{Error, Occurrence, Reminder, Result, Timestamp, Todo};

use super::{Calendar, recurrence};

/// Share of the words that a title must have to fit.
const FITS: f64 = 0.5;
/// Two fit equally well when their scores differ by less.
const ALIKE: f64 = 0.005;
/// How alike two words must be to be taken for the same one mistyped (1 = the same).
const SIMILAR: f64 = 0.7;
/// Most that is named where nothing or several fit.
const MOST_NAMED: usize = 5;
/// How long ago something may have been over to be still meant where no time is said.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// Words that say nothing of which one is meant.
const EMPTY: [&str; 15] =
    ["the", "a", "an", "my", "our", "with", "to", "of", "for", "about", "at", "on", "in", "that", "and"];
/// Words for the kind of thing: they help to choose, but a title need not have them.
const KINDS: [&str; 12] = [
    "appointment",
    "meeting",
    "event",
    "entry",
    "session",
    "class",
    "lesson",
    "visit",
    "reminder",
    "task",
    "todo",
    "item",
];

/// What words and a time name.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Words of its title; none where the time alone names it.
    pub words: String,
    /// When it begins, or at least goes on; anywhere ahead when it was not said.
    pub within: Option<(Timestamp, Timestamp)>,
}

impl From<&str> for Wanted {
    fn from(words: &str) -> Self {
        Self { words: words.to_owned(), within: None }
    }
}

/// Something of the user's days.
#[derive(Clone, Debug)]
pub enum Entry {
    /// An event; of a series an occurrence.
    Event(Occurrence),
    /// A reminder that is still to be said.
    Reminder(Reminder),
    /// An open thing to do.
    Todo(Todo),
}

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Events.
    Event,
    /// Reminders.
    Reminder,
    /// Things to do.
    Todo,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Event, Self::Reminder, Self::Todo];

    const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Reminder => "reminder",
            Self::Todo => "task",
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// By when they begin.
    pub entries: Vec<Entry>,
    /// Whether nothing fits, and these only come near.
    pub near: bool,
}

impl Entry {
    /// What it is called.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Event(o) => &o.event.title,
            Self::Reminder(reminder) => &reminder.text,
            Self::Todo(todo) => &todo.title,
        }
    }

    fn at(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Event(o) => Some(o.event.times.start(zone)),
            Self::Reminder(reminder) => Some(reminder.at),
            Self::Todo(todo) => todo.due,
        }
    }

    /// Whether it is the same, or of the same series.
    fn belongs_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Event(a), Self::Event(b)) => {
                a.event.series.unwrap_or(a.event.id) == b.event.series.unwrap_or(b.event.id)
            }
            _ => false,
        }
    }
}

impl Calendar {
    /// What fits the words best: all that fit equally well, a series once (its next occurrence) unless a time was said.
    /// Where nothing fits, what comes near.
    ///
    /// # Errors
    /// When it cannot be read, or the stretch of time is none.
    pub async fn find(&self, wanted: &Wanted, kinds: &[Kind]) -> Result<Found> {
        let zone = self.zone();
        let there = self.entries(wanted.within, kinds).await?;
        let fitting = best(&wanted.words, &there, wanted.within.is_some());
        if !fitting.is_empty() {
            return Ok(Found { entries: ordered(fitting, &zone), near: false });
        }
        // The same at another time; what is written alike; what else is at that time.
        let elsewhere = match wanted.within {
            Some(_) => self.entries(None, kinds).await?,
            None => vec![],
        };
        let near = [
            best(&wanted.words, &elsewhere, false),
            similar(&wanted.words, &there),
            similar(&wanted.words, &elsewhere),
            if wanted.within.is_some() { there } else { vec![] },
        ];
        let entries = near.into_iter().find(|near| !near.is_empty()).unwrap_or_default();
        let mut entries = ordered(entries, &zone);
        entries.truncate(MOST_NAMED);
        Ok(Found { entries, near: true })
    }

    /// The event that is meant.
    ///
    /// # Errors
    /// `NotFound` when none fits, naming what comes near; `Conflict` when several do, naming them with their times.
    pub async fn find_event(&self, wanted: impl Into<Wanted>) -> Result<Occurrence> {
        match self.find_one(&wanted.into(), Kind::Event).await? {
            Entry::Event(found) => Ok(found),
            _ => Err(Error::not_found("there is no such event")),
        }
    }

    /// The open thing to do that is meant.
    ///
    /// # Errors
    /// As [`Calendar::find_event`].
    pub async fn find_todo(&self, wanted: impl Into<Wanted>) -> Result<Todo> {
        match self.find_one(&wanted.into(), Kind::Todo).await? {
            Entry::Todo(found) => Ok(found),
            _ => Err(Error::not_found("there is no such task")),
        }
    }

    /// The reminder still to be said that is meant.
    ///
    /// # Errors
    /// As [`Calendar::find_event`].
    pub async fn find_reminder(&self, wanted: impl Into<Wanted>) -> Result<Reminder> {
        match self.find_one(&wanted.into(), Kind::Reminder).await? {
            Entry::Reminder(found) => Ok(found),
            _ => Err(Error::not_found("there is no such reminder")),
        }
    }

    async fn find_one(&self, wanted: &Wanted, kind: Kind) -> Result<Entry> {
        let Found { mut entries, near } = self.find(wanted, &[kind]).await?;
        let named = self.named(&entries);
        let what = if wanted.words.is_empty() {
            format!("{} then", kind.name())
        } else {
            format!("{} like {:?}", kind.name(), wanted.words)
        };
        match entries.len() {
            0 => Err(Error::not_found(format!("there is no {what}"))),
            _ if near => Err(Error::not_found(format!("there is no {what}; what comes near: {named}"))),
            1 => Ok(entries.remove(0)),
            _ => Err(Error::conflict(format!("there is more than one {what}: {named}. Which one?"))),
        }
    }

    /// Entries with their times, as one says them.
    fn named(&self, entries: &[Entry]) -> String {
        let (zone, now) = (self.zone(), self.clock.local());
        let name = |entry: &Entry| match entry.at(&zone) {
            Some(at) => format!("{} ({})", entry.title(), when::describe(&at.to_zoned(zone.clone()), &now)),
            None => entry.title().to_owned(),
        };
        let mut names: Vec<_> = entries.iter().take(MOST_NAMED).map(name).collect();
        if entries.len() > MOST_NAMED {
            names.push(format!("and {} more", entries.len() - MOST_NAMED));
        }
        names.join(", ")
    }

    /// What there is then, or ahead, in its order.
    async fn entries(&self, within: Option<(Timestamp, Timestamp)>, kinds: &[Kind]) -> Result<Vec<Entry>> {
        let mut all = vec![];
        if kinds.contains(&Kind::Event) {
            let events = match within {
                Some((from, to)) => self.begun_within(from, to).await?,
                None => self.ahead().await?,
            };
            all.extend(events.into_iter().map(Entry::Event));
        }
        let then = |at: Option<Timestamp>| {
            within.is_none_or(|(from, to)| at.is_some_and(|at| (from..to).contains(&at)))
        };
        if kinds.contains(&Kind::Reminder) {
            let reminders = self.reminders().await?.into_iter();
            all.extend(reminders.filter(|r| r.said_at.is_none() && then(Some(r.at))).map(Entry::Reminder));
        }
        if kinds.contains(&Kind::Todo) {
            let todos = self.todos(Some(false), None).await?.into_iter();
            all.extend(todos.filter(|t| then(t.due)).map(Entry::Todo));
        }
        Ok(ordered(all, &self.zone()))
    }

    /// What begins in a stretch of time; what goes on then when nothing does.
    async fn begun_within(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Occurrence>> {
        let zone = self.zone();
        let all = self.occurrences(from, to).await?;
        let (begin, go_on): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|o| (from..to).contains(&o.event.times.start(&zone)));
        Ok(if begin.is_empty() { go_on } else { begin })
    }

    /// Of every event the next occurrence that is not over, or else the one that was lately.
    async fn ahead(&self) -> Result<Vec<Occurrence>> {
        let (zone, now) = (self.zone(), self.clock.now());
        let lately = now.saturating_sub(LATELY).unwrap_or(now);
        let events = self.events(None).await?;
        let next = move || {
            let next = |event| {
                let going_on = recurrence::between(event, lately, now, &zone)
                    .into_iter()
                    .rfind(|o| o.event.times.end(&zone) > now);
                let next = going_on.or_else(|| recurrence::next_after(event, now, &zone));
                next.or_else(|| recurrence::next_after(event, lately, &zone))
            };
            events.iter().filter_map(next).collect()
        };
        tokio::task::spawn_blocking(next).await.map_err(Error::internal)
    }
}

/// The entries whose titles fit words best, equally well. A series is there once, unless `each`.
fn best(words: &str, entries: &[Entry], each: bool) -> Vec<Entry> {
    let scored: Vec<_> = entries.iter().map(|entry| (fit(words, entry.title()), entry)).collect();
    let most = scored.iter().map(|(fit, _)| *fit).fold(0.0, f64::max);
    if most <= FITS {
        // "My appointment on Friday" names it by its day.
        let time_names = each && split(words).iter().all(|word| KINDS.contains(&word.as_str()));
        return if time_names { entries.to_vec() } else { vec![] };
    }
    let mut found: Vec<Entry> = vec![];
    for (_, entry) in scored.iter().filter(|(fit, _)| most - fit < ALIKE) {
        if each || !found.iter().any(|other| other.belongs_with(entry)) {
            found.push((*entry).clone());
        }
    }
    found
}

/// The entries with a word that is written much like one of these.
fn similar(words: &str, entries: &[Entry]) -> Vec<Entry> {
    let wanted: Vec<_> = split(words).into_iter().filter(|word| !KINDS.contains(&word.as_str())).collect();
    let alike = |a: &str, b: &str| a == b || strsim::normalized_damerau_levenshtein(a, b) >= SIMILAR;
    let near = |entry: &&Entry| split(entry.title()).iter().any(|has| wanted.iter().any(|w| alike(w, has)));
    entries.iter().filter(near).cloned().collect()
}

fn ordered(mut entries: Vec<Entry>, zone: &TimeZone) -> Vec<Entry> {
    entries.sort_by_cached_key(|entry| (entry.at(zone).unwrap_or(Timestamp::MAX), entry.title().to_owned()));
    entries
}

fn split(text: &str) -> Vec<String> {
    let small = text.to_lowercase();
    let parts = small.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty() && !EMPTY.contains(w));
    parts.map(str::to_owned).collect()
}

/// How well a title fits words: the share of the words that it has; more when it has nothing besides.
#[allow(clippy::cast_precision_loss, reason = "counts of words")]
fn fit(words: &str, title: &str) -> f64 {
    let (wanted, has) = (split(words), split(title));
    let same =
        |a: &str, b: &str| a == b || a.len() > 3 && b.len() > 3 && (a.starts_with(b) || b.starts_with(a));
    let share = |wanted: &[&String]| {
        let found = wanted.iter().filter(|w| has.iter().any(|h| same(h, w))).count();
        found as f64 / wanted.len().max(1) as f64
    };
    let (kinds, names): (Vec<_>, Vec<_>) = wanted.iter().partition(|word| KINDS.contains(&word.as_str()));
    let named = share(if names.is_empty() { &kinds } else { &names });
    if named < 1.0 {
        return named;
    }
    let nothing_besides = has.iter().all(|h| wanted.iter().any(|w| same(h, w)));
    named + if nothing_besides { 0.5 } else { 0.0 } + 0.1 * share(&kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_fits_by_its_own_words() {
        assert!(fit("the dentist appointment", "Dentist") > 1.0);
        assert!(fit("lunch with Anna", "Lunch with Bo") <= FITS);
        assert!(fit("lunch", "Lunch") > fit("lunch", "Lunch with Anna"));
        assert!(fit("lunch", "Lunch with Anna") == fit("lunch", "Team lunch with the whole board"));
        assert!(
            fit("dentist appointment", "Dentist appointment") > fit("dentist appointment", "Dentist bill")
        );
        assert!(fit("meeting", "Meeting with Bo") > FITS && fit("meeting", "Lunch") == 0.0);
        assert!(fit("", "Lunch") == 0.0);
    }
}
