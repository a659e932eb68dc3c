//! What the planner has to know of the machine: its system, its package managers, whether Luna is its administrator, and
//! what kind of project a folder holds.

use std::path::Path;

use luna_model::PlanContext;

/// An operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatingSystem {
    /// Any Linux.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageManager {
    /// Debian, Ubuntu.
    Apt,
    /// Fedora, Red Hat.
    Dnf,
    /// Arch.
    Pacman,
    /// openSUSE.
    Zypper,
    /// macOS.
    Brew,
    /// Windows.
    Winget,
}

impl PackageManager {
    pub(super) const ALL: [Self; 6] =
        [Self::Apt, Self::Dnf, Self::Pacman, Self::Zypper, Self::Brew, Self::Winget];

    /// Its name in the data.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Zypper => "zypper",
            Self::Brew => "brew",
            Self::Winget => "winget",
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            other => other.name(),
        }
    }
}

/// The machine a plan is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its system.
    pub os: OperatingSystem,
    /// The package manager that is used on it, when there is one.
    pub packages: Option<PackageManager>,
    /// Whether commands run as its administrator, who needs no sudo.
    pub root: bool,
    /// "node", "rust", "python", "go", when the folder holds such a project.
    pub project: Option<String>,
}

/// Names people and programs give to kinds of projects.
const PROJECTS: &[(&str, &[&str])] = &[
    (
        "node",
        &[
            "node",
            "nodejs",
            "node.js",
            "javascript",
            "typescript",
            "js",
            "ts",
            "npm",
            "react",
            "vue",
            "svelte",
        ],
    ),
    ("rust", &["rust", "cargo"]),
    ("python", &["python", "py", "pip", "django", "flask", "fastapi"]),
    ("go", &["go", "golang"]),
];

/// Files that tell the kind of a project.
const MARKS: &[(&str, &str)] = &[
    ("Cargo.toml", "rust"),
    ("package.json", "node"),
    ("pyproject.toml", "python"),
    ("requirements.txt", "python"),
    ("go.mod", "go"),
];

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Self {
        let os = match std::env::consts::OS {
            "macos" => OperatingSystem::MacOs,
            "windows" => OperatingSystem::Windows,
            _ => OperatingSystem::Linux,
        };
        #[cfg(unix)]
        let root = nix::unistd::geteuid().is_root();
        #[cfg(not(unix))]
        let root = false;
        let packages =
            PackageManager::ALL.into_iter().find(|manager| which::which(manager.program()).is_ok());
        Self { os, packages: packages.or_else(|| usual(os)), root, project: None }
    }

    /// The machine the context is about: this one, or one like it says.
    pub(super) fn as_seen_by(&self, context: &PlanContext, home: &Path) -> Self {
        let project = match &context.project_type {
            Some(kind) => known_project(kind),
            None => context.current_dir.as_deref().and_then(|folder| project_in(folder, home)),
        };
        match context.os.as_deref().and_then(system_named) {
            Some(os) if os != self.os => Self { os, packages: usual(os), root: false, project },
            _ => Self { project, ..self.clone() },
        }
    }

    /// The names under which its steps are found in the data, the most particular first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let os = match self.os {
            OperatingSystem::Linux => "linux",
            OperatingSystem::MacOs => "macos",
            OperatingSystem::Windows => "windows",
        };
        // bash has no meaning on Windows, so what would do for any other system does not for it.
        let any = (self.os != OperatingSystem::Windows).then_some("any");
        self.project
            .as_deref()
            .into_iter()
            .chain(self.packages.map(PackageManager::name))
            .chain([os])
            .chain(any)
    }
}

const fn usual(os: OperatingSystem) -> Option<PackageManager> {
    match os {
        OperatingSystem::MacOs => Some(PackageManager::Brew),
        OperatingSystem::Windows => Some(PackageManager::Winget),
        OperatingSystem::Linux => None,
    }
}

/// "Linux x86_64", "MacIntel", "Darwin", "Win32", …
fn system_named(name: &str) -> Option<OperatingSystem> {
    let name = name.to_lowercase();
    let says = |word| name.contains(word);
    match () {
        () if says("mac") || says("darwin") => Some(OperatingSystem::MacOs),
        () if says("win") => Some(OperatingSystem::Windows),
        () if says("linux") || says("x11") => Some(OperatingSystem::Linux),
        () => None,
    }
}

fn known_project(kind: &str) -> Option<String> {
    let kind = kind.to_lowercase();
    PROJECTS.iter().find(|(_, names)| names.contains(&kind.as_str())).map(|(name, _)| (*name).to_owned())
}

fn project_in(folder: &str, home: &Path) -> Option<String> {
    let folder = Path::new(folder);
    let folder = home.join(folder.strip_prefix("~").unwrap_or(folder));
    MARKS.iter().find(|(file, _)| folder.join(file).is_file()).map(|(_, project)| (*project).to_owned())
}
