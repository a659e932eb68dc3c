//! Open questions: asked, answered once, bound to one action.

use std::sync::Arc;

use luna_model::{ActionId, Answer, Confirmation, Error, Result};
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// A question and where its answer goes.
type Question = (Confirmation, oneshot::Sender<Answer>);

/// The questions that wait for an answer. They live in memory alone: a restart is a no to all of them.
#[derive(Clone, Default)]
pub(crate) struct Pending {
    open: Arc<Mutex<Vec<Question>>>,
}

/// Waits for the answer to one question; dropping it withdraws the question.
pub(crate) struct Waiting {
    id: ActionId,
    answer: Option<oneshot::Receiver<Answer>>,
    pending: Pending,
}

impl Pending {
    pub(crate) fn ask(&self, confirmation: Confirmation) -> Waiting {
        let (sender, receiver) = oneshot::channel();
        let id = confirmation.action.id;
        self.open.lock().push((confirmation, sender));
        Waiting { id, answer: Some(receiver), pending: self.clone() }
    }

    pub(crate) fn answer(&self, id: ActionId, answer: Answer) -> Result<()> {
        let mut open = self.open.lock();
        let Some(at) = open.iter().position(|(c, _)| c.action.id == id) else {
            return Err(Error::not_found("there is no such question, or it was answered already"));
        };
        if answer == Answer::Always && open[at].0.always.is_none() {
            return Err(Error::invalid(
                "this can only be allowed once: no rule for it would be narrow enough",
            ));
        }
        let (_, sender) = open.remove(at);
        sender.send(answer).map_err(|_| Error::not_found("the question ran out"))
    }

    pub(crate) fn open(&self) -> Vec<Confirmation> {
        self.open.lock().iter().map(|(c, _)| c.clone()).collect()
    }
}

impl Waiting {
    pub(crate) async fn answer(mut self) -> Answer {
        match self.answer.take() {
            // A sender that goes away without an answer is a no.
            Some(answer) => answer.await.unwrap_or(Answer::No),
            None => Answer::No,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.pending.open.lock().retain(|(c, _)| c.action.id != self.id);
    }
}
