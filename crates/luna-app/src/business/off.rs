//! What a Luna does without who shares her machine with others: microphone, screen, sound, clipboard, applications, the
//! shell, music. Each port answers that it is off and why, so that routes and tools say so in plain words.

use std::path::PathBuf;

use async_trait::async_trait;
use futures::stream::BoxStream;
use luna_core::ports::{
    AppVolume, Application, Area, Camera, Channels, CommandIo, Delivery, Desktop, Glance, Hints, Launched,
    Manner, Music, PaymentPage, Payments, Picture, PlannedWords, Presence, Received, Shell, Sight, SignIn,
    Sound, Speech, Spoken, SystemInfo, Tailnet, TailnetNode, TailnetStatus, Transcript, Unsent, Voice,
    VoicePrint, VoiceReady, Volume, Window,
};
use luna_model::{
    Account, Attachment, Channel, ChannelState, CommandContext, CommandOutcome, CommandRequest, Emotion,
    Error, Incoming, Membership, MusicDevice, MusicOrder, MusicStanding, PlanContext, Playing, Reason,
    Recipient, Result, Risk, Secret, Tier, Track, Verdict, VoiceSettings,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

const CHANNELS: &str = "channels serve the whole business; its administrator sets them up";

/// All of it, off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Off;

fn off<T>(what: &str) -> Result<T> {
    Err(Error::forbidden(format!("{what} is off: Luna serves several people on this machine (business)")))
}

#[async_trait]
impl Desktop for Off {
    async fn presence(&self) -> Presence {
        Presence::default()
    }

    async fn info(&self) -> Result<SystemInfo> {
        off("the machine's state")
    }

    async fn clipboard(&self) -> Result<Option<String>> {
        off("the clipboard")
    }

    async fn set_clipboard(&self, _: String) -> Result<()> {
        off("the clipboard")
    }

    async fn clipboard_image(&self) -> Result<Option<Vec<u8>>> {
        off("the clipboard")
    }

    async fn set_clipboard_image(&self, _: Vec<u8>) -> Result<()> {
        off("the clipboard")
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        off("launching applications")
    }

    async fn launch(&self, _: &str) -> Result<Launched> {
        off("launching applications")
    }

    async fn open_url(&self, _: &str) -> Result<()> {
        off("opening pages on this machine")
    }

    async fn volume(&self) -> Result<Volume> {
        off("sound")
    }

    async fn set_volume(&self, _: u8) -> Result<()> {
        off("sound")
    }

    async fn set_muted(&self, _: bool) -> Result<()> {
        off("sound")
    }

    async fn app_volumes(&self) -> Result<Vec<AppVolume>> {
        off("sound")
    }

    async fn set_app_volume(&self, _: &str, _: u8) -> Result<AppVolume> {
        off("sound")
    }

    async fn brightness(&self) -> Result<u8> {
        off("the screen's brightness")
    }

    async fn set_brightness(&self, _: u8) -> Result<()> {
        off("the screen's brightness")
    }

    async fn lock(&self) -> Result<()> {
        off("locking the screen")
    }

    async fn display_off(&self) -> Result<()> {
        off("turning the screen off")
    }

    async fn sleep(&self) -> Result<()> {
        off("putting the machine to sleep")
    }
}

#[async_trait]
impl Sight for Off {
    async fn windows(&self) -> Result<Vec<Window>> {
        off("looking at the screen")
    }

    async fn screen(&self, _: Area, _: &[String]) -> Result<Picture> {
        off("looking at the screen")
    }

    async fn glance(&self, _: u32) -> Result<Option<Glance>> {
        off("looking at the screen")
    }

    async fn cameras(&self) -> Result<Vec<Camera>> {
        off("the camera")
    }

    async fn camera(&self, _: &str) -> Result<Picture> {
        off("the camera")
    }

    async fn read(&self, _: &[u8]) -> Result<String> {
        off("reading pictures on this machine")
    }
}

#[async_trait]
impl Voice for Off {
    async fn voice_print(&self, _: &Speech) -> Result<VoicePrint> {
        off("voice")
    }

    async fn ready(&self, _: &VoiceSettings) -> VoiceReady {
        VoiceReady { missing: vec!["voice is off in a business".into()], ..VoiceReady::default() }
    }

    async fn decode(&self, _: Vec<u8>) -> Result<Speech> {
        off("voice")
    }

    async fn may_be_called(&self, _: &Speech, _: &VoiceSettings) -> bool {
        false
    }

    async fn transcribe(&self, _: Speech, _: &VoiceSettings, _: Hints) -> Result<Transcript> {
        off("voice")
    }

    async fn emotion(&self, _: Speech) -> Result<Emotion> {
        off("voice")
    }

    async fn say(&self, _: &str, _: &VoiceSettings, _: CancellationToken) -> Result<Spoken> {
        off("voice")
    }

    fn about_to_say(&self, _: &VoiceSettings) {}

    fn speak_so(&self, _: Manner) {}

    async fn listen(&self, _: &VoiceSettings) -> Result<BoxStream<'static, Sound>> {
        off("voice")
    }
}

