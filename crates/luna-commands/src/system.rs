//! Luna herself: who she is, her settings, the interface's state, her health, and everything that happens.

use std::collections::BTreeMap;

use futures::{Stream, StreamExt as _};
use luna_model::{Event, Provider, Result, Scene, Settings, SettingsPatch};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

/// What the core says of itself.
#[derive(Debug, Serialize, TS)]
struct Hello {
    version: String,
    data_dir: String,
    variant: String,
    provider: Provider,
    model: String,
    recall_engine: String,
    onboarded: bool,
    /// Whether this is the house of a business, which sees to its users.
    house: bool,
    user_name: String,
    luna_name: String,
}

async fn hello(cx: Context, _: Empty) -> Result<Hello> {
    let (settings, model) = (cx.luna.settings().current(), cx.luna.llm().active().await);
    Ok(Hello {
        version: cx.about.version.into(),
        data_dir: cx.luna.data_dir().display().to_string(),
        variant: cx.about.variant.into(),
        provider: model.provider,
        model: model.name,
        recall_engine: cx.luna.recall_engine(),
        onboarded: settings.onboarded,
        house: cx.users().is_some(),
        user_name: settings.user_name,
        luna_name: settings.luna_name,
    })
}

/// The settings, their defaults, and which are fixed by environment or flags.
#[derive(Debug, Serialize, TS)]
struct SettingsView {
    settings: Settings,
    defaults: Settings,
    overridden: Vec<String>,
}

fn view(cx: &Context) -> SettingsView {
    SettingsView {
        settings: cx.luna.settings().current(),
        defaults: Settings::default(),
        overridden: cx.luna.settings().fixed(),
    }
}

async fn settings(cx: Context, _: Empty) -> Result<SettingsView> {
    Ok(view(&cx))
}

#[derive(Debug, Deserialize, TS)]
struct PatchSettings {
    /// Some of the settings; `null` puts one back to its default.
    #[ts(as = "BTreeMap<String, Value>")]
    patch: SettingsPatch,
}

async fn patch_settings(cx: Context, q: PatchSettings) -> Result<SettingsView> {
    cx.luna.patch_settings(q.patch).await?;
    Ok(view(&cx))
}

async fn state(cx: Context, _: Empty) -> Result<BTreeMap<String, Value>> {
    Ok(cx.luna.state().await?.into_iter().collect())
}

#[derive(Debug, Deserialize, TS)]
struct PutState {
    state: BTreeMap<String, Value>,
}

async fn put_state(cx: Context, q: PutState) -> Result<Done> {
    cx.luna.set_state(q.state.into_iter().collect()).await?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct MakeScene {
    prompt: String,
}

/// A scene and who made it.
#[derive(Debug, Serialize, TS)]
struct SceneView {
    scene: Scene,
    /// The model; none when Luna made it herself.
    model: Option<String>,
    /// Why the model's was not taken.
    note: Option<String>,
}

async fn scene(cx: Context, q: MakeScene) -> Result<SceneView> {
    let made = cx.luna.make_scene(&q.prompt).await?;
    Ok(SceneView { scene: made.scene, model: made.model, note: made.note })
}

/// How a check of the doctor went.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "lowercase")]
enum CheckStatus {
    Ok,
    Warning,
    Failed,
}

/// One check of the doctor.
#[derive(Debug, Serialize, TS)]
struct DoctorCheck {
    name: String,
    status: CheckStatus,
    detail: String,
    fix: Option<String>,
}

async fn doctor(cx: Context, _: Empty) -> Result<Vec<DoctorCheck>> {
    use luna_core::doctor::Health;
    let checks = cx.luna.examine().await;
    let shown = checks.into_iter().map(|c| DoctorCheck {
        name: c.name.into(),
        status: match c.health {
            Health::Ok => CheckStatus::Ok,
            Health::Warning => CheckStatus::Warning,
            Health::Failed => CheckStatus::Failed,
        },
        detail: c.detail,
        fix: c.fix,
    });
    Ok(shown.collect())
}

async fn events(cx: Context, _: Empty) -> Result<impl Stream<Item = Event> + Send + use<>> {
    let watch = cx.luna.bus().watch();
    let stopping = cx.luna.stopping().clone();
    let stream = futures::stream::unfold(watch, |mut watch| async move {
        match watch.recv().await {
            Ok(event) => Some(((*event).clone(), watch)),
            Err(RecvError::Closed) => None,
            // Told rather than hidden: the window reads its lists again.
            Err(RecvError::Lagged(missed)) => {
                let text = format!("{missed} events were missed; the lists are read again");
                Some((Event::Notice { level: "info".into(), text, about: Some("lagged".into()) }, watch))
            }
        }
    });
    Ok(stream.take_until(stopping.cancelled_owned()))
}

pub(crate) fn register(r: &mut Register) {
    r.reply("hello", hello);
    r.reply("settings.get", settings);
    r.reply("settings.patch", patch_settings);
    r.reply("state.get", state);
    r.reply("state.put", put_state);
    r.reply("doctor", doctor);
    r.reply("scene.make", scene);
    r.events("events", events);
}
