//! Where values come from: flags, the environment, files. Finds what each says about the known variables; the
//! strongest that says something wins. Does not judge the values.

use std::{
    collections::HashMap,
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use luna_model::{Error, Result};

use super::table::{VARIABLES, Variable, variable};

/// Which source a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// This file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("on the command line"),
            Self::Environment => f.write_str("in the environment"),
            Self::File(path) => write!(f, "in {}", path.display()),
        }
    }
}

/// A text that was given for a variable.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) origin: Origin,
    /// The name that was used, which may be one of the other names.
    pub(super) name: &'static str,
}

/// What one source says: known name → text. Empty texts count as not given, so that `NAME=` in a file changes nothing.
#[derive(Default)]
pub(super) struct Layer(HashMap<&'static str, Given>);

impl Layer {
    fn add(&mut self, name: &str, text: String, origin: Origin) {
        let known = variable(name).and_then(|v| v.names().find(|known| known.eq_ignore_ascii_case(name)));
        let Some(name) = known else { return };
        if text.trim().is_empty() {
            return;
        }
        self.0.insert(name, Given { text, origin, name });
    }

    /// What it says about a variable, by its own name or else by another.
    pub(super) fn get(&self, variable: &Variable) -> Option<&Given> {
        variable.names().find_map(|name| self.0.get(name))
    }

    fn under(mut self, stronger: Self) -> Self {
        for variable in VARIABLES {
            if stronger.get(variable).is_some() {
                variable.names().for_each(|name| drop(self.0.remove(name)));
            }
        }
        self.0.extend(stronger.0);
        self
    }
}

/// The sources, strongest last, laid over each other.
pub(super) fn gather(
    flags: impl IntoIterator<Item = (String, String)>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    cwd: &Path,
) -> Result<Layer> {
    let strong = from_environment(environment)?.under(from_flags(flags)?);
    let text_of =
        |layer: &Layer, name| variable(name).and_then(|v| layer.get(v)).map(|given| given.text.clone());

    if let Some(named) = text_of(&strong, "LUNA_ENV_FILE") {
        return Ok(from_file(&cwd.join(named), true)?.under(strong));
    }
    let plain = from_file(&cwd.join(".env"), false)?;
    let chosen = text_of(&strong, "LUNA_VARIANT").or_else(|| text_of(&plain, "LUNA_VARIANT"));
    // A variant that is no variant is refused later, with its name; it must not become part of a file name.
    let chosen = chosen.map(|text| text.trim().to_ascii_lowercase()).filter(|v| v == "business");
    let file = cwd.join(format!(".env.{}", chosen.as_deref().unwrap_or("personal")));
    let mut of_variant = from_file(&file, false)?;
    // The file was chosen by the variant, so it has no say in it.
    of_variant.0.remove("LUNA_VARIANT");
    Ok(plain.under(of_variant).under(strong))
}

fn from_flags(flags: impl IntoIterator<Item = (String, String)>) -> Result<Layer> {
    let mut layer = Layer::default();
    for (name, text) in flags {
        if variable(&name).is_none() {
            return Err(Error::invalid(format!("there is no setting called {name}")));
        }
        layer.add(&name, text, Origin::Flag);
    }
    Ok(layer)
}

fn from_environment(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Layer> {
    let mut layer = Layer::default();
    for (name, text) in environment {
        // A process environment tells capitals apart: `port` there may be someone else's.
        let Some(name) = name.to_str().filter(|name| !name.bytes().any(|b| b.is_ascii_lowercase())) else {
            continue;
        };
        if variable(name).is_none() {
            continue;
        }
        let text = text.into_string().map_err(|_| {
            Error::invalid(format!("{name} (in the environment) is not readable text: it must be UTF-8"))
        })?;
        layer.add(name, text, Origin::Environment);
    }
    Ok(layer)
}

fn from_file(path: &Path, must_exist: bool) -> Result<Layer> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => return Ok(Layer::default()),
        Err(error) => {
            let message = match error.kind() {
                io::ErrorKind::NotFound => {
                    format!("LUNA_ENV_FILE names {}, which does not exist", path.display())
                }
                _ => format!("{} cannot be read: {error}", path.display()),
            };
            return Err(Error::invalid(message).because(error));
        }
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut layer = Layer::default();
    let mut searched = 0;
    for pair in dotenvy::from_read_iter(text.as_bytes()) {
        let (name, value) = match pair {
            Ok(pair) => pair,
            Err(dotenvy::Error::LineParse(rest, _)) => match plain_pair(text, &rest, &mut searched) {
                Ok((name, value)) => (name.to_owned(), value.to_owned()),
                Err((_, name)) if !name.is_empty() && variable(name).is_none() => continue,
                // The line may hold a secret, so only its number and name are said.
                Err((number, name)) => {
                    let path = path.display();
                    return Err(Error::invalid(format!(
                        "{path}, line {number}: {name} cannot be read; write NAME=value, with the value in single quotes \
                         when it holds spaces or quotes"
                    )));
                }
            },
            Err(error) => {
                return Err(Error::invalid(format!("{} cannot be read", path.display())).because(error));
            }
        };
        layer.add(&name, value, Origin::File(path.to_owned()));
    }
    Ok(layer)
}

/// `NAME=some words` without quotes, which many `.env` files have and dotenvy refuses. `rest` is what dotenvy could not
/// read: a line or its value, without the comment; it is looked for after the lines that were `searched` before. Gives the
/// name and value when the value is plain, else the line's number and its name.
fn plain_pair<'t>(
    text: &'t str,
    rest: &str,
    searched: &mut usize,
) -> Result<(&'t str, &'t str), (usize, &'t str)> {
    let rest = rest.lines().next().unwrap_or_default().trim();
    let value_of = |line: &'t str| line.split_once('=').map_or("", |(_, value)| value).trim();
    let is_it = |line: &'t str| line.trim().starts_with(rest) || value_of(line).starts_with(rest);
    let Some((at, line)) = text.lines().enumerate().skip(*searched).find(|(_, line)| is_it(line)) else {
        return Err((*searched + 1, ""));
    };
    *searched = at + 1;
    let name = line.split('=').next().unwrap_or(line).trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err((at + 1, ""));
    }
    let value = value_of(line);
    let value = value.split(" #").next().unwrap_or(value).trim();
    if value.is_empty() || value.contains(['"', '\'', '\\', '$']) {
        Err((at + 1, name))
    } else {
        Ok((name, value))
    }
}
