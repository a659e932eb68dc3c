//! To whom she listens, and what the button makes of it.

use std::time::{Duration, Instant};

use super::{Press, Pressed};

/// How long she waits for the first word after her name or the button.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);
/// A button that is let go sooner was pressed, not held.
const TAP: Duration = Duration::from_millis(350);
/// How long she waits, once the button is let go, for what was said with it.
const LET_GO: Duration = Duration::from_secs(2);

/// To whom she listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attention {
    /// To her name alone.
    Name,
    /// To everything, until then.
    Until(tokio::time::Instant),
    /// To everything, while the button is held: since then, and whether she listened before.
    Held(Instant, bool),
}

/// What a press makes of the attention; `busy` when an answer is on its way.
pub(super) fn pressed((press, at): Pressed, attention: Attention, busy: bool) -> Attention {
    let until = |time| Attention::Until(tokio::time::Instant::now() + time);
    match (press, attention) {
        (Press::Hold, Attention::Held(..)) => attention,
        (Press::Hold, _) => Attention::Held(at, matches!(attention, Attention::Until(_)) && !busy),
        // A tap is a toggle.
        (Press::Release, Attention::Held(since, true)) if at.duration_since(since) < TAP => Attention::Name,
        (Press::Release, Attention::Held(since, false)) if at.duration_since(since) < TAP => until(PATIENCE),
        (Press::Release, Attention::Held(..)) => until(LET_GO),
        (Press::Toggle, Attention::Name) if !busy => until(PATIENCE),
        (Press::Toggle | Press::Hush, _) => Attention::Name,
        (Press::Release, _) => attention,
    }
}
