//! Turns what the user said of themselves into what Luna says of the user: "my cat is called Biscuit" → "your cat …".

/// Two words first, then one; the rest stays.
const PAIRS: [(&str, &str); 9] = [
    ("i am", "you are"),
    ("i was", "you were"),
    ("am i", "are you"),
    ("user is", "you are"),
    ("user has", "you have"),
    ("user was", "you were"),
    ("user does", "you do"),
    ("user's own", "your own"),
    ("user lives", "you live"),
];
const WORDS: [(&str, &str); 15] = [
    ("i", "you"),
    ("i'm", "you're"),
    ("im", "you're"),
    ("i've", "you've"),
    ("i'd", "you'd"),
    ("i'll", "you'll"),
    ("me", "you"),
    ("my", "your"),
    ("mine", "yours"),
    ("myself", "yourself"),
    ("our", "your"),
    ("we", "you"),
    ("us", "you"),
    ("user's", "your"),
    ("user", "you"),
];

/// The same, said to the user.
pub(crate) fn to_you(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let lower = |n: usize| words.get(n).map_or(String::new(), |w| w.to_lowercase().replace('’', "'"));
    let mut said: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if lower(at) == "the" && lower(at + 1).starts_with("user") {
            at += 1;
        }
        let pair = format!("{} {}", lower(at), lower(at + 1));
        if let Some((_, you)) = PAIRS.iter().find(|(me, _)| *me == pair) {
            said.push((*you).to_owned());
            at += 2;
            continue;
        }
        let about_user = lower(at) == "user";
        said.push(
            WORDS
                .iter()
                .find(|(me, _)| *me == lower(at))
                .map_or_else(|| words[at].to_owned(), |(_, you)| (*you).to_owned()),
        );
        at += 1;
        // "user likes" → "you like"
        if about_user && let Some(stem) = words.get(at).and_then(|verb| stem(verb)) {
            said.push(stem);
            at += 1;
        }
    }
    said.join(" ")
}

fn stem(verb: &str) -> Option<String> {
    let stem = verb.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with('s'))?;
    Some(stem.strip_suffix("ie").map_or_else(|| stem.to_owned(), |stem| format!("{stem}y")))
}

/// A sentence: first letter in upper case, a full stop at the end.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?', ':', '…']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_said_back() {
        for (said, back) in [
            ("my cat is called Biscuit", "Your cat is called Biscuit."),
            ("I'm vegetarian", "You're vegetarian."),
            ("I am allergic to nuts", "You are allergic to nuts."),
            ("user is vegetarian", "You are vegetarian."),
            ("The user likes tea", "You like tea."),
            ("user's cat is called Biscuit", "Your cat is called Biscuit."),
        ] {
            assert_eq!(sentence(&to_you(said)), back);
        }
    }
}
