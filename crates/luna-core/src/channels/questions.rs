//! Questions of the gate on channels: owners are told, and can answer. Never the one on whose behalf it is asked.

use luna_model::{ActionId, Actor, Answer, Confirmation, Event, Recipient, Sender, Standing};
use tokio::sync::broadcast::error::RecvError;

use crate::Luna;

/// Letters of an action's id that name it in an answer.
const SHORT: usize = 6;

impl Luna {
    /// Begins to tell owners what is asked.
    pub(super) fn carry_questions(&self) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            let mut watch = luna.bus().watch();
            loop {
                let event = tokio::select! {
                    () = luna.stopping().cancelled() => break,
                    event = watch.recv() => event,
                };
                match event {
                    Ok(event) => {
                        if let Event::ConfirmationAsked { confirmation } = &*event {
                            luna.tell_owners(confirmation).await;
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                }
            }
        });
    }

    async fn tell_owners(&self, question: &Confirmation) {
        let Ok(senders) = self.senders().await else { return };
        let code = short(question.action.id);
        let text =
            format!("May I? {}\n{}\nAnswer: yes {code}, or no {code}.", question.summary, question.why);
        for owner in senders
            .into_iter()
            .filter(|s| s.standing == Standing::Owner && !asked_by(&question.action.actor, s))
        {
            let to = Recipient { channel: owner.channel, place: owner.place, thread: None };
            if let Err(error) = self.db().send_later(to, text.clone(), self.clock().now()).await {
                tracing::warn!(%error, "a question could not be sent");
            }
        }
        self.post().wake.notify_one();
    }

    /// Takes "yes abc123" of an owner as the answer to a question; what is said to that. None when it is no such word.
    pub(super) async fn settle_by_word(&self, owner: &Sender, text: &str) -> Option<String> {
        let small = text.trim().to_lowercase();
        let (word, code) = small.split_once(' ')?;
        let answer = match word {
            "yes" => Answer::Once,
            "no" => Answer::No,
            _ => return None,
        };
        let open = self.gate().confirmations();
        let question = open.into_iter().find(|q| short(q.action.id) == code.trim())?;
        if asked_by(&question.action.actor, owner) {
            return Some("Somebody else has to answer that: it was asked on your behalf.".into());
        }
        Some(match self.gate().answer(question.action.id, answer) {
            Ok(()) if answer == Answer::No => "It is not done.".into(),
            Ok(()) => "It is done.".into(),
            Err(error) => error.message,
        })
    }
}

fn short(id: ActionId) -> String {
    let text = id.to_string();
    text[text.len() - SHORT..].to_owned()
}

fn asked_by(actor: &Actor, sender: &Sender) -> bool {
    matches!(actor, Actor::Guest { channel, sender: id, .. } if *channel == sender.channel && *id == sender.id)
}
