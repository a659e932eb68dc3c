//! Watching a window until what goes on in it is over: it closes, or it changed and now stands still. What it shows stays
//! here; the user is told how it ended, as a message that Luna begins by herself.

use std::collections::VecDeque;
use std::time::Duration;

use luna_model::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{CHANGED, is_private};
use crate::Luna;
use crate::ports::{Glance, Window};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// Windows that are watched at the same time.
const MOST: usize = 8;
/// Pictures that are not news: a cursor blinks between two.
const KNOWN: usize = 3;
/// A cell of the sketch counts as changed from here on: a few letters in it are enough.
const FINE: u8 = CHANGED / 4;
/// Looks in a row that may fail.
const BLIND: u32 = 5;
/// Longest title that is told, in characters.
const TITLE: usize = 80;

/// How a window is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// It is over when nothing changed for so long after something did.
    pub(crate) still: Duration,
    /// Longest time to wait for it.
    pub(crate) most: Duration,
}

/// The windows that are watched now.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<Vec<(u32, String, CancellationToken)>>);

impl Luna {
    /// Begins to watch the window whose title or application contains `name` (none: the one in use); its title.
    ///
    /// # Errors
    /// `NotFound` when there is no such window, `Forbidden` when it is private, `LimitReached` when she watches enough,
    /// `Conflict` when she watches it already.
    pub(crate) async fn watch(&self, name: Option<&str>, patience: Patience) -> Result<String> {
        let window = chosen(self.sight().windows().await?, name)?;
        if is_private(&window, &self.settings().current().private_windows) {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "that window is among the private ones; Luna does not look at it",
            ));
        }
        let title = shown(&window.title);
        let first = self.sight().glance(window.id).await?.ok_or_else(|| gone(&title))?;
        let cancel = self.stopping().child_token();
        {
            let mut watches = self.watches().0.lock();
            watches.retain(|(.., cancel)| !cancel.is_cancelled());
            if watches.iter().any(|(id, ..)| *id == window.id) {
                return Err(Error::conflict(format!("\"{title}\" is watched already")));
            }
            if watches.len() >= MOST {
                return Err(Error::limit(format!(
                    "{MOST} windows are watched already; stop watching one first"
                )));
            }
            watches.push((window.id, title.clone(), cancel.clone()));
        }
        let (luna, told) = (self.clone(), title.clone());
        self.tasks().spawn(async move {
            let ended = tokio::select! {
                ended = luna.until_over(window.id, &told, first, patience) => ended,
                () = cancel.cancelled() => return,
            };
            cancel.cancel();
            if let Err(error) = luna.say_by_herself(&ended, "proactive".into()).await {
                tracing::error!(%error, "the end of a watch could not be told");
            }
        });
        Ok(title)
    }

    /// Stops to watch the windows whose title contains `name` (none: all); their titles.
    pub(crate) fn stop_watching(&self, name: Option<&str>) -> Vec<String> {
        let wanted = name.unwrap_or_default().to_lowercase();
        let mut watches = self.watches().0.lock();
        watches.retain(|(.., cancel)| !cancel.is_cancelled());
        let stopped = watches.extract_if(.., |(_, title, _)| title.to_lowercase().contains(&wanted));
        stopped
            .map(|(_, title, cancel)| {
                cancel.cancel();
                title
            })
            .collect()
    }

    /// Looks again and again; how it ended, in a sentence.
    async fn until_over(&self, id: u32, title: &str, first: Glance, patience: Patience) -> String {
        let began = Instant::now();
        let mut watched = Watched::new(first, began, patience.still);
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut blind = 0;
        loop {
            ticks.tick().await;
            match self.sight().glance(id).await {
                Ok(glance) => {
                    blind = 0;
                    if let Some(over) = watched.look(glance, Instant::now()) {
                        return over.told(title, patience.still);
                    }
                }
                Err(error) => {
                    blind += 1;
                    if blind == BLIND {
                        return format!("I can no longer watch the window \"{title}\": {}", error.message);
                    }
                }
            }
            if began.elapsed() >= patience.most {
                let minutes = patience.most.as_secs() / 60;
                return format!(
                    "I watched the window \"{title}\" for {minutes} minutes and it is not done; I stop now."
                );
            }
        }
    }
}

fn gone(title: &str) -> Error {
    Error::not_found(format!("the window \"{title}\" is gone"))
}

/// A title as it is told.
fn shown(title: &str) -> String {
    title.chars().filter(|c| !c.is_control()).take(TITLE).collect()
}

/// The uppermost window of that name; without a name the one in use, or the uppermost that is not Luna's own.
fn chosen(windows: Vec<Window>, name: Option<&str>) -> Result<Window> {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        let own = |w: &Window| w.app.to_lowercase().starts_with("luna");
        let at = windows
            .iter()
            .position(|w| w.focused && !own(w))
            .or_else(|| windows.iter().position(|w| !own(w)));
        return at
            .and_then(|at| windows.into_iter().nth(at))
            .ok_or_else(|| Error::not_found("there is no window to watch"));
    };
    let wanted = name.to_lowercase();
    let titles: Vec<_> = windows.iter().map(|w| shown(&w.title)).collect();
    let fits =
        |w: &Window| w.title.to_lowercase().contains(&wanted) || w.app.to_lowercase().contains(&wanted);
    windows.into_iter().find(fits).ok_or_else(|| {
        Error::not_found(format!("no window is called {name:?}; there is: {}", titles.join(", ")))
    })
}

