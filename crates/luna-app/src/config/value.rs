//! What the value of a variable can be, and how its text is read. Knows no variable by name.

use luna_model::Secret;
use tracing_subscriber::EnvFilter;

/// What sort of value a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text that must not be shown, logged or stored in the settings.
    Secret,
    /// yes or no: `true`, `yes`, `on`, `1` and their opposites.
    Flag,
    /// A whole number in this range, both ends included.
    Whole(i64, i64),
    /// A number, possibly with a fraction.
    Number,
    /// A base URL of http or https, with or without a final `/`.
    Url,
    /// A file or folder; relative to the working directory, `~/` is the home folder.
    Path,
    /// An address or a host name to listen on.
    Host,
    /// Texts separated by commas.
    List,
    /// What to log, in the language of tracing's `EnvFilter`.
    LogFilter,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// A value that was read. `Debug` shows no secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of the kinds text, url, path, host, log filter and one-of.
    Text(String),
    /// Of the kind secret.
    Secret(Secret),
    /// Of the kind flag.
    Flag(bool),
    /// Of the kind whole.
    Whole(i64),
    /// Of the kind number.
    Number(f64),
    /// Of the kind list.
    List(Vec<String>),
}

impl Kind {
    /// Reads a text; the error says what it should have been, never what it was.
    pub(super) fn read(self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        match self {
            Self::Text | Self::Path => Ok(Value::Text(text.to_owned())),
            Self::Secret => Ok(Value::Secret(Secret::new(text.to_owned()))),
            Self::Flag => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok(Value::Flag(true)),
                "false" | "no" | "off" | "0" => Ok(Value::Flag(false)),
                _ => Err("true or false".into()),
            },
            Self::Whole(least, most) => match text.parse() {
                Ok(number) if (least..=most).contains(&number) => Ok(Value::Whole(number)),
                _ => Err(format!("a whole number from {least} to {most}")),
            },
            Self::Number => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Number(number)),
                _ => Err("a number".into()),
            },
            Self::Url => match url::Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                    Ok(Value::Text(text.trim_end_matches('/').to_owned()))
                }
                _ => Err("an address that begins with http:// or https://".into()),
            },
            Self::Host => match url::Host::parse(text).or_else(|_| url::Host::parse(&format!("[{text}]"))) {
                Ok(_) => Ok(Value::Text(text.to_owned())),
                Err(_) => Err("an address to listen on, such as 127.0.0.1, ::1 or localhost".into()),
            },
            Self::List => Ok(Value::List(
                text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
            )),
            Self::LogFilter => match EnvFilter::try_new(text) {
                Ok(_) => Ok(Value::Text(text.to_owned())),
                Err(_) => Err("a log filter, such as info or luna_core=debug,info".into()),
            },
            Self::OneOf(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
                Some(word) => Ok(Value::Text((*word).to_owned())),
                None => Err(format!("one of {}", words.join(", "))),
            },
        }
    }

    /// Whether a text that could not be read may be repeated in the error.
    pub(super) const fn may_be_shown(self) -> bool {
        // An address may hold a password before its `@`.
        !matches!(self, Self::Secret | Self::Url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_kind() {
        assert_eq!(Kind::Flag.read(" Yes "), Ok(Value::Flag(true)));
        assert_eq!(Kind::Flag.read("0"), Ok(Value::Flag(false)));
        assert_eq!(Kind::Whole(0, 65_535).read("8899"), Ok(Value::Whole(8899)));
        assert_eq!(Kind::Number.read("-74.0060"), Ok(Value::Number(-74.006)));
        assert_eq!(Kind::Url.read("http://[::1]:11434/"), Ok(Value::Text("http://[::1]:11434".into())));
        assert_eq!(Kind::List.read("a, b,,"), Ok(Value::List(vec!["a".into(), "b".into()])));
        assert_eq!(Kind::OneOf(&["auto", "file"]).read("AUTO"), Ok(Value::Text("auto".into())));
        for host in ["127.0.0.1", "0.0.0.0", "::1", "[::1]", "localhost", "luna.lan"] {
            assert_eq!(Kind::Host.read(host), Ok(Value::Text(host.into())));
        }
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        assert!(Kind::Flag.read("perhaps").is_err());
        assert!(Kind::Whole(1, 9).read("10").is_err());
        assert!(Kind::Whole(1, 9).read("1.5").is_err());
        assert!(Kind::Number.read("NaN").is_err());
        assert!(Kind::Url.read("ftp://example.org").is_err());
        assert!(Kind::Url.read("localhost:1234").is_err());
        assert!(Kind::Host.read("not a host").is_err());
        assert!(Kind::LogFilter.read("luna=loud=x").is_err());
        assert_eq!(Kind::OneOf(&["auto", "file"]).read("x"), Err("one of auto, file".into()));
    }
}
