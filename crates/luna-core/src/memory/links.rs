//! How facts connect: they were said in one conversation, they name the same, they are near in meaning. For showing only.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use luna_model::{ConversationId, Fact, FactId, FactSource, Result};

use super::Memory;

/// Most facts that are looked at, last used first.
const MOST_FACTS: usize = 300;
/// Nearest facts that each fact is tied to.
const NEAREST: usize = 3;
/// Less near facts are no neighbours. Over the static table, facts about the same thing lie above it.
const NEAR: f32 = 0.55;
/// A name that more facts than this hold ties nothing together: it is the user's own.
const COMMON: usize = 12;

/// Why two facts belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Both were said in this conversation.
    Conversation(ConversationId),
    /// Both hold this name.
    Name(String),
    /// Their meanings are near.
    Meaning,
}

/// A tie between two facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// One.
    pub from: FactId,
    /// The other.
    pub to: FactId,
    /// Why.
    pub kind: LinkKind,
    /// How strong, 0 to 1.
    pub strength: f64,
}

impl Memory {
    /// How the facts connect; the strongest tie of each two.
    ///
    /// # Errors
    /// When the facts cannot be read.
    pub async fn links(&self) -> Result<Vec<Link>> {
        let facts: Vec<Fact> = self.facts().await?.into_iter().take(MOST_FACTS).collect();
        let mut ties = Ties::default();
        let (mut said, mut named) = (BTreeMap::<_, Vec<FactId>>::new(), BTreeMap::<_, Vec<FactId>>::new());
        for fact in &facts {
            if let FactSource::Asked { conversation, .. } | FactSource::Learnt { conversation, .. } =
                fact.source
            {
                said.entry(conversation.to_string()).or_insert_with(Vec::new).push(fact.id);
            }
            for name in names(&fact.content) {
                named.entry(name).or_default().push(fact.id);
            }
        }
        for (conversation, together) in said {
            let Ok(conversation) = conversation.parse() else { continue };
            // In a row, so that a long conversation is a thread and no knot.
            for two in together.windows(2) {
                ties.tie(two[0], two[1], LinkKind::Conversation(conversation), 0.4);
            }
        }
        for (name, together) in named.into_iter().filter(|(_, facts)| facts.len() <= COMMON) {
            for (at, from) in together.iter().enumerate() {
                for to in &together[at + 1..] {
                    ties.tie(*from, *to, LinkKind::Name(name.clone()), 0.8);
                }
            }
        }
        let known: BTreeSet<_> = facts.iter().map(|f| f.id.0).collect();
        for fact in &facts {
            let near = self.inner.recall.search(&fact.content, NEAREST + 1).await.unwrap_or_default();
            for (id, score) in near {
                if id != fact.id.0 && score >= NEAR && known.contains(&id) {
                    ties.tie(fact.id, FactId(id), LinkKind::Meaning, f64::from(score).clamp(0.0, 1.0));
                }
            }
        }
        Ok(ties.strongest())
    }
}

#[derive(Default)]
struct Ties {
    between: HashMap<(uuid::Uuid, uuid::Uuid), Link>,
}

impl Ties {
    fn tie(&mut self, from: FactId, to: FactId, kind: LinkKind, strength: f64) {
        if from == to {
            return;
        }
        let key = if from.0 < to.0 { (from.0, to.0) } else { (to.0, from.0) };
        let link = Link { from, to, kind, strength };
        let known = self.between.entry(key).or_insert_with(|| link.clone());
        if known.strength < strength {
            *known = link;
        }
    }

    fn strongest(self) -> Vec<Link> {
        let mut links: Vec<_> = self.between.into_values().collect();
        links.sort_by(|a, b| {
            b.strength.total_cmp(&a.strength).then(a.from.0.cmp(&b.from.0)).then(a.to.0.cmp(&b.to.0))
        });
        links
    }
}

/// The names in a fact: words with a capital that do not begin it and are no month or "User".
fn names(content: &str) -> BTreeSet<String> {
    let words = content.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty());
    words
        .enumerate()
        .filter(|(at, word)| {
            let capital = word.chars().next().is_some_and(char::is_uppercase) && word.chars().count() > 2;
            capital
                && (*at > 0
                    || content.starts_with(&format!("{word} is"))
                    || content.starts_with(&format!("{word}'s")))
        })
        .map(|(_, word)| word.trim_end_matches("'s").to_owned())
        .filter(|word| !["User", "Luna"].contains(&word.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_with_a_capital() {
        let found = |text| names(text).into_iter().collect::<Vec<_>>();
        assert_eq!(found("Mira is user's sister; her birthday is on 3 December"), ["December", "Mira"]);
        assert_eq!(found("user works as a carpenter in Porto"), ["Porto"]);
        assert!(found("user is allergic to peanuts").is_empty());
    }

    #[test]
    fn of_two_ties_the_stronger_stays() {
        let (a, b) = (FactId::new(), FactId::new());
        let mut ties = Ties::default();
        ties.tie(a, b, LinkKind::Meaning, 0.6);
        ties.tie(b, a, LinkKind::Name("Mira".into()), 0.8);
        ties.tie(a, a, LinkKind::Meaning, 1.0);
        let links = ties.strongest();
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].kind, LinkKind::Name("Mira".into()));
    }
}
