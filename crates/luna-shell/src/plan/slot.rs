//! What may fill a slot: each kind reads some words, refuses what it is not, and gives a value that the shell takes as
//! one plain word.

use super::words::Word;

/// A kind of slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One package, or several.
    Packages,
    /// A file or folder.
    Path,
    /// A file whose name has an ending.
    File,
    /// A folder, also by its usual name ("downloads").
    Dir,
    /// Free text.
    Text,
    /// A whole number, also in words.
    Number,
    /// "100 MB".
    Size,
    /// A TCP or UDP port.
    Port,
    /// A process id.
    Pid,
    /// A host name or address.
    Host,
    /// An http(s) address, or a git remote.
    Url,
    /// A service, process, container, image, database or group of the system: letters, digits and what they allow.
    Name,
    /// A git branch or tag.
    Branch,
    /// A user.
    User,
    /// Permissions as chmod takes them.
    Mode,
    /// A file name's ending.
    Extension,
    /// A signal's, variable's or setting's name.
    Variable,
}

/// What filled a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// For people.
    pub(super) shown: String,
    /// Each of its words, as bash must be given it.
    pub(super) shell: Vec<String>,
}

/// Words that a name without quotes does not hold: with them more was said than a name.
const NOT_IN_NAMES: &[&str] = &[
    ",",
    "that",
    "which",
    "than",
    "is",
    "are",
    "and",
    "or",
    "in",
    "on",
    "at",
    "from",
    "into",
    "to",
    "with",
    "without",
    "not",
    "except",
    "but",
    "all",
    "every",
    "everything",
    "older",
    "newer",
    "larger",
    "bigger",
    "smaller",
    "if",
    "when",
    "where",
    "what",
    "how",
    "why",
    "who",
    "it",
    "them",
    "this",
    "these",
    "those",
    "some",
    "any",
    "for",
    "by",
    "using",
    "via",
    "recursively",
    "containing",
    "called",
    "named",
    "of",
    "as",
    "do",
    "does",
    "can",
    "should",
    "you",
    "i",
    "we",
    "something",
    "anything",
    "stuff",
    "then",
    "so",
    "because",
    "after",
    "before",
    "while",
    "until",
    "only",
    "also",
    "too",
];

/// What people call their folders.
const FOLDERS: &[(&str, &str)] = &[
    ("here", "."),
    ("current", "."),
    ("this", "."),
    ("current folder", "."),
    ("current directory", "."),
    ("current dir", "."),
    ("this folder", "."),
    ("this directory", "."),
    ("working directory", "."),
    ("current working directory", "."),
    ("parent", ".."),
    ("parent folder", ".."),
    ("parent directory", ".."),
    ("home", "~"),
    ("home folder", "~"),
    ("home directory", "~"),
    ("downloads", "~/Downloads"),
    ("download", "~/Downloads"),
    ("documents", "~/Documents"),
    ("desktop", "~/Desktop"),
    ("pictures", "~/Pictures"),
    ("photos", "~/Pictures"),
    ("music", "~/Music"),
    ("videos", "~/Videos"),
    ("root", "/"),
    ("root directory", "/"),
    ("filesystem root", "/"),
];

/// What people call kinds of files.
const ENDINGS: &[(&str, &str)] = &[
    ("python", "py"),
    ("rust", "rs"),
    ("javascript", "js"),
    ("typescript", "ts"),
    ("markdown", "md"),
    ("text", "txt"),
    ("shell", "sh"),
    ("java", "java"),
    ("excel", "xlsx"),
    ("word", "docx"),
    ("jpeg", "jpg"),
];

const NUMBERS: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];

