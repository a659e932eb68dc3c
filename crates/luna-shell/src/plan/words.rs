//! Reading a request into words: what is quoted stays together, punctuation and manners go.

/// One word as it was written, without its quotes or the punctuation after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// In lower case, for comparing.
    pub(super) low: String,
    pub(super) quoted: bool,
    /// No request knows it, so it may be one that was mistyped.
    pub(super) slipped: bool,
}

/// What people write together.
const CONTRACTIONS: &[(&str, &[&str])] = &[
    ("what's", &["what", "is"]),
    ("whats", &["what", "is"]),
    ("where's", &["where", "is"]),
    ("who's", &["who", "is"]),
    ("how's", &["how", "is"]),
    ("there's", &["there", "is"]),
    ("let's", &["let", "us"]),
    ("i'd", &["i", "would"]),
    ("i'm", &["i", "am"]),
    ("don't", &["do", "not"]),
];

/// Politeness before a request, longest first.
const BEFORE: &[&str] = &[
    "i would like you to",
    "i want you to",
    "would you mind to",
    "could you please",
    "can you please",
    "would you please",
    "i would like to",
    "please help me to",
    "help me to",
    "i need you to",
    "i need to",
    "i want to",
    "how do i",
    "how can i",
    "how do you",
    "how to",
    "is it possible to",
    "could you",
    "can you",
    "would you",
    "will you",
    "can i",
    "help me",
    "let us",
    "i need",
    "i want",
    "i would like",
    "please",
    "kindly",
    "hey",
    "hi",
    "hello",
    "ok",
    "okay",
    "luna",
    "now",
    "just",
    "go ahead and",
    "quickly",
    "then",
    "and",
    "also",
];

/// And after one.
const AFTER: &[&str] = &[
    "on this machine",
    "on my machine",
    "on the machine",
    "on this computer",
    "on my computer",
    "on the computer",
    "on this system",
    "on my system",
    "on the system",
    "on this laptop",
    "on my laptop",
    "on this pc",
    "on my pc",
    "on this mac",
    "on my mac",
    "thank you",
    "for me",
    "right now",
    "at the moment",
    "if you can",
    "please",
    "thanks",
    "now",
    "currently",
    "today please",
    "luna",
    "again",
];

pub(super) fn read(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '"' | '\'' | '`' => Some(first),
            '“' => Some('”'),
            '‘' => Some('’'),
            _ => None,
        };
        let inside = closing.and_then(|closing| {
            let body = &rest[first.len_utf8()..];
            body.find(closing).map(|end| (&body[..end], &body[end + closing.len_utf8()..]))
        });
        if let Some((inside, after)) = inside.filter(|(inside, _)| !inside.is_empty()) {
            words.push(Word {
                text: inside.to_owned(),
                low: inside.to_lowercase(),
                quoted: true,
                slipped: false,
            });
            rest = after.trim_start_matches([',', '.', '?', '!', ';', ':']).trim_start();
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            push_plain(&mut words, &rest[..end]);
            rest = rest[end..].trim_start();
        }
    }
    words
}

fn push_plain(words: &mut Vec<Word>, raw: &str) {
    // `.` and `..` are folders, and a lone `;` or `&&` is nothing to be overlooked.
    let alone = raw.chars().all(|c| ".;:".contains(c));
    let text = if alone { raw } else { raw.trim_end_matches([',', '.', '?', '!', ';', ':']) };
    let low = text.to_lowercase().replace('’', "'");
    if let Some((_, parts)) = CONTRACTIONS.iter().find(|(short, _)| *short == low) {
        words.extend(parts.iter().map(|part| Word {
            text: (*part).into(),
            low: (*part).into(),
            quoted: false,
            slipped: false,
        }));
    } else if !text.is_empty() {
        words.push(Word { text: text.to_owned(), low, quoted: false, slipped: false });
    }
    if raw.ends_with(',') && !text.is_empty() {
        words.push(Word { text: ",".into(), low: ",".into(), quoted: false, slipped: false });
    }
}

/// Without "could you please" before and "for me" after.
pub(super) fn without_manners(mut words: &[Word]) -> &[Word] {
    loop {
        let before = words.len();
        if let [Word { low, .. }, rest @ ..] = words
            && low == ","
        {
            words = rest;
        }
        if let [rest @ .., Word { low, .. }] = words
            && low == ","
        {
            words = rest;
        }
        for phrase in BEFORE {
            let count = phrase.split(' ').count();
            if words.len() > count && says(&words[..count], phrase) {
                words = &words[count..];
            }
        }
        for phrase in AFTER {
            let count = phrase.split(' ').count();
            if words.len() > count && says(&words[words.len() - count..], phrase) {
                words = &words[..words.len() - count];
            }
        }
        if words.len() == before {
            return words;
        }
    }
}

fn says(words: &[Word], phrase: &str) -> bool {
    words.iter().map(|word| (!word.quoted).then_some(word.low.as_str())).eq(phrase.split(' ').map(Some))
}

/// The parts between "then"s.
pub(super) fn split_at_then(words: &[Word]) -> Vec<&[Word]> {
    words
        .split(|word| !word.quoted && word.low == "then")
        .map(|part| match part {
            [rest @ .., Word { low, quoted: false, .. }] if low == "and" || low == "," => rest,
            part => part,
        })
        .filter(|part| !part.is_empty())
        .collect()
}
