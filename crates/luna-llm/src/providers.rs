//! The providers as one port: who answers, how often it is tried, and how each of them has fared.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use luna_core::ports::{Llm, ModelStream};
use luna_model::{
    Error, ModelEvent, ModelInfo, ModelPrice, ModelRequest, Provider, ProviderStatus, Result, Turn,
};
use parking_lot::Mutex;

use crate::catalog::{self, Abilities};
use crate::config::Config;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::target::{Clients, Target, Wire};
use crate::{builtin, retry};

/// How long it is believed that Ollama is there, or is not.
const PROBE_HOLDS: Duration = Duration::from_secs(10);

/// All model providers. Cheap to share; [`Providers::reconfigure`] takes effect with the next request.
pub struct Providers {
    state: ArcSwap<State>,
    record: Arc<Record>,
}

/// What holds until the next configuration.
struct State {
    config: Config,
    clients: Clients,
    /// The models of the local Ollama, when it was last looked for.
    ollama: tokio::sync::Mutex<Option<(Instant, Option<Vec<String>>)>>,
    abilities: Mutex<HashMap<String, Abilities>>,
}

/// How the providers have fared since the start.
#[derive(Default)]
struct Record(Mutex<HashMap<Provider, Fared>>);

/// How one provider has.
#[derive(Clone, Default)]
struct Fared {
    last_ok: Option<Timestamp>,
    last_error: Option<String>,
}

impl Record {
    fn well(&self, provider: Provider) {
        self.0.lock().insert(provider, Fared { last_ok: Some(Timestamp::now()), last_error: None });
    }

    fn badly(&self, provider: Provider, error: &Error) {
        self.0.lock().entry(provider).or_default().last_error = Some(error.message.clone());
    }
}

impl Providers {
    /// The providers of this configuration. Nothing is asked yet.
    ///
    /// # Errors
    /// `Internal` when no HTTP client can be made (the system's certificates cannot be read).
    pub fn new(config: Config) -> Result<Self> {
        let clients = Clients::new(&config.timeouts)?;
        Ok(Self { state: ArcSwap::from_pointee(State::new(config, clients)), record: Arc::default() })
    }

    /// Providers of their own over the same connections: another configuration, another record of how they fared.
    #[must_use]
    pub fn another(&self) -> Self {
        let state = State::new(Config::default(), self.state.load().clients.clone());
        Self { state: ArcSwap::from_pointee(state), record: Arc::default() }
    }

    /// Takes a new configuration; running answers go on as they began.
    ///
    /// # Errors
    /// As [`Providers::new`]; the old configuration stays then.
    pub fn reconfigure(&self, config: Config) -> Result<()> {
        let old = self.state.load();
        // Connections are worth keeping when only a key or a model changed.
        let clients = if old.config.timeouts.connect == config.timeouts.connect {
            old.clients.clone()
        } else {
            Clients::new(&config.timeouts)?
        };
        self.state.store(Arc::new(State::new(config, clients)));
        Ok(())
    }

    /// Asks until the first event is there, and hands out the rest as it comes.
    async fn ask(
        &self,
        state: &State,
        target: &Target,
        model: &str,
        request: &ModelRequest,
    ) -> Result<ModelStream> {
        let limits = state.config.timeouts;
        let mut tries = 0;
        let failure = loop {
            tries += 1;
            let failure = match first(Reply::open(&state.clients, target, model, request, limits).await).await
            {
                Ok((event, rest)) => {
                    self.record.well(target.provider);
                    return Ok(self.watched(target.provider, event, rest));
                }
                Err(failure) => failure,
            };
            match retry::pause(failure.retry, tries) {
                Some(pause) => {
                    tracing::debug!(provider = target.provider.name(), tries, ?pause, "trying again");
                    tokio::time::sleep(pause).await;
                }
                None => break failure,
            }
        };
        self.record.badly(target.provider, &failure.error);
        Err(failure.error)
    }

    fn watched(&self, provider: Provider, first: ModelEvent, rest: Reply) -> ModelStream {
        let record = Arc::clone(&self.record);
        let rest = rest.map(move |item| {
            item.map_err(|failure| {
                record.badly(provider, &failure.error);
                failure.error
            })
        });
        stream::iter([Ok(first)]).chain(rest).boxed()
    }
}

/// Waits for the first event of a reply.
async fn first(opened: Result<Reply, Failure>) -> Result<(ModelEvent, Reply), Failure> {
    let mut reply = opened?;
    match reply.next().await {
        Some(Ok(event)) => Ok((event, reply)),
        Some(Err(failure)) => Err(failure),
        None => Err(reply.asked().cut_off()),
    }
}

/// An Ollama without a model has nothing to answer with.
fn ollama_or_builtin(models: Option<&[String]>) -> Provider {
    if models.is_some_and(|models| !models.is_empty()) { Provider::Ollama } else { Provider::Builtin }
}

impl State {
    fn new(config: Config, clients: Clients) -> Self {
        Self { config, clients, ollama: tokio::sync::Mutex::default(), abilities: Mutex::default() }
    }