/// What is known of a window that is watched.
#[derive(Debug)]
struct Watched {
    first_title: String,
    title: String,
    known: VecDeque<Vec<u8>>,
    /// When something last changed; none while it never did.
    changed: Option<Instant>,
    still: Duration,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
enum Over {
    Closed,
    /// Nothing changes any more; the new title, when it has one.
    Still(Option<String>),
}

impl Watched {
    fn new(first: Glance, now: Instant, still: Duration) -> Self {
        let mut watched = Self {
            first_title: first.title.clone(),
            title: first.title.clone(),
            known: VecDeque::new(),
            changed: None,
            still,
        };
        watched.look(Some(first), now);
        // What was there at the beginning is no change.
        watched.changed = None;
        watched
    }

    /// Takes in what is there now, nothing when the window is gone.
    fn look(&mut self, glance: Option<Glance>, now: Instant) -> Option<Over> {
        let Some(glance) = glance else { return Some(Over::Closed) };
        let moved = glance.sketch.is_some_and(|sketch| self.is_news(sketch));
        if glance.title != self.title || moved {
            self.title = glance.title;
            self.changed = Some(now);
        }
        let stands = self.changed.is_some_and(|then| now.duration_since(then) >= self.still);
        stands.then(|| Over::Still((self.title != self.first_title).then(|| shown(&self.title))))
    }

    /// Whether it looks like none of the last pictures; it is one of them from now on.
    fn is_news(&mut self, sketch: Vec<u8>) -> bool {
        let alike = |known: &Vec<u8>| {
            known.len() == sketch.len() && known.iter().zip(&sketch).all(|(a, b)| a.abs_diff(*b) < FINE)
        };
        let at = self.known.iter().position(alike);
        if let Some(at) = at {
            self.known.remove(at);
        }
        self.known.push_back(sketch);
        if self.known.len() > KNOWN {
            self.known.pop_front();
        }
        at.is_none()
    }
}

impl Over {
    fn told(&self, title: &str, still: Duration) -> String {
        let still = still.as_secs();
        match self {
            Self::Closed => format!("The window \"{title}\" that I watched is closed."),
            Self::Still(None) => {
                format!(
                    "The window \"{title}\" that I watched seems to be done: nothing has changed in it for {still} seconds."
                )
            }
            Self::Still(Some(now)) => format!(
                "The window \"{title}\" that I watched seems to be done: it is called \"{now}\" now, and nothing has changed in it \
                 for {still} seconds."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Duration = Duration::from_secs(20);

    fn glance(title: &str, shade: u8) -> Option<Glance> {
        Some(Glance { title: title.into(), sketch: Some(vec![shade; 16]) })
    }

    /// What comes of looking at these, two seconds apart, and at which of them.
    fn over(looks: &[Option<Glance>]) -> Option<(usize, Over)> {
        let began = Instant::now();
        let mut watched = Watched::new(looks[0].clone().unwrap(), began, STILL);
        looks.iter().enumerate().skip(1).find_map(|(n, look)| {
            let at = began + EVERY * u32::try_from(n).unwrap();
            Some((n, watched.look(look.clone(), at)?))
        })
    }

    #[test]
    fn it_is_over_when_it_stands_still_after_it_moved() {
        let looks: Vec<_> = (0..40_u8).map(|n| glance("make", n.min(9) * 20)).collect();
        assert_eq!(over(&looks), Some((9 + 10, Over::Still(None))));
    }

    #[test]
    fn what_never_moved_has_not_begun() {
        assert_eq!(over(&vec![glance("make", 7); 100]), None);
    }

    #[test]
    fn a_cursor_that_blinks_is_no_change_and_a_wheel_that_turns_is() {
        let turning = |shades: &[u8]| -> Vec<_> {
            let begun = (0..4).map(|n| glance("make", 100 + n * 30));
            begun.chain((0..60).map(|n| glance("make", shades[n % shades.len()]))).collect()
        };
        assert!(over(&turning(&[10, 40])).is_some());
        assert_eq!(over(&turning(&[10, 40, 70, 95])), None);
    }

    #[test]
    fn a_window_that_closes_or_is_renamed_ends_it() {
        assert_eq!(over(&[glance("make", 7), glance("make", 7), None]), Some((2, Over::Closed)));
        let mut looks = vec![glance("make 1 %", 7), glance("make 50 %", 7)];
        looks.extend(vec![glance("make: done", 7); 20]);
        assert_eq!(over(&looks), Some((12, Over::Still(Some("make: done".into())))));
    }

    #[test]
    fn a_window_that_cannot_be_seen_is_known_by_its_title_alone() {
        let hidden = |title: &str| Some(Glance { title: title.into(), sketch: None });
        let mut looks = vec![glance("make", 7), hidden("make"), hidden("done")];
        looks.extend(vec![hidden("done"); 20]);
        assert_eq!(over(&looks), Some((12, Over::Still(Some("done".into())))));
    }
}
