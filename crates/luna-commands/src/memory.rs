//! Memory: facts and personality.

use luna_core::memory::LinkKind;
use luna_model::{
    ConversationId, Fact, FactHit, FactId, FactSource, MessageId, Personality, Result, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

async fn facts(cx: Context, _: Empty) -> Result<Vec<Fact>> {
    cx.luna.memory().facts().await
}

#[derive(Debug, Deserialize, TS)]
struct AddFact {
    content: String,
    #[ts(optional)]
    confidence: Option<f64>,
}

async fn add(cx: Context, q: AddFact) -> Result<Fact> {
    cx.luna.memory().add(&q.content, q.confidence.unwrap_or(1.0), FactSource::Stated).await
}

#[derive(Debug, Deserialize, TS)]
struct EditFact {
    fact: FactId,
    content: String,
}

async fn edit(cx: Context, q: EditFact) -> Result<Fact> {
    cx.luna.memory().edit(q.fact, Some(&q.content), None).await
}

#[derive(Debug, Deserialize, TS)]
struct OneFact {
    fact: FactId,
}

async fn forget(cx: Context, q: OneFact) -> Result<Done> {
    cx.luna.memory().forget(q.fact).await?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct SearchFacts {
    query: String,
    limit: u32,
}

async fn search(cx: Context, q: SearchFacts) -> Result<Vec<FactHit>> {
    cx.luna.memory().search(&q.query, q.limit.clamp(1, 200) as usize).await
}

/// Why a fact is remembered.
#[derive(Debug, Serialize, TS)]
struct FactOrigin {
    text: String,
    conversation: Option<ConversationId>,
    message: Option<MessageId>,
    earlier: Vec<Fact>,
}

async fn why(cx: Context, q: OneFact) -> Result<FactOrigin> {
    let why = cx.luna.memory().why(q.fact).await?;
    let learnt = why.fact.created_at.strftime("%Y-%m-%d");
    let text = match (&why.fact.source, &why.said) {
        (FactSource::Stated, _) => format!("You wrote it down as a fact on {learnt}."),
        (FactSource::Asked { .. }, Some(m)) => format!("You asked for it on {learnt}: {}", m.content),
        (FactSource::Learnt { .. }, Some(m)) => {
            format!("Learnt on {learnt} from what you said: {}", m.content)
        }
        (_, None) => format!("Learnt on {learnt} in a conversation that is deleted by now."),
    };
    Ok(FactOrigin {
        text,
        conversation: why.said.as_ref().map(|m| m.conversation),
        message: why.said.map(|m| m.id),
        earlier: why.earlier,
    })
}

/// Why two facts belong together.
#[derive(Debug, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum LinkReason {
    /// Both were said in this conversation.
    Conversation { conversation: ConversationId },
    /// Both hold this name.
    Name { name: String },
    /// Their meanings are near.
    Meaning,
}

/// A tie between two facts.
#[derive(Debug, Serialize, TS)]
struct FactLink {
    from: FactId,
    to: FactId,
    reason: LinkReason,
    /// 0 to 1.
    strength: f64,
}

async fn links(cx: Context, _: Empty) -> Result<Vec<FactLink>> {
    let shown = cx.luna.memory().links().await?.into_iter().map(|link| FactLink {
        from: link.from,
        to: link.to,
        strength: link.strength,
        reason: match link.kind {
            LinkKind::Conversation(conversation) => LinkReason::Conversation { conversation },
            LinkKind::Name(name) => LinkReason::Name { name },
            LinkKind::Meaning => LinkReason::Meaning,
        },
    });
    Ok(shown.collect())
}

/// A fact that no longer holds.
#[derive(Debug, Serialize, TS)]
struct ReplacedFact {
    before: Fact,
    /// What holds in its place; none when that was forgotten since.
    now: Option<Fact>,
    /// Both said the same; else the one contradicted the other.
    merged: bool,
}

/// What stands for the older messages of a conversation in prompts.
#[derive(Debug, Serialize, TS)]
struct ConversationSummary {
    conversation: ConversationId,
    title: String,
    text: String,
    messages: u32,
    #[ts(type = "string")]
    at: Timestamp,
}

/// What was put together so that memory stays short.
#[derive(Debug, Serialize, TS)]
struct Condensed {
    facts: Vec<ReplacedFact>,
    conversations: Vec<ConversationSummary>,
}

async fn condensed(cx: Context, _: Empty) -> Result<Condensed> {
    let facts = cx.luna.memory().replaced(200).await?.into_iter();
    let conversations = cx.luna.db().summaries(100).await?.into_iter();
    Ok(Condensed {
        facts: facts.map(|r| ReplacedFact { before: r.before, now: r.now, merged: r.merged }).collect(),
        conversations: conversations
            .map(|s| ConversationSummary {
                conversation: s.conversation,
                title: s.title,
                text: s.text,
                messages: s.messages,
                at: s.at,
            })
            .collect(),
    })
}

async fn personality(cx: Context, _: Empty) -> Result<Personality> {
    cx.luna.memory().personality().await
}

#[derive(Debug, Deserialize, TS)]
struct SetPersonality {
    #[ts(as = "std::collections::BTreeMap<String, f64>")]
    patch: Map<String, Value>,
}

async fn set_personality(cx: Context, q: SetPersonality) -> Result<Personality> {
    cx.luna.memory().patch_personality(&q.patch).await
}

/// How many facts a compaction merged.
#[derive(Debug, Serialize, TS)]
struct Compacted {
    merged: u32,
}

async fn compact(cx: Context, _: Empty) -> Result<Compacted> {
    let merged = cx.luna.memory().compact().await?;
    Ok(Compacted { merged: u32::try_from(merged.merged).unwrap_or(u32::MAX) })
}

pub(crate) fn register(r: &mut Register) {
    r.reply("memory.facts", facts);
    r.reply("memory.add", add);
    r.reply("memory.edit", edit);
    r.reply("memory.forget", forget);
    r.reply("memory.search", search);
    r.reply("memory.why", why);
    r.reply("memory.personality", personality);
    r.reply("memory.set_personality", set_personality);
    r.reply("memory.compact", compact);
    r.reply("memory.condensed", condensed);
    r.reply("memory.links", links);
}
