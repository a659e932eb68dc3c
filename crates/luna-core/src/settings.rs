//! The settings that can change while Luna runs: one typed row, one patch verb. What flags and environment fix is laid
//! over them and cannot be patched away.

use std::sync::Arc;

use luna_model::{Error, Event, Result, Settings, SettingsPatch};
use luna_store::Db;
use serde_json::Value;
use tokio::sync::watch;

use crate::events::Bus;

const DOCUMENT: &str = "settings";

/// The settings; cheap to clone.
#[derive(Clone, Debug)]
pub struct SettingsRow {
    current: Arc<watch::Sender<Settings>>,
    fixed: Arc<SettingsPatch>,
}

impl SettingsRow {
    /// Reads the row; `fixed` is what flags and environment say.
    pub(crate) async fn open(db: &Db, fixed: SettingsPatch) -> Result<Self> {
        let stored: SettingsPatch = db.document(DOCUMENT).await?.unwrap_or_default();
        let current = layered(&stored, &fixed)?;
        Ok(Self { current: Arc::new(watch::Sender::new(current)), fixed: Arc::new(fixed) })
    }

    /// The settings now.
    #[must_use]
    pub fn current(&self) -> Settings {
        self.current.borrow().clone()
    }

    /// Wakes whenever they change.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Settings> {
        self.current.subscribe()
    }

    /// The names that flags or environment fix, as paths with dots: `providers.groq.model`.
    #[must_use]
    pub fn fixed(&self) -> Vec<String> {
        fields(&self.fixed)
    }

    /// Changes some of them (RFC 7396: `null` = back to the default). They hold at once.
    ///
    /// # Errors
    /// `Invalid` for an unknown name or a value that does not fit, naming it; then nothing changes.
    pub(crate) async fn patch(&self, db: &Db, bus: &Bus, patch: SettingsPatch) -> Result<Settings> {
        let known = object(&Settings::default())?;
        for name in patch.keys() {
            if !known.contains_key(name) {
                return Err(Error::invalid(format!("there is no setting called {name:?}")));
            }
        }
        let fixed = self.fixed();
        if let Some(name) = fields(&patch).into_iter().find(|name| fixed.contains(name)) {
            return Err(Error::conflict(format!(
                "{name} is fixed by a flag or an environment variable; change it there"
            )));
        }
        let names: Vec<_> = patch.keys().cloned().collect();
        let mut stored: Value =
            Value::Object(db.document::<SettingsPatch>(DOCUMENT).await?.unwrap_or_default());
        merge(&mut stored, Value::Object(patch));
        let Value::Object(stored) = stored else { return Err(Error::internal("the settings are no object")) };
        let changed = layered(&stored, &self.fixed)?;
        check(&changed)?;
        db.set_document(DOCUMENT, &stored).await?;
        self.current.send_replace(changed.clone());
        bus.publish(Event::SettingsChanged { names });
        Ok(changed)
    }

    /// Every setting goes back to its default. The database was emptied by the caller.
    pub(crate) fn reset(&self, bus: &Bus) -> Result<Settings> {
        let fresh = layered(&SettingsPatch::new(), &self.fixed)?;
        self.current.send_replace(fresh.clone());
        bus.publish(Event::SettingsChanged { names: object(&fresh)?.keys().cloned().collect() });
        Ok(fresh)
    }
}

fn layered(stored: &SettingsPatch, fixed: &SettingsPatch) -> Result<Settings> {
    let mut all = Value::Object(object(&Settings::default())?);
    merge(&mut all, Value::Object(stored.clone()));
    merge(&mut all, Value::Object(fixed.clone()));
    serde_json::from_value(all).map_err(|e| Error::invalid(format!("that setting does not fit: {e}")))
}

