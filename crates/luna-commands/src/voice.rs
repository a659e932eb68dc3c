//! Hearing and speaking: how they stand, the button, saying something.

use luna_core::voice::{EQUAL_ERROR, Known, Press, SENTENCES};
use luna_model::{Result, VoicePhase, VoiceTurn};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// How hearing and speaking stand.
#[derive(Debug, Serialize, TS)]
struct VoiceView {
    phase: VoicePhase,
    /// What is wrong with the microphone or the recogniser.
    trouble: Option<String>,
    speaking: bool,
    /// The last turns, newest first.
    turns: Vec<VoiceTurn>,
}

async fn state(cx: Context, _: Empty) -> Result<VoiceView> {
    let state = cx.luna.voice_state();
    Ok(VoiceView { phase: state.phase, trouble: state.trouble, speaking: state.speaking, turns: state.turns })
}

/// A microphone or loudspeaker.
#[derive(Debug, Serialize, TS)]
struct AudioDeviceView {
    id: String,
    name: String,
}

/// What there is to hear and speak with.
#[derive(Debug, Serialize, TS)]
struct VoiceReadyView {
    inputs: Vec<AudioDeviceView>,
    outputs: Vec<AudioDeviceView>,
    /// Who recognises; none when nobody can.
    recogniser: Option<String>,
    /// Who speaks; none when nobody can.
    engine: Option<String>,
    /// Whether the wake phrase is known by its sound; otherwise everything that is said is put into words to find it.
    knows_phrase: bool,
    /// What is missing and how to get it, a sentence each.
    missing: Vec<String>,
}

async fn ready(cx: Context, _: Empty) -> Result<VoiceReadyView> {
    let ready = cx.luna.voice_ready().await;
    let shown = |d: luna_core::ports::AudioDevice| AudioDeviceView { id: d.id, name: d.name };
    Ok(VoiceReadyView {
        inputs: ready.inputs.into_iter().map(shown).collect(),
        outputs: ready.outputs.into_iter().map(shown).collect(),
        recogniser: ready.recogniser,
        engine: ready.engine,
        knows_phrase: ready.knows_phrase,
        missing: ready.missing,
    })
}

/// What is done with the button.
#[derive(Debug, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
enum VoiceButton {
    /// Held: listen until it is let go.
    Hold,
    /// Let go.
    Release,
    /// Pressed once: listen, or stop.
    Toggle,
    /// Be quiet.
    Hush,
}

#[derive(Debug, Deserialize, TS)]
struct PressButton {
    button: VoiceButton,
}

async fn press(cx: Context, q: PressButton) -> Result<Done> {
    cx.luna
        .press(match q.button {
            VoiceButton::Hold => Press::Hold,
            VoiceButton::Release => Press::Release,
            VoiceButton::Toggle => Press::Toggle,
            VoiceButton::Hush => Press::Hush,
        })
        .await?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct SayAloud {
    text: String,
}

async fn speak(cx: Context, q: SayAloud) -> Result<Done> {
    cx.luna.speak(&q.text).await?;
    Ok(Done {})
}

/// Whether she knows the owner's voice, and how well voices are told apart.
#[derive(Debug, Serialize, TS)]
struct KnownVoiceView {
    known: bool,
    /// Sentences heard for a voice that is being learnt, and how many are wanted.
    heard: usize,
    wanted: usize,
    /// Per cent of sentences by which a stranger is taken for the owner and the owner for a stranger, both as often: plain
    /// sentences, their first 1.3 s, raised voices.
    confused: [f32; 3],
    /// Where it is kept.
    place: String,
}

fn known_view(cx: &Context, known: Known) -> KnownVoiceView {
    let Known { known, heard } = known;
    KnownVoiceView { known, heard, wanted: SENTENCES, confused: EQUAL_ERROR, place: cx.luna.secrets_place() }
}

async fn known(cx: Context, _: Empty) -> Result<KnownVoiceView> {
    let known = cx.luna.known_voice().await?;
    Ok(known_view(&cx, known))
}

async fn learn(cx: Context, _: Empty) -> Result<KnownVoiceView> {
    let known = cx.luna.learn_voice().await?;
    Ok(known_view(&cx, known))
}

async fn forget(cx: Context, _: Empty) -> Result<KnownVoiceView> {
    cx.luna.forget_voice().await?;
    known(cx, Empty {}).await
}

pub(crate) fn register(r: &mut Register) {
    r.reply("voice.state", state);
    r.reply("voice.ready", ready);
    r.reply("voice.press", press);
    r.reply("voice.speak", speak);
    r.reply("voice.known", known);
    r.reply("voice.learn", learn);
    r.reply("voice.forget", forget);
}
