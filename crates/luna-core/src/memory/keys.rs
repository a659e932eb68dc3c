//! When two facts say the same, and when only one of them can hold. By words alone, so that it is certain and can be
//! explained; meaning is a matter of search.

use std::sync::LazyLock;

use regex::Regex;

use super::said::pattern;

/// Equal for facts that say the same: case, marks, fillers, plural and third-person endings do not count.
pub(crate) fn sameness(content: &str) -> String {
    const FILLERS: [&str; 12] =
        ["a", "an", "the", "really", "very", "also", "that", "user", "users", "their", "his", "her"];
    let folded = content.to_lowercase().replace(['’', '\''], "").replace("favourite", "favorite");
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let telling: Vec<&str> = words.clone().filter(|w| !FILLERS.contains(w)).map(stem).collect();
    if telling.is_empty() { words.collect::<Vec<_>>().join(" ") } else { telling.join(" ") }
}

/// A word without its plural or third-person ending.
fn stem(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 3 && !stem.ends_with(['s', 'u', 'i']) => stem,
        _ => word,
    }
}

/// What a fact is the value of, where there can be only one: "name of user's cat", "where user lives", "taste: tea".
pub(crate) fn attribute(content: &str) -> Option<String> {
    static KINDS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"^(?:the )?user(?:'s name is| is (?:called|named)) ", "name"),
            (r"^(?:the )?user wants to be called ", "form of address"),
            (r"^(?:the )?user's (?P<what>.{2,}?)(?:'s name is| is called| is named| goes by) ", "name of $what"),
            (r"^(?:the )?user(?: now| currently)? lives (?:in|at|near) ", "home"),
            (r"^(?:the )?user(?: now| currently)? works (?:for|at) ", "employer"),
            (r"^(?:the )?user(?: now| currently)? works as |^(?:the )?user's (?:job|job title|occupation|profession) is ", "job"),
            (r"^(?:the )?user is \d+ years old|^(?:the )?user's age is ", "age"),
            (r"^(?:the )?user was born (?:on|in \d)|^(?:the )?user's (?:birthday|birthdate|date of birth) is ", "birth"),
            (r"^(?:the )?user is (?:not |no longer )?(?:married|engaged|single|divorced|widowed)\b", "marital state"),
            (r"^(?:the )?user is (?:not |no longer )?(?:strictly )?(?:a )?(?:vegetarian|vegan|pescatarian)\b", "diet"),
            (
                r"^(?:the )?user's (?P<what>(?:all-time |absolute )?favou?rite .{2,}?|diet|email|email address|e-mail|phone|phone number|mobile number|address|home address|work address|hometown|home town|native language|mother tongue|timezone|time zone|blood type|shoe size|height|weight|nationality|employer|company|editor|car|landlord|manager|boss|doctor|dentist|vet|wife|husband|partner|girlfriend|boyfriend|bedtime|pronouns|surname|nickname|(?:first |last |full |middle )?name|license plate|wedding anniversary|anniversary|goal) (?:is|are) ",
                "$what",
            ),
            (
                r"^(?:the )?user (?:doesn't |does not |no longer |really |loves|likes|enjoys|adores|hates|dislikes|detests|loathes)+ ?(?:like |love |enjoy |eat |drink )?(?P<what>.{2,})$",
                "taste: $what",
            ),
        ]
        .map(|(words, name)| (pattern(&format!("(?i){words}")), name))
        .into()
    });
    let content = content.trim().trim_end_matches('.').replace('’', "'");
    KINDS.iter().find_map(|(words, name)| {
        let found = words.captures(&content)?;
        let what = found.name("what").map_or(String::new(), |m| sameness(m.as_str()));
        Some(name.replace("$what", &what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_in_other_words() {
        for (a, b) in [
            ("user likes cats", "The user really likes the cat."),
            ("user's favourite colour is green", "User’s favorite colour is GREEN"),
            ("user is a nurse", "user is nurse"),
        ] {
            assert_eq!(sameness(a), sameness(b), "{a} / {b}");
        }
        for (a, b) in [("user likes tea", "user dislikes tea"), ("user has 2 cats", "user has 3 cats")] {
            assert_ne!(sameness(a), sameness(b), "{a} / {b}");
        }
    }

    #[test]
    fn what_can_hold_only_once() {
        for (a, b) in [
            ("user's cat is called Biscuit", "user's cat is named Pickle"),
            ("user lives in Rome", "User now lives in Bern."),
            ("user works as a nurse", "user's job is teaching"),
            ("user likes coffee", "user doesn't like coffee"),
            ("user loves coffee", "user hates coffee"),
            ("user is vegetarian", "user is no longer vegetarian"),
            ("user's favorite film is Alien", "user's favourite films are old"),
            ("user is 34 years old", "user is 35 years old"),
        ] {
            assert!(attribute(a).is_some(), "{a}");
            assert_eq!(attribute(a), attribute(b), "{a} / {b}");
        }
        for (a, b) in [
            ("user's cat is called Biscuit", "user's dog is called Biscuit"),
            ("user likes coffee", "user likes tea"),
            ("user lives in Rome", "user works for Rome"),
        ] {
            assert_ne!(attribute(a), attribute(b), "{a} / {b}");
        }
        for many in ["user has a cat", "user speaks French", "user is a nurse", "the standup is at nine"] {
            assert_eq!(attribute(many), None, "{many}");
        }
    }

    proptest! {
        #[test]
        fn sameness_is_stable(content in "\\PC{0,60}") {
            let once = sameness(&content);
            prop_assert_eq!(sameness(&once.to_uppercase().to_lowercase()).is_empty(), once.is_empty());
        }
    }
}
