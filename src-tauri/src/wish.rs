//! What a start of the program asks for: its flags are those of `luna serve`, and what to show. A second start hands its
//! wish to the program that runs already.

use clap::Parser;
use luna_app::flags::{Place, Serve};
use tauri::Url;

/// Luna in a window, a tray and a few keys; it serves what `luna serve` does as well.
#[derive(Debug, Parser)]
#[command(name = "luna-desktop", version, max_term_width = 100)]
pub struct Wish {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    serve: Serve,
    /// Stay in the tray.
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Show the quick bar instead of the window.
    #[arg(long, conflicts_with = "hidden")]
    pub(crate) quick: bool,
    /// Show the window, or hide it when it is there.
    #[arg(long, conflicts_with_all = ["hidden", "quick"])]
    pub(crate) toggle: bool,
    /// Listen, or stop listening or speaking; for a key of the desktop's own.
    #[arg(long, conflicts_with_all = ["hidden", "quick", "toggle"])]
    pub(crate) talk: bool,
    /// A luna:// link.
    pub(crate) link: Option<Url>,
}

impl Wish {
    /// The settings that the flags give.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut all = self.place.variables();
        all.extend(self.serve.variables());
        all
    }

    /// The wish of a command line, program name included; one that cannot be read wants the window.
    pub(crate) fn of(arguments: &[String]) -> Self {
        Self::try_parse_from(arguments).unwrap_or_else(|_| Self::parse_from(["luna-desktop"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_is_understood() {
        let of = |line: &str| Wish::of(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert!(of("luna-desktop --quick").quick);
        assert_eq!(of("luna-desktop luna://open/memory").link.unwrap().as_str(), "luna://open/memory");
        let broken = of("luna-desktop --no-such-flag");
        assert!(!broken.quick && !broken.hidden && broken.link.is_none());
    }
}
