//! WebKit's network process. It outlives the web views that it serves, and holds some 30 MB; where none is left, it can be
//! ended: WebKit starts another for the next one.

use std::fs;

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

/// As much of `WebKitNetworkProcess` as the kernel keeps of a name.
const NAME: &str = "WebKitNetworkPr";

/// Ends it.
pub(super) fn end() {
    for process in ours() {
        if let Err(error) = signal::kill(process, Signal::SIGTERM) {
            tracing::debug!(%error, "WebKit's network process stays");
        }
    }
}

/// The network processes that this program started.
fn ours() -> Vec<Pid> {
    let Ok(all) = fs::read_dir("/proc") else { return vec![] };
    let own = Pid::this();
    all.flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|id| fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| is_of(&stat, own)))
        .map(Pid::from_raw)
        .collect()
}

/// Whether a line of `/proc/…/stat` is that of a network process with this parent.
fn is_of(stat: &str, parent: Pid) -> bool {
    let Some((head, rest)) = stat.rsplit_once(") ") else { return false };
    head.split_once('(').is_some_and(|(_, name)| name == NAME)
        && rest.split(' ').nth(1).and_then(|id| id.parse().ok()) == Some(parent.as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_own_network_process_is_meant() {
        let of = |stat| is_of(stat, Pid::from_raw(41));
        assert!(of("42 (WebKitNetworkPr) S 41 41 41 0 -1 4194304 9 0"));
        assert!(!of("42 (WebKitNetworkPr) S 40 41 41 0 -1 4194304 9 0"));
        assert!(!of("42 (WebKitWebProces) S 41 41 41 0 -1 4194304 9 0"));
        assert!(!of("42 (a (WebKitNetworkPr) S 41"));
        assert!(!of(""));
    }
}
