//! What happens to paths: deleting, writing, moving, changing modes; and when that is dangerous or blocked.

use luna_model::Risk;

use crate::findings::{Change, Deed};
use crate::places::{Place, place};
use crate::reader::Reader;
use crate::word::Word;

/// How a place is named in a reason.
fn named(place: Place) -> &'static str {
    match place {
        Place::Root => "the root folder",
        Place::Home => "a whole home folder",
        Place::Tree => "a whole system folder",
        Place::Disk => "a disk",
        Place::Critical => "a file the system cannot do without",
        Place::Startup => "a file that is run at login or holds keys",
        Place::System => "files of the system",
        Place::Scratch => "temporary files",
        Place::Inside | Place::Elsewhere => "files",
        Place::Nowhere => "nothing",
    }
}

impl Reader<'_> {
    /// What a word names at worst.
    pub(crate) fn place_of(&self, target: &Word) -> Place {
        let places = self.paths(&target.text).into_iter().map(|p| place(&p, target.glob, self.home));
        let worst = places.max().unwrap_or(Place::Elsewhere);
        // The unknown rest of `$x/…` says nothing about a place; a known start does (`/etc/$x`).
        if target.opaque && target.text.starts_with(['$', '`', '…']) {
            worst.min(Place::Elsewhere)
        } else {
            worst
        }
    }

    fn note(&mut self, deed: Deed, target: &Word) {
        for path in self.paths(&target.text) {
            let kept = matches!(
                place(&path, target.glob, self.home),
                Place::Inside | Place::Startup | Place::Nowhere
            ) && (path.starts_with(&format!("{}/", self.home)) || path.starts_with("/dev/"));
            self.found.lasting |= !kept || target.opaque;
            self.found.changes.push(Change { deed, path });
        }
    }

    /// A path is deleted, written or moved away.
    pub(crate) fn change(&mut self, deed: Deed, target: &Word, words: &str, whole: bool) {
        let place = self.place_of(target);
        if place == Place::Nowhere && deed != Deed::Delete {
            return;
        }
        self.note(deed, target);
        let shown =
            format!("{} {}", words, if words.contains(&target.text) { "" } else { target.text.as_str() });
        let what = named(place);
        let everything = matches!(place, Place::Root | Place::Home | Place::Tree);
        match deed {
            Deed::Delete => match place {
                Place::Root | Place::Disk | Place::Critical => {
                    self.found.block(&shown, format!("deletes {what}"))
                }
                Place::Home | Place::Tree if whole => self.found.block(&shown, format!("deletes {what}")),
                _ => self.found.say(Risk::Dangerous, false, &shown, format!("deletes {what}")),
            },
            Deed::MoveAway if everything || matches!(place, Place::Disk | Place::Critical) => {
                self.found.block(&shown, format!("moves {what} away"));
            }
            Deed::MoveAway if matches!(place, Place::System | Place::Startup) => {
                self.found.say(Risk::Dangerous, false, &shown, format!("moves {what} away"));
            }
            Deed::MoveAway => self.found.say(Risk::Moderate, false, &shown, "moves files"),
            Deed::Write | Deed::Append => match place {
                Place::Disk => self.found.block(&shown, "writes onto a disk"),
                Place::Critical if deed == Deed::Write => {
                    self.found.block(&shown, format!("overwrites {what}"))
                }
                Place::Critical | Place::Startup | Place::System | Place::Tree | Place::Root => {
                    self.found.say(Risk::Dangerous, false, &shown, format!("writes {what}"));
                }
                _ => self.found.say(Risk::Moderate, false, &shown, "writes a file"),
            },
        }
    }

    /// Owner or permissions of a path are changed.
    pub(crate) fn change_mode(&mut self, target: &Word, words: &str, recursive: bool) {
        let place = self.place_of(target);
        self.found.lasting = true;
        if recursive && matches!(place, Place::Root | Place::Tree | Place::Disk) || place == Place::Root {
            self.found.block(words, format!("changes who may use {}", named(place)));
        } else {
            self.found.say(Risk::Dangerous, false, words, format!("changes who may use {}", named(place)));
        }
    }
}
