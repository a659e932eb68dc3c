//! Channels: people write from elsewhere and are answered there. Whom Luna does not know gets a code that is confirmed at
//! this machine; each has a conversation of their own, and tools and memory only as far as they are trusted.
//!
//! What was written is kept before it is answered, and an answer is queued in the write that takes its question as
//! answered: each is answered once and in its order, whatever fails meanwhile.

mod answering;
mod attached;
mod plugins;
mod questions;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use luna_model::{
    ActionId, Channel, ChannelState, Error, Event, Incoming, Recipient, Result, Sender, SettingsPatch,
    Standing, Timestamp,
};
use luna_store::Outgoing;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use crate::Luna;
use crate::calendar::Changed;
use crate::ports::{Delivery, Unsent};

pub(crate) use plugins::Plugins;

/// Tools for anybody who writes from elsewhere and is known.
const GUESTS: [&str; 2] = ["web_search", "web_fetch"];
/// Tools for the user who writes from elsewhere.
const OWNERS: [&str; 20] = [
    "get_weather",
    "get_news",
    "get_prices",
    "create_task",
    "list_tasks",
    "update_task",
    "complete_task",
    "create_event",
    "list_events",
    "update_event",
    "create_reminder",
    "list_reminders",
    "update_reminder",
    "delete_reminder",
    "remember",
    "recall",
    "list_schedules",
    "get_system_info",
    "web_search",
    "web_fetch",
];
/// How long a code holds.
const CODE_HOLDS: SignedDuration = SignedDuration::from_hours(1);
/// How often a message is tried to be sent.
const MOST_TRIES: u32 = 10;
/// How long it is looked for what is to be sent when nothing wakes.
const PAUSE: Duration = Duration::from_secs(5);
/// How long deliveries are remembered, so that one that is sent again is known.
pub(crate) const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);
/// What was fetched from for longer was well: when it fails then, it is soon tried again.
const LASTING: Duration = Duration::from_secs(60);
/// Services from which messages can be fetched.
const OUTGOING: [Channel; 3] = [Channel::Telegram, Channel::Slack, Channel::Discord];
/// Longest message that is read.
const LONGEST: usize = 20_000;

/// The tools that somebody may have used.
pub(crate) fn tools_for(standing: Standing) -> &'static [&'static str] {
    match standing {
        Standing::Owner => &OWNERS,
        Standing::Guest => &GUESTS,
        Standing::Waiting | Standing::Blocked => &[],
    }
}

/// What the post office holds in memory.
#[derive(Debug, Default)]
pub(crate) struct Post {
    wake: Notify,
    /// A channel was switched, or what it needs was changed.
    changed: watch::Sender<()>,
    busy: Arc<Mutex<HashSet<(Channel, String)>>>,
}

impl Luna {
    /// How each channel stands.
    pub async fn channels(&self) -> Vec<ChannelState> {
        let off = self.settings().current().channels_off;
        let mut states = self.channel_port().states().await;
        states.extend(self.plugins_state());
        for state in states.iter_mut().filter(|state| off.contains(&state.channel)) {
            state.on = false;
        }
        states
    }

    /// Switches a channel on or off; what it needs to be used stays as it is.
    ///
    /// # Errors
    /// `Conflict` when it is fixed from outside.
    pub async fn switch_channel(&self, channel: Channel, on: bool) -> Result<()> {
        let mut off = self.settings().current().channels_off;
        let changed = if on { off.remove(&channel) } else { off.insert(channel) };
        if changed {
            let mut patch = SettingsPatch::new();
            patch.insert("channels_off".to_owned(), json!(off));
            self.patch_settings(patch).await?;
            self.channels_changed();
            if channel == Channel::Plugin {
                self.wake_plugins().await;
            }
        }
        Ok(())
    }

    /// Begins to fetch anew: with other tokens, or from others.
    pub(crate) fn channels_changed(&self) {
        self.post().changed.send_replace(());
        self.bus().publish(Event::ChannelsChanged);
    }

    /// Lets nothing in by a channel that is switched off.
    pub(crate) fn switched_on(&self, channel: Channel) -> Result<()> {
        if self.settings().current().channels_off.contains(&channel) {
            return Err(Error::unavailable("this channel is switched off, under Channels, Services"));
        }
        Ok(())
    }

