//! Messages from elsewhere, on paper: what a test delivers, and what is sent back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use luna_core::ports::{Channels, Delivery, Received, Unsent};
use luna_model::{Attachment, Channel, ChannelState, Error, ErrorKind, Incoming, Recipient, Result};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What a service brings when it is asked, one time after another.
type Fetched = VecDeque<Result<Vec<Incoming>>>;

/// Services that believe everything: a delivery is an [`Incoming`] as JSON, or `{"user_id", "user_name", "text"}` by webhook.
#[derive(Clone, Debug, Default)]
pub struct PaperPost {
    sent: Arc<Mutex<Vec<(Recipient, String)>>>,
    failures: Arc<Mutex<u32>>,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    lines: Arc<Mutex<BTreeMap<Channel, Fetched>>>,
    left: Arc<Mutex<Vec<Channel>>>,
    came: Arc<Notify>,
}

impl PaperPost {
    /// What was sent, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<(Recipient, String)> {
        self.sent.lock().clone()
    }

    /// What can be loaded when it is sent with a message.
    pub fn keep(&self, at: &str, bytes: &[u8]) {
        self.files.lock().insert(at.to_owned(), bytes.to_owned());
    }

    /// What is fetched next from a service, or how that fails.
    pub fn bring(&self, channel: Channel, fetched: Result<Vec<Incoming>>) {
        self.lines.lock().entry(channel).or_default().push_back(fetched);
        self.came.notify_waiters();
    }

    /// The services whose lines were closed, in order.
    #[must_use]
    pub fn left(&self) -> Vec<Channel> {
        self.left.lock().clone()
    }

    /// The next so many messages cannot be sent.
    pub fn fail(&self, times: u32) {
        *self.failures.lock() = times;
    }
}

#[async_trait]
impl Channels for PaperPost {
    async fn states(&self) -> Vec<ChannelState> {
        let on = |channel: Channel| matches!(channel, Channel::Telegram | Channel::Webhook);
        Channel::ALL.map(|channel| ChannelState { channel, on: on(channel), hint: String::new() }).into()
    }

    async fn read(&self, delivery: &Delivery) -> Result<Received> {
        if matches!(delivery.channel, Channel::Slack | Channel::Discord) {
            return Err(Error::new(ErrorKind::Unauthenticated, "the signature is wrong"));
        }
        let body: serde_json::Value = serde_json::from_slice(&delivery.body)
            .map_err(|e| Error::invalid(format!("the request body is wrong: {e}")))?;
        if delivery.channel == Channel::Github {
            let answer = serde_json::json!({ "ok": true, "event": delivery.header("x-github-event"), "summary": body["zen"] });
            return Ok(Received { answer, ..Received::default() });
        }
        let incoming = if delivery.channel == Channel::Webhook {
            let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            let to = Recipient { channel: Channel::Webhook, place: field("user_id"), thread: None };
            let (sender, name, text) = (field("user_id"), field("user_name"), field("text"));
            let (channel, delivery) = (Channel::Webhook, String::new());
            Incoming { channel, delivery, sender, name, to, text, attachments: vec![] }
        } else {
            serde_json::from_value(body).map_err(|e| Error::invalid(format!("this is no update: {e}")))?
        };
        Ok(Received { answer: serde_json::json!({ "ok": true }), incoming: vec![incoming], forward: vec![] })
    }

    async fn send(&self, to: &Recipient, text: &str, parts: u32) -> std::result::Result<(), Unsent> {
        let mut failures = self.failures.lock();
        if *failures > 0 {
            *failures -= 1;
            return Err(Unsent { parts, why: Error::unavailable("the service does not answer") });
        }
        self.sent.lock().push((to.clone(), text.to_owned()));
        Ok(())
    }

    async fn attachment(&self, _: Channel, what: &Attachment, most: usize) -> Result<Vec<u8>> {
        let found = self.files.lock().get(&what.at).cloned();
        let found = found.ok_or_else(|| Error::unavailable("it is no longer there"))?;
        if found.len() > most { Err(Error::limit("it is too large")) } else { Ok(found) }
    }

    async fn fetch(&self, channel: Channel) -> Result<Vec<Incoming>> {
        loop {
            let brought = self.came.notified();
            if let Some(fetched) = self.lines.lock().get_mut(&channel).and_then(VecDeque::pop_front) {
                return fetched;
            }
            brought.await;
        }
    }

    async fn leave(&self, channel: Channel) {
        self.left.lock().push(channel);
    }
}
