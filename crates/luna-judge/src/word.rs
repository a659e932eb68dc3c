//! Words after expansion, and the text-level parts of expanding them: braces, escapes, glob patterns. Knows no
//! variables and no commands.

/// One word of a command after quotes, variables and substitutions are resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// The resolved text; what could not be resolved stands in it as written.
    pub(crate) text: String,
    /// It holds an unquoted `*`, `?` or `[`.
    pub(crate) glob: bool,
    /// A part of it could not be resolved.
    pub(crate) opaque: bool,
    /// A part of it came from the network.
    pub(crate) remote: bool,
}

impl Word {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Self { text: text.into(), opaque: true, ..Self::default() }
    }

    /// The same word with other text (the value after `of=`, the path after `-o`).
    pub(crate) fn with_text(&self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self.clone() }
    }
}

/// Most words one brace expression may make; more stays unexpanded.
const MOST_FROM_BRACES: usize = 128;

/// Brace expansion of a raw word: `{rm,-rf}` → `rm`, `-rf`; `a{1..3}` → `a1`, `a2`, `a3`.
pub(crate) fn braces(raw: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![raw.to_owned()];
    while let Some(next) = open.pop() {
        match split_brace(&next) {
            Some(parts) if done.len() + open.len() + parts.len() <= MOST_FROM_BRACES => {
                open.extend(parts.into_iter().rev())
            }
            _ => done.push(next),
        }
    }
    done
}

/// Expands the first brace expression of a raw word, if there is one.
fn split_brace(raw: &str) -> Option<Vec<String>> {
    if !raw.contains('{') {
        return None;
    }
    let bytes = raw.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\'' | b'"' | b'`' => at = skip_quoted(bytes, at),
            b'$' if bytes.get(at + 1) == Some(&b'{') => at = skip_nested(bytes, at + 1, b'{', b'}'),
            b'$' if bytes.get(at + 1) == Some(&b'(') => at = skip_nested(bytes, at + 1, b'(', b')'),
            b'{' => {
                if let Some(parts) = brace_at(raw, at) {
                    return Some(parts);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn brace_at(raw: &str, start: usize) -> Option<Vec<String>> {
    let bytes = raw.as_bytes();
    let (mut depth, mut at, mut cuts) = (0usize, start, vec![start]);
    let end = loop {
        match bytes.get(at)? {
            b'\\' => at += 1,
            b'\'' | b'"' | b'`' => at = skip_quoted(bytes, at),
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    break at;
                }
            }
            b',' if depth == 1 => cuts.push(at),
            _ => {}
        }
        at += 1;
    };
    let (before, after) = (raw.get(..start)?, raw.get(end + 1..)?);
    let middles: Vec<String> = if cuts.len() > 1 {
        cuts.push(end);
        cuts.windows(2).filter_map(|w| raw.get(w[0] + 1..w[1])).map(str::to_owned).collect()
    } else {
        range(raw.get(start + 1..end)?)?
    };
    Some(middles.into_iter().map(|m| format!("{before}{m}{after}")).collect())
}

/// `1..5`, `a..e`, `1..9..2`.
fn range(inside: &str) -> Option<Vec<String>> {
    let mut parts = inside.split("..");
    let (from, to, step) = (parts.next()?, parts.next()?, parts.next());
    let step = step.map_or(Some(1), |s| s.parse::<i64>().ok()).map(|s| s.unsigned_abs().max(1))?;
    let (a, b, letters) = match (from.parse::<i64>(), to.parse::<i64>()) {
        (Ok(a), Ok(b)) => (a, b, false),
        _ => {
            let letter = |s: &str| s.bytes().next().filter(|c| s.len() == 1 && c.is_ascii_alphabetic());
            (i64::from(letter(from)?), i64::from(letter(to)?), true)
        }
    };
    let count = a.abs_diff(b) / step + 1;
    if count as usize > MOST_FROM_BRACES {
        return None;
    }
    let step = i64::try_from(step).ok()?;
    let value =
        |i: u64| if a <= b { a.saturating_add(i as i64 * step) } else { a.saturating_sub(i as i64 * step) };
    let show = |n: i64| match u8::try_from(n) {
        Ok(c) if letters => char::from(c).to_string(),
        _ => n.to_string(),
    };
    Some((0..count).map(|i| show(value(i))).collect())
}

/// The index of the quote that closes the one at `at` (or the end).
pub(crate) fn skip_quoted(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let mut i = at + 1;
    while i < bytes.len() && bytes[i] != quote {
        if bytes[i] == b'\\' && quote != b'\'' {
            i += 1;
        } else if quote == b'"' && bytes[i] == b'$' && bytes.get(i + 1) == Some(&b'(') {
            i = skip_nested(bytes, i + 1, b'(', b')');
        }
        i += 1;
    }
    i
}

/// The index of the bracket that closes the one at `at` (or the end), quotes respected.
pub(crate) fn skip_nested(bytes: &[u8], at: usize, open: u8, close: u8) -> usize {
    let (mut depth, mut i) = (0usize, at);
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 1,
            b'\'' | b'`' => i = skip_quoted(bytes, i),
            b'"' => i = skip_flat(bytes, i),
            c if c == open => depth += 1,
            c if c == close => {
                depth -= 1;
                if depth == 0 {
                    return i;
                }
            }
            _ => {}
        }
        i += 1;
    }
    i
}

