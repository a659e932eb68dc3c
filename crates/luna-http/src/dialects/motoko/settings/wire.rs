//! The thirteen names of this API's settings, and what each is here.

use luna_core::costs;
use luna_model::{Error, Provider, Result, SettingsPatch};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Names of keys, and whose they are.
pub(super) const KEYS: [(&str, Provider); 3] = [
    ("anthropicApiKey", Provider::Anthropic),
    ("openaiApiKey", Provider::OpenaiCompatible),
    ("googleAiApiKey", Provider::Google),
];

/// A number as it was written: 5 stays 5.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Amount(serde_json::Number);

impl Amount {
    fn of(value: f64) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "whole numbers of dollars")]
        let number = if value.fract() == 0.0 && value.abs() < 1e15 {
            serde_json::Number::from(value as i64)
        } else {
            serde_json::Number::from_f64(value).unwrap_or_else(|| 0.into())
        };
        Self(number)
    }

    fn value(&self) -> f64 {
        self.0.as_f64().unwrap_or(f64::NAN)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Budget {
    /// US dollars a day; 0 = no limit.
    #[schema(value_type = f64)]
    daily: Amount,
    /// US dollars a month; 0 = no limit.
    #[schema(value_type = f64)]
    monthly: Amount,
    /// Fractions from 0 to 1, or per cents.
    #[schema(value_type = Vec<f64>)]
    alert_thresholds: Vec<Amount>,
}

impl Budget {
    pub(super) fn new(budget: costs::Budget) -> Self {
        Self {
            daily: Amount::of(budget.daily),
            monthly: Amount::of(budget.monthly),
            alert_thresholds: budget.alerts.into_iter().map(Amount::of).collect(),
        }
    }

    pub(super) fn into_core(self) -> costs::Budget {
        costs::Budget {
            daily: self.daily.value(),
            monthly: self.monthly.value(),
            alerts: self.alert_thresholds.iter().map(Amount::value).collect(),
        }
    }

    pub(super) fn into_value(self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// What a change of a setting is here.
pub(super) enum Change {
    Settings(SettingsPatch),
    Key(Provider, String),
    Budget(Budget),
    /// Decided before Luna starts; only the same value is taken.
    Fixed(&'static str, Value),
}

pub(super) fn read(name: &str, value: Value, active: Provider) -> Result<Change> {
    let wrong = |what: &str| Error::invalid(format!("{name} is {what}"));
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| wrong("a text"));
    let patch = |value: Value| {
        let Value::Object(patch) = value else { return Err(wrong("no setting")) };
        Ok(Change::Settings(patch))
    };
    if let Some((_, provider)) = KEYS.iter().find(|(known, _)| *known == name) {
        return Ok(Change::Key(*provider, text(&value)?));
    }
    match name {
        "theme" => patch(json!({ "theme": text(&value)? })),
        "onboardingComplete" => {
            patch(json!({ "onboarded": value.as_bool().ok_or_else(|| wrong("true or false"))? }))
        }
        "systemPrompt" => patch(json!({ "instructions": text(&value)? })),
        "ollamaHost" => patch(json!({ "providers": { "ollama": { "base_url": text(&value)? } } })),
        "defaultModel" | "llm.defaultModel" => {
            patch(json!({ "providers": { active.name(): { "model": text(&value)? } } }))
        }
        "llm.defaultProvider" => {
            let provider = match text(&value)?.as_str() {
                "auto" | "" => None,
                "openai" => Some(Provider::OpenaiCompatible),
                name => Some(Provider::from_name(name).ok_or_else(|| wrong("no provider"))?),
            };
            patch(json!({ "provider": provider }))
        }
        "budget" => {
            serde_json::from_value(value).map(Change::Budget).map_err(|e| wrong(&format!("no budget: {e}")))
        }
        "app.port" => Ok(Change::Fixed("app.port", value)),
        "app.host" => Ok(Change::Fixed("app.host", value)),
        _ => Err(Error::invalid(format!("there is no setting called {name:?}"))),
    }
}
