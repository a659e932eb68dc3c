//! What happens inside Luna, as one enum on one bus. Whatever streams to anyone is a view of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ActionId, AgentTask, Artifact, Child, Confirmation, ConversationId, ErrorKind, JobRun, MessageId,
    OutputStream, RunId, RunState, Scene, StepState, ToolCall, ToolResult, TurnId, Usage, UserNow,
    VoicePhase, VoiceTurn,
};

/// Who speaks in a review of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReviewSide {
    /// What needs no model.
    Rules,
    /// Who attacks the code.
    Challenger,
    /// Who answers for it.
    Defender,
    /// Who reads both.
    Judge,
}

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
    /// A request to a model was answered, or ended.
    Spent {
        /// The conversation it answered, if it did.
        conversation: Option<ConversationId>,
        /// The provider's name.
        provider: String,
        /// The model's name.
        model: String,
        /// Tokens.
        usage: Usage,
        /// US dollars.
        cost: f64,
    },
    /// An artifact was made or changed.
    ArtifactChanged {
        /// The artifact.
        artifact: Box<Artifact>,
    },
    /// A child agent was set to work, moved or ended.
    ChildChanged {
        /// The agent.
        child: Box<Child>,
    },
    /// Some files of a folder were read into the index of code.
    CodeIndexed {
        /// The repository.
        repository: String,
        /// How many files so far,
        files: u64,
        /// of how many.
        of: u64,
    },
    /// Somebody spoke in a review of code.
    ReviewHeard {
        /// The name that the review was given when it was asked for.
        review: String,
        /// Who spoke.
        by: ReviewSide,
        /// What was said, a line each.
        said: Vec<String>,
    },
    /// An agent began its step of a piece of work.
    WorkStarted {
        /// Which step, from 1.
        step: u32,
        /// The agent's name for programs.
        agent: String,
        /// The model that answers.
        model: String,
        /// Its provider's name.
        provider: String,
    },
    /// Some text of a step's answer.
    WorkText {
        /// The step.
        step: u32,
        /// The text.
        text: String,
    },
    /// A step is done.
    WorkDone {
        /// The step.
        step: u32,
        /// What it took, as the provider says; else as it can be guessed.
        usage: Usage,
        /// US dollars, by the provider's list; none when the model has no price there.
        cost: Option<f64>,
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// A step failed, and with it the whole piece of work.
    WorkFailed {
        /// The step.
        step: u32,
        /// What sort of failure.
        kind: ErrorKind,
        /// What to tell the user.
        message: String,
    },
    /// The facts changed.
    MemoryChanged,
    /// Events, things to do or reminders changed.
    CalendarChanged,
    /// Jobs were added, changed or deleted.
    ScheduleChanged,
    /// A job began to run, or its run ended.
    JobRan {
        /// What the job is called.
        name: String,
        /// The run; without an end it has begun.
        job_run: Box<JobRun>,
    },
    /// Somebody wrote on a channel for the first time, or may do something else now.
    ChannelsChanged,
    /// A background task moved.
    TaskChanged {
        /// The task.
        task: Box<AgentTask>,
    },
    /// The user came, left or does something else now, or Luna began or ended to keep quiet.
    UserChanged {
        /// How it is now.
        user: UserNow,
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
        /// The words that stay.
        text: String,
        /// Words behind them that may still change; none once it is whole.
        tentative: String,
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
