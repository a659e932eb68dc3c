//! A turn as a test reads it: said to Luna, answered where she asks, and collected to its end.

use futures::StreamExt as _;
use luna_core::{ChatRequest, Luna};
use luna_model::{Answer, Confirmation, ConversationId, Event, ToolResult, TurnId};

/// What happened in a turn.
#[derive(Debug)]
pub struct Story {
    /// Its conversation.
    pub conversation: ConversationId,
    /// The turn.
    pub turn: TurnId,
    /// What Luna said.
    pub said: String,
    /// What she asked.
    pub asked: Vec<Confirmation>,
    /// What her tools gave.
    pub results: Vec<ToolResult>,
    /// All of it, in order.
    pub events: Vec<Event>,
}

/// Says something and reads the turn to its end, giving this answer to whatever is asked; none = nobody answers.
pub async fn tell(luna: &Luna, request: ChatRequest, answer: Option<Answer>) -> Story {
    let mut stream = luna.chat(request).await.expect("the turn begins");
    let (conversation, turn) = (stream.conversation, stream.turn);
    let mut story =
        Story { conversation, turn, said: String::new(), asked: vec![], results: vec![], events: vec![] };
    while let Some(event) = stream.next().await {
        match &event {
            Event::Token { text, .. } => story.said.push_str(text),
            Event::ToolEnded { result, .. } => story.results.push(result.clone()),
            Event::ConfirmationAsked { confirmation } => {
                story.asked.push((**confirmation).clone());
                if let Some(answer) = answer {
                    luna.gate().answer(confirmation.action.id, answer).expect("the question is open");
                }
            }
            _ => {}
        }
        story.events.push(event);
    }
    story
}

impl Story {
    /// How the turn ended: its last event.
    #[must_use]
    pub fn end(&self) -> &Event {
        self.events.last().expect("a turn has an end")
    }
}