impl Kind {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "packages" => Self::Packages,
            "path" => Self::Path,
            "file" => Self::File,
            "dir" => Self::Dir,
            "text" => Self::Text,
            "number" => Self::Number,
            "size" => Self::Size,
            "port" => Self::Port,
            "pid" => Self::Pid,
            "host" => Self::Host,
            "url" => Self::Url,
            "name" => Self::Name,
            "branch" => Self::Branch,
            "user" => Self::User,
            "mode" => Self::Mode,
            "extension" => Self::Extension,
            "variable" => Self::Variable,
            _ => return None,
        })
    }

    /// Most words it takes.
    pub(super) const fn longest(self) -> usize {
        match self {
            Self::Text => 40,
            Self::Packages => 16,
            Self::Path | Self::File | Self::Dir => 5,
            Self::Size => 2,
            _ => 1,
        }
    }

    /// How much it says that something is of this kind: little when nearly anything is.
    pub(super) fn points(self, value: &Value) -> i32 {
        match self {
            Self::Text => 0,
            Self::Dir if has_ending(&value.shown) => 1,
            Self::Packages | Self::Path | Self::Name | Self::Branch | Self::User | Self::Variable => 2,
            Self::Dir | Self::Host | Self::Extension => 3,
            Self::Number | Self::Size | Self::Port | Self::Pid | Self::Url | Self::Mode | Self::File => 5,
        }
    }

    /// Whether its values are letters and digits that may also stand inside quotes of the step.
    pub(super) const fn is_plain(self) -> bool {
        matches!(self, Self::Number | Self::Size | Self::Port | Self::Pid | Self::Extension | Self::Variable)
    }

    /// Reads the words; none when they are not of this kind.
    pub(super) fn read(self, words: &[Word]) -> Option<Value> {
        match self {
            Self::Text => text(words),
            Self::Packages => packages(words),
            Self::Path => path(&joined_name(words)?),
            Self::File => path(&joined_name(words).filter(|name| has_ending(name))?),
            Self::Dir => folder(words),
            Self::Size => size(words),
            _ => {
                let [word] = words else { return None };
                self.read_one(word)
            }
        }
    }

    fn read_one(self, word: &Word) -> Option<Value> {
        let (said, low) = (word.text.as_str(), word.low.as_str());
        let name = |more: &str| {
            let ok = (word.quoted || !NOT_IN_NAMES.contains(&low))
                && said.len() <= 100
                && !said.chars().all(|c| c.is_ascii_digit())
                && said.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && said.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
            ok.then(|| plain(said))
        };
        match self {
            Self::Number => number(low).map(|n| plain(&n.to_string())),
            Self::Pid => low.parse::<u32>().ok().filter(|n| *n > 1).map(|n| plain(&n.to_string())),
            Self::Port => low
                .trim_start_matches(':')
                .parse::<u16>()
                .ok()
                .filter(|n| *n > 0)
                .map(|n| plain(&n.to_string())),
            Self::Host => name(".:-_"),
            Self::Name => name("._@:/+-"),
            Self::Branch => name("._/-").filter(|_| !said.contains("..") && !said.ends_with('/')),
            Self::User => name("._-"),
            Self::Variable => name("_"),
            Self::Mode => is_mode(low).then(|| plain(low)),
            Self::Extension => extension(low),
            Self::Url => url(said),
            _ => None,
        }
    }
}

/// A value of letters and digits, and signs that mean nothing to bash.
fn plain(text: &str) -> Value {
    Value { shown: text.to_owned(), shell: vec![quote(text)] }
}

/// As one word for bash, whatever is in it.
fn quote(text: &str) -> String {
    // It fails on a NUL only, which no text that came this far holds.
    shlex::try_quote(text).map_or_else(|_| "''".into(), |quoted| quoted.into_owned())
}

fn text(words: &[Word]) -> Option<Value> {
    let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ").replace(" , ", ", ");
    (!text.trim().is_empty()).then(|| Value { shell: vec![quote(&text)], shown: text })
}