/// As `skip_quoted` for `"`, but iterative about what is nested inside, so that depth costs no stack.
fn skip_flat(bytes: &[u8], at: usize) -> usize {
    let (mut i, mut depth) = (at + 1, 0usize);
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 1,
            b'$' if bytes.get(i + 1) == Some(&b'(') => {
                depth += 1;
                i += 1;
            }
            b')' if depth > 0 => depth -= 1,
            b'"' if depth == 0 => return i,
            _ => {}
        }
        i += 1;
    }
    i
}

/// Decodes `\n`, `\x41`, `\101`, `\u0041` as `$'…'` and `printf` do.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mut number =
            |rest: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize, first: u32| {
                let (mut value, mut taken) = (first, 0);
                while let Some(digit) = rest.peek().and_then(|c| c.to_digit(radix)).filter(|_| taken < most) {
                    value = value * radix + digit;
                    taken += 1;
                    rest.next();
                }
                out.extend(char::from_u32(value));
            };
        match rest.next() {
            Some('x') => number(&mut rest, 16, 2, 0),
            Some('u') => number(&mut rest, 16, 4, 0),
            Some('U') => number(&mut rest, 16, 7, 0),
            Some(d @ '0'..='7') => {
                number(&mut rest, 8, if d == '0' { 3 } else { 2 }, d.to_digit(8).unwrap_or(0))
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\x07'),
            Some('b') => out.push('\x08'),
            Some('e' | 'E') => out.push('\x1b'),
            Some(other) => {
                if !matches!(other, '\\' | '\'' | '"' | '?') {
                    out.push('\\');
                }
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

/// Whether a glob pattern of one path component fits a name. A leading dot needs no dot in the pattern: judging
/// rather takes too much.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (p, n): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut i, mut j) = (0, 0);
    let (mut star, mut from) = (None, 0);
    while j < n.len() {
        let step = match p.get(i) {
            Some('*') => {
                (star, from) = (Some(i), j);
                i += 1;
                continue;
            }
            Some('?') => Some(i + 1),
            Some('[') => class(&p, i, n[j]),
            Some(c) if *c == n[j] => Some(i + 1),
            _ => None,
        };
        match (step, star) {
            (Some(next), _) => (i, j) = (next, j + 1),
            (None, Some(s)) => {
                from += 1;
                (i, j) = (s + 1, from);
            }
            (None, None) => return false,
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

/// Where the pattern goes on when the class at `at` holds the character.
fn class(p: &[char], at: usize, c: char) -> Option<usize> {
    let not = matches!(p.get(at + 1), Some('!' | '^'));
    let first = at + 1 + usize::from(not);
    let end = (first + 1..p.len()).find(|i| p[*i] == ']')?;
    let set = &p[first..end];
    let mut hit = false;
    let mut i = 0;
    while i < set.len() {
        if set.get(i + 1) == Some(&'-') && i + 2 < set.len() {
            hit |= (set[i]..=set[i + 2]).contains(&c);
            i += 3;
        } else {
            hit |= set[i] == c;
            i += 1;
        }
    }
    (hit != not).then_some(end + 1)
}

/// Takes out backslash-newline pairs as bash does: not in single quotes, not in comments.
pub(crate) fn without_joints(text: &str) -> String {
    if !text.contains("\\\n") {
        return text.to_owned();
    }
    let (mut out, mut rest, mut quote, mut comment) =
        (String::with_capacity(text.len()), text.chars().peekable(), None, false);
    while let Some(c) = rest.next() {
        match c {
            '\\' if quote != Some('\'') && !comment => match rest.next() {
                Some('\n') => continue,
                next => {
                    out.push(c);
                    out.extend(next);
                    continue;
                }
            },
            '\n' => comment = false,
            '#' if quote.is_none()
                && out.chars().next_back().is_none_or(|p| p.is_whitespace() || ";|&()".contains(p)) =>
            {
                comment = true
            }
            '\'' | '"' if !comment => {
                if quote == Some(c) {
                    quote = None;
                } else if quote.is_none() {
                    quote = Some(c);
                }
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_make_words() {
        assert_eq!(braces("{rm,-rf,/}"), ["rm", "-rf", "/"]);
        assert_eq!(braces("a{1..3}b"), ["a1b", "a2b", "a3b"]);
        assert_eq!(braces("{a,b{c,d}}"), ["a", "bc", "bd"]);
        assert_eq!(braces("${x,y}"), ["${x,y}"]);
        assert_eq!(braces("'{a,b}'"), ["'{a,b}'"]);
        assert_eq!(braces("{}"), ["{}"]);
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(unescape(r"\x72m\040-rf"), "rm -rf");
        assert_eq!(unescape(r"\u0072\\\'"), r"r\'");
    }

    #[test]
    fn patterns_fit() {
        assert!(
            fits("r?", "rm")
                && fits("*m*", "rm")
                && fits("[r]m", "rm")
                && fits("[!a]m", "rm")
                && fits("[a-z]m", "rm")
        );
        assert!(!fits("r", "rm") && !fits("[!r]m", "rm") && !fits("?", "rm"));
    }
}
