//! The environment a command gets: Luna's own without its secrets, made fit for a terminal nobody may be looking at.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use uuid::Uuid;

use super::Elevation;
use crate::ShellConfig;

/// Parts of a name (between underscores) that mark a secret.
const SECRET_PARTS: &[&str] = &[
    "KEY",
    "KEYS",
    "APIKEY",
    "TOKEN",
    "TOKENS",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "COOKIE",
    "PRIVATE",
    "JWT",
    "DSN",
];

/// How such a part may end when it is written together (`PGPASSWORD`, `GHTOKEN`).
const SECRET_ENDS: &[&str] = &["PASSWORD", "TOKEN", "SECRET", "APIKEY"];

/// Names that only look like secrets.
const HARMLESS: &[&str] = &["PWD", "OLDPWD"];

/// Beginnings of Luna's own settings; what they configure is no business of a command's.
const OWN_PREFIXES: &[&str] = &[
    "LUNA_",
    "LLM_",
    "OPENAI_",
    "ANTHROPIC_",
    "GOOGLE_",
    "GROQ_",
    "COHERE_",
    "MISTRAL_",
    "NVIDIA_NIM_",
    "EMBEDDING_",
    "CODING_",
    "JWT_",
    "RATE_LIMIT_",
    "THE_NEWS_API",
    "NEWS_API",
    "OPEN_WEATHER",
    "ALPHA_VANTAGE",
    "COINGECKO_",
    "TELEGRAM_",
    "DISCORD_",
    "SLACK_",
    "GITHUB_WEBHOOK",
    "MICROSOFT_WORKSPACE_",
    "SPOTIFY_",
    "FITBIT_",
    "WITHINGS_",
    "OURA_",
    "GARMIN_",
    "STRIPE_",
    "BRAVE_SEARCH_",
    "TAILSCALE_",
];

/// Programs that would wait for a key to be pressed, or ask, do neither. Terminal sizes come from the terminal.
const FOR_A_TERMINAL: &[(&str, &str)] = &[
    ("TERM", "xterm-256color"),
    ("PAGER", "cat"),
    ("GIT_PAGER", "cat"),
    ("MANPAGER", "cat"),
    ("SYSTEMD_PAGER", "cat"),
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("NONINTERACTIVE", "1"),
    ("HOMEBREW_NO_AUTO_UPDATE", "1"),
];

pub(super) fn build(
    config: &ShellConfig,
    asked: &BTreeMap<String, String>,
    folder: &Path,
    elevation: &Elevation,
    id: &Uuid,
) -> Vec<(OsString, OsString)> {
    let mut variables: BTreeMap<OsString, OsString> = std::env::vars_os()
        .filter(|(name, value)| !is_secret(name, value, &config.extra_secret_names))
        .filter(|(name, _)| name != "COLUMNS" && name != "LINES")
        .collect();
    let mut set = |name: &str, value: &OsStr| {
        variables.insert(name.into(), value.into());
    };
    for (name, value) in FOR_A_TERMINAL {
        set(name, value.as_ref());
    }
    set("HOME", config.home.as_os_str());
    for (name, value) in asked {
        set(name, value.as_ref());
    }
    set("PWD", folder.as_os_str());
    set("LUNA_COMMAND", id.to_string().as_ref());
    elevation.apply(&mut variables);
    variables.into_iter().collect()
}

fn is_secret(name: &OsStr, value: &OsStr, extra: &[String]) -> bool {
    let Some(name) = name.to_str() else { return false };
    let name = name.to_uppercase();
    if HARMLESS.contains(&name.as_str()) {
        return false;
    }
    name.split(['_', '-', '.'])
        .any(|part| SECRET_PARTS.contains(&part) || SECRET_ENDS.iter().any(|end| part.ends_with(end)))
        || OWN_PREFIXES.iter().any(|own| name.starts_with(own))
        || extra.iter().any(|secret| secret.eq_ignore_ascii_case(&name))
        || (!name.ends_with("_PROXY") && value.to_str().is_some_and(has_password))
}

/// Whether it is a URL with a password in it (`postgres://user:password@host`).
fn has_password(value: &str) -> bool {
    value
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next()?.rsplit_once('@'))
        .is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name_or_by_a_password_in_their_value() {
        let extra = vec!["Plain_Name".to_owned()];
        for (name, value, secret) in [
            ("AWS_SECRET_ACCESS_KEY", "x", true),
            ("GITHUB_TOKEN", "x", true),
            ("PGPASSWORD", "x", true),
            ("DB_PASSWORD", "x", true),
            ("openai_base_url", "x", true),
            ("ALPHA_VANTAGE", "x", true),
            ("LUNA_DATA_DIR", "x", true),
            ("PLAIN_NAME", "x", true),
            ("DATABASE_URL", "postgres://ada:pw@db/x", true),
            ("DATABASE_URL", "postgres://db/x", false),
            ("HTTPS_PROXY", "http://ada:pw@proxy:1", false),
            ("PATH", "/bin", false),
            ("PWD", "/", false),
            ("SSH_AUTH_SOCK", "/run/x", false),
            ("XAUTHORITY", "/x", false),
            ("KEYBOARD_LAYOUT", "de", false),
        ] {
            assert_eq!(is_secret(name.as_ref(), value.as_ref(), &extra), secret, "{name}");
        }
    }
}
