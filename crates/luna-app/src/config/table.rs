//! Every variable that Luna reads, as one flat table: name, kind, default, what it is for. Knows neither where a value
//! comes from nor who uses it.
//!
//! A variable that `sets` a field of [`luna_model::Settings`] has that field's default and overrides what is stored;
//! its own default here is empty, or, for a provider's address and model, the provider's own, said for the reader.

use super::value::Kind;

/// A variable: read from flags, environment and `.env` under its name or one of its other names.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Other documented names; the first one found counts, its own name before these.
    pub aliases: &'static [&'static str],
    /// What sort of value.
    pub kind: Kind,
    /// The default; empty = none.
    pub default: &'static str,
    /// The field of the settings that it overrides, as a path with dots; empty = none.
    pub sets: &'static str,
    /// What it is for.
    pub about: &'static str,
}

const fn var(name: &'static str, kind: Kind, default: &'static str, about: &'static str) -> Variable {
    Variable { name, aliases: &[], kind, default, sets: "", about }
}

impl Variable {
    const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn sets(mut self, field: &'static str) -> Self {
        self.sets = field;
        self
    }

    /// Its own name, then the other ones.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Whether its value must not be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }
}

/// The variable of this name or other name, however it is capitalised.
#[must_use]
pub fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.names().any(|known| known.eq_ignore_ascii_case(name)))
}

const PORT: Kind = Kind::Whole(0, 65_535);
const COUNT: Kind = Kind::Whole(0, 1_000_000);
const SECONDS: Kind = Kind::Whole(1, 86_400);
const PROVIDERS: Kind = Kind::OneOf(&[
    "auto",
    "ollama",
    "openai-compatible",
    "anthropic",
    "google",
    "groq",
    "cohere",
    "mistral",
    "nvidia-nim",
    "builtin",
]);

