//! The built-in model as a stream: what it answers at once, handed out word by word like any other model's answer.

use futures::{StreamExt as _, stream};
use luna_core::ports::ModelStream;
use luna_model::{EndReason, ModelEvent, ModelRequest};

/// Its answer.
pub(crate) fn stream(request: &ModelRequest) -> ModelStream {
    let mut events = luna_builtin::answer(request);
    if !matches!(events.last(), Some(ModelEvent::End(_))) {
        let calls = events.iter().any(|event| matches!(event, ModelEvent::ToolCall(_)));
        events.push(ModelEvent::End(if calls { EndReason::Tools } else { EndReason::Stop }));
    }
    stream::iter(events.into_iter().flat_map(in_words).map(Ok)).boxed()
}

fn in_words(event: ModelEvent) -> Vec<ModelEvent> {
    match event {
        ModelEvent::Text(text) => {
            text.split_inclusive(char::is_whitespace).map(|word| ModelEvent::Text(word.to_owned())).collect()
        }
        other => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_join_to_the_same_text() {
        let text = " Two  words\nand a line ";
        let joined: String = in_words(ModelEvent::Text(text.into()))
            .into_iter()
            .filter_map(|event| if let ModelEvent::Text(word) = event { Some(word) } else { None })
            .collect();
        assert_eq!(joined, text);
    }
}
