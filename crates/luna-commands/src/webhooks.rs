//! Webhooks: doors for programs that tell Luna something. A secret goes out once, when its webhook is made.

use luna_core::webhooks::Delivery;
use luna_model::{ConversationId, Result, Timestamp, Webhook, WebhookId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// A webhook without its secret.
#[derive(Debug, Serialize, TS)]
struct WebhookView {
    id: WebhookId,
    name: String,
    enabled: bool,
    conversation: Option<ConversationId>,
    /// `default` or `answer`: Luna answers in the conversation; `store`: it is only kept there.
    handler: String,
    triggered_at: Option<Timestamp>,
    created_at: Timestamp,
    /// Where programs send to, on the main port.
    path: String,
}

fn view(hook: Webhook) -> WebhookView {
    WebhookView {
        path: format!("/api/webhooks/{}/trigger", hook.id),
        id: hook.id,
        name: hook.name,
        enabled: hook.enabled,
        conversation: hook.conversation,
        handler: hook.handler,
        triggered_at: hook.triggered_at,
        created_at: hook.created_at,
    }
}

async fn list(cx: Context, _: Empty) -> Result<Vec<WebhookView>> {
    Ok(cx.luna.db().webhooks().await?.into_iter().map(view).collect())
}

#[derive(Debug, Deserialize, TS)]
struct MakeWebhook {
    name: String,
    /// `answer` or `store`.
    handler: String,
    conversation: Option<ConversationId>,
}

/// A webhook with its secret, which is shown this once.
#[derive(Debug, Serialize, TS)]
struct MadeWebhook {
    webhook: WebhookView,
    secret: String,
}

async fn make(cx: Context, q: MakeWebhook) -> Result<MadeWebhook> {
    let made = cx.luna.make_webhook(&q.name, Some(q.handler), q.conversation).await?;
    Ok(MadeWebhook { secret: made.secret.clone(), webhook: view(made) })
}

#[derive(Debug, Deserialize, TS)]
struct OneWebhook {
    webhook: WebhookId,
}

async fn toggle(cx: Context, q: OneWebhook) -> Result<WebhookView> {
    Ok(view(cx.luna.toggle_webhook(q.webhook).await?))
}

async fn delete(cx: Context, q: OneWebhook) -> Result<Done> {
    cx.luna.db().delete_webhook(q.webhook).await?;
    Ok(Done {})
}

/// Something that came to a webhook.
#[derive(Debug, Serialize, TS)]
struct WebhookDelivery {
    at: Timestamp,
    bytes: u64,
    /// Why it was not let in, if it was not.
    refused: Option<String>,
}

async fn deliveries(cx: Context, q: OneWebhook) -> Result<Vec<WebhookDelivery>> {
    let one = |d: Delivery| WebhookDelivery { at: d.at, bytes: d.bytes, refused: d.refused };
    Ok(cx.luna.webhook_deliveries(q.webhook).await?.into_iter().map(one).collect())
}

pub(crate) fn register(r: &mut Register) {
    r.reply("webhooks.list", list);
    r.reply("webhooks.make", make);
    r.reply("webhooks.toggle", toggle);
    r.reply("webhooks.delete", delete);
    r.reply("webhooks.deliveries", deliveries);
}
