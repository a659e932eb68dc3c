//! Text as it is spoken: sentence by sentence while it is still being written, without marks, code and addresses.

/// Longest piece that is spoken at once, in bytes: past it a comma will do.
const LONG: usize = 220;

/// Cuts growing text into sentences that can be spoken already.
#[derive(Debug, Default)]
pub(crate) struct Sentences {
    text: String,
    in_code: bool,
}

impl Sentences {
    /// Takes more text; the sentences that are whole now, as they are spoken.
    pub(crate) fn push(&mut self, text: &str) -> Vec<String> {
        self.text.push_str(text);
        let mut whole = Vec::new();
        while let Some(end) = self.next_end() {
            let rest = self.text.split_off(end);
            let sentence = std::mem::replace(&mut self.text, rest);
            whole.extend(self.spoken(&sentence));
        }
        whole
    }

    /// What is left at the end.
    pub(crate) fn finish(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.text);
        self.spoken(&rest)
    }

    /// Where the first sentence ends, when more text shows that it does: "3.5" and "e.g. this" do not end one.
    fn next_end(&self) -> Option<usize> {
        for (at, c) in self.text.char_indices() {
            let after = at + c.len_utf8();
            let rest = &self.text[after..];
            let ends = match c {
                '\n' => true,
                '.' => {
                    let word = self.text[..at].rsplit(char::is_whitespace).next().unwrap_or_default();
                    rest.starts_with(char::is_whitespace) && !is_short_for_something(word)
                }
                '!' | '?' | '…' => rest.starts_with(char::is_whitespace),
                ',' | ';' | ':' => at > LONG && rest.starts_with(char::is_whitespace),
                _ => false,
            };
            if ends {
                return Some(after);
            }
        }
        None
    }

    /// The sentence without what is only for the eye; none when nothing is left.
    fn spoken(&mut self, text: &str) -> Option<String> {
        if text.trim_start().starts_with("```") {
            self.in_code = !self.in_code;
            return self.in_code.then(|| "There is code on the screen.".to_owned());
        }
        if self.in_code {
            return None;
        }
        let text = plain(text);
        text.chars().any(char::is_alphanumeric).then_some(text)
    }
}

/// Words with a full stop of their own, one letter ("J. Doe"), and numbers that count ("3. Mai").
fn is_short_for_something(word: &str) -> bool {
    const SHORT: &[&str] = &["mr", "mrs", "ms", "dr", "prof", "st", "vs", "ca", "bzw", "nr", "usw", "approx"];
    let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
    word.contains('.')
        || letters == 1
        || letters == 2 && word.chars().all(|c| c.is_ascii_digit())
        || SHORT.contains(&word.to_lowercase().as_str())
}

/// A line without Markdown, addresses by their host's name.
pub(crate) fn plain(text: &str) -> String {
    let mut line = text.trim().trim_start_matches(['#', '>']).trim_start();
    if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        line = item;
    }
    if line.starts_with('|') {
        return line
            .split('|')
            .map(str::trim)
            .filter(|cell| !cell.is_empty() && !cell.starts_with("--"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let words = links(line);
    let words: Vec<String> = words.split_whitespace().map(word).collect();
    words.join(" ").chars().filter(|c| !matches!(c, '*' | '`' | '_' | '~')).collect()
}

/// `[text](address)` → text.
fn links(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, inner)) = rest.split_once('[') {
        plain.push_str(before);
        match inner.split_once("](").and_then(|(text, after)| Some((text, after.split_once(')')?.1))) {
            Some((text, after)) => {
                plain.push_str(text);
                rest = after;
            }
            None => rest = inner,
        }
    }
    plain + rest
}

fn word(word: &str) -> String {
    let bare = word.trim_start_matches(['<', '(']);
    match bare.strip_prefix("https://").or_else(|| bare.strip_prefix("http://")) {
        None => word.to_owned(),
        Some(address) => {
            let host = address.split(['/', '?', '#', '>', ')', ',']).next().unwrap_or_default();
            let end = word.chars().last().filter(|c| matches!(c, '.' | ',' | '!' | '?'));
            format!(
                "{}{}",
                host.trim_start_matches("www.").trim_end_matches('.'),
                end.map(String::from).unwrap_or_default()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(parts: &[&str]) -> Vec<String> {
        let mut sentences = Sentences::default();
        let mut said: Vec<String> = parts.iter().flat_map(|part| sentences.push(part)).collect();
        said.extend(sentences.finish());
        said
    }

    #[test]
    fn a_sentence_is_spoken_as_soon_as_it_is_whole() {
        let mut sentences = Sentences::default();
        assert!(sentences.push("The volume is 3").is_empty());
        assert!(sentences.push("0 %.").is_empty(), "it might be 30 %.5");
        assert_eq!(sentences.push(" And").first().map(String::as_str), Some("The volume is 30 %."));
        assert_eq!(sentences.finish().as_deref(), Some("And"));
    }

    #[test]
    fn numbers_and_abbreviations_do_not_end_a_sentence() {
        assert_eq!(all(&["It is 3.5 km, e.g. by bus. Go!"]), ["It is 3.5 km, e.g. by bus.", "Go!"]);
        assert_eq!(all(&["It was in 1984. Yes."]), ["It was in 1984.", "Yes."]);
        assert_eq!(all(&["No. Ask Dr. Watson."]), ["No.", "Ask Dr. Watson."]);
    }

    #[test]
    fn what_is_for_the_eye_is_not_read_out() {
        assert_eq!(
            all(&[
                "## Title\n- **One** of [them](https://a.b/c)\n```sh\nrm -rf x\n```\nSee https://www.example.org/a/b?c=d.\n"
            ]),
            ["Title", "One of them", "There is code on the screen.", "See example.org."]
        );
        assert_eq!(all(&["| a | b |\n|---|---|\n| 1 | 2 |\n"]), ["a, b", "1, 2"]);
        assert!(all(&["---\n", "\n"]).is_empty());
    }
}
