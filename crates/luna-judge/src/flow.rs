//! What flows into and out of a command, as far as its text tells: the reason why `echo rm | sh` is no riddle.

/// The content of a stream or a file that the command itself makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Nothing: the terminal, or no output.
    #[default]
    None,
    /// Exactly this text.
    Text(String),
    /// Something that only running tells.
    Unknown,
    /// Something from the network.
    Remote,
}

/// A known text beyond this is not carried on (bytes).
const MOST_TEXT: usize = 64 * 1024;

impl Flow {
    /// One after the other.
    pub(crate) fn then(self, next: Flow) -> Flow {
        match (self, next) {
            (Flow::Remote, _) | (_, Flow::Remote) => Flow::Remote,
            (Flow::None, other) | (other, Flow::None) => other,
            (Flow::Text(a), Flow::Text(b)) if a.len() + b.len() <= MOST_TEXT => Flow::Text(a + &b),
            _ => Flow::Unknown,
        }
    }

    /// The text put through a function, when it is known.
    pub(crate) fn map(self, change: impl FnOnce(&str) -> Option<String>) -> Flow {
        match self {
            Flow::Text(text) => change(&text).map_or(Flow::Unknown, Flow::Text),
            other => other,
        }
    }
}
