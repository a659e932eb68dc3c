//! Memory: facts and personality.

use luna_model::{ConversationId, Fact, FactHit, FactId, FactSource, MessageId, Personality, Result};
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
}
