//! Gmail, as luna-core's `Mail` port: pushes over Google's Pub/Sub, whose sender proves himself by a token that Google signed
//! or by a secret in the address; letters by the REST API, with an account that the user connected by a refresh token.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use luna_core::ports::{Came, Letter, Mail, MailPush, Secrets};
use luna_model::{Error, ErrorKind, Result, Secret};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

/// How long Google may take to answer, how long its keys hold, and how soon they are asked for again for one that is new.
const PATIENCE: Duration = Duration::from_secs(20);
const KEYS_HOLD: Duration = Duration::from_secs(3_600);
const KEYS_AGAIN: Duration = Duration::from_secs(60);
/// A token of access is taken to end so much before it does.
const MARGIN: Duration = Duration::from_secs(60);
/// Who signs pushes.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// Most letters of one push, and pages of history that are read for them.
const MOST_LETTERS: usize = 50;
const MOST_PAGES: usize = 10;
/// Gmail writes Base64 for addresses, with or without padding.
const FOR_ADDRESSES: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What can be set of it.
#[derive(Clone, Debug, Default)]
pub struct GmailConfig {
    /// Where the API is.
    pub api: String,
    /// Where tokens are given.
    pub oauth: String,
    /// Where Google's keys lie.
    pub certificates: String,
    /// The program's id with Google.
    pub client_id: String,
    /// The Pub/Sub topic that is pushed to (`projects/…/topics/…`).
    pub topic: String,
    /// For whom the tokens of pushes must be; empty = pushes bring no token.
    pub audience: String,
    /// The account that pushes, where only one may.
    pub sender: String,
}

/// Gmail.
pub struct Gmail {
    config: GmailConfig,
    secrets: Arc<dyn Secrets>,
    client: Client,
    access: Mutex<Option<(Secret, Instant)>>,
    keys: Mutex<Option<(JwkSet, Instant)>>,
}

/// What a push brings.
#[derive(Deserialize)]
struct Envelope {
    message: Pushed,
}

#[derive(Deserialize)]
struct Pushed {
    data: String,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    email: String,
    #[serde(default)]
    email_verified: bool,
}

