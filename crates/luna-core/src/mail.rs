//! Letters that the mail service pushes: each comes once into a conversation of its own kind, as text from outside. No model
//! is asked: what somebody writes to the user is not said to Luna.

use jiff::SignedDuration;
use luna_model::{ConversationId, Event, Result, Timestamp};
use luna_store::Traits;
use serde::{Deserialize, Serialize};

use crate::Luna;
use crate::ports::{Letter, MailPush};
use crate::webhooks::from_outside;

/// How far the mailbox was read.
const READ: &str = "mail";
/// The conversation that letters come into.
const TITLE: &str = "Mail";
/// Letters that are remembered, so that one that is told of again is known.
const REMEMBERED: usize = 200;
/// How often the service is asked to go on: it would stop after seven days.
const WATCHED: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Default, Deserialize, Serialize)]
struct Mailbox {
    history: Option<u64>,
    conversation: Option<ConversationId>,
    seen: Vec<String>,
    watched_at: Option<Timestamp>,
}

impl Luna {
    /// Takes a push of the mail service; how many letters came with it.
    ///
    /// # Errors
    /// `Unavailable` when no mail service is set up, or it does not answer; `Unauthenticated` when the push is not its own.
    pub async fn take_mail_push(&self, push: &MailPush) -> Result<usize> {
        let history = self.mail().pushed(push).await?;
        let _one_at_a_time = self.reading_mail().lock().await;
        let mut mailbox: Mailbox = self.db().document(READ).await?.unwrap_or_default();
        // A push that is told again, or comes late.
        if mailbox.history.is_some_and(|known| known >= history) {
            return Ok(0);
        }
        let came = self.mail().since(mailbox.history).await?;
        let new: Vec<_> = came.letters.into_iter().filter(|l| !mailbox.seen.contains(&l.id)).collect();
        for letter in &new {
            self.deliver_letter(&mut mailbox, letter).await?;
            mailbox.seen.push(letter.id.clone());
            let over = mailbox.seen.len().saturating_sub(REMEMBERED);
            mailbox.seen.drain(..over);
            // One that was delivered is not delivered again when the next one fails.
            self.db().set_document(READ, &mailbox).await?;
        }
        mailbox.history = Some(history.max(came.history));
        self.db().set_document(READ, &mailbox).await?;
        Ok(new.len())
    }

    async fn deliver_letter(&self, mailbox: &mut Mailbox, letter: &Letter) -> Result<()> {
        let known = match mailbox.conversation {
            Some(id) => self.db().conversation(id).await?.map(|c| c.id),
            None => None,
        };
        let conversation = match known {
            Some(id) => id,
            None => self.begin_conversation(TITLE, Traits::default()).await?.id,
        };
        mailbox.conversation = Some(conversation);
        let text = format!("Subject: {}\n\n{}", letter.subject, letter.text);
        self.keep_said(conversation, from_outside(&format!("an email of {}", letter.from), &text)).await?;
        let about = serde_json::json!({ "kind": "mail", "conversation": conversation });
        let text = format!("Mail from {}: {}", letter.from, letter.subject);
        self.bus().publish(Event::Notice { level: "info".into(), text, about: Some(about) });
        Ok(())
    }

    /// Has the mail service go on pushing, once a day.
    pub(crate) async fn watch_mail(&self) -> Result<()> {
        let _one_at_a_time = self.reading_mail().lock().await;
        let mut mailbox: Mailbox = self.db().document(READ).await?.unwrap_or_default();
        let now = self.clock().now();
        if mailbox.watched_at.is_some_and(|at| now.duration_since(at) < WATCHED) {
            return Ok(());
        }
        let Some(history) = self.mail().watch().await? else { return Ok(()) };
        mailbox.watched_at = Some(now);
        mailbox.history.get_or_insert(history);
        self.db().set_document(READ, &mailbox).await
    }
}
