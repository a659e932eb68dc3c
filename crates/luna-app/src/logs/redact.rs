//! Takes secrets out of lines on their way out: those in use, and whatever looks like a key.

use std::{
    io,
    sync::{Arc, LazyLock},
};

use luna_model::Secret;
use parking_lot::RwLock;
use regex::Regex;
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

const GONE: &str = "<redacted>";
/// Anything shorter would be found all over the log; it is no secret worth the name.
const SHORTEST: usize = 6;

/// The forms of keys: providers' own prefixes, bearer tokens, keys in addresses, passwords before a host.
#[allow(clippy::expect_used, reason = "a fixed expression, which the tests below compile")]
static KEYS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?:\b(?:sk|pk|rk|gsk|whsec|nvapi|xox[abeprs]|gh[opsur]|github_pat)[-_][A-Za-z0-9_\-]{16,}",
        r"|\bAIza[A-Za-z0-9_\-]{30,}",
        r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+",
        r"|(?P<before>\b(?:bearer|basic)\s+)[A-Za-z0-9+/._~=\-]{8,}",
        r"|(?P<name>[?&](?:[a-z_]*(?:key|token|secret|password)|sig|signature)=)[^&\s#]+",
        r"|(?P<scheme>\b[a-z][a-z0-9+.\-]*://[^/\s:@]*:)[^/\s@]+(?P<at>@))",
    ))
    .expect("the expression is well formed")
});

/// Knows the secrets in use. A cheap clone; all clones know the same.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Vec<String>>>);

impl Redactor {
    /// From now on this secret is taken out of every line.
    pub fn remember(&self, secret: &Secret) {
        let plain = secret.expose().trim();
        if plain.len() < SHORTEST {
            return;
        }
        let json = serde_json::Value::from(plain).to_string();
        let escaped = json.trim_matches('"');
        let mut known = self.0.write();
        for form in [plain, escaped] {
            if !known.iter().any(|k| k == form) {
                known.push(form.to_owned());
            }
        }
        // A secret that holds another must go first, or its rest would stay.
        known.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    fn clean(&self, line: &str) -> String {
        let mut clean =
            KEYS.replace_all(line, format!("${{before}}${{name}}${{scheme}}{GONE}${{at}}")).into_owned();
        for secret in self.0.read().iter().filter(|secret| line.contains(secret.as_str())) {
            clean = clean.replace(secret.as_str(), GONE);
        }
        clean
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor(knows {})", self.0.read().len())
    }
}

/// A writer whose lines are cleaned first. The formatting layer hands over whole lines.
#[derive(Debug)]
pub(super) struct Redacted<W> {
    inner: W,
    redactor: Redactor,
}

impl<W> Redacted<W> {
    pub(super) const fn new(inner: W, redactor: Redactor) -> Self {
        Self { inner, redactor }
    }
}

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Redacted<W> {
    type Writer = Redacted<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Redacted::new(self.inner.make_writer(), self.redactor.clone())
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self::Writer {
        Redacted::new(self.inner.make_writer_for(meta), self.redactor.clone())
    }
}

impl<W: io::Write> io::Write for Redacted<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.inner.write_all(self.redactor.clean(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_key_goes() {
        let redactor = Redactor::default();
        for (line, clean) in [
            ("key sk-ant-api03-abcdefghijklmnop rest", "key <redacted> rest"),
            ("Authorization: Bearer abcdef.ghi-jkl=", "Authorization: Bearer <redacted>"),
            ("GET /v1?model=x&api_key=abc123&n=1", "GET /v1?model=x&api_key=<redacted>&n=1"),
            ("postgres://ann:hunter2@db/luna", "postgres://ann:<redacted>@db/luna"),
            ("token ghp_abcdefghijklmnopqrst.", "token <redacted>."),
            ("at https://api.openai.com/v1/chat", "at https://api.openai.com/v1/chat"),
            ("the bearer of news", "the bearer of news"),
            ("disk-usage of task_1234567890123456", "disk-usage of task_1234567890123456"),
        ] {
            assert_eq!(redactor.clean(line), clean);
        }
    }

    #[test]
    fn known_secrets_go_in_every_form() {
        let redactor = Redactor::default();
        redactor.remember(&Secret::new("pass\"word\\1".into()));
        redactor.remember(&Secret::new("pass\"word\\12345".into()));
        redactor.remember(&Secret::new("abc".into()));
        assert_eq!(redactor.clean(r#"a pass"word\1 b"#), "a <redacted> b");
        assert_eq!(redactor.clean(r#"{"x":"pass\"word\\12345"}"#), r#"{"x":"<redacted>"}"#);
        assert_eq!(redactor.clean("abc"), "abc");
        assert!(!format!("{redactor:?}").contains("pass"));
    }
}