/// All of them.
pub static VARIABLES: &[Variable] = &[
    // The server
    var(
        "HOST",
        Kind::Host,
        "127.0.0.1",
        "Address of the main port. Anything but loopback needs LUNA_PASSWORD, or business with JWT_SECRET.",
    ),
    var("PORT", PORT, "8899", "Main port: every API and the web UI. 0 = any free one.").or(&["BACKEND_PORT"]),
    var("EXECUTOR_PORT", PORT, "8000", "Port of the plan-and-run executor's own address. 0 = off."),
    var("LUNA_ALLOWED_HOSTS", Kind::List, "", "Further names, with port, that a request's Host may have."),
    var("LUNA_ALLOWED_ORIGINS", Kind::List, "", "Further origins that a request may come from."),
    var("LUNA_PASSWORD", Kind::Secret, "", "Where set, the OpenMotoko API asks for a session.")
        .or(&["OPENMOTOKO_PASSWORD"]),
    var("JWT_SECRET", Kind::Secret, "", "Business: signs users' tokens, and is the administrator's own."),
    var("JWT_EXPIRY_HOURS", Kind::Whole(1, 1_000_000), "720", "Business: how long a user's token lasts."),
    var("RATE_LIMIT_ENABLED", Kind::Flag, "false", "Business: limit how often a user may call."),
    var("RATE_LIMIT_PER_MINUTE", COUNT, "60", "Requests a minute."),
    var("RATE_LIMIT_BURST", COUNT, "20", "Requests more than that at once."),
    var(
        "TRUSTED_PROXIES",
        Kind::List,
        "",
        "Addresses or networks of reverse proxies, whose X-Forwarded-For is believed.",
    ),
    var("TLS_CERTIFICATE_FILE", Kind::Path, "", "The certificate (PEM, with its chain), to serve with TLS."),
    var("TLS_KEY_FILE", Kind::Path, "", "The certificate's key (PEM)."),
    var("LUNA_USERS_AWAKE", Kind::Whole(1, 10_000), "256", "Business: most users served at the same time."),
    var(
        "LUNA_USER_IDLE_MINUTES",
        Kind::Whole(1, 10_080),
        "15",
        "Business: minutes after which the Luna of a user who does nothing goes to sleep.",
    ),
    var("FRONTEND_DIST", Kind::Path, "", "A folder with the web UI's files, instead of the built-in ones."),
    var("DEBUG", Kind::Flag, "false", "Log more; LUNA_LOG says it more finely."),
    // Where things are
    var(
        "LUNA_ENV_FILE",
        Kind::Path,
        "",
        "The one file of settings to read, instead of .env and .env.<variant>.",
    ),
    var(
        "LUNA_DATA_DIR",
        Kind::Path,
        "",
        "Database, workspace, audit log, backups. Unset: the platform's data folder.",
    ),
    var(
        "LUNA_MODELS_DIR",
        Kind::Path,
        "",
        "Models, shared by all data folders. Unset: the platform's cache folder + luna/models.",
    ),
    var(
        "LUNA_SECRET_STORE",
        Kind::OneOf(&["auto", "keyring", "file"]),
        "auto",
        "Where keys and tokens are kept.",
    ),
    var("LUNA_LOG", Kind::LogFilter, "", "What to log. Unset: info, or debug of Luna's own with DEBUG."),
    var("WORKSPACE_ROOT", Kind::Path, "", "Luna's workspace. Unset: workspace/ in the data folder."),
    var("DB_PATH", Kind::Path, "", "The database file. Unset: luna.db in the data folder."),
    var("DB_URL", Kind::Secret, "", "Business on several machines: the address of its database."),
    var("DB_POOL_SIZE", COUNT, "10", "Connections to that database."),
    var("DB_MAX_OVERFLOW", COUNT, "20", "Connections more than that, for a while."),
    var("DB_POOL_TIMEOUT", SECONDS, "30", "Seconds to wait for a connection."),
    var("DB_POOL_RECYCLE", SECONDS, "1800", "Seconds after which a connection is made anew."),
    var("DB_ECHO", Kind::Flag, "false", "Log the database's statements."),
    var("CHROMA_PATH", Kind::Path, "", "Read for old files' sake; vectors are in the database's own folder."),
    // Who is who
    var("LUNA_VARIANT", Kind::OneOf(&["personal", "business"]), "personal", "Personal or business."),
    var("APP_NAME", Kind::Text, "Luna", "The program's name."),
    var("LUNA_NAME", Kind::Text, "", "What Luna is called.").sets("luna_name"),
    var("USER_NAME", Kind::Text, "", "What Luna calls the user.").sets("user_name"),
    var("BUSINESS_NAME", Kind::Text, "", "Business: its name."),
    var("BUSINESS_DESCRIPTION", Kind::Text, "", "Business: what it does."),
    var(
        "BUSINESS_TONE",
        Kind::OneOf(&["professional", "friendly", "technical", "concise"]),
        "professional",
        "Business: how Luna speaks.",
    ),
    // Models: which, and how long to wait
    var(
        "LLM_PROVIDER",
        PROVIDERS,
        "auto",
        "Who answers; auto = the first with a key, else a reachable Ollama, else builtin.",
    )
    .sets("provider"),
    var("LUNA_FIRST_TOKEN_TIMEOUT", SECONDS, "", "Seconds to wait for a model's first token.")
        .sets("first_token_timeout_s"),
    var("LUNA_IDLE_TIMEOUT", SECONDS, "", "Seconds to wait between two tokens.").sets("idle_timeout_s"),
    var("OLLAMA_BASE_URL", Kind::Url, "http://127.0.0.1:11434", "Ollama: where it is reached.")
        .sets("providers.ollama.base_url"),
    var("OLLAMA_MODEL", Kind::Text, "qwen2.5:7b", "Ollama: the model.").sets("providers.ollama.model"),
    var(
        "OPENAI_BASE_URL",
        Kind::Url,
        "https://api.openai.com/v1",
        "OpenAI, or what speaks its protocol: where it is reached.",
    )
    .sets("providers.openai-compatible.base_url"),
    var("OPENAI_API_KEY", Kind::Secret, "", "OpenAI, or what speaks its protocol: the key."),
    var("OPENAI_MODEL", Kind::Text, "gpt-4o-mini", "OpenAI, or what speaks its protocol: the model.")
        .sets("providers.openai-compatible.model"),
    var("ANTHROPIC_BASE_URL", Kind::Url, "https://api.anthropic.com/v1", "Anthropic: where it is reached.")
        .sets("providers.anthropic.base_url"),
    var("ANTHROPIC_API_KEY", Kind::Secret, "", "Anthropic: the key."),
    var("ANTHROPIC_MODEL", Kind::Text, "claude-sonnet-4-5", "Anthropic: the model.")
        .sets("providers.anthropic.model"),
    var(
        "GOOGLE_BASE_URL",
        Kind::Url,
        "https://generativelanguage.googleapis.com/v1beta",
        "Google Gemini: where it is reached.",
    )
    .sets("providers.google.base_url"),
    var("GOOGLE_API_KEY", Kind::Secret, "", "Google Gemini: the key.").or(&["GEMINI_API_KEY"]),
    var("GOOGLE_MODEL", Kind::Text, "gemini-2.0-flash", "Google Gemini: the model.")
        .sets("providers.google.model"),
    var("GROQ_BASE_URL", Kind::Url, "https://api.groq.com/openai/v1", "Groq: where it is reached.")
        .sets("providers.groq.base_url"),
    var("GROQ_API_KEY", Kind::Secret, "", "Groq: the key."),
    var("GROQ_MODEL", Kind::Text, "llama-3.3-70b-versatile", "Groq: the model.").sets("providers.groq.model"),
    var(
        "COHERE_BASE_URL",
        Kind::Url,
        "https://api.cohere.ai/compatibility/v1",
        "Cohere: where it is reached.",
    )
    .sets("providers.cohere.base_url"),
    var("COHERE_API_KEY", Kind::Secret, "", "Cohere: the key."),
    var("COHERE_MODEL", Kind::Text, "command-r-plus", "Cohere: the model.").sets("providers.cohere.model"),
    var("MISTRAL_BASE_URL", Kind::Url, "https://api.mistral.ai/v1", "Mistral: where it is reached.")
        .sets("providers.mistral.base_url"),
    var("MISTRAL_API_KEY", Kind::Secret, "", "Mistral: the key."),
    var("MISTRAL_MODEL", Kind::Text, "mistral-large-latest", "Mistral: the model.")
        .sets("providers.mistral.model"),
    var(
        "NVIDIA_NIM_BASE_URL",
        Kind::Url,
        "https://integrate.api.nvidia.com/v1",
        "NVIDIA NIM: where it is reached.",
    )
    .sets("providers.nvidia-nim.base_url"),
    var("NVIDIA_NIM_API_KEY", Kind::Secret, "", "NVIDIA NIM: the key.").or(&["NVIDIA_API_KEY"]),
    var("NVIDIA_NIM_MODEL", Kind::Text, "meta/llama-3.1-8b-instruct", "NVIDIA NIM: the model.")
        .sets("providers.nvidia-nim.model"),
    var("OLLAMA_EMBED_MODEL", Kind::Text, "nomic-embed-text", "Ollama: the model for vectors."),
    var("OPENAI_EMBED_MODEL", Kind::Text, "text-embedding-3-small", "OpenAI: the model for vectors."),
    var("EMBEDDING_PROVIDER", Kind::Text, "builtin", "Who makes vectors."),
    var("CODING_PROVIDER", Kind::Text, "", "Who answers the coding agent. Unset: as LLM_PROVIDER."),
    var("CODING_MODEL", Kind::Text, "qwen2.5-coder:7b", "The coding agent's model."),
    var("CODING_MAX_ITERATIONS", COUNT, "20", "Most rounds of the coding agent."),
    var("CODING_SHELL_TIMEOUT", SECONDS, "120", "Seconds a command of the coding agent may take."),
    // Conversation, memory, commands
    var("MAX_CONVERSATION_HISTORY", COUNT, "", "Most messages that are given to the model word for word.")
        .sets("history_messages"),
    var("MEMORY_RETRIEVAL_COUNT", COUNT, "", "Most facts that are given to the model with a question.")
        .sets("recalled_facts"),
    var("FACT_EXTRACTION_INTERVAL", COUNT, "5", "Messages between two rounds of learning facts."),
    var("LUNA_LEARN_FACTS", Kind::Flag, "", "Learn facts from conversations.").sets("learn_facts"),
    var("LUNA_CONFIRM_TIMEOUT", SECONDS, "", "Seconds until an unanswered confirmation is a no.")
        .sets("confirm_timeout_s"),
    var("LUNA_COMMAND_TIMEOUT", SECONDS, "", "Seconds a shell command may take.").sets("command_timeout_s"),
    var("RL_LEARNING_RATE", Kind::Number, "0.08", "How fast the personality drifts."),
    var("RL_DECAY", Kind::Number, "0.995", "How fast it drifts back."),
    // Voice
    var("WHISPER_MODEL", Kind::Text, "", "Speech to text: the whisper model.").sets("voice.stt_model"),
    var("WHISPER_DEVICE", Kind::Text, "", "Speech to text: where it computes."),
    var("STT_BASE_URL", Kind::Url, "", "Speech to text: an OpenAI-compatible address instead of whisper.")
        .sets("voice.stt_url"),
    var("WAKE_WORD_ENABLED", Kind::Flag, "", "Listen for the wake word.").sets("voice.wake_word"),
    var("WAKE_WORD", Kind::Text, "", "The wake word.").sets("voice.wake_phrase"),
    var("TTS_ENABLED", Kind::Flag, "", "Speak answers.").sets("voice.speak_answers"),
    var("TTS_PROVIDER", Kind::Text, "", "Who speaks: auto, piper, espeak-ng, system or endpoint.")
        .sets("voice.engine"),
    var("TTS_BASE_URL", Kind::Url, "", "Who speaks: an OpenAI-compatible address.").sets("voice.tts_url"),
    var("TTS_VOICE", Kind::Text, "", "Which voice.").sets("voice.voice"),
    var("TTS_RATE", Kind::Whole(60, 500), "", "Words a minute.").sets("voice.rate"),
    var("TTS_VOICE_INDEX", COUNT, "0", "Which voice."),
    var(
        "AUDIO_DEVICE_INDEX",
        Kind::Whole(-1, 1_000),
        "-1",
        "Which microphone; -1 = the system's own choice.",
    ),
    var("VOICE_RUNTIME", Kind::Text, "", "Which voice engine."),
    // Outside services: keys
    var("NEWS_API_KEY", Kind::Secret, "", "TheNewsAPI.").or(&["THE_NEWS_API"]),
    var("ALPHA_VANTAGE_KEY", Kind::Secret, "", "Alpha Vantage.")
        .or(&["ALPHA_VANTAGE", "ALPHA_VANTAGE_API_KEY"]),
    var("OPEN_WEATHER", Kind::Secret, "", "OpenWeather; read for old files' sake, weather needs no key."),
    var("BRAVE_SEARCH_API_KEY", Kind::Secret, "", "Brave Search."),
    var("GMAIL_CLIENT_ID", Kind::Text, "", "Gmail: the program's id with Google."),
    var("GMAIL_CLIENT_SECRET", Kind::Secret, "", "Gmail: the program's secret with Google."),
    var("GMAIL_REFRESH_TOKEN", Kind::Secret, "", "Gmail: connects the user's account."),
    var("GMAIL_TOPIC", Kind::Text, "", "Gmail: the Pub/Sub topic that pushes (projects/…/topics/…)."),
    var("GMAIL_PUSH_TOKEN", Kind::Secret, "", "Gmail: the secret that ends the push address (?token=…)."),
    var("GMAIL_PUSH_AUDIENCE", Kind::Text, "", "Gmail: the audience of the push subscription's OIDC token."),
    var("GMAIL_PUSH_SENDER", Kind::Text, "", "Gmail: the service account that pushes, where only one may."),
    var("STRIPE_SECRET_KEY", Kind::Secret, "", "Stripe.").or(&["STRIPE_API_KEY"]),
    var("STRIPE_WEBHOOK_SECRET", Kind::Secret, "", "Stripe: signs its webhooks."),
    var("STRIPE_PRICE_PRO", Kind::Text, "", "Stripe: the price of the tier pro."),
    var("STRIPE_PRICE_TEAM", Kind::Text, "", "Stripe: the price of the tier team."),
    var("TELEGRAM_BOT_TOKEN", Kind::Secret, "", "Telegram: the bot."),
    var("TELEGRAM_SECRET_TOKEN", Kind::Secret, "", "Telegram: proves that a webhook comes from it."),
    var("DISCORD_BOT_TOKEN", Kind::Secret, "", "Discord: the bot."),
    var("DISCORD_PUBLIC_KEY", Kind::Secret, "", "Discord: checks its signatures."),
    var("SLACK_BOT_TOKEN", Kind::Secret, "", "Slack: the bot."),
    var(
        "SLACK_APP_TOKEN",
        Kind::Secret,
        "",
        "Slack: opens a line (Socket Mode), where Slack cannot reach Luna.",
    ),
    var("SLACK_SIGNING_SECRET", Kind::Secret, "", "Slack: signs its webhooks."),
    var("WEBHOOK_SECRET", Kind::Secret, "", "Signs the plain webhook's messages."),
    var("GITHUB_TOKEN", Kind::Secret, "", "GitHub."),
    var("GITHUB_WEBHOOK_SECRET", Kind::Secret, "", "GitHub: signs its webhooks."),
    var("GITHUB_DEFAULT_REPO", Kind::Text, "", "GitHub: the repository that is meant when none is named."),
    var("GITHUB_NOTIFY_SLACK_CHANNEL", Kind::Text, "", "Where GitHub's news go in Slack."),
    var("GITHUB_NOTIFY_TELEGRAM_CHAT_ID", Kind::Text, "", "Where GitHub's news go in Telegram."),
    var("SPOTIFY_CLIENT_ID", Kind::Secret, "", "Spotify: the application."),
    var("SPOTIFY_CLIENT_SECRET", Kind::Secret, "", "Spotify: the application's secret; PKCE does without."),
    var("SPOTIFY_REDIRECT_URI", Kind::Url, "", "Spotify: where sign-ins come back, as registered there."),
    var("GOOGLE_WORKSPACE_CLIENT_ID", Kind::Text, "", "Google Workspace: the application."),
    var("GOOGLE_WORKSPACE_CLIENT_SECRET", Kind::Secret, "", "Google Workspace: the application's secret."),
    var("GOOGLE_WORKSPACE_ACCESS_TOKEN", Kind::Secret, "", "Google Workspace: the access token."),
    var("GOOGLE_WORKSPACE_REFRESH_TOKEN", Kind::Secret, "", "Google Workspace: the refresh token."),
    var("MICROSOFT_WORKSPACE_CLIENT_ID", Kind::Text, "", "Microsoft 365: the application."),
    var("MICROSOFT_WORKSPACE_CLIENT_SECRET", Kind::Secret, "", "Microsoft 365: the application's secret."),
    var("MICROSOFT_WORKSPACE_ACCESS_TOKEN", Kind::Secret, "", "Microsoft 365: the access token."),
    var("MICROSOFT_WORKSPACE_REFRESH_TOKEN", Kind::Secret, "", "Microsoft 365: the refresh token."),
    var("MICROSOFT_WORKSPACE_TENANT_ID", Kind::Text, "common", "Microsoft 365: the tenant."),
    var("FITBIT_CLIENT_ID", Kind::Text, "", "Fitbit: the application."),
    var("FITBIT_CLIENT_SECRET", Kind::Secret, "", "Fitbit: the application's secret."),
    var("FITBIT_ACCESS_TOKEN", Kind::Secret, "", "Fitbit: the access token."),
    var("FITBIT_REFRESH_TOKEN", Kind::Secret, "", "Fitbit: the refresh token."),
    var("GOOGLE_FIT_CLIENT_ID", Kind::Text, "", "Google Fit: the application."),
    var("GOOGLE_FIT_CLIENT_SECRET", Kind::Secret, "", "Google Fit: the application's secret."),
    var("GOOGLE_FIT_ACCESS_TOKEN", Kind::Secret, "", "Google Fit: the access token."),
    var("GOOGLE_FIT_REFRESH_TOKEN", Kind::Secret, "", "Google Fit: the refresh token."),
    var("WITHINGS_CLIENT_ID", Kind::Text, "", "Withings: the application."),
    var("WITHINGS_CLIENT_SECRET", Kind::Secret, "", "Withings: the application's secret."),
    var("WITHINGS_ACCESS_TOKEN", Kind::Secret, "", "Withings: the access token."),
    var("WITHINGS_REFRESH_TOKEN", Kind::Secret, "", "Withings: the refresh token."),
    var("OURA_API_KEY", Kind::Secret, "", "Oura."),
    var("GARMIN_EMAIL", Kind::Text, "", "Garmin: the account."),
    var("GARMIN_PASSWORD", Kind::Secret, "", "Garmin: its password."),
    var("HEALTH_WEBHOOK_SECRET", Kind::Secret, "", "Signs health data sent to Luna."),
    // Outside services: addresses, so that a test or a proxy can stand in
    var("OPEN_METEO_BASE_URL", Kind::Url, "https://api.open-meteo.com", "Open-Meteo."),
    var(
        "OPEN_METEO_GEOCODING_BASE_URL",
        Kind::Url,
        "https://geocoding-api.open-meteo.com",
        "Open-Meteo's places.",
    ),
    var("ALPHA_VANTAGE_BASE_URL", Kind::Url, "https://www.alphavantage.co", "Alpha Vantage."),
    var("COINGECKO_BASE_URL", Kind::Url, "https://api.coingecko.com/api/v3", "CoinGecko."),
    var("NEWS_API_BASE_URL", Kind::Url, "https://api.thenewsapi.com/v1", "TheNewsAPI."),
    var("SPOTIFY_API_BASE_URL", Kind::Url, "https://api.spotify.com/v1", "Spotify."),
    var("SPOTIFY_ACCOUNTS_BASE_URL", Kind::Url, "https://accounts.spotify.com", "Spotify's sign-in."),
    var("TELEGRAM_API_BASE_URL", Kind::Url, "https://api.telegram.org", "Telegram."),
    var("SLACK_API_BASE_URL", Kind::Url, "https://slack.com/api", "Slack."),
    var("DISCORD_API_BASE_URL", Kind::Url, "https://discord.com/api/v10", "Discord."),
    var("GITHUB_API_BASE_URL", Kind::Url, "https://api.github.com", "GitHub."),
    var("STRIPE_API_BASE_URL", Kind::Url, "https://api.stripe.com", "Stripe."),
    var("GMAIL_API_BASE_URL", Kind::Url, "https://gmail.googleapis.com", "Gmail."),
    var(
        "GOOGLE_OAUTH_BASE_URL",
        Kind::Url,
        "https://oauth2.googleapis.com",
        "Google: where tokens are given.",
    ),
    var(
        "GOOGLE_CERTS_URL",
        Kind::Url,
        "https://www.googleapis.com/oauth2/v3/certs",
        "Google: the keys that sign pushes.",
    ),
    var("SEARCH_BASE_URL", Kind::Url, "https://html.duckduckgo.com/html", "Web search."),
    var("MODELS_HUB_BASE_URL", Kind::Url, "https://huggingface.co", "Where model files are fetched from."),
    var("REGISTRY_BASE_URL", Kind::Url, "", "The registry of packages, besides what comes with Luna."),
    var("REGISTRY_PUBLIC_KEY", Kind::Text, "", "Its ed25519 key; otherwise the one it shows first."),
    // The weather's place, until the user names one
    var("WEATHER_LAT", Kind::Number, "", "Degrees north.").sets("weather_lat"),
    var("WEATHER_LON", Kind::Number, "", "Degrees east.").sets("weather_lon"),
    var("WEATHER_CITY", Kind::Text, "", "Its name.").sets("weather_city"),
    var("WEATHER_TIMEZONE", Kind::Text, "America/New_York", "Its time zone."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_name_stands_twice() {
        let mut seen = HashSet::new();
        for name in VARIABLES.iter().flat_map(Variable::names) {
            assert!(seen.insert(name.to_ascii_lowercase()), "{name} stands in the table twice");
        }
    }

    #[test]
    fn every_default_can_be_read() {
        for variable in VARIABLES.iter().filter(|v| !v.default.is_empty()) {
            assert!(!variable.is_secret(), "{}: a secret has no default", variable.name);
            variable
                .kind
                .read(variable.default)
                .unwrap_or_else(|wanted| panic!("{}: not {wanted}", variable.name));
        }
    }

    #[test]
    fn what_sounds_secret_is_secret() {
        for variable in VARIABLES {
            let sounds =
                ["_KEY", "_TOKEN", "SECRET", "PASSWORD"].iter().any(|end| variable.name.ends_with(end));
            let public = variable.name.ends_with("_PUBLIC_KEY");
            assert!(!sounds || public || variable.is_secret(), "{} would be shown", variable.name);
        }
    }

    #[test]
    fn the_provider_names_are_the_models() {
        let Kind::OneOf(names) = PROVIDERS else { panic!("not a choice") };
        let known: HashSet<_> = luna_model::Provider::ALL.iter().map(|p| p.name()).chain(["auto"]).collect();
        assert_eq!(known, names.iter().copied().collect());
    }
}
