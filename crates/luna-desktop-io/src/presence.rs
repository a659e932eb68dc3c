//! Whether somebody is at the machine: how long it is idle, and whether the session is locked. What cannot be told is
//! left out; nothing here is an error.

use luna_core::ports::Presence;

/// What the machine knows now.
#[cfg(target_os = "linux")]
pub(crate) async fn now() -> Presence {
    use std::time::Duration;
    // A bus that hangs must not hold up who asks.
    const PATIENCE: Duration = Duration::from_secs(3);
    let (login, idle) = tokio::join!(
        tokio::time::timeout(PATIENCE, linux::login()),
        tokio::time::timeout(PATIENCE, linux::idle()),
    );
    let login = login.unwrap_or_default();
    Presence { idle_s: idle.ok().flatten().or(login.idle_s), locked: login.locked }
}

/// What the machine knows now. While a Windows session is locked, the program of its lock screen runs in it.
#[cfg(windows)]
pub(crate) async fn now() -> Presence {
    let asked = crate::blocking(|| {
        let idle = user_idle2::UserIdle::get_time().ok().map(|idle| idle.as_seconds());
        Presence { idle_s: idle, locked: runs_in_our_session("LogonUI.exe") }
    });
    asked.await.unwrap_or_default()
}

/// Whether a program runs in the session that this one runs in.
#[cfg(windows)]
fn runs_in_our_session(name: &str) -> Option<bool> {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, ProcessRefreshKind::nothing());
    let ours = system.process(sysinfo::get_current_pid().ok()?)?.session_id();
    Some(system.processes().values().any(|p| p.name() == name && p.session_id() == ours))
}

/// What the machine knows now: macOS keeps it in its registry of devices.
#[cfg(target_os = "macos")]
pub(crate) async fn now() -> Presence {
    let ask = |arguments: &'static [&'static str]| async move {
        let mut asked = tokio::process::Command::new("/usr/sbin/ioreg");
        let output = asked.args(arguments).kill_on_drop(true).output().await.ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let (input, root) =
        tokio::join!(ask(&["-r", "-c", "IOHIDSystem", "-d", "1"]), ask(&["-n", "Root", "-d", "1"]));
    Presence {
        idle_s: input.as_deref().and_then(registry::idle),
        locked: root.as_deref().and_then(registry::locked),
    }
}

/// What `ioreg` prints, a property a line: `"HIDIdleTime" = 1234`.
#[cfg(any(target_os = "macos", test))]
mod registry {
    fn value<'a>(printed: &'a str, name: &str) -> Option<&'a str> {
        let named = format!("\"{name}\" = ");
        printed.lines().find_map(|line| line.split_once(&named).map(|(_, value)| value.trim()))
    }

    /// Seconds since something was touched; the registry counts nanoseconds.
    pub(super) fn idle(printed: &str) -> Option<u64> {
        value(printed, "HIDIdleTime")?.parse::<u64>().ok().map(|nanos| nanos / 1_000_000_000)
    }

    pub(super) fn locked(printed: &str) -> Option<bool> {
        value(printed, "IOConsoleLocked").map(|value| value == "Yes")
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use luna_core::ports::Presence;
    use x11rb::connection::Connection as _;
    use x11rb::protocol::screensaver::ConnectionExt as _;
    use zbus::{Connection, Proxy};

    /// What logind says of the session. Its word on idleness is the desktop's, which says it late or never.
    pub(super) async fn login() -> Presence {
        ask_login().await.unwrap_or_else(|error| {
            tracing::trace!(%error, "logind does not tell of a session");
            Presence::default()
        })
    }

    async fn ask_login() -> zbus::Result<Presence> {
        let system = Connection::system().await?;
        let session = Proxy::new(
            &system,
            "org.freedesktop.login1",
            "/org/freedesktop/login1/session/auto",
            "org.freedesktop.login1.Session",
        )
        .await?;
        let locked = session.get_property::<bool>("LockedHint").await.ok();
        let idle_s = match session.get_property::<bool>("IdleHint").await {
            Ok(true) => session.get_property::<u64>("IdleSinceHint").await.ok().and_then(since),
            _ => None,
        };
        Ok(Presence { idle_s, locked })
    }

    /// Seconds since a moment, which logind tells in microseconds.
    fn since(micros: u64) -> Option<u64> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(now.as_secs().saturating_sub(micros / 1_000_000))
    }

    /// How long nothing was touched: by X11's screen saver, or as GNOME and KDE tell it under Wayland.
    pub(super) async fn idle() -> Option<u64> {
        let wayland = std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty());
        if !wayland && std::env::var_os("DISPLAY").is_some_and(|name| !name.is_empty()) {
            return crate::blocking(idle_by_x11).await.ok().flatten();
        }
        idle_by_desktop().await.ok()
    }

    fn idle_by_x11() -> Option<u64> {
        let (x, screen) = x11rb::connect(None).ok()?;
        let root = x.setup().roots.get(screen)?.root;
        let info = x.screensaver_query_info(root).ok()?.reply().ok()?;
        Some(u64::from(info.ms_since_user_input) / 1000)
    }

    async fn idle_by_desktop() -> zbus::Result<u64> {
        let session = Connection::session().await?;
        let gnome = session
            .call_method(
                Some("org.gnome.Mutter.IdleMonitor"),
                "/org/gnome/Mutter/IdleMonitor/Core",
                Some("org.gnome.Mutter.IdleMonitor"),
                "GetIdletime",
                &(),
            )
            .await;
        if let Ok(reply) = gnome {
            return Ok(reply.body().deserialize::<u64>()? / 1000);
        }
        let reply = session
            .call_method(
                Some("org.freedesktop.ScreenSaver"),
                "/org/freedesktop/ScreenSaver",
                Some("org.freedesktop.ScreenSaver"),
                "GetSessionIdleTime",
                &(),
            )
            .await?;
        // KDE means milliseconds.
        Ok(u64::from(reply.body().deserialize::<u32>()?) / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::registry;

    #[test]
    fn what_macos_keeps_of_it_is_read() {
        let input = "+-o IOHIDSystem  <class IOHIDSystem, id 0x100000364, registered, matched, active, busy 0 (0 ms), retain 27>\n  \
                     | {\n    \"HIDIdleTime\" = 83512345678\n    \"IOClass\" = \"IOHIDSystem\"\n  }";
        assert_eq!(registry::idle(input), Some(83));
        let root = |locked| {
            format!("+-o Root  <class IORegistryEntry>\n  {{\n    \"IOConsoleLocked\" = {locked}\n  }}")
        };
        assert_eq!(
            (registry::locked(&root("Yes")), registry::locked(&root("No"))),
            (Some(true), Some(false))
        );
        assert_eq!((registry::idle(""), registry::locked("")), (None, None), "what is not said is not known");
    }

    #[tokio::test]
    async fn whoever_does_not_know_says_so_at_once() {
        let began = std::time::Instant::now();
        let now = super::now().await;
        assert!(began.elapsed() < std::time::Duration::from_secs(10));
        if std::env::var_os("DISPLAY").is_none() {
            println!("SKIPPED: there is no display whose idle time could be asked ({now:?})");
        }
    }
}
