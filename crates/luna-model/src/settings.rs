//! Settings that can change while Luna runs: one typed row, one patch verb. Secrets are not among them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Provider, VoiceSettings};

/// What the user can set. Environment and flags override single fields; [`SettingsPatch`] changes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Settings {
    /// What Luna calls the user.
    pub user_name: String,
    /// What Luna is called.
    pub luna_name: String,
    /// The provider; none = `auto`.
    pub provider: Option<Provider>,
    /// A provider's model and base URL, where they differ from the defaults.
    pub providers: BTreeMap<String, ProviderSettings>,
    /// Most messages of a conversation that are given to the model word for word.
    pub history_messages: u32,
    /// Most facts that are given to the model with a question.
    pub recalled_facts: u32,
    /// Seconds until an unanswered confirmation is a no.
    pub confirm_timeout_s: u64,
    /// Seconds a shell command may take.
    pub command_timeout_s: u64,
    /// Seconds to wait for a model's first token.
    pub first_token_timeout_s: u64,
    /// Seconds to wait between two tokens.
    pub idle_timeout_s: u64,
    /// What holds in every conversation, besides what Luna is told anyway.
    pub instructions: String,
    /// Skills that are switched off, by id.
    pub skills_off: std::collections::BTreeSet<String>,
    /// Channels that are switched off, whatever is there of them.
    pub channels_off: std::collections::BTreeSet<crate::Channel>,
    /// Learn facts from conversations.
    pub learn_facts: bool,
    /// Windows that are blackened in every picture of the screen: parts of their titles or applications.
    pub private_windows: Vec<String>,
    /// The camera that she looks through, by its id; empty = the first.
    pub camera: String,
    /// Hearing and speaking.
    pub voice: VoiceSettings,
    /// Where the weather is told of: its name.
    pub weather_city: String,
    /// Degrees north.
    pub weather_lat: f64,
    /// Degrees east.
    pub weather_lon: f64,
    /// Shares and funds on the dashboard, by their symbols.
    pub stock_symbols: Vec<String>,
    /// Coins on the dashboard, by their names at CoinGecko.
    pub coins: Vec<String>,
    /// Feeds whose news are on the dashboard.
    pub news_feeds: Vec<String>,
    /// From when Luna does not speak up by herself (`22:30`); empty = never so.
    pub quiet_from: String,
    /// Until when.
    pub quiet_until: String,
    /// Tokens that all jobs together may use a day; then she stops and asks.
    pub background_tokens_a_day: u64,
    /// Hundredths of a US dollar that all jobs together may cost a day; 0 = not counted.
    pub background_cents_a_day: u64,
    /// Minutes that all jobs together may run a day.
    pub background_minutes_a_day: u64,
    /// Tokens that one run of a job may use.
    pub background_tokens_a_job: u64,
    /// Hundredths of a US dollar that one run of a job may cost; 0 = not counted.
    pub background_cents_a_job: u64,
    /// Minutes that one run of a job may take.
    pub background_minutes_a_job: u64,
    /// `system`, `light`, `dark` or `contrast`.
    pub theme: String,
    /// `system`, or `reduced` for no motion whatever the system says.
    pub motion: String,
    /// Modules that are switched off, by name.
    pub modules_off: std::collections::BTreeSet<String>,
    /// IETF tag of the interface's language, or `system`.
    pub language: String,
    /// Whether the first-run questions were answered or skipped.
    pub onboarded: bool,
    /// Global hotkey that shows and hides the window (`Ctrl+Alt+L`); empty = none.
    pub hotkey_open: String,
    /// Global hotkey of the quick bar; empty = none.
    pub hotkey_ask: String,
    /// Global hotkey to talk: held, Luna listens until it is let go; pressed, she listens or stops. Empty = none.
    pub hotkey_talk: String,
    /// The desktop program starts with the user's session, in the tray.
    pub start_at_login: bool,
    /// Closing the window leaves Luna awake in the tray.
    pub close_to_tray: bool,
    /// Seconds until a hidden window gives its memory back; 0 = never.
    pub free_window_after_s: u64,
    /// Tell by system notifications what asks for attention while the window is away.
    pub notifications: bool,
    /// No notifications, whatever happens.
    pub do_not_disturb: bool,
}

/// One provider's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct ProviderSettings {
    /// The model; none = the provider's default.
    pub model: Option<String>,
    /// Where it is reached; none = its own address.
    pub base_url: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_name: "friend".into(),
            luna_name: "Luna".into(),
            provider: None,
            providers: BTreeMap::new(),
            history_messages: 30,
            recalled_facts: 6,
            confirm_timeout_s: 300,
            command_timeout_s: 300,
            first_token_timeout_s: 120,
            idle_timeout_s: 60,
            instructions: String::new(),
            skills_off: std::collections::BTreeSet::new(),
            channels_off: std::collections::BTreeSet::new(),
            learn_facts: true,
            private_windows: ["keepass", "bitwarden", "1password", "password", "passwort"]
                .map(String::from)
                .into(),
            camera: String::new(),
            voice: VoiceSettings::default(),
            weather_city: "New York".into(),
            weather_lat: 40.7128,
            weather_lon: -74.006,
            stock_symbols: ["SPY", "AAPL", "NVDA", "MSFT", "AMZN", "TSLA"].map(str::to_owned).into(),
            coins: ["bitcoin", "ethereum"].map(str::to_owned).into(),
            news_feeds: [
                "https://feeds.bbci.co.uk/news/world/rss.xml",
                "https://www.theguardian.com/world/rss",
                "https://feeds.npr.org/1001/rss.xml",
            ]
            .map(str::to_owned)
            .into(),
            quiet_from: "22:30".into(),
            quiet_until: "07:00".into(),
            background_tokens_a_day: 200_000,
            background_cents_a_day: 200,
            background_minutes_a_day: 120,
            background_tokens_a_job: 50_000,
            background_cents_a_job: 50,
            background_minutes_a_job: 15,
            theme: "system".into(),
            motion: "system".into(),
            modules_off: std::collections::BTreeSet::new(),
            language: "system".into(),
            onboarded: false,
            hotkey_open: "Ctrl+Alt+L".into(),
            hotkey_ask: "Ctrl+Shift+Space".into(),
            hotkey_talk: "Ctrl+Alt+Space".into(),
            start_at_login: false,
            close_to_tray: true,
            free_window_after_s: 600,
            notifications: true,
            do_not_disturb: false,
        }
    }
}

/// A change to the settings: a JSON object with some of their fields (RFC 7396 merge: `null` = back to the default).
pub type SettingsPatch = serde_json::Map<String, serde_json::Value>;
