//! What happens inside Luna, as one enum on one bus. Whatever streams to anyone is a view of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ActionId, AgentTask, Confirmation, ConversationId, ErrorKind, MessageId, OutputStream, RunId, RunState,
    Scene, StepState, ToolCall, ToolResult, TurnId, Usage, VoicePhase, VoiceTurn,
};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A chat turn began: the user's message is stored.
    TurnStarted {
        /// The conversation.
        conversation: ConversationId,
        /// The turn.
        turn: TurnId,
        /// The user's message.
        message: MessageId,
        /// The model that answers.
        model: String,
        /// Its provider's name.
        provider: String,
    },
    /// Some text of the answer.
    Token {
        /// The turn.
        turn: TurnId,
        /// The text.
        text: String,
    },
    /// Some of the model's thinking.
    Thinking {
        /// The turn.
        turn: TurnId,
        /// The text.
        text: String,
    },
    /// A tool is about to be called.
    ToolStarted {
        /// The turn.
        turn: TurnId,
        /// The action.
        action: ActionId,
        /// The call.
        call: ToolCall,
        /// What the gate makes of it: it runs, it is asked, or it is blocked.
        mode: crate::Mode,
    },
    /// A tool ended, or was refused.
    ToolEnded {
        /// The turn.
        turn: TurnId,
        /// The action.
        action: ActionId,
        /// The result.
        result: ToolResult,
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// A question to the user.
    ConfirmationAsked {
        /// The question.
        confirmation: Box<Confirmation>,
    },
    /// The question is settled.
    ConfirmationSettled {
        /// The action.
        action: ActionId,
        /// `approved`, `denied`, `expired` or `cancelled`.
        outcome: String,
    },
    /// A chat turn is over.
    TurnEnded {
        /// The conversation.
        conversation: ConversationId,
        /// The turn.
        turn: TurnId,
        /// Luna's message.
        message: MessageId,
        /// What it cost, when the provider said.
        usage: Option<Usage>,
        /// Whether it was stopped before its end.
        stopped: bool,
    },
    /// A chat turn failed; what was said so far is kept.
    TurnFailed {
        /// The conversation.
        conversation: ConversationId,
        /// The turn.
        turn: TurnId,
        /// What sort of failure.
        kind: ErrorKind,
        /// What to tell the user.
        message: String,
    },
    /// A conversation was made, renamed, pinned or deleted.
    ConversationChanged {
        /// Which.
        conversation: ConversationId,
        /// Its title; none when it was deleted.
        title: Option<String>,
    },
    /// A step of a run changed its state.
    StepChanged {
        /// The run.
        run: RunId,
        /// The step.
        step: u32,
        /// Its state.
        state: StepState,
        /// Its exit code, when it ended.
        exit_code: Option<i32>,
        /// How long it took, in milliseconds, when it ended.
        duration_ms: Option<u64>,
        /// What went wrong, when it failed.
        error: Option<String>,
    },
    /// A running step wrote something.
    StepOutput {
        /// The run.
        run: RunId,
        /// The step.
        step: u32,
        /// Which stream.
        stream: OutputStream,
        /// The text.
        data: String,
    },
    /// A run changed its state.
    RunChanged {
        /// The run.
        run: RunId,
        /// Its state.
        state: RunState,
    },
    /// The facts changed.
    MemoryChanged,
    /// Events, things to do or reminders changed.
    CalendarChanged,
    /// A background task moved.
    TaskChanged {
        /// The task.
        task: Box<AgentTask>,
    },
    /// The settings changed; these are the changed names.
    SettingsChanged {
        /// Which.
        names: Vec<String>,
    },
    /// She began to listen, think or speak, or stopped.
    VoiceChanged {
        /// What she does now.
        phase: VoicePhase,
        /// What is wrong with the microphone or the recogniser, when something is.
        trouble: Option<String>,
    },
    /// How loud the microphone is; a few times a second while it is open.
    VoiceLevel {
        /// 0 to 1.
        level: f64,
    },
    /// What is understood so far.
    VoiceHeard {
        /// The text.
        text: String,
        /// Whether it is all of it.
        whole: bool,
    },
    /// A spoken turn is over.
    VoiceTurnEnded {
        /// How it went.
        turn: VoiceTurn,
    },
    /// The camera was switched on or off.
    CameraChanged {
        /// Whether it is on.
        on: bool,
    },
    /// A scene is to be shown.
    SceneShown {
        /// The scene.
        scene: Box<Scene>,
    },
    /// Something for the user to know.
    Notice {
        /// `info`, `warning` or `error`.
        level: String,
        /// The text.
        text: String,
        /// What it is about, for the interface.
        about: Option<Value>,
    },
}
