//! The loop of a chat turn as a pure state machine: what the model and the tools did goes in, what is to be done comes
//! out. The driver in `drive.rs` performs it.

use luna_model::{Error, MessageState, ToolCall, ToolUse, Usage};

/// Rounds of tool calls in one turn; then the model must say where it got.
pub(crate) const MOST_ROUNDS: u32 = 12;

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    Text(String),
    Thinking(String),
    Call(ToolCall),
    Usage(Usage),
    /// The model ended its answer, for whatever reason.
    End,
    Failed(Error),
    ToolsDone(Vec<ToolUse>),
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Show some text.
    Say(String),
    /// Show some thinking.
    Think(String),
    /// Run these tools and come back with their results.
    CallTools { said: String, calls: Vec<ToolCall> },
    /// Ask the model again, with the results; without tools when it must come to an end.
    Ask { with_tools: bool },
    /// The turn is over.
    Finish(MessageState),
    /// The turn failed; what was said is kept.
    Fail(Error),
}

/// A turn on its way.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    /// All that was said, over all rounds.
    pub(crate) said: String,
    /// All that was called, with results.
    pub(crate) uses: Vec<ToolUse>,
    /// What it cost so far.
    pub(crate) usage: Option<Usage>,
    round: u32,
    /// What was said since the model was last asked.
    round_said: String,
    calls: Vec<ToolCall>,
}

impl Machine {
    /// One step.
    pub(crate) fn step(&mut self, input: Input) -> Option<Effect> {
        match input {
            Input::Text(text) => {
                self.said.push_str(&text);
                self.round_said.push_str(&text);
                Some(Effect::Say(text))
            }
            Input::Thinking(text) => Some(Effect::Think(text)),
            Input::Call(call) => {
                self.calls.push(call);
                None
            }
            Input::Usage(usage) => {
                let sum = self.usage.get_or_insert_default();
                sum.input_tokens += usage.input_tokens;
                sum.output_tokens += usage.output_tokens;
                None
            }
            Input::End if self.calls.is_empty() || self.round >= MOST_ROUNDS => {
                Some(Effect::Finish(MessageState::Complete))
            }
            Input::End => {
                self.round += 1;
                let (said, calls) = (std::mem::take(&mut self.round_said), std::mem::take(&mut self.calls));
                Some(Effect::CallTools { said, calls })
            }
            Input::ToolsDone(uses) => {
                self.uses.extend(uses);
                // Text before and after tools are two paragraphs.
                if !self.said.is_empty() && !self.said.ends_with('\n') {
                    self.said.push_str("\n\n");
                }
                Some(Effect::Ask { with_tools: self.round < MOST_ROUNDS })
            }
            Input::Failed(error) => Some(Effect::Fail(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(n: u32) -> ToolCall {
        ToolCall { id: format!("c{n}"), name: "read_file".into(), input: json!({}) }
    }

    #[test]
    fn text_streams_and_the_end_finishes() {
        let mut m = Machine::default();
        assert!(matches!(m.step(Input::Text("hi".into())), Some(Effect::Say(t)) if t == "hi"));
        assert!(matches!(m.step(Input::End), Some(Effect::Finish(MessageState::Complete))));
        assert_eq!(m.said, "hi");
    }

    #[test]
    fn several_calls_of_a_round_go_together() {
        let mut m = Machine::default();
        assert!(m.step(Input::Call(call(1))).is_none());
        assert!(m.step(Input::Call(call(2))).is_none());
        assert!(matches!(m.step(Input::End), Some(Effect::CallTools { calls, .. }) if calls.len() == 2));
        assert!(matches!(m.step(Input::ToolsDone(vec![])), Some(Effect::Ask { with_tools: true })));
    }

    #[test]
    fn a_model_that_never_ends_is_asked_for_a_summary_without_tools() {
        let mut m = Machine::default();
        let mut asked = 0;
        loop {
            m.step(Input::Call(call(asked)));
            match m.step(Input::End) {
                Some(Effect::CallTools { .. }) => {}
                Some(Effect::Finish(_)) => break,
                other => panic!("{other:?}"),
            }
            asked += 1;
            let Some(Effect::Ask { with_tools }) = m.step(Input::ToolsDone(vec![])) else { panic!() };
            assert_eq!(with_tools, asked < MOST_ROUNDS);
        }
        assert_eq!(asked, MOST_ROUNDS);
    }

    #[test]
    fn costs_of_all_rounds_add_up() {
        let mut m = Machine::default();
        m.step(Input::Usage(Usage { input_tokens: 10, output_tokens: 2 }));
        m.step(Input::Usage(Usage { input_tokens: 20, output_tokens: 3 }));
        assert_eq!(m.usage, Some(Usage { input_tokens: 30, output_tokens: 5 }));
    }
}
