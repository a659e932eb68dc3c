//! What becomes of two sides of a calendar that both may have changed: what is taken from the server, what goes there, and
//! what meets. The server's version stands; what was changed here is kept beside it. Pure.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use luna_model::{CalendarId, Todo};
use luna_store::{CalendarKey, CalendarResource, CalendarRow, CalendarSynced};

use super::entry::Entry;
use super::subscriptions::merged;
use super::{amending, exchange, row};
use crate::ports::CalendarText;

/// A calendar as it is here.
#[derive(Debug, Default)]
pub(super) struct Here {
    /// Its entries, by uid.
    pub(super) entries: HashMap<String, Entry>,
    /// What the server kept when both last agreed, by where.
    pub(super) known: HashMap<String, CalendarResource>,
}

/// Two changes that met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Met {
    pub(super) title: String,
    pub(super) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Changed on both sides.
    ChangedTwice,
    /// Changed here, deleted there.
    DeletedThere,
    /// Deleted here, changed there.
    DeletedHere,
}

/// What is sent to the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outgoing {
    /// An entry, new or changed.
    Put {
        uid: String,
        /// Where it is and in which state; none where it is new.
        old: Option<(String, String)>,
        text: String,
        print: String,
        title: String,
    },
    /// An entry that is no more.
    Delete { href: String, etag: String },
}

/// What the server sent, put into what is here. `gone`: resources that are no more.
pub(super) fn taken(
    here: &Here,
    calendar: CalendarId,
    texts: Vec<CalendarText>,
    gone: &[String],
    zone: &TimeZone,
    now: Timestamp,
) -> (CalendarSynced, Vec<Met>) {
    let mut taking =
        Taking { here, synced: CalendarSynced::default(), met: vec![], released: HashSet::new(), now };
    for href in gone {
        if let Some(known) = here.known.get(href) {
            taking.synced.gone.push(href.clone());
            taking.release(known);
        }
    }
    let places = here.known.values().filter(|k| !gone.contains(&k.href));
    let mut places: HashMap<String, String> =
        places.filter_map(|k| Some((k.uid.clone()?, k.href.clone()))).collect();
    for text in texts {
        let theirs = Entry::read(exchange::read(&text.text, zone, now), calendar);
        taking.take(calendar, text, theirs, &mut places);
    }
    (taking.synced, taking.met)
}

struct Taking<'h> {
    here: &'h Here,
    synced: CalendarSynced,
    met: Vec<Met>,
    /// Entries that went already.
    released: HashSet<String>,
    now: Timestamp,
}

impl Taking<'_> {
    /// An entry is no longer on the server.
    fn release(&mut self, known: &CalendarResource) {
        let Some(uid) = &known.uid else { return };
        let Some(ours) = self.here.entries.get(uid).filter(|_| self.released.insert(uid.clone())) else {
            return;
        };
        if ours.print() != known.print {
            self.keep(ours, How::DeletedThere);
        }
        self.synced.change.gone.extend(ours.keys());
    }

    fn take(
        &mut self,
        calendar: CalendarId,
        text: CalendarText,
        theirs: Option<(String, Entry)>,
        places: &mut HashMap<String, String>,
    ) {
        let known = self.here.known.get(&text.href);
        let uid = theirs.as_ref().map(|(uid, _)| uid.clone());
        if let Some(known) = known.filter(|k| k.uid != uid) {
            self.release(known);
        }
        let mut kept = CalendarResource {
            href: text.href,
            uid: None,
            etag: text.etag,
            content: text.text,
            print: String::new(),
        };
        // What is not understood, or is there twice, is left to the server.
        let theirs = theirs.filter(|(uid, _)| places.get(uid).is_none_or(|at| *at == kept.href));
        if let Some((uid, theirs)) = theirs {
            places.insert(uid.clone(), kept.href.clone());
            let ours = self.here.entries.get(&uid).filter(|_| !self.released.contains(&uid)).cloned();
            let ours = ours.unwrap_or_default();
            let agreed = known.filter(|k| k.uid.as_ref() == Some(&uid)).map_or("", |k| k.print.as_str());
            let (print, their_print) = (ours.print(), theirs.print());
            if print != agreed && their_print == agreed {
                // Only ours changed: it is sent, to the state that the server calls so now.
                (kept.uid, kept.print) = (Some(uid), their_print);
                self.synced.kept.push(kept);
                return;
            }
            if print != agreed && print != their_print {
                self.keep(&ours, if ours.is_empty() { How::DeletedHere } else { How::ChangedTwice });
                if ours.is_empty()
                    && let Some(met) = self.met.last_mut()
                {
                    theirs.title().clone_into(&mut met.title);
                }
            }
            self.put(calendar, ours, theirs);
            (kept.uid, kept.print) = (Some(uid), their_print);
        }
        self.synced.kept.push(kept);
    }

    /// The server's version in the place of ours.
    fn put(&mut self, calendar: CalendarId, ours: Entry, theirs: Entry) {
        let (events, gone) = merged(theirs.events, ours.events, Some(calendar), false);
        self.synced.change.gone.extend(gone.into_iter().map(CalendarKey::Event));
        self.synced.change.put.extend(events.into_iter().map(|e| CalendarRow::Event(row(e))));
        match (theirs.todo, ours.todo) {
            (Some(todo), Some(old)) => {
                let todo = Todo { id: old.id, created_at: old.created_at, ..todo };
                if (Todo { updated_at: todo.updated_at, ..old }) != todo {
                    self.synced.change.put.push(CalendarRow::Todo(todo));
                }
            }
            (Some(todo), None) => self.synced.change.put.push(CalendarRow::Todo(todo)),
            (None, Some(old)) => self.synced.change.gone.push(CalendarKey::Todo(old.id)),
            (None, None) => {}
        }
    }

    /// Two changes met: ours is kept as a copy.
    fn keep(&mut self, ours: &Entry, how: How) {
        self.synced.change.put.extend(ours.copy(self.now));
        self.met.push(Met { title: ours.title().to_owned(), how });
    }
}

/// What was changed here since both last agreed, as it is sent.
pub(super) fn outgoing(here: &Here, zone: &TimeZone, now: Timestamp) -> Vec<Outgoing> {
    let known: HashMap<_, _> = here.known.values().filter_map(|k| Some((k.uid.as_deref()?, k))).collect();
    let mut out: Vec<_> = here
        .entries
        .iter()
        .filter_map(|(uid, entry)| {
            let (known, print) = (known.get(uid.as_str()), entry.print());
            if known.is_some_and(|k| k.print == print) {
                return None;
            }
            let text = match known {
                Some(known) => amending::amended(&known.content, entry, zone, now),
                None => amending::fresh(entry, now),
            };
            let old = known.map(|k| (k.href.clone(), k.etag.clone()));
            Some(Outgoing::Put { uid: uid.clone(), old, text, print, title: entry.title().to_owned() })
        })
        .collect();
    // What never was anything here was not deleted here.
    let gone = known.iter().filter(|(uid, k)| !k.print.is_empty() && !here.entries.contains_key(**uid));
    out.extend(gone.map(|(_, k)| Outgoing::Delete { href: k.href.clone(), etag: k.etag.clone() }));
    out
}