    /// The people who wrote, last heard of first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn senders(&self) -> Result<Vec<Sender>> {
        self.db().senders().await
    }

    /// Takes a delivery of a service; what it is answered at once. What people wrote is answered later.
    ///
    /// # Errors
    /// `Unavailable` when the channel is not set up, `Unauthenticated` when the delivery is not from the service.
    pub async fn receive(&self, delivery: &Delivery) -> Result<Value> {
        self.switched_on(delivery.channel)?;
        let received = self.channel_port().read(delivery).await?;
        let now = self.clock().now();
        for message in received.incoming {
            self.take(message, now).await?;
        }
        for (to, text) in received.forward {
            self.db().send_later(to, text, now).await?;
        }
        self.post().wake.notify_one();
        Ok(received.answer)
    }

    /// Takes a delivery whose sender waits for the answer; who wrote, and the answer.
    ///
    /// # Errors
    /// As [`Luna::receive`], and `Conflict` for a delivery that was answered already.
    pub async fn receive_and_answer(&self, delivery: &Delivery) -> Result<(String, String)> {
        self.switched_on(delivery.channel)?;
        let received = self.channel_port().read(delivery).await?;
        let message = received
            .incoming
            .into_iter()
            .next()
            .ok_or_else(|| Error::invalid("there is no message in it"))?;
        let sender = self.known(&message, Standing::Guest).await?;
        let reply = self.reply_to(&message, sender).await?;
        Ok((message.sender, reply))
    }

    /// Says who somebody is, by the code that they were given.
    ///
    /// # Errors
    /// `NotFound` when no such code holds, `Invalid` for a standing that cannot be given so.
    pub async fn pair(&self, code: &str, standing: Standing) -> Result<Changed<Sender>> {
        if !matches!(standing, Standing::Guest | Standing::Owner) {
            return Err(Error::invalid("somebody who is let in is a guest or an owner"));
        }
        let input = json!({ "standing": standing });
        let deed = async {
            let now = self.clock().now();
            let wanted: String = code.chars().filter(char::is_ascii_digit).collect();
            let holds = |s: &Sender| {
                s.code.as_deref() == Some(wanted.as_str()) && s.code_until.is_some_and(|until| until > now)
            };
            let found = self.senders().await?.into_iter().find(holds);
            let found =
                found.ok_or_else(|| Error::not_found("no such code holds; ask for a new one there"))?;
            let paired = Sender { standing, code: None, code_until: None, ..found };
            self.db().save_sender(paired.clone()).await?;
            let to = Recipient { channel: paired.channel, place: paired.place.clone(), thread: None };
            self.db().send_later(to, "You are known now. What can I do for you?".into(), now).await?;
            self.post().wake.notify_one();
            self.bus().publish(Event::ChannelsChanged);
            Ok(paired)
        };
        self.by_user(ActionId::new(), "pair_sender", "Let somebody in from a channel".into(), input, deed)
            .await
    }

    /// Changes what somebody may do.
    ///
    /// # Errors
    /// `NotFound` when there is nobody of this id.
    pub async fn set_standing(
        &self,
        channel: Channel,
        id: &str,
        standing: Standing,
    ) -> Result<Changed<Sender>> {
        let input = json!({ "channel": channel, "sender": id, "standing": standing });
        let deed = async {
            let found = self.db().sender(channel, id.to_owned()).await?;
            let sender = found.ok_or_else(|| Error::not_found("there is nobody of this name"))?;
            let changed = Sender { standing, ..sender };
            self.db().save_sender(changed.clone()).await?;
            self.bus().publish(Event::ChannelsChanged);
            Ok(changed)
        };
        self.by_user(ActionId::new(), "pair_sender", format!("Change what {id} may do"), input, deed).await
    }

    /// Forgets somebody; if they write again, they are asked who they are.
    ///
    /// # Errors
    /// `NotFound` when there is nobody of this id.
    pub async fn forget_sender(&self, channel: Channel, id: &str) -> Result<()> {
        let input = json!({ "channel": channel, "sender": id });
        let deed = self.db().delete_sender(channel, id.to_owned());
        self.by_user(ActionId::new(), "pair_sender", format!("Forget {id}"), input, deed).await?;
        self.bus().publish(Event::ChannelsChanged);
        Ok(())
    }

    /// Begins to answer, send and fetch in the background.
    pub(crate) fn keep_post(&self) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            loop {
                if let Err(error) = luna.hand_out().await {
                    tracing::warn!(%error, "the channels could not be served; it is tried again shortly");
                }
                tokio::select! {
                    () = luna.stopping().cancelled() => break,
                    () = luna.post().wake.notified() => {}
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        });
        for channel in OUTGOING {
            self.keep_fetching(channel);
        }
        self.carry_questions();
    }

    /// Fetches from a service that cannot reach this machine, as long as it is set up so. Each by itself: one that fails is in
    /// nobody's way.
    fn keep_fetching(&self, channel: Channel) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            let mut changed = luna.post().changed.subscribe();
            let mut pause = 1;
            loop {
                let begun = Instant::now();
                let fetched = tokio::select! {
                    () = luna.stopping().cancelled() => break,
                    _ = changed.changed() => {
                        luna.channel_port().leave(channel).await;
                        pause = 1;
                        continue;
                    }
                    fetched = luna.fetch_messages(channel) => fetched,
                };
                let Err(error) = luna.take_fetched(fetched).await else {
                    pause = 1;
                    continue;
                };
                tracing::warn!(%error, channel = channel.name(), "messages could not be fetched; it is tried again");
                // What could not be kept comes again.
                luna.channel_port().leave(channel).await;
                if begun.elapsed() > LASTING {
                    pause = 1;
                }
                tokio::select! {
                    () = luna.stopping().cancelled() => break,
                    _ = changed.changed() => pause = 1,
                    () = tokio::time::sleep(Duration::from_secs(pause)) => pause = (pause * 2).min(300),
                }
            }
            luna.channel_port().leave(channel).await;
        });
    }

    /// Asks a service that is to be asked for what was written.
    async fn fetch_messages(&self, channel: Channel) -> Result<Vec<Incoming>> {
        if self.switched_on(channel).is_err() {
            return std::future::pending().await;
        }
        self.channel_port().fetch(channel).await
    }

    async fn take_fetched(&self, fetched: Result<Vec<Incoming>>) -> Result<()> {
        let now = self.clock().now();
        for message in fetched? {
            self.take(message, now).await?;
        }
        self.post().wake.notify_one();
        Ok(())
    }

    async fn take(&self, mut message: Incoming, now: Timestamp) -> Result<()> {
        message.text = message.text.chars().take(LONGEST).collect();
        if !self.db().take_in(message, now).await? {
            tracing::debug!("a message came twice");
        }
        Ok(())
    }

    /// Answers and sends what waits, everybody in their order and side by side.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn hand_out(&self) -> Result<()> {
        let mut seen = HashSet::new();
        for message in self.db().unanswered().await? {
            let who = (message.channel, message.sender.clone());
            // One at a time for each; the next waits for the next round.
            if !seen.insert(who.clone()) || !self.post().busy.lock().insert(who.clone()) {
                continue;
            }
            let luna = self.clone();
            self.tasks().spawn(async move {
                let stopping = luna.stopping().clone();
                tokio::select! {
                    () = luna.answer_one(message) => {}
                    // It stays unanswered in the database, and is answered at the next start.
                    () = stopping.cancelled() => {}
                }
                luna.post().busy.lock().remove(&who);
                luna.post().wake.notify_one();
            });
        }
        let now = self.clock().now();
        let due = self.db().to_send().await?.into_iter().filter(|o| o.due <= now);
        futures::future::join_all(due.map(|outgoing| self.send_one(outgoing)))
            .await
            .into_iter()
            .collect::<Result<()>>()
    }

    async fn send_one(&self, outgoing: Outgoing) -> Result<()> {
        let sent = match outgoing.to.channel {
            Channel::Plugin => {
                let sent = self.send_by_plugin(&outgoing.to, &outgoing.text).await;
                sent.map_err(|why| Unsent { parts: 0, why })
            }
            _ => self.channel_port().send(&outgoing.to, &outgoing.text, outgoing.parts_sent).await,
        };
        match sent {
            Ok(()) => {
                self.post().wake.notify_one();
                self.db().sent(outgoing.seq).await
            }
            Err(Unsent { parts, why: error })
                if outgoing.tries + 1 < MOST_TRIES && error.kind == luna_model::ErrorKind::Unavailable =>
            {
                let pause = 1_i64.checked_shl(outgoing.tries).unwrap_or(300).min(300);
                tracing::info!(%error, channel = outgoing.to.channel.name(), "a message could not be sent yet");
                let at = self.clock().now().saturating_add(SignedDuration::from_secs(pause));
                self.db().send_again(outgoing.seq, parts, at.unwrap_or(outgoing.due)).await
            }
            Err(Unsent { why: error, .. }) => {
                tracing::warn!(%error, channel = outgoing.to.channel.name(), "a message is given up");
                self.db().sent(outgoing.seq).await
            }
        }
    }
}
