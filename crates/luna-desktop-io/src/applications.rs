//! Applications: which there are, which one a name means, and starting it so that it outlives Luna.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use luna_core::ports::{Application, Launched};
use luna_model::{Error, Result};

use crate::{program, require_display};

/// How alike a name must be to be meant: one or two letters mistyped, not another word.
const ALIKE: f64 = 0.9;

/// An application and how it is started.
#[derive(Clone, Debug)]
pub(crate) struct Startable {
    pub(crate) application: Application,
    /// Other words it goes by: what it is, what it is for.
    words: Vec<String>,
    command: Vec<String>,
    in_terminal: bool,
    /// What its windows call their class, where it is known.
    window_class: Option<String>,
}

/// All that can be launched, by name.
pub(crate) fn all() -> Vec<Application> {
    let mut all: Vec<Application> = installed().into_iter().map(|found| found.application).collect();
    all.sort_by_key(|application| application.name.to_lowercase());
    all.dedup();
    all
}

/// The application that fits the name best; a program of the PATH when no application does.
pub(crate) fn find(name: &str) -> Result<Startable> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("say which application to start"));
    }
    if let Some(found) = best(installed(), name) {
        return Ok(found);
    }
    let is_name = name.chars().all(|c| c.is_alphanumeric() || "._+-".contains(c)) && !name.starts_with('-');
    if is_name && program::exists(name) {
        let application = Application { name: name.to_owned(), id: name.to_owned() };
        return Ok(Startable {
            application,
            words: Vec::new(),
            command: vec![name.to_owned()],
            in_terminal: false,
            window_class: None,
        });
    }
    Err(Error::not_found(format!("no application here is called {name:?}; ask for the list of applications")))
}

fn best(all: Vec<Startable>, name: &str) -> Option<Startable> {
    let name = name.to_lowercase();
    let score = |found: &Startable| {
        let called = found.application.name.to_lowercase();
        let id = found.application.id.to_lowercase();
        let short = id.rsplit('.').next().unwrap_or_default();
        if called == name || id == name || short == name {
            4.0
        } else if called.split_whitespace().any(|word| word == name) {
            3.0
        } else if found.words.iter().any(|word| word.to_lowercase() == name) {
            2.0
        } else if name.len() > 2
            && (called.contains(&name) || found.words.iter().any(|w| w.to_lowercase().contains(&name)))
        {
            1.0
        } else {
            let alike = strsim::jaro_winkler(&called, &name);
            if alike >= ALIKE { alike } else { 0.0 }
        }
    };
    // Of equals the shorter name: "Files" before "Files Preferences".
    all.into_iter()
        .map(|found| (score(&found), found))
        .filter(|(score, _)| *score > 0.0)
        .max_by(|(a, x), (b, y)| a.total_cmp(b).then(y.application.name.len().cmp(&x.application.name.len())))
        .map(|(_, found)| found)
}

/// Brings the application to the front: its window when it runs already, else a new one.
pub(crate) fn bring(name: &str) -> Result<Launched> {
    let found = find(name)?;
    #[cfg(target_os = "linux")]
    if crate::focus::window_of(&classes(&found)) {
        return Ok(Launched { application: found.application, was_running: true });
    }
    start(&found)?;
    Ok(Launched { application: found.application, was_running: false })
}

/// The names that its windows may have: the one it says, its id, its program.
#[cfg(target_os = "linux")]
fn classes(found: &Startable) -> Vec<String> {
    let program = found.command.first().map(std::path::Path::new);
    let program = program.and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    let id = found.application.id.clone();
    let short = id.rsplit('.').next().map(str::to_owned);
    // What runs in a terminal or under an interpreter has the window of that.
    let program =
        program.filter(|_| !found.in_terminal).filter(|p| !["env", "sh", "python3"].contains(&p.as_str()));
    found.window_class.iter().cloned().chain([id]).chain(short).chain(program).collect()
}

