//! The user's session: its browser, its lock, its screen's rest and its sleep.

use luna_model::{Error, ErrorKind, Result};

use crate::{blocking, program, require_display};

/// Only these are the browser's business; a `file:` or an unknown scheme could start any program.
const SCHEMES: &[&str] = &["http://", "https://", "mailto:"];

pub(crate) async fn open_url(url: &str) -> Result<()> {
    let low = url.to_ascii_lowercase();
    if !SCHEMES.iter().any(|scheme| low.starts_with(scheme))
        || url.chars().any(|c| c.is_control() || c.is_whitespace())
    {
        return Err(Error::invalid(format!(
            "{url:?} is not an address a browser opens; it must begin with http:// or https://"
        )));
    }
    require_display()?;
    let url = url.to_owned();
    blocking(move || open::that_detached(url)).await?.map_err(|e| {
        Error::unavailable(format!(
            "no browser could be opened: {e}; install xdg-utils and set a default browser"
        ))
        .because(e)
    })
}

pub(crate) async fn lock() -> Result<()> {
    let ways: &[Way] = match std::env::consts::OS {
        "macos" => &[("pmset", &["displaysleepnow"])],
        "windows" => &[("rundll32.exe", &["user32.dll,LockWorkStation"])],
        _ => &[("loginctl", &["lock-session"]), ("xdg-screensaver", &["lock"])],
    };
    first(ways, "the session could not be locked", "a desktop session of logind (systemd) can be locked")
        .await
}

/// Turns the screen off until somebody touches keyboard or mouse.
pub(crate) async fn display_off() -> Result<()> {
    if cfg!(target_os = "linux") {
        require_display()?;
    }
    let ways: &[Way] = match std::env::consts::OS {
        "macos" => &[("pmset", &["displaysleepnow"])],
        "windows" => &[(
            "powershell.exe",
            &[
                "-NoProfile",
                "-Command",
                "(Add-Type -PassThru -Name Luna -MemberDefinition '[DllImport(\"user32.dll\")] public static extern int PostMessage(int h, int m, int w, int l);')::PostMessage(0xffff, 0x0112, 0xF170, 2)",
            ],
        )],
        _ if std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty()) => &[
            (
                "busctl",
                &[
                    "--user",
                    "call",
                    "org.gnome.ScreenSaver",
                    "/org/gnome/ScreenSaver",
                    "org.gnome.ScreenSaver",
                    "SetActive",
                    "b",
                    "true",
                ],
            ),
            ("kscreen-doctor", &["--dpms", "off"]),
            ("swaymsg", &["output * power off"]),
            ("wlopm", &["--off", "*"]),
        ],
        _ => &[("xset", &["dpms", "force", "off"])],
    };
    first(
        ways,
        "the screen could not be turned off",
        "X11 needs xset (package x11-xserver-utils); Wayland needs GNOME, KDE, sway or wlopm",
    )
    .await
}

/// Puts the machine to sleep.
pub(crate) async fn sleep() -> Result<()> {
    let ways: &[Way] = match std::env::consts::OS {
        "macos" => &[("pmset", &["sleepnow"])],
        "windows" => &[("rundll32.exe", &["powrprof.dll,SetSuspendState", "0,1,0"])],
        // Asked of logind without the question that no one may be there to answer.
        _ => &[(
            "busctl",
            &[
                "--system",
                "call",
                "org.freedesktop.login1",
                "/org/freedesktop/login1",
                "org.freedesktop.login1.Manager",
                "Suspend",
                "b",
                "false",
            ],
        )],
    };
    first(
        ways,
        "the machine could not be put to sleep",
        "it is done by logind, which is part of systemd and elogind",
    )
    .await
}

/// A program of the system and what it is told.
type Way = (&'static str, &'static [&'static str]);

/// The first way that works. `Unavailable` with why the first that is there did not, or with what to install.
async fn first(ways: &[Way], failed: &str, needs: &str) -> Result<()> {
    let mut why = None;
    for (tool, arguments) in ways {
        match program::ask(tool, arguments).await {
            Ok(_) => return Ok(()),
            Err(e) if e.kind == ErrorKind::NotFound => {}
            Err(e) => drop(why.get_or_insert(e)),
        }
    }
    Err(match why {
        None => Error::unavailable(format!("{failed}: {needs}")),
        Some(e) => Error::unavailable(format!("{failed}: {}; {needs}", e.message)).because(e),
    })
}

#[cfg(test)]
mod tests {
    use luna_model::ErrorKind;

    use super::*;

    #[tokio::test]
    async fn only_web_addresses_reach_the_browser() {
        for url in
            ["file:///etc/passwd", "javascript:alert(1)", "--new-window", "https://a b", "steam://run/1", ""]
        {
            assert_eq!(open_url(url).await.unwrap_err().kind, ErrorKind::Invalid, "{url}");
        }
    }
}