/// The words of a name: one word, words that belong together, or anything in quotes.
fn joined_name(words: &[Word]) -> Option<String> {
    if let [word] = words
        && word.quoted
    {
        return Some(word.text.clone());
    }
    // What bash would read as more than a name was not meant as one.
    let is_name = |word: &Word| {
        !word.quoted
            && !NOT_IN_NAMES.contains(&word.low.as_str())
            && !word.text.starts_with('-')
            && !word.text.contains([
                ';', '&', '|', '<', '>', '$', '`', '(', ')', '{', '}', '*', '?', '!', '\\', '"', '\'',
            ])
    };
    let fits = words.iter().all(is_name);
    fits.then(|| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
}

/// `report.pdf`, but not `.config` or `3.`.
fn has_ending(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty()
            && (1..=5).contains(&ending.len())
            && ending.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

/// A path as one word. `~` at its beginning stays the home folder; what looks like an option is no option.
fn path(text: &str) -> Option<Value> {
    let text = text.trim();
    let shell = match text {
        "" => return None,
        "~" => "~".to_owned(),
        _ => match text.strip_prefix("~/") {
            Some("") => "~/".to_owned(),
            Some(below) => format!("~/{}", quote(below)),
            None if text.starts_with('-') => quote(&format!("./{text}")),
            None => quote(text),
        },
    };
    Some(Value { shown: text.to_owned(), shell: vec![shell] })
}

fn folder(words: &[Word]) -> Option<Value> {
    if words.iter().all(|word| !word.quoted) {
        let said = words.iter().map(|word| word.low.as_str()).collect::<Vec<_>>().join(" ");
        let bare = said.strip_suffix(" folder").or_else(|| said.strip_suffix(" directory")).unwrap_or(&said);
        if let Some((_, meant)) = FOLDERS.iter().find(|(name, _)| *name == said || *name == bare) {
            return path(meant);
        }
    }
    let named = match words {
        [rest @ .., Word { low, quoted: false, .. }] if low == "folder" || low == "directory" => rest,
        [Word { low, quoted: false, .. }, rest @ ..] if low == "folder" || low == "directory" => rest,
        words => words,
    };
    path(&joined_name(named)?)
}

fn packages(words: &[Word]) -> Option<Value> {
    let mut names = Vec::new();
    let mut expected = true;
    for word in words {
        let joins = !word.quoted && matches!(word.low.as_str(), "," | "and" | "&" | "plus");
        if joins && !names.is_empty() {
            expected = true;
        } else if expected {
            names.push(package(word)?);
            expected = false;
        } else {
            return None;
        }
    }
    if expected {
        return None;
    }
    Some(Value { shown: names.join(", "), shell: names.iter().map(|name| quote(name)).collect() })
}

fn package(word: &Word) -> Option<String> {
    let ok = (word.quoted || !NOT_IN_NAMES.contains(&word.low.as_str()))
        && (2..=80).contains(&word.text.len())
        && word.text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word.text.chars().all(|c| c.is_ascii_alphanumeric() || "._+-@/".contains(c));
    ok.then(|| word.text.clone())
}

fn number(low: &str) -> Option<u64> {
    low.parse().ok().or_else(|| NUMBERS.iter().position(|n| *n == low).and_then(|n| u64::try_from(n).ok()))
}

/// As find(1) takes it: 100M, 2G, 10k.
fn size(words: &[Word]) -> Option<Value> {
    let said: String = words.iter().map(|word| word.low.as_str()).collect();
    let digits = said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len());
    let (amount, unit) = said.split_at(digits);
    let unit = match unit {
        "k" | "kb" | "kib" | "kilobytes" => "k",
        "m" | "mb" | "mib" | "megs" | "megabytes" | "megabyte" => "M",
        "g" | "gb" | "gib" | "gigs" | "gigabytes" | "gigabyte" => "G",
        _ => return None,
    };
    amount.parse::<u32>().ok().map(|amount| plain(&format!("{amount}{unit}")))
}

fn is_mode(low: &str) -> bool {
    let octal = (3..=4).contains(&low.len()) && low.chars().all(|c| ('0'..='7').contains(&c));
    let symbolic = low.split_once(['+', '-', '=']).is_some_and(|(who, what)| {
        who.chars().all(|c| "ugoa".contains(c))
            && !what.is_empty()
            && what.chars().all(|c| "rwxst".contains(c))
    });
    octal || symbolic
}

fn extension(low: &str) -> Option<Value> {
    let bare = low.trim_start_matches('*').trim_start_matches('.');
    let named = ENDINGS.iter().find(|(name, _)| *name == bare).map(|(_, ending)| *ending);
    let singular =
        bare.strip_suffix('s').filter(|one| (3..=4).contains(&one.len()) && !low.starts_with(['.', '*']));
    let ending = named.or(singular).unwrap_or(bare);
    let ok = (1..=5).contains(&ending.len())
        && ending.chars().all(|c| c.is_ascii_alphanumeric())
        && !NOT_IN_NAMES.contains(&low);
    ok.then(|| plain(ending))
}

fn url(said: &str) -> Option<Value> {
    let signs = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    if said.len() > 2000 || !said.chars().all(signs) {
        return None;
    }
    let web = said.strip_prefix("https://").or_else(|| said.strip_prefix("http://"));
    let remote =
        said.strip_prefix("git@").is_some_and(|rest| rest.contains(':')) || said.starts_with("ssh://");
    if web.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric())) || remote {
        return Some(Value { shown: said.to_owned(), shell: vec![quote(said)] });
    }
    let host = said.split('/').next().unwrap_or_default();
    let looks_like_one = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.split_once('.').is_some_and(|(_, end)| {
            end.len() >= 2 && end.chars().all(|c| c.is_ascii_alphabetic() || c == '.')
        })
        && said.contains('/');
    looks_like_one.then(|| {
        let full = format!("https://{said}");
        Value { shell: vec![quote(&full)], shown: full }
    })
}