    /// Who answers a request that names nobody.
    async fn chosen(&self) -> Provider {
        match self.settled() {
            Some(provider) => provider,
            None => ollama_or_builtin(self.ollama_models().await.as_deref()),
        }
    }

    /// The same without asking anybody: by what was last seen of Ollama.
    fn last_chosen(&self) -> Provider {
        self.settled().unwrap_or_else(|| {
            let seen = self
                .ollama
                .try_lock()
                .ok()
                .and_then(|seen| seen.as_ref().and_then(|(_, models)| models.clone()));
            ollama_or_builtin(seen.as_deref())
        })
    }

    /// The provider that the configuration alone decides on.
    fn settled(&self) -> Option<Provider> {
        let keyed = || Provider::ALL.into_iter().find(|p| *p != Provider::Ollama && self.config.has_key(*p));
        self.config.chosen.or_else(keyed)
    }

    /// The model of a provider: the configured one, else the default. An Ollama that does not have the default answers
    /// with the first it has, rather than not at all.
    async fn model(&self, provider: Provider) -> String {
        let model = self.config.model(provider);
        if provider == Provider::Ollama
            && self.config.own_model(provider).is_none()
            && let Some(installed) = self.ollama_models().await
            && !installed.iter().any(|name| name == model)
            && let Some(first) = installed.into_iter().next()
        {
            return first;
        }
        model.to_owned()
    }

    async fn ollama_models(&self) -> Option<Vec<String>> {
        let mut known = self.ollama.lock().await;
        match &*known {
            Some((when, models)) if when.elapsed() < PROBE_HOLDS => models.clone(),
            _ => {
                let models = match Target::new(&self.config, Provider::Ollama) {
                    Ok(target) => catalog::probe(&self.clients, &target).await,
                    Err(_) => None,
                };
                *known = Some((Instant::now(), models.clone()));
                models
            }
        }
    }

    async fn abilities(&self, provider: Provider, model: &str) -> Abilities {
        let guess = catalog::guess(provider, model);
        if Wire::of(provider) != Some(Wire::Ollama) {
            return guess;
        }
        if let Some(known) = self.abilities.lock().get(model) {
            return *known;
        }
        let Ok(target) = Target::new(&self.config, provider) else { return guess };
        match catalog::ollama_abilities(&self.clients, &target, model).await {
            Some(told) => {
                self.abilities.lock().insert(model.to_owned(), told);
                told
            }
            None => guess,
        }
    }

    async fn info(&self, provider: Provider) -> ModelInfo {
        let name = self.model(provider).await;
        let Abilities { tools, images } = self.abilities(provider, &name).await;
        ModelInfo { provider, name, tools, images }
    }
}

#[async_trait]
impl Llm for Providers {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream> {
        let state = self.state.load_full();
        let provider = match request.provider {
            Some(provider) => provider,
            None => state.chosen().await,
        };
        if provider == Provider::Builtin {
            self.record.well(provider);
            return Ok(builtin::stream(&request));
        }
        let target = Target::new(&state.config, provider)?;
        let model = match &request.model {
            Some(model) => model.clone(),
            None => state.model(provider).await,
        };
        self.ask(&state, &target, &model, &request).await
    }

    fn price(&self, provider: Provider, model: &str) -> Option<ModelPrice> {
        crate::prices::price(provider, model)
    }

    async fn active(&self) -> ModelInfo {
        let state = self.state.load_full();
        let provider = state.chosen().await;
        state.info(provider).await
    }

    async fn providers(&self) -> Vec<ProviderStatus> {
        let state = self.state.load_full();
        let active = state.last_chosen();
        let record = self.record.0.lock();
        Provider::ALL
            .into_iter()
            .map(|provider| {
                let Fared { last_ok, last_error } = record.get(&provider).cloned().unwrap_or_default();
                ProviderStatus {
                    provider,
                    configured: state.config.configured(provider),
                    active: active == provider,
                    model: state.config.model(provider).to_owned(),
                    base_url: (provider != Provider::Builtin)
                        .then(|| state.config.written_url(provider).to_owned()),
                    last_ok,
                    last_error,
                }
            })
            .collect()
    }

    async fn models(&self, provider: Provider) -> Result<Vec<ModelInfo>> {
        let state = self.state.load_full();
        if provider == Provider::Builtin {
            return Ok(vec![state.info(provider).await]);
        }
        let target = Target::new(&state.config, provider)?;
        catalog::models(&state.clients, &target).await.inspect_err(|error| self.record.badly(provider, error))
    }

    async fn test(&self, provider: Provider) -> Result<()> {
        let request = ModelRequest {
            provider: Some(provider),
            turns: vec![Turn::User { content: "Answer with the one word: ok".into(), images: Vec::new() }],
            ..ModelRequest::default()
        };
        // The first event shows that address, key and model work; what follows is dropped, and with it the request.
        self.stream(request).await.map(drop)
    }
}