fn check(settings: &Settings) -> Result<()> {
    let ranges = [
        ("history_messages", u64::from(settings.history_messages), 2..=400),
        ("recalled_facts", u64::from(settings.recalled_facts), 0..=50),
        ("confirm_timeout_s", settings.confirm_timeout_s, 5..=86_400),
        ("command_timeout_s", settings.command_timeout_s, 1..=86_400),
        ("first_token_timeout_s", settings.first_token_timeout_s, 1..=3_600),
        ("idle_timeout_s", settings.idle_timeout_s, 1..=3_600),
        ("background_minutes_a_day", settings.background_minutes_a_day, 0..=1_440),
        ("background_minutes_a_job", settings.background_minutes_a_job, 1..=1_440),
        ("free_window_after_s", settings.free_window_after_s, 0..=604_800),
        ("voice.rate", u64::from(settings.voice.rate), 60..=500),
        ("voice.wake_sensitivity", u64::from(settings.voice.wake_sensitivity), 0..=100),
        ("voice.volume", u64::from(settings.voice.volume), 0..=100),
        ("voice.follow_up_s", u64::from(settings.voice.follow_up_s), 0..=120),
    ];
    for (name, value, range) in ranges {
        if !range.contains(&value) {
            return Err(Error::invalid(format!(
                "{name} is from {} to {}, not {value}",
                range.start(),
                range.end()
            )));
        }
    }
    if settings.instructions.chars().count() > 20_000 {
        return Err(Error::invalid("instructions have at most 20000 characters"));
    }
    for (name, value) in [("user_name", &settings.user_name), ("luna_name", &settings.luna_name)] {
        if value.trim().is_empty() || value.chars().count() > 80 || value.contains('\n') {
            return Err(Error::invalid(format!("{name} is one line of 1 to 80 characters")));
        }
    }
    let voice = &settings.voice;
    let words = voice.wake_phrase.split_whitespace().count();
    if !(1..=5).contains(&words) || voice.wake_phrase.chars().count() > 60 {
        return Err(Error::invalid("voice.wake_phrase is one to five words"));
    }
    if !["neural", "energy"].contains(&voice.vad.as_str()) {
        return Err(Error::invalid("voice.vad is neural or energy"));
    }
    if !["auto", "piper", "espeak-ng", "system", "endpoint"].contains(&voice.engine.as_str()) {
        return Err(Error::invalid("voice.engine is auto, piper, espeak-ng, system or endpoint"));
    }
    if !(-90.0..=90.0).contains(&settings.weather_lat) || !(-180.0..=180.0).contains(&settings.weather_lon) {
        return Err(Error::invalid("weather_lat is from -90 to 90, weather_lon from -180 to 180"));
    }
    if settings.stock_symbols.len() > 20 || settings.coins.len() > 50 || settings.news_feeds.len() > 20 {
        return Err(Error::invalid("at most 20 symbols, 50 coins and 20 feeds"));
    }
    for (name, hour) in [("quiet_from", &settings.quiet_from), ("quiet_until", &settings.quiet_until)] {
        if !hour.is_empty() && jiff::civil::Time::strptime("%H:%M", hour).is_err() {
            return Err(Error::invalid(format!("{name} is an hour such as 22:30, or empty")));
        }
    }
    if !["system", "light", "dark", "contrast"].contains(&settings.theme.as_str()) {
        return Err(Error::invalid("theme is system, light, dark or contrast"));
    }
    if !["system", "reduced"].contains(&settings.motion.as_str()) {
        return Err(Error::invalid("motion is system or reduced"));
    }
    if let Some(unknown) = settings.modules_off.iter().find(|name| crate::modules::module(name).is_none()) {
        return Err(Error::invalid(format!("there is no module called {unknown:?}")));
    }
    Ok(())
}

fn object(settings: &Settings) -> Result<SettingsPatch> {
    match serde_json::to_value(settings).map_err(Error::internal)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::internal("the settings are no object")),
    }
}

/// The fields that a patch sets, as paths with dots.
fn fields(patch: &SettingsPatch) -> Vec<String> {
    let mut all = vec![];
    for (name, value) in patch {
        match value.as_object() {
            Some(inner) => all.extend(fields(inner).into_iter().map(|field| format!("{name}.{field}"))),
            None => all.push(name.clone()),
        }
    }
    all
}

/// RFC 7396: objects are merged, `null` takes a field away, everything else replaces.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(SettingsPatch::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patch(value: Value) -> SettingsPatch {
        value.as_object().cloned().unwrap()
    }

    #[tokio::test]
    async fn a_patch_holds_at_once_and_after_a_restart_and_null_takes_it_back() {
        let (db, bus) = (Db::in_memory().unwrap(), Bus::new());
        let row = SettingsRow::open(&db, SettingsPatch::new()).await.unwrap();
        row.patch(&db, &bus, patch(json!({"user_name": "Ada", "providers": {"ollama": {"model": "m"}}})))
            .await
            .unwrap();
        assert_eq!(row.current().user_name, "Ada");
        let again = SettingsRow::open(&db, SettingsPatch::new()).await.unwrap();
        assert_eq!(again.current().providers["ollama"].model.as_deref(), Some("m"));
        again.patch(&db, &bus, patch(json!({"user_name": null}))).await.unwrap();
        assert_eq!(again.current().user_name, "friend");
    }

    #[tokio::test]
    async fn only_the_very_field_is_fixed() {
        let (db, bus) = (Db::in_memory().unwrap(), Bus::new());
        let fixed = json!({"providers": {"groq": {"model": "m"}}});
        let row = SettingsRow::open(&db, patch(fixed)).await.unwrap();
        assert_eq!(row.fixed(), ["providers.groq.model"]);
        row.patch(&db, &bus, patch(json!({"providers": {"ollama": {"model": "o"}}}))).await.unwrap();
        let refused = row.patch(&db, &bus, patch(json!({"providers": {"groq": {"model": "n"}}}))).await;
        assert_eq!(refused.unwrap_err().kind, luna_model::ErrorKind::Conflict);
        let now = row.current().providers;
        assert_eq!((now["groq"].model.as_deref(), now["ollama"].model.as_deref()), (Some("m"), Some("o")));
    }

    #[tokio::test]
    async fn what_does_not_fit_changes_nothing() {
        let (db, bus) = (Db::in_memory().unwrap(), Bus::new());
        let row = SettingsRow::open(&db, patch(json!({"theme": "dark"}))).await.unwrap();
        for bad in [
            json!({"usr_name": "x"}),
            json!({"idle_timeout_s": "long"}),
            json!({"idle_timeout_s": 0}),
            json!({"user_name": " "}),
        ] {
            let error = row.patch(&db, &bus, patch(bad)).await.unwrap_err();
            assert_eq!(error.kind, luna_model::ErrorKind::Invalid);
        }
        let fixed = row.patch(&db, &bus, patch(json!({"theme": "light"}))).await.unwrap_err();
        assert!(fixed.message.contains("environment"));
        assert_eq!(row.current(), Settings { theme: "dark".into(), ..Settings::default() });
    }
}