/// Commands would run under the account that owns every user's files.
const COMMANDS: &str = "running commands";

#[async_trait]
impl Shell for Off {
    fn judge(&self, command: &str, _: &CommandContext) -> Verdict {
        let why = "commands are off: they would run as the account that keeps everybody's data".to_owned();
        let words = command.split_whitespace().next().unwrap_or_default().to_owned();
        let reason = Reason { risk: Risk::Dangerous, blocks: true, words, why };
        Verdict {
            risk: Risk::Dangerous,
            blocked: true,
            reasons: vec![reason],
            programs: vec![],
            opaque: true,
            reversible: false,
        }
    }

    fn files_at_stake(&self, _: &str, _: &CommandContext) -> Vec<PathBuf> {
        vec![]
    }

    fn narrowest_rule(&self, _: &str, _: &CommandContext) -> Option<Vec<String>> {
        None
    }

    fn rule_fits(&self, _: &[String], _: &Verdict) -> bool {
        false
    }

    fn rule_touches(&self, _: &[String], _: &Verdict) -> bool {
        false
    }

    fn plan(&self, _: &str, _: &PlanContext) -> Option<PlannedWords> {
        None
    }

    fn explain(&self, command: &str) -> String {
        format!("{command}: commands are off in a business")
    }

    async fn run(&self, _: CommandRequest, _: CommandIo) -> Result<CommandOutcome> {
        off(COMMANDS)
    }
}

#[async_trait]
impl Music for Off {
    async fn standing(&self) -> MusicStanding {
        MusicStanding::NotSetUp
    }

    async fn sign_in(&self, _: Option<&str>) -> Result<SignIn> {
        off("music")
    }

    async fn redeem(&self, _: &SignIn, _: &str) -> Result<()> {
        off("music")
    }

    async fn sign_out(&self) -> Result<()> {
        Ok(())
    }

    async fn playing(&self) -> Result<Option<Playing>> {
        off("music")
    }

    async fn devices(&self) -> Result<Vec<MusicDevice>> {
        off("music")
    }

    async fn search(&self, _: &str) -> Result<Vec<Track>> {
        off("music")
    }

    async fn order(&self, _: &MusicOrder, _: Option<&str>) -> Result<()> {
        off("music")
    }

    async fn transfer(&self, _: &str) -> Result<()> {
        off("music")
    }
}

#[async_trait]
impl Tailnet for Off {
    async fn status(&self) -> TailnetStatus {
        TailnetStatus::default()
    }

    async fn nodes(&self) -> Vec<TailnetNode> {
        vec![]
    }

    async fn serve(&self, _: u16, _: bool) -> Result<()> {
        off("the private network")
    }
}

#[async_trait]
impl Channels for Off {
    async fn states(&self) -> Vec<ChannelState> {
        let state = |channel| ChannelState { channel, on: false, hint: CHANNELS.into() };
        Channel::ALL.into_iter().map(state).collect()
    }

    async fn read(&self, _: &Delivery) -> Result<Received> {
        Err(Error::unavailable(CHANNELS))
    }

    async fn send(&self, _: &Recipient, _: &str, parts: u32) -> std::result::Result<(), Unsent> {
        Err(Unsent { parts, why: Error::unavailable(CHANNELS) })
    }

    async fn attachment(&self, _: Channel, _: &Attachment, _: usize) -> Result<Vec<u8>> {
        Err(Error::unavailable(CHANNELS))
    }

    async fn fetch(&self, _: Channel) -> Result<Vec<Incoming>> {
        std::future::pending().await
    }

    async fn leave(&self, _: Channel) {}
}

#[async_trait]
impl Payments for Off {
    async fn customer(&self, _: &Account) -> Result<String> {
        off("paying")
    }

    async fn checkout(&self, _: &str, _: &Account, _: Tier) -> Result<PaymentPage> {
        off("paying")
    }

    async fn cancel(&self, _: &str) -> Result<Membership> {
        off("paying")
    }

    async fn subscription(&self, _: &str) -> Result<Value> {
        off("paying")
    }

    async fn portal(&self, _: &str) -> Result<PaymentPage> {
        off("paying")
    }

    fn tier_of(&self, _: &str) -> Option<Tier> {
        None
    }

    fn webhook_secret(&self) -> Result<Secret> {
        off("paying")
    }
}
