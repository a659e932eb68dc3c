//! The user's session: its browser and its lock.

use luna_model::{Error, Result};

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
    let (tool, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("pmset", &["displaysleepnow"]),
        "windows" => ("rundll32.exe", &["user32.dll,LockWorkStation"]),
        _ => ("loginctl", &["lock-session"]),
    };
    program::ask(tool, arguments)
        .await
        .map(drop)
        .map_err(|e| Error::unavailable(format!("the session could not be locked: {}", e.message)).because(e))
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
