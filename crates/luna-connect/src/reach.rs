//! What is said when a service cannot be reached. Its address is left out: a key or a token may be in it.

use std::error::Error as Cause;

use luna_model::Error;

/// How a request failed that brought no answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failed {
    /// The answer took too long.
    Late,
    /// Nothing was there.
    Absent,
    /// It broke off on the way.
    Broken,
}

impl Failed {
    /// By what an HTTP client knows of it.
    pub(crate) const fn of(timeout: bool, connect: bool) -> Self {
        match (timeout, connect) {
            (true, _) => Self::Late,
            (false, true) => Self::Absent,
            (false, false) => Self::Broken,
        }
    }

    /// The failure in words; the cause, without its address, is for the log.
    pub(crate) fn of_service(self, who: &str, cause: impl Cause + Send + Sync + 'static) -> Error {
        let message = match self {
            Self::Late => format!("{who} did not answer in time. Try again later"),
            Self::Absent => format!("{who} cannot be reached. Is this computer online?"),
            Self::Broken => format!("{who} broke the connection off. Try again"),
        };
        Error::unavailable(message).because(cause)
    }
}

/// A request that brought no answer.
pub(crate) fn unreachable(who: &str, error: reqwest::Error) -> Error {
    Failed::of(error.is_timeout(), error.is_connect()).of_service(who, error.without_url())
}
