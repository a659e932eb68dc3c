//! Answering one message: whoever is known talks with Luna in a conversation of their own.

use futures::StreamExt as _;
use luna_model::{Channel, ErrorKind, Event, Incoming, Result, Sender, Standing};
use uuid::Uuid;

use super::CODE_HOLDS;
use crate::Luna;
use crate::chat::{Asker, ChatRequest, Guest};

impl Luna {
    pub(super) async fn answer_one(&self, message: Incoming) {
        let replies = match self.word_for(&message).await {
            Ok(Some(text)) => vec![(message.to.clone(), text)],
            Ok(None) => vec![],
            Err(error) if error.kind == ErrorKind::Cancelled => return,
            Err(error) => {
                tracing::warn!(kind = ?error.kind, source = ?error.source, "a message from a channel could not be answered");
                vec![(message.to.clone(), "Sorry, I could not answer that. Please try again later.".into())]
            }
        };
        if let Err(error) = self.db().answer(message, replies, self.clock().now()).await {
            tracing::error!(%error, "an answer could not be kept");
        }
    }

    /// What somebody is answered, if anything.
    async fn word_for(&self, message: &Incoming) -> Result<Option<String>> {
        let sender = self.known(message, Standing::Waiting).await?;
        match sender.standing {
            Standing::Blocked => Ok(None),
            Standing::Waiting => self.ask_who(sender).await,
            Standing::Guest | Standing::Owner => {
                if sender.standing == Standing::Owner
                    && let Some(said) = self.settle_by_word(&sender, &message.text).await
                {
                    return Ok(Some(said));
                }
                self.reply_to(message, sender).await.map(Some)
            }
        }
    }

    /// The sender of a message, as they are known; new ones with this standing.
    pub(super) async fn known(&self, message: &Incoming, new: Standing) -> Result<Sender> {
        let now = self.clock().now();
        let found = self.db().sender(message.channel, message.sender.clone()).await?;
        let is_new = found.is_none();
        let standing = if is_new { self.standing_elsewhere(message, new).await? } else { new };
        let sender = found.unwrap_or_else(|| Sender {
            channel: message.channel,
            id: message.sender.clone(),
            name: String::new(),
            standing,
            code: None,
            code_until: None,
            place: String::new(),
            conversation: None,
            created_at: now,
            last_at: now,
        });
        let sender = Sender {
            name: message.name.chars().take(80).collect(),
            place: message.to.place.clone(),
            last_at: now,
            ..sender
        };
        self.db().save_sender(sender.clone()).await?;
        if is_new {
            self.bus().publish(Event::ChannelsChanged);
        }
        Ok(sender)
    }

    /// What somebody may do who begins another talk on a channel that came as a package: what they may in their others.
    async fn standing_elsewhere(&self, message: &Incoming, new: Standing) -> Result<Standing> {
        let Some((person, _)) =
            message.sender.rsplit_once('/').filter(|_| message.channel == Channel::Plugin)
        else {
            return Ok(new);
        };
        let same = |s: &Sender| {
            s.channel == Channel::Plugin
                && s.standing != Standing::Waiting
                && s.id.rsplit_once('/').is_some_and(|(other, _)| other == person)
        };
        Ok(self.db().senders().await?.into_iter().find(same).map_or(new, |s| s.standing))
    }

    /// A code for somebody whom nobody knows; nothing while they have one.
    async fn ask_who(&self, sender: Sender) -> Result<Option<String>> {
        let now = self.clock().now();
        if sender.code_until.is_some_and(|until| until > now) {
            return Ok(None);
        }
        let code = format!("{:06}", Uuid::new_v4().as_u128() % 1_000_000);
        let until = now.saturating_add(CODE_HOLDS).unwrap_or(now);
        let text = format!(
            "{} wrote on {}. If you know them, let them in with the code {code} (screen Channels, or `luna channels pair {code}`).",
            sender.name,
            sender.channel.name()
        );
        let asked = Sender { code: Some(code.clone()), code_until: Some(until), ..sender };
        self.db().save_sender(asked).await?;
        self.bus().publish(Event::ChannelsChanged);
        let about = serde_json::json!({ "kind": "pairing" });
        self.bus().publish(Event::Notice { level: "info".into(), text, about: Some(about) });
        Ok(Some(format!(
            "I do not know you yet. Tell this code to whoever I work for: {code}. It holds for an hour."
        )))
    }

    /// Luna's answer to somebody who is known.
    pub(super) async fn reply_to(&self, message: &Incoming, sender: Sender) -> Result<String> {
        let guest = Guest {
            channel: sender.channel,
            sender: sender.id.clone(),
            name: sender.name.clone(),
            standing: sender.standing,
        };
        let conversation = match sender.conversation {
            Some(id) => self.db().conversation(id).await?.map(|c| c.id),
            None => None,
        };
        let attached = self.attached(message).await;
        let Some(said) = attached.said(&message.text) else {
            return Ok(format!("I could not make use of what you sent: {}.", attached.trouble.join("; ")));
        };
        let request =
            ChatRequest { conversation, message: said, images: attached.images, ..ChatRequest::default() };
        let mut turn = self.chat_as(request, Asker::Guest(guest)).await?;
        if conversation.is_none() {
            let begun = Sender { conversation: Some(turn.conversation), ..sender };
            self.db().save_sender(begun).await?;
        }
        let mut said = String::new();
        while let Some(event) = turn.next().await {
            match event {
                Event::Token { text, .. } => said.push_str(&text),
                Event::TurnEnded { stopped: true, .. } => return Err(luna_model::Error::cancelled()),
                Event::TurnFailed { kind, message, .. } => return Err(luna_model::Error::new(kind, message)),
                _ => {}
            }
        }
        let said = plain(&said);
        Ok(if said.is_empty() { "I have nothing to say to that.".into() } else { said })
    }
}

/// An answer without what only Luna's own window understands: thinking, and words in brackets that change the view.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("<think>") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once("</think>").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let lines = out.lines().map(|line| {
        let mut line = line.to_owned();
        while let Some(at) = line.find('[') {
            let Some(end) = line[at..].find(']').map(|n| at + n) else { break };
            let inside = &line[at + 1..end];
            let shouted = inside.chars().any(char::is_alphabetic)
                && inside
                    .split(':')
                    .next()
                    .is_some_and(|w| w.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
            if !shouted || line[end + 1..].starts_with('(') {
                break;
            }
            line.replace_range(at..=end, "");
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_window_understands_is_taken_out() {
        assert_eq!(plain("<think>hm</think>Bye! [AWAY]"), "Bye!");
        assert_eq!(plain("[MAP: Berlin] Here it is"), "Here it is");
        assert_eq!(plain("See [docs](https://x) and [1]"), "See [docs](https://x) and [1]");
        assert_eq!(plain("a\n\nb"), "a\n\nb");
    }
}