impl Gmail {
    /// Gmail as this configuration has it; asks nobody yet.
    ///
    /// # Errors
    /// `Internal` when no HTTP client can be made.
    pub fn new(config: GmailConfig, secrets: Arc<dyn Secrets>) -> Result<Self> {
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(Error::internal)?;
        Ok(Self { config, secrets, client, access: Mutex::default(), keys: Mutex::default() })
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.secrets.get(name).await?.filter(|s| !s.expose().trim().is_empty()))
    }

    /// What is not set of what has to be.
    async fn missing(&self) -> Result<Vec<&'static str>> {
        let mut missing = vec![];
        if self.config.client_id.is_empty() {
            missing.push("GMAIL_CLIENT_ID");
        }
        for name in ["GMAIL_CLIENT_SECRET", "GMAIL_REFRESH_TOKEN"] {
            if self.secret(name).await?.is_none() {
                missing.push(name);
            }
        }
        if self.config.topic.is_empty() {
            missing.push("GMAIL_TOPIC");
        }
        Ok(missing)
    }

    /// Who pushes proves himself: by a token of Google's where one is agreed, by the secret where one is, by both where both are.
    async fn check(&self, push: &MailPush) -> Result<()> {
        let secret = self.secret("GMAIL_PUSH_TOKEN").await?;
        if secret.is_none() && self.config.audience.is_empty() {
            return Err(Error::unavailable(
                "pushes of Gmail are not believed yet: set GMAIL_PUSH_TOKEN and end the push address with ?token=…, or set \
                 GMAIL_PUSH_AUDIENCE to the audience of the subscription's OIDC token",
            ));
        }
        let refused = || Error::new(ErrorKind::Unauthenticated, "this push is not from Gmail");
        if let Some(secret) = secret {
            let given = push.token.as_deref().unwrap_or_default();
            if !bool::from(given.as_bytes().ct_eq(secret.expose().as_bytes())) {
                return Err(refused());
            }
        }
        if !self.config.audience.is_empty() {
            let token =
                push.authorization.as_deref().and_then(|a| a.strip_prefix("Bearer ")).ok_or_else(refused)?;
            self.check_token(token.trim()).await?;
        }
        Ok(())
    }

    async fn check_token(&self, token: &str) -> Result<()> {
        let refused = || Error::new(ErrorKind::Unauthenticated, "this push is not from Gmail");
        let header = decode_header(token).map_err(|_| refused())?;
        let key = self.key(header.kid.as_deref().ok_or_else(refused)?).await?.ok_or_else(refused)?;
        let mut wanted = Validation::new(Algorithm::RS256);
        wanted.set_audience(&[&self.config.audience]);
        wanted.set_issuer(&ISSUERS);
        wanted.set_required_spec_claims(&["exp", "aud", "iss"]);
        let claims = decode::<Claims>(token, &key, &wanted).map_err(|_| refused())?.claims;
        let sender = &self.config.sender;
        if sender.is_empty() || (claims.email_verified && claims.email.eq_ignore_ascii_case(sender)) {
            return Ok(());
        }
        Err(refused())
    }

    /// A key of Google's.
    async fn key(&self, id: &str) -> Result<Option<DecodingKey>> {
        let mut kept = self.keys.lock().await;
        let known =
            |kept: &Option<(JwkSet, Instant)>| kept.as_ref().is_some_and(|(keys, _)| keys.find(id).is_some());
        let age = kept.as_ref().map(|(_, at)| at.elapsed());
        if age.is_none_or(|age| age > KEYS_HOLD || (age > KEYS_AGAIN && !known(&kept))) {
            let keys = self.ask(self.client.get(&self.config.certificates)).await?;
            let keys = serde_json::from_value(keys)
                .map_err(|e| Error::unavailable("Google's keys cannot be read").because(e))?;
            *kept = Some((keys, Instant::now()));
        }
        let key = kept.as_ref().and_then(|(keys, _)| keys.find(id));
        Ok(key.and_then(|key| DecodingKey::from_jwk(key).ok()))
    }

    /// What is answered, as JSON.
    async fn ask(&self, request: RequestBuilder) -> Result<Value> {
        let away = |e: reqwest::Error| Error::unavailable("Google does not answer").because(e.without_url());
        let reply = request.send().await.map_err(away)?;
        let status = reply.status();
        let body: Value = reply.json().await.unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let said = body["error"]["message"].as_str().or_else(|| body["error_description"].as_str());
        let said: String = said.unwrap_or("no reason given").chars().take(200).collect();
        Err(match status {
            StatusCode::NOT_FOUND => Error::not_found(format!("Gmail has no such thing: {said}")),
            _ => Error::unavailable(format!("Google refused ({status}): {said}")),
        })
    }

    /// A token of access, made from the refresh token.
    async fn access(&self) -> Result<Secret> {
        let mut kept = self.access.lock().await;
        if let Some((token, _)) = kept.as_ref().filter(|(_, until)| *until > Instant::now()) {
            return Ok(token.clone());
        }
        let missing = self.missing().await?;
        let (Some(secret), Some(refresh)) =
            (self.secret("GMAIL_CLIENT_SECRET").await?, self.secret("GMAIL_REFRESH_TOKEN").await?)
        else {
            return Err(not_connected(&missing));
        };
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("client_secret", secret.expose())
            .append_pair("refresh_token", refresh.expose())
            .finish();
        let request = self.client.post(format!("{}/token", self.config.oauth.trim_end_matches('/')));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let told = self.ask(request).await?;
        let token =
            told["access_token"].as_str().ok_or_else(|| Error::unavailable("Google gave no token"))?;
        let token = Secret::new(token.to_owned());
        let holds = Duration::from_secs(told["expires_in"].as_u64().unwrap_or(300)).saturating_sub(MARGIN);
        *kept = Some((token.clone(), Instant::now() + holds));
        Ok(token)
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let mut url = url::Url::parse(&self.at(path))
            .map_err(|e| Error::invalid("GMAIL_API_BASE_URL is no address").because(e))?;
        url.query_pairs_mut().extend_pairs(query);
        self.ask(self.client.get(url).bearer_auth(self.access().await?.expose())).await
    }

    fn at(&self, path: &str) -> String {
        format!("{}/gmail/v1/users/me/{path}", self.config.api.trim_end_matches('/'))
    }

    /// The ids of the letters that came since, oldest first, and how far the mailbox has come.
    async fn ids_since(&self, since: u64) -> Result<(Vec<String>, u64)> {
        let start = since.to_string();
        let (mut ids, mut history, mut page) = (vec![], since, None::<String>);
        for _ in 0..MOST_PAGES {
            let mut query = vec![
                ("startHistoryId", start.as_str()),
                ("historyTypes", "messageAdded"),
                ("labelId", "INBOX"),
            ];
            if let Some(page) = &page {
                query.push(("pageToken", page));
            }
            let told = self.get("history", &query).await?;
            let added = told["history"].as_array().into_iter().flatten();
            let added = added.flat_map(|h| h["messagesAdded"].as_array().into_iter().flatten());
            for id in added.filter_map(|a| a["message"]["id"].as_str()) {
                if !ids.iter().any(|known| known == id) {
                    ids.push(id.to_owned());
                }
            }
            history = history.max(number(&told["historyId"]).unwrap_or_default());
            page = told["nextPageToken"].as_str().map(str::to_owned);
            if page.is_none() || ids.len() >= MOST_LETTERS {
                break;
            }
        }
        let over = ids.len().saturating_sub(MOST_LETTERS);
        if over > 0 {
            tracing::warn!(over, "more letters came at once than are read; the oldest are left out");
            ids.drain(..over);
        }
        Ok((ids, history))
    }

    async fn newest(&self) -> Result<(Vec<String>, u64)> {
        let told = self.get("messages", &[("maxResults", "1"), ("labelIds", "INBOX")]).await?;
        Ok((told["messages"][0]["id"].as_str().map(str::to_owned).into_iter().collect(), 0))
    }
}