/// Starts it in a process group of its own, with no ties to Luna's input, output or secrets.
pub(crate) fn start(found: &Startable) -> Result<()> {
    require_display()?;
    let name = &found.application.name;
    let mut words = found.command.iter();
    let Some(program) = words.next() else {
        return Err(Error::unavailable(format!("{name} does not say how it is started")));
    };
    let mut command = if found.in_terminal {
        let mut terminal = Command::new("x-terminal-emulator");
        terminal.arg("-e").arg(program);
        terminal
    } else {
        Command::new(program)
    };
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for (variable, _) in std::env::vars_os().filter(|(variable, _)| is_ours(variable)) {
        command.env_remove(variable);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command
        .spawn()
        .map_err(|e| Error::unavailable(format!("{name} could not be started: {e}")).because(e))?;
    // Somebody must take note of its end, or it stays as a zombie for as long as Luna runs.
    let waiter = std::thread::Builder::new().name("luna-launched".into()).spawn(move || child.wait());
    waiter
        .map(drop)
        .map_err(|e| Error::unavailable("no thread is left to watch over the application").because(e))
}

/// Luna's own settings and keys, which are no business of what it launches.
fn is_ours(variable: &OsStr) -> bool {
    variable.to_str().is_some_and(|name| {
        let name = name.to_uppercase();
        name.starts_with("LUNA_")
            || name.split('_').any(|part| matches!(part, "KEY" | "TOKEN" | "SECRET" | "PASSWORD" | "APIKEY"))
    })
}

#[cfg(target_os = "linux")]
fn installed() -> Vec<Startable> {
    use freedesktop_desktop_entry::{desktop_entries, get_languages_from_env};
    let languages = get_languages_from_env();
    let mut seen = std::collections::BTreeSet::new();
    desktop_entries(&languages)
        .into_iter()
        .filter(|entry| entry.type_() == Some("Application") && !entry.no_display() && !entry.hidden())
        .filter(|entry| entry.try_exec().is_none_or(program::exists))
        // The folders come in order of precedence, so an entry of the user's stands before the system's.
        .filter(|entry| seen.insert(entry.id().to_owned()))
        .filter_map(|entry| {
            let command = entry.parse_exec().ok().filter(|command| !command.is_empty())?;
            let name = entry.name(&languages)?.into_owned();
            let generic = entry.generic_name(&languages).map(std::borrow::Cow::into_owned);
            let keywords =
                entry.keywords(&languages).unwrap_or_default().into_iter().map(std::borrow::Cow::into_owned);
            Some(Startable {
                application: Application { name, id: entry.id().to_owned() },
                words: generic.into_iter().chain(keywords).collect(),
                command,
                in_terminal: entry.terminal(),
                window_class: entry.startup_wm_class().map(str::to_owned),
            })
        })
        .collect()
}

#[cfg(target_os = "macos")]
fn installed() -> Vec<Startable> {
    let home = std::env::var("HOME").unwrap_or_default();
    ["/Applications", "/Applications/Utilities", "/System/Applications", &format!("{home}/Applications")]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let name = path.file_name()?.to_str()?.strip_suffix(".app")?.to_owned();
            let id = path.to_str()?.to_owned();
            let command = vec!["open".into(), id.clone()];
            Some(Startable {
                application: Application { name, id },
                words: Vec::new(),
                command,
                in_terminal: false,
                window_class: None,
            })
        })
        .collect()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn installed() -> Vec<Startable> {
    let menus = ["ProgramData", "APPDATA"].iter().filter_map(std::env::var_os);
    let mut folders: Vec<_> = menus
        .map(|base| std::path::Path::new(&base).join(r"Microsoft\Windows\Start Menu\Programs"))
        .collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("lnk"))
                && let (Some(name), Some(id)) = (path.file_stem().and_then(OsStr::to_str), path.to_str())
            {
                found.push(Startable {
                    application: Application { name: name.to_owned(), id: id.to_owned() },
                    words: Vec::new(),
                    // The shell follows the shortcut, with its folder and its rights.
                    command: vec!["explorer.exe".into(), id.to_owned()],
                    in_terminal: false,
                    window_class: None,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use luna_model::ErrorKind;

    use super::*;

    fn startable(name: &str, id: &str, words: &[&str]) -> Startable {
        Startable {
            application: Application { name: name.into(), id: id.into() },
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            command: vec!["true".into()],
            in_terminal: false,
            window_class: None,
        }
    }

    #[test]
    fn people_name_applications_in_many_ways() {
        let all = || {
            vec![
                startable("Firefox Web Browser", "firefox", &["Web Browser", "Internet"]),
                startable("Files Preferences", "org.example.prefs", &[]),
                startable("Files", "org.gnome.Nautilus", &["File Manager", "folder"]),
                startable("LibreOffice Writer", "libreoffice-writer", &["Word Processor"]),
                startable("Visual Studio Code", "code", &["Text Editor"]),
            ]
        };
        for (said, meant) in [
            ("firefox", "Firefox Web Browser"),
            ("FireFox", "Firefox Web Browser"),
            ("web browser", "Firefox Web Browser"),
            ("browser", "Firefox Web Browser"),
            ("files", "Files"),
            ("nautilus", "Files"),
            ("file manager", "Files"),
            ("writer", "LibreOffice Writer"),
            ("visual studio cod", "Visual Studio Code"),
            ("code", "Visual Studio Code"),
        ] {
            let found = best(all(), said).unwrap_or_else(|| panic!("{said} means nothing"));
            assert_eq!(found.application.name, meant, "{said}");
        }
        assert!(best(all(), "photoshop").is_none());
    }

    #[test]
    fn what_is_no_name_is_never_started() {
        assert_eq!(find(" ").unwrap_err().kind, ErrorKind::Invalid);
        for name in ["-h", "../../bin/sh", "sh -c reboot", "no-such-application-anywhere"] {
            assert_eq!(find(name).unwrap_err().kind, ErrorKind::NotFound, "{name}");
        }
    }
}
