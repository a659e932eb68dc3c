//! The requests Luna knows without a model: read from data, checked when read, turned into steps.

use std::collections::BTreeMap;

use luna_core::ports::PlannedStep;
use serde::Deserialize;

use super::machine::{Machine, PackageManager};
use super::pattern::{Match, Pattern};
use super::slot::{Kind, Value};
use super::{step, words};

/// The data, a file an area. `words.toml` first: it names the classes the others use.
const CLASSES: &str = include_str!("requests/words.toml");
const AREAS: &[(&str, &str)] = &[
    ("packages", include_str!("requests/packages.toml")),
    ("files", include_str!("requests/files.toml")),
    ("text", include_str!("requests/text.toml")),
    ("system", include_str!("requests/system.toml")),
    ("processes", include_str!("requests/processes.toml")),
    ("network", include_str!("requests/network.toml")),
    ("services", include_str!("requests/services.toml")),
    ("git", include_str!("requests/git.toml")),
    ("containers", include_str!("requests/containers.toml")),
    ("archives", include_str!("requests/archives.toml")),
    ("users", include_str!("requests/users.toml")),
    ("projects", include_str!("requests/projects.toml")),
    ("media", include_str!("requests/media.toml")),
];
const APPLICATIONS: &str = include_str!("requests/applications.toml");

/// A kind of request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) intent: String,
    pub(super) patterns: Vec<Pattern>,
    pub(super) time: Option<String>,
    defaults: BTreeMap<String, Value>,
    /// By the name of a machine's part ([`Machine::names`]).
    steps: BTreeMap<String, Vec<(Template, Template)>>,
}

/// As written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    intent: String,
    say: Vec<String>,
    #[serde(default)]
    time: Option<String>,
    /// What fills a slot when the words do not: its kind and the words.
    #[serde(default)]
    defaults: BTreeMap<String, (String, String)>,
    /// Pairs of a description and a command.
    steps: BTreeMap<String, Vec<(String, String)>>,
}

#[derive(Deserialize)]
struct Area {
    request: Vec<Written>,
}

#[derive(Deserialize)]
struct Classes {
    classes: BTreeMap<String, Vec<String>>,
}

/// Everything that can be read. What cannot is logged and left out; the tests see to it that nothing is.
pub(super) fn load() -> Vec<Request> {
    let (requests, faults) = read_all();
    for fault in faults {
        tracing::error!(fault, "a request of the planner is unusable");
    }
    requests
}

/// All requests, and what is wrong with those that cannot be used.
pub(super) fn read_all() -> (Vec<Request>, Vec<String>) {
    let mut faults = Vec::new();
    let classes = toml::from_str::<Classes>(CLASSES).map_or_else(
        |e| {
            faults.push(format!("words.toml: {e}"));
            BTreeMap::new()
        },
        |read| read.classes,
    );
    let mut requests = Vec::new();
    for (area, data) in AREAS {
        match toml::from_str::<Area>(data) {
            Err(e) => faults.push(format!("{area}.toml: {e}")),
            Ok(read) => {
                for written in read.request {
                    let intent = written.intent.clone();
                    match Request::check(written, &classes) {
                        Ok(request) => requests.push(request),
                        Err(e) => faults.push(format!("{area}.toml: {intent}: {e}")),
                    }
                }
            }
        }
    }
    match applications(&classes) {
        Ok(more) => requests.extend(more),
        Err(e) => faults.push(format!("applications.toml: {e}")),
    }
    (requests, faults)
}

