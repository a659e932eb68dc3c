//! A business on a free port, with nobody outside to ask, and people who call her.

use std::time::Duration;

use eventsource_stream::Eventsource as _;
use futures::StreamExt as _;
use luna_app::config::Config;
use luna_app::{App, Setup};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const SECRET: &str = "a secret of the house that is long enough";
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Place {
    pub(crate) app: App,
    pub(crate) client: Client,
    pub(crate) base: String,
    pub(crate) folder: TempDir,
}

/// A user and their token.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Place {
    pub(crate) async fn open(more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, models) = (folder.path().join("data"), folder.path().join("models"));
        let usual = [
            ("LUNA_VARIANT", "business"),
            ("JWT_SECRET", SECRET),
            ("LUNA_DATA_DIR", data.to_str().unwrap()),
            ("LUNA_MODELS_DIR", models.to_str().unwrap()),
            ("LUNA_SECRET_STORE", "file"),
            ("LLM_PROVIDER", "builtin"),
            ("PORT", "0"),
            ("EXECUTOR_PORT", "0"),
            // Nobody listens there.
            ("OPEN_METEO_BASE_URL", "http://127.0.0.1:9"),
            ("OPEN_METEO_GEOCODING_BASE_URL", "http://127.0.0.1:9"),
            ("COINGECKO_BASE_URL", "http://127.0.0.1:9"),
            ("SEARCH_BASE_URL", "http://127.0.0.1:9"),
        ];
        let given = usual.iter().chain(more).map(|(name, value)| ((*name).into(), (*value).into()));
        let config = Config::load([], given.collect::<Vec<_>>(), folder.path()).unwrap();
        let app = luna_app::start(&Setup::new(config).unwrap()).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        let base = format!("{}://{}", app.scheme(), app.address().unwrap());
        Self { app, client, base, folder }
    }

    pub(crate) fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Response {
        self.request(Method::GET, path, token).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Response {
        self.request(Method::POST, path, token).json(&body).send().await.unwrap()
    }

    /// What a call that must succeed answers.
    pub(crate) async fn done(&self, path: &str, token: &str, body: Value) -> Value {
        let reply = self.post(path, token, body.clone()).await;
        let (status, text) = (reply.status(), reply.text().await.unwrap());
        assert!(status.is_success(), "{path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub(crate) async fn user(&self, username: &str) -> Person {
        let made = self.done("/api/admin/users", SECRET, json!({ "username": username })).await;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        assert_eq!(made["username"], username);
        Person { id: text("user_id"), token: text("token") }
    }

    /// Says something and waits for the end of the answer; all of its events.
    pub(crate) async fn say(&self, words: &str, token: &str) -> String {
        let reply = self.post("/api/chat/stream", token, json!({ "message": words })).await;
        assert_eq!(reply.status(), StatusCode::OK);
        tokio::time::timeout(PATIENCE, reply.text()).await.expect("the answer ends").unwrap()
    }

    /// An open stream of everything that goes on.
    pub(crate) async fn events(&self, token: &str) -> futures::stream::BoxStream<'static, String> {
        let reply = self.post("/rpc/events", token, json!({})).await;
        assert_eq!(reply.status(), StatusCode::OK);
        reply.bytes_stream().eventsource().filter_map(|event| async move { Some(event.ok()?.data) }).boxed()
    }
}