#[async_trait]
impl Mail for Gmail {
    async fn pushed(&self, push: &MailPush) -> Result<u64> {
        let missing = self.missing().await?;
        if !missing.is_empty() {
            return Err(not_connected(&missing));
        }
        self.check(push).await?;
        let bad = || Error::invalid("this is no push of Gmail");
        let envelope: Envelope = serde_json::from_slice(&push.body).map_err(|e| bad().because(e))?;
        let data =
            STANDARD.decode(&envelope.message.data).or_else(|_| FOR_ADDRESSES.decode(&envelope.message.data));
        let told: Value =
            serde_json::from_slice(&data.map_err(|e| bad().because(e))?).map_err(|e| bad().because(e))?;
        number(&told["historyId"]).ok_or_else(bad)
    }

    async fn since(&self, history: Option<u64>) -> Result<Came> {
        let (ids, history) = match history {
            Some(since) => match self.ids_since(since).await {
                // Gmail keeps its history for about a week; what came before is in the mailbox all the same.
                Err(error) if error.kind == ErrorKind::NotFound => self.newest().await?,
                other => other?,
            },
            None => self.newest().await?,
        };
        let mut letters = vec![];
        for id in ids {
            match self.get(&format!("messages/{id}"), &[("format", "full")]).await {
                Ok(told) => letters.push(letter(id, &told)),
                // It was deleted meanwhile.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Came { letters, history })
    }

    async fn watch(&self) -> Result<Option<u64>> {
        if !self.missing().await?.is_empty() {
            return Ok(None);
        }
        let body = json!({ "topicName": self.config.topic, "labelIds": ["INBOX"], "labelFilterBehavior": "INCLUDE" });
        let request =
            self.client.post(self.at("watch")).bearer_auth(self.access().await?.expose()).json(&body);
        let told = self.ask(request).await?;
        number(&told["historyId"])
            .map(Some)
            .ok_or_else(|| Error::unavailable("Gmail does not say how far it is"))
    }
}

fn not_connected(missing: &[&str]) -> Error {
    Error::unavailable(format!("Gmail is not connected: set {}", missing.join(", ")))
}

/// A number, also where it is written as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn letter(id: String, told: &Value) -> Letter {
    let headers = told["payload"]["headers"].as_array();
    let header = |name: &str| {
        let fits = |h: &&Value| h["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name));
        let found = headers.into_iter().flatten().find(fits);
        let text = found.and_then(|h| h["value"].as_str()).unwrap_or_default();
        text.chars().filter(|c| !c.is_control()).take(300).collect::<String>()
    };
    let text =
        plain(&told["payload"], 0).unwrap_or_else(|| told["snippet"].as_str().unwrap_or_default().to_owned());
    Letter { id, from: header("From"), subject: header("Subject"), text }
}

/// The first plain text in a part or the parts of it.
fn plain(part: &Value, depth: usize) -> Option<String> {
    const DEEPEST: usize = 10;
    if part["mimeType"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("text/plain"))
        && part["filename"].as_str().is_none_or(str::is_empty)
    {
        let bytes = FOR_ADDRESSES.decode(part["body"]["data"].as_str()?).ok()?;
        return Some(String::from_utf8_lossy(&bytes).into_owned());
    }
    let parts = part["parts"].as_array().filter(|_| depth < DEEPEST)?;
    parts.iter().find_map(|part| plain(part, depth + 1))
}