impl Request {
    fn check(written: Written, classes: &BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        let patterns =
            written.say.iter().map(|say| Pattern::parse(say, classes)).collect::<Result<Vec<_>, _>>()?;
        let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
        let mut defaults = BTreeMap::new();
        for (slot, (kind, said)) in &written.defaults {
            let kind = Kind::from_name(kind).ok_or_else(|| format!("no kind {kind}"))?;
            let value = kind.read(&words::read(said)).ok_or_else(|| format!("{said:?} is no {kind:?}"))?;
            kinds.insert(slot.clone(), kind);
            defaults.insert(slot.clone(), value);
        }
        for pattern in &patterns {
            let slots = pattern.slots();
            if let Some((slot, _)) = slots
                .iter()
                .find(|(slot, kind)| kinds.get(**slot).is_some_and(|k| k.is_plain() != kind.is_plain()))
            {
                return Err(format!("{slot} is plain in one place and not in another"));
            }
            kinds.extend(slots.into_iter().map(|(slot, kind)| (slot.to_owned(), kind)));
        }
        let steps = written
            .steps
            .into_iter()
            .map(|(part, steps)| {
                let steps = steps
                    .into_iter()
                    .map(|(description, command)| {
                        let command = Template::parse(&command)?;
                        command.check(&kinds)?;
                        Ok((Template::parse(&description)?, command))
                    })
                    .collect::<Result<Vec<_>, String>>()?;
                Ok((part, steps))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { intent: written.intent, patterns, time: written.time, defaults, steps })
    }

    /// The steps on this machine; none when it cannot be done there, or a slot stayed empty.
    pub(super) fn steps_for(&self, found: &Match, machine: &Machine) -> Option<Vec<PlannedStep>> {
        let steps = machine.names().find_map(|name| self.steps.get(name))?;
        let value = |slot: &str| found.values.get(slot).or_else(|| self.defaults.get(slot));
        steps
            .iter()
            .map(|(description, command)| {
                let description = description.fill(|slot| value(slot).map(|v| v.shown.clone()))?;
                let command = command.fill(|slot| value(slot).map(|v| v.shell.join(" ")))?;
                Some(step(description, if machine.root { without_sudo(&command) } else { command }))
            })
            .collect()
    }
}

/// The administrator needs no sudo, and may not even have it.
fn without_sudo(command: &str) -> String {
    command.strip_prefix("sudo ").unwrap_or(command).replace("| sudo ", "| ").replace("&& sudo ", "&& ")
}

/// Text with slots: `mkdir -p {dir}`.
#[derive(Debug)]
struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    Slot(String),
}

impl Template {
    /// A slot is a lower-case name in braces; any other brace is the shell's.
    fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            let name_length = rest[start + 1..].find(|c: char| !c.is_ascii_lowercase()).unwrap_or(0);
            let end = start + 1 + name_length;
            if name_length > 0 && rest[end..].starts_with('}') {
                parts.push(Part::Text(rest[..start].to_owned()));
                parts.push(Part::Slot(rest[start + 1..end].to_owned()));
                rest = &rest[end + 1..];
            } else {
                parts.push(Part::Text(rest[..=start].to_owned()));
                rest = &rest[start + 1..];
            }
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// Every slot must be one the patterns fill, and inside quotes only what is plain may stand: there, a quote in a value
    /// would end the step's own.
    fn check(&self, kinds: &BTreeMap<String, Kind>) -> Result<(), String> {
        let mut quote = None;
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    for c in text.chars() {
                        quote = match quote {
                            None if c == '\'' || c == '"' => Some(c),
                            Some(open) if open == c => None,
                            other => other,
                        };
                    }
                }
                Part::Slot(slot) => {
                    let kind = kinds.get(slot).ok_or_else(|| format!("nothing fills {{{slot}}}"))?;
                    if quote.is_some() && !kind.is_plain() {
                        return Err(format!("{{{slot}}} stands inside quotes"));
                    }
                }
            }
        }
        Ok(())
    }

    fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => Some(text.clone()),
                Part::Slot(slot) => value(slot),
            })
            .collect()
    }
}

/// Applications that people name otherwise than package managers do.
#[derive(Deserialize)]
struct Application {
    name: String,
    say: Vec<String>,
    /// Its package, by manager; `cask` for Homebrew's applications, `flatpak` for Linux without a package of its own.
    packages: BTreeMap<String, String>,
    /// The name of its bundle on macOS.
    bundle: Option<String>,
}

#[derive(Deserialize)]
struct Applications {
    application: Vec<Application>,
}

