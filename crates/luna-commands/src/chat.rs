//! Chat: say something, and everything about conversations.

use luna_core::{ChatRequest, TurnStream};
use luna_model::{
    ActionId, Answer, ChatMode, Confirmation, Conversation, ConversationId, Error, Image, Message, MessageId,
    Provider, Result, Role, Timestamp, TurnId,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

const PAGE: u32 = 50;
const MOST: u32 = 500;

#[derive(Debug, Deserialize, TS)]
struct SendMessage {
    #[ts(optional)]
    conversation: Option<ConversationId>,
    message: String,
    #[serde(default)]
    images: Vec<Image>,
    #[ts(optional)]
    mode: Option<ChatMode>,
    #[ts(optional)]
    provider: Option<Provider>,
    #[ts(optional)]
    model: Option<String>,
}

async fn send(cx: Context, q: SendMessage) -> Result<TurnStream> {
    let request = ChatRequest {
        conversation: q.conversation,
        message: q.message,
        images: q.images,
        mode: q.mode.unwrap_or_default(),
        provider: q.provider,
        model: q.model,
        ..ChatRequest::default()
    };
    cx.luna.chat(request).await
}

#[derive(Debug, Deserialize, TS)]
struct StopTurn {
    turn: TurnId,
}

async fn stop(cx: Context, q: StopTurn) -> Result<Done> {
    cx.luna.stop_turn(q.turn)?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct ListConversations {
    #[ts(optional)]
    limit: Option<u32>,
    #[ts(optional)]
    before: Option<Timestamp>,
}

async fn conversations(cx: Context, q: ListConversations) -> Result<Vec<Conversation>> {
    cx.luna.conversations(q.limit.unwrap_or(PAGE).clamp(1, MOST), q.before).await
}

#[derive(Debug, Deserialize, TS)]
struct ListMessages {
    conversation: ConversationId,
    #[ts(optional)]
    limit: Option<u32>,
    /// The page before this message.
    #[ts(optional)]
    before: Option<MessageId>,
}

async fn messages(cx: Context, q: ListMessages) -> Result<Vec<Message>> {
    cx.luna.messages(q.conversation, q.limit.unwrap_or(PAGE).clamp(1, MOST), q.before).await
}

#[derive(Debug, Deserialize, TS)]
struct OneConversation {
    conversation: ConversationId,
}

#[derive(Debug, Deserialize, TS)]
struct RenameConversation {
    conversation: ConversationId,
    title: String,
}

async fn rename(cx: Context, q: RenameConversation) -> Result<Conversation> {
    cx.luna.rename_conversation(q.conversation, &q.title).await
}

#[derive(Debug, Deserialize, TS)]
struct BranchConversation {
    conversation: ConversationId,
    /// The last message of the branch …
    message: MessageId,
    /// … with this message in it, or all before it.
    included: bool,
}

async fn branch(cx: Context, q: BranchConversation) -> Result<Conversation> {
    cx.luna.branch_conversation(q.conversation, q.message, q.included).await
}

#[derive(Debug, Deserialize, TS)]
struct PinConversation {
    conversation: ConversationId,
    pinned: bool,
}

async fn pin(cx: Context, q: PinConversation) -> Result<Conversation> {
    cx.luna.pin_conversation(q.conversation, q.pinned).await
}

async fn delete(cx: Context, q: OneConversation) -> Result<Done> {
    cx.luna.hide_conversation(q.conversation).await?;
    Ok(Done {})
}

async fn restore(cx: Context, q: OneConversation) -> Result<Conversation> {
    cx.luna.restore_conversation(q.conversation).await
}

#[derive(Debug, Deserialize, TS)]
struct SearchMessages {
    query: String,
    limit: u32,
}

#[derive(Debug, Serialize, TS)]
struct FoundMessage {
    message: Message,
    title: String,
}

async fn search(cx: Context, q: SearchMessages) -> Result<Vec<FoundMessage>> {
    let hits = cx.luna.search_messages(&q.query, q.limit).await?;
    Ok(hits.into_iter().map(|h| FoundMessage { message: h.message, title: h.title }).collect())
}

#[derive(Debug, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
enum ExportFormat {
    Markdown,
    Json,
}

#[derive(Debug, Deserialize, TS)]
struct ExportConversation {
    conversation: ConversationId,
    format: ExportFormat,
}

/// A conversation as a file.
#[derive(Debug, Serialize, TS)]
struct Exported {
    name: String,
    text: String,
}

async fn export(cx: Context, q: ExportConversation) -> Result<Exported> {
    let conversation = cx.luna.conversation(q.conversation).await?;
    let mut pages = vec![];
    let mut before = None;
    loop {
        let page = cx.luna.messages(q.conversation, MOST, before).await?;
        before = page.first().map(|m| m.id);
        let last = page.len() < MOST as usize;
        pages.push(page);
        if last {
            break;
        }
    }
    let messages: Vec<_> = pages.into_iter().rev().flatten().collect();
    let name: String =
        conversation.title.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-').to_owned();
    match q.format {
        ExportFormat::Json => {
            let all = serde_json::json!({ "conversation": conversation, "messages": messages });
            let text = serde_json::to_string_pretty(&all).map_err(Error::internal)?;
            Ok(Exported { name: format!("{name}.json"), text })
        }
        ExportFormat::Markdown => {
            let mut text = format!("# {}\n", conversation.title);
            for m in &messages {
                let who = if m.role == Role::User { "You" } else { "Luna" };
                text.push_str(&format!(
                    "\n## {who}, {}\n\n{}\n",
                    m.created_at.strftime("%Y-%m-%d %H:%M UTC"),
                    m.content
                ));
            }
            Ok(Exported { name: format!("{name}.md"), text })
        }
    }
}

async fn confirmations(cx: Context, _: Empty) -> Result<Vec<Confirmation>> {
    Ok(cx.luna.gate().confirmations())
}

#[derive(Debug, Deserialize, TS)]
struct AnswerConfirmation {
    action: ActionId,
    answer: Answer,
}

async fn answer(cx: Context, q: AnswerConfirmation) -> Result<Done> {
    cx.luna.gate().answer(q.action, q.answer)?;
    Ok(Done {})
}

pub(crate) fn register(r: &mut Register) {
    r.events("chat.send", send);
    r.reply("chat.stop", stop);
    r.reply("chat.conversations", conversations);
    r.reply("chat.messages", messages);
    r.reply("chat.rename", rename);
    r.reply("chat.branch", branch);
    r.reply("chat.pin", pin);
    r.reply("chat.delete", delete);
    r.reply("chat.restore", restore);
    r.reply("chat.search", search);
    r.reply("chat.export", export);
    r.reply("confirmations.list", confirmations);
    r.reply("confirmations.answer", answer);
}
