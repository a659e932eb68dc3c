//! What happens to paths: deleting, writing, moving, changing modes; the programs that do it, and when that is dangerous
//! or blocked.

use luna_model::Risk;

use crate::command::Call;
use crate::findings::{Change, Deed};
use crate::flow::Flow;
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

    /// Notes a change. It can be undone when the path, or the folder that its pattern stands in, lies below home.
    fn note(&mut self, target: &Word) {
        for path in self.paths(&target.text) {
            let change = Change { path };
            let nowhere = place(&change.path, target.glob, self.home) == Place::Nowhere;
            let below = change.kept().strip_prefix(self.home).is_some_and(|rest| rest.starts_with('/'));
            self.found.lasting |= !below && !nowhere || target.opaque;
            self.found.changes.push(change);
        }
    }

    /// A path is deleted, written or moved away.
    pub(crate) fn change(&mut self, deed: Deed, target: &Word, words: &str, whole: bool) {
        let place = self.place_of(target);
        if place == Place::Nowhere && deed != Deed::Delete {
            return;
        }
        self.note(target);
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

    pub(crate) fn deletes(&mut self, call: &Call<'_>) -> Flow {
        let recursive = call.name != "rm" || call.entry.has(call.words, "-r|-R|--recursive");
        for target in self.operands(call) {
            self.change(Deed::Delete, target, call.shown, recursive);
        }
        Flow::None
    }

    /// New folders: they can be taken away again.
    pub(crate) fn makes_folders(&mut self, call: &Call<'_>) -> Flow {
        for target in self.operands(call) {
            if matches!(self.place_of(target), Place::System | Place::Tree | Place::Root | Place::Critical) {
                self.found.say(Risk::Dangerous, false, call.shown, "makes folders among files of the system");
            }
            self.note(target);
        }
        Flow::None
    }

    pub(crate) fn writes(&mut self, call: &Call<'_>) -> Flow {
        let append = call.name == "tee" && call.entry.has(call.words, "-a|--append");
        for target in self.operands(call) {
            self.change(if append { Deed::Append } else { Deed::Write }, target, call.shown, false);
            for path in self.paths(&target.text) {
                self.files.insert(path, self.stdin.clone());
            }
        }
        if call.name == "tee" { self.stdin.clone() } else { Flow::None }
    }

    pub(crate) fn copies(&mut self, call: &Call<'_>, moves: bool) -> Flow {
        let mut targets = self.operands(call);
        let folder = call
            .entry
            .values(call.words, "-t")
            .into_iter()
            .chain(call.entry.values(call.words, "--target-directory"))
            .find_map(|(_, v)| v);
        let mut into = folder.is_some();
        if let Some(folder) = &folder {
            targets.retain(|t| *t != folder);
        }
        let last = if targets.len() > 1 && !into { targets.pop().cloned() } else { None };
        let Some(target) = folder.or(last) else {
            self.found.lasting = true;
            return Flow::None;
        };
        into |= targets.len() > 1
            || target.text.ends_with('/')
            || matches!(target.text.rsplit('/').next(), Some("." | ".."));
        let place = self.place_of(&target);
        into |= matches!(place, Place::Home | Place::Root | Place::Tree);
        for source in &targets {
            if moves {
                self.change(Deed::MoveAway, source, call.shown, true);
                if place == Place::Nowhere {
                    self.found.say(Risk::Dangerous, false, call.shown, "moves a file to nowhere");
                }
            }
            let name = source.text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let inside = Word {
                glob: target.glob || source.glob,
                ..target.with_text(&format!("{}/{name}", target.text))
            };
            let onto = if into { inside } else { target.clone() };
            if onto.text.contains(':') && call.name != "cp" && call.name != "mv" {
                self.found.lasting = true;
                continue;
            }
            self.change(Deed::Write, &onto, call.shown, false);
            let content = self.content(&source.text);
            for path in self.paths(&onto.text) {
                self.files.insert(path, content.clone());
            }
        }
        if call.entry.has(call.words, "--delete|--delete-after|--delete-before|--del|--delete-excluded") {
            self.change(Deed::Delete, &target, call.shown, true);
        }
        Flow::None
    }

    /// Programs that change files in place when a flag says so; operands are the files.
    pub(crate) fn edits(&mut self, call: &Call<'_>) -> Flow {
        let flags: Vec<&str> = call.entry.writes.split_whitespace().collect();
        if flags.is_empty() || flags.iter().any(|f| call.entry.has(call.words, f)) {
            for target in self.operands(call) {
                self.change(Deed::Write, target, call.shown, false);
            }
        }
        Flow::Unknown
    }

    pub(crate) fn modes(&mut self, call: &Call<'_>) -> Flow {
        let recursive = call.entry.has(call.words, "-R|--recursive");
        let skip = usize::from(!call.entry.has(call.words, "--reference"));
        // `chmod -w x`: a mode may look like a flag.
        let operands = self.operands(call);
        let dashed = call.words.iter().any(|w| {
            w.text.len() > 1 && w.text.starts_with('-') && w.text[1..].chars().all(|c| "rwxXst".contains(c))
        });
        for target in operands.into_iter().skip(if dashed { 0 } else { skip }) {
            self.change_mode(target, call.shown, recursive);
        }
        Flow::None
    }

    pub(crate) fn dd(&mut self, call: &Call<'_>) -> Flow {
        for word in call.words {
            if let Some(target) = word.text.strip_prefix("of=") {
                self.change(Deed::Write, &word.with_text(target), call.shown, false);
            }
            if let Some(source) =
                word.text.strip_prefix("if=").filter(|s| self.place_of(&word.with_text(s)) == Place::Disk)
            {
                self.found.lasting = true;
                self.found.say(
                    Risk::Dangerous,
                    false,
                    &format!("dd if={source}"),
                    "reads a disk past its files",
                );
            }
        }
        self.passed_on()
    }

    /// Tools for disks: dangerous by themselves, blocked on a disk that is in the machine.
    pub(crate) fn device(&mut self, call: &Call<'_>) -> Flow {
        self.found.lasting = true;
        for target in self.operands(call) {
            if self.place_of(target) == Place::Disk {
                self.found.block(call.shown, format!("{} ({})", call.entry.does(), target.text));
            }
        }
        Flow::None
    }
}