fn applications(classes: &BTreeMap<String, Vec<String>>) -> Result<Vec<Request>, String> {
    let read: Applications = toml::from_str(APPLICATIONS).map_err(|e| e.to_string())?;
    let mut requests = Vec::new();
    for application in read.application {
        requests.push(Request::check(application.written(true), classes)?);
        requests.push(Request::check(application.written(false), classes)?);
    }
    Ok(requests)
}

impl Application {
    fn written(&self, install: bool) -> Written {
        let verb = if install { "<install>" } else { "<remove>" };
        let names = self.say.iter().map(|name| name.replace(' ', "_")).collect::<Vec<_>>().join("|");
        let mut steps = BTreeMap::new();
        for manager in PackageManager::ALL.map(PackageManager::name) {
            let package = self.packages.get(manager);
            let made = match (manager, package, self.packages.get("cask"), self.packages.get("flatpak")) {
                ("brew", _, Some(cask), _) => Some(self.cask(cask, install)),
                (_, Some(package), ..) => Some(self.package(manager, package, install)),
                ("brew" | "winget", ..) => None,
                (_, None, _, Some(flatpak)) => Some(self.flatpak(flatpak, install)),
                _ => None,
            };
            if let Some(made) = made {
                steps.insert(manager.to_owned(), made);
            }
        }
        Written {
            intent: format!("application.{}", if install { "install" } else { "remove" }),
            say: vec![format!("{verb} {names} [browser|app|application|editor|program|client]")],
            time: Some(if install { "2-3 minutes" } else { "1-2 minutes" }.into()),
            defaults: BTreeMap::new(),
            steps,
        }
    }

    fn cask(&self, cask: &str, install: bool) -> Vec<(String, String)> {
        let name = &self.name;
        let mut steps = vec![("check if homebrew is installed".to_owned(), "which brew".to_owned())];
        if install {
            steps.push((format!("install {name}"), format!("brew install --cask {cask}")));
            if let Some(bundle) = &self.bundle {
                let path = format!("/Applications/{bundle}.app").replace(' ', "\\ ");
                steps.push(("verify installation".into(), format!("ls -la {path}")));
            }
        } else {
            steps.push((format!("remove {name}"), format!("brew uninstall --cask {cask}")));
        }
        steps
    }

    fn package(&self, manager: &str, package: &str, install: bool) -> Vec<(String, String)> {
        let name = &self.name;
        let (check, add, remove, verify) = match manager {
            "apt" => ("apt-cache show", "sudo apt-get install -y", "sudo apt-get remove -y", "dpkg -s"),
            "dnf" => ("dnf info", "sudo dnf install -y", "sudo dnf remove -y", "rpm -q"),
            "pacman" => (
                "pacman -Si",
                "sudo pacman -S --noconfirm --needed",
                "sudo pacman -Rs --noconfirm",
                "pacman -Qi",
            ),
            "zypper" => (
                "zypper info",
                "sudo zypper --non-interactive install",
                "sudo zypper --non-interactive remove",
                "rpm -q",
            ),
            "winget" => (
                "winget show --exact --id",
                "winget install --exact --id",
                "winget uninstall --exact --id",
                "winget list --exact --id",
            ),
            _ => ("brew info", "brew install", "brew uninstall", "brew list"),
        };
        if install {
            vec![
                (format!("check that {name} is available"), format!("{check} {package}")),
                (format!("install {name}"), format!("{add} {package}")),
                ("verify installation".into(), format!("{verify} {package}")),
            ]
        } else {
            vec![
                (format!("check that {name} is installed"), format!("{verify} {package}")),
                (format!("remove {name}"), format!("{remove} {package}")),
            ]
        }
    }

    fn flatpak(&self, id: &str, install: bool) -> Vec<(String, String)> {
        let name = &self.name;
        let check = ("check if flatpak is installed".to_owned(), "which flatpak".to_owned());
        if install {
            vec![
                check,
                (format!("install {name}"), format!("flatpak install -y flathub {id}")),
                ("verify installation".into(), format!("flatpak info {id}")),
            ]
        } else {
            vec![check, (format!("remove {name}"), format!("flatpak uninstall -y {id}"))]
        }
    }
}
