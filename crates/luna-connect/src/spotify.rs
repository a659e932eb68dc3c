//! Spotify, as [`Music`]: its Web API by rspotify, the account by OAuth 2 with PKCE, so that no secret of the application
//! is needed. Tokens are kept among the secrets; one that ran out is renewed once, whoever asks.
//!
//! Must not know which song is meant or which device is best.

#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use luna_core::ports::{Music, Secrets, SignIn};
use luna_model::{Error, ErrorKind, MusicDevice, MusicOrder, MusicStanding, Playing, Result, Secret, Track};
use rspotify::http::HttpError;
use rspotify::model::{AdditionalType, PlayableId, SearchResult, SearchType, TrackId};
use rspotify::prelude::{BaseClient as _, OAuthClient as _};
use rspotify::{AuthCodePkceSpotify, ClientError, ClientResult, Config, Credentials, OAuth, Token, scopes};
use tokio::sync::Mutex;

/// What can be set of it.
#[derive(Clone, Debug, Default)]
pub struct SpotifyConfig {
    /// Where the Web API is reached.
    pub api: String,
    /// Where the account service is reached.
    pub accounts: String,
    /// Where sign-ins are answered, as registered with Spotify; none = where the caller says.
    pub redirect: Option<String>,
}

/// The application that Luna is to Spotify.
const CLIENT_ID: &str = "SPOTIFY_CLIENT_ID";
/// The refresh token: good for one use, which gives the next.
const REFRESH_TOKEN: &str = "SPOTIFY_REFRESH_TOKEN";
/// The access token. It is good for an hour and never read back; what is among the secrets is kept out of the log.
const ACCESS_TOKEN: &str = "SPOTIFY_ACCESS_TOKEN";
/// Characters of a verifier; RFC 7636 allows 43 to 128.
const VERIFIER: usize = 64;
/// Songs that a search gives: the most that Spotify answers.
const FOUND: u32 = 10;
/// Longest rest that Spotify may ask for; it may say hours, and is tried again before.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// Spotify.
pub struct Spotify {
    config: SpotifyConfig,
    secrets: Arc<dyn Secrets>,
    /// Has the tokens; who Luna is to Spotify is said at each use, by [`Spotify::client`].
    client: AuthCodePkceSpotify,
    session: Mutex<Session>,
}

#[derive(Default)]
struct Session {
    /// Whether the tokens were taken from the secrets.
    loaded: bool,
    /// Until when Spotify wants to be left alone.
    rests_until: Option<Instant>,
}

impl Spotify {
    /// Spotify as this configuration has it.
    #[must_use]
    pub fn new(config: SpotifyConfig, secrets: Arc<dyn Secrets>) -> Self {
        let of_client = Config {
            api_base_url: config.api.clone(),
            auth_base_url: config.accounts.clone(),
            token_refreshing: false,
            ..Config::default()
        };
        let client = AuthCodePkceSpotify::with_config(Credentials::default(), OAuth::default(), of_client);
        Self { config, secrets, client, session: Mutex::default() }
    }

    /// The client under the id that the application has now, with the account's tokens.
    async fn client(&self) -> Result<AuthCodePkceSpotify> {
        let id = self.secrets.get(CLIENT_ID).await?;
        let id = id.filter(|id| !id.expose().trim().is_empty()).ok_or_else(not_set_up)?;
        let mut client = self.client.clone();
        client.creds = Credentials::new_pkce(id.expose().trim());
        Ok(client)
    }

    /// A client for one sign-in, without the account's tokens.
    async fn for_sign_in(&self, redirect: &str) -> Result<AuthCodePkceSpotify> {
        let mut client = self.client().await?;
        client.token = Arc::default();
        client.oauth = OAuth {
            redirect_uri: redirect.to_owned(),
            scopes: scopes!(
                "user-read-playback-state user-modify-playback-state user-read-currently-playing"
            ),
            ..OAuth::default()
        };
        Ok(client)
    }

    async fn token(&self) -> Option<Token> {
        self.client.token.lock().await.ok()?.clone()
    }

    async fn put(&self, token: Option<Token>) {
        if let Ok(mut held) = self.client.token.lock().await {
            *held = token;
        }
    }

    /// Takes the tokens from the secrets, the first time.
    async fn load(&self, session: &mut Session) -> Result<()> {
        if !session.loaded {
            let kept = self.secrets.get(REFRESH_TOKEN).await?;
            let token = |refresh: Secret| Token {
                refresh_token: Some(refresh.expose().clone()),
                expires_at: None,
                ..Token::default()
            };
            self.put(kept.filter(|kept| !kept.expose().is_empty()).map(token)).await;
            session.loaded = true;
        }
        Ok(())
    }

    /// Makes sure that there is a token that is good, and says which. Whoever comes while it is renewed waits for that one.
    async fn authorised(&self) -> Result<Option<Token>> {
        let mut session = self.session.lock().await;
        if let Some(rest) = session.rests_until.and_then(|until| until.checked_duration_since(Instant::now()))
        {
            return Err(resting(rest));
        }
        self.load(&mut session).await?;
        match self.token().await {
            None => return Err(not_connected()),
            Some(token) if token.is_expired() => self.renew(token).await?,
            Some(_) => {}
        }
        Ok(self.token().await)
    }

    async fn renew(&self, old: Token) -> Result<()> {
        match self.client().await?.refetch_token().await {
            Ok(Some(mut fresh)) => {
                // An answer without one leaves the old one good.
                fresh.refresh_token = fresh.refresh_token.or(old.refresh_token);
                self.keep(fresh).await
            }
            Ok(None) => Err(not_connected()),
            Err(error) if status(&error) == Some(400) => {
                // It was taken back, or used elsewhere: it will never be good again.
                self.sign_out_now().await?;
                Err(not_connected())
            }
            Err(error) => Err(words::failure(error).await.error),
        }
    }

    /// Tokens are secrets before they are used, so that they are known to the log before anything can be said of them.
    async fn keep(&self, token: Token) -> Result<()> {
        self.secrets.set(ACCESS_TOKEN, Secret::new(token.access_token.clone())).await?;
        if let Some(refresh) = token.refresh_token.clone() {
            self.secrets.set(REFRESH_TOKEN, Secret::new(refresh)).await?;
        }
        self.put(Some(token)).await;
        Ok(())
    }

    async fn sign_out_now(&self) -> Result<()> {
        self.put(None).await;
        self.secrets.delete(ACCESS_TOKEN).await?;
        self.secrets.delete(REFRESH_TOKEN).await
    }

    /// Asks Spotify with a token that is good. One that Spotify no longer takes is renewed, once.
    async fn ask<T, Asked>(&self, question: impl Fn(AuthCodePkceSpotify) -> Asked + Send + Sync) -> Result<T>
    where
        T: Send,
        Asked: Future<Output = ClientResult<T>> + Send,
    {
        let client = self.client().await?;
        let used = self.authorised().await?;
        let mut answer = question(client.clone()).await;
        if answer.as_ref().err().and_then(status) == Some(401) {
            let session = self.session.lock().await;
            // Unless somebody else did meanwhile.
            if let Some(token) = self.token().await.filter(|now| Some(now) == used.as_ref()) {
                self.renew(token).await?;
            }
            drop(session);
            answer = question(client).await;
        }
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let failed = words::failure(error).await;
                if let Some(rest) = failed.rest {
                    self.session.lock().await.rests_until = Some(Instant::now() + rest.min(LONGEST_REST));
                }
                Err(failed.error)
            }
        }
    }
}

fn not_set_up() -> Error {
    Error::unavailable(
        "Spotify does not know Luna yet: make an application at developer.spotify.com and give its client id under \
         Settings, Connections (SPOTIFY_CLIENT_ID)",
    )
}

fn not_connected() -> Error {
    Error::new(ErrorKind::Unauthenticated, "Spotify is not connected; connect it on the screen Dashboard")
}

fn resting(rest: Duration) -> Error {
    Error::unavailable(format!("Spotify wants to be left alone for {} seconds", rest.as_secs().max(1)))
}

/// The status of a reply that says no.
fn status(error: &ClientError) -> Option<u16> {
    match error {
        ClientError::Http(http) => match http.as_ref() {
            HttpError::StatusCode(reply) => Some(reply.status().as_u16()),
            HttpError::Client(_) => None,
        },
        _ => None,
    }
}

/// A track as Spotify takes it.
fn playable(track: &Track) -> Result<PlayableId<'static>> {
    let id = TrackId::from_uri(&track.uri)
        .map_err(|_| Error::invalid(format!("{:?} is no song of Spotify's", track.uri)))?;
    Ok(PlayableId::Track(id.into_static()))
}

#[async_trait]
impl Music for Spotify {
    async fn standing(&self) -> MusicStanding {
        match self.client().await {
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::Unavailable => return MusicStanding::NotSetUp,
            Err(error) => tracing::warn!(%error, "Spotify's id could not be read"),
        }
        let mut session = self.session.lock().await;
        if let Err(error) = self.load(&mut session).await {
            tracing::warn!(%error, "the account's token could not be read");
        }
        match self.token().await {
            Some(_) => MusicStanding::Connected,
            None => MusicStanding::NotConnected,
        }
    }

    async fn sign_in(&self, here: Option<&str>) -> Result<SignIn> {
        let redirect = self.config.redirect.as_deref().or(here).ok_or_else(|| {
            Error::unavailable("set SPOTIFY_REDIRECT_URI to the address that is registered with Spotify")
        });
        let mut client = self.for_sign_in(redirect.as_ref().map_or("", |redirect| redirect)).await?;
        let redirect = redirect?.to_owned();
        let address = client.get_authorize_url(Some(VERIFIER)).map_err(Error::internal)?;
        let verifier = Secret::new(client.verifier.take().unwrap_or_default());
        Ok(SignIn { address, state: client.oauth.state, verifier, redirect })
    }

    async fn redeem(&self, begun: &SignIn, code: &str) -> Result<()> {
        let mut client = self.for_sign_in(&begun.redirect).await?;
        client.verifier = Some(begun.verifier.expose().clone());
        match client.request_token(code).await {
            Ok(()) => {}
            Err(error) if status(&error) == Some(400) => {
                return Err(Error::invalid("Spotify does not take this answer; begin the sign-in again"));
            }
            Err(error) => return Err(words::failure(error).await.error),
        }
        let token = client.token.lock().await.ok().and_then(|mut held| held.take());
        let mut session = self.session.lock().await;
        session.loaded = true;
        self.keep(token.ok_or_else(not_connected)?).await
    }

    async fn sign_out(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        session.loaded = true;
        self.sign_out_now().await
    }

    async fn playing(&self) -> Result<Option<Playing>> {
        let kinds = [AdditionalType::Track, AdditionalType::Episode];
        let playback =
            self.ask(|client| async move { client.current_playback(None, Some(kinds.iter())).await }).await?;
        Ok(playback.map(words::playing))
    }

    async fn devices(&self) -> Result<Vec<MusicDevice>> {
        let devices = self.ask(|client| async move { client.device().await }).await?;
        // A restricted one takes no orders, and neither does one without an id.
        let usable = devices.into_iter().filter(|device| !device.is_restricted && device.id.is_some());
        Ok(usable.map(words::device).collect())
    }

    async fn search(&self, words: &str) -> Result<Vec<Track>> {
        let found = self
            .ask(|client| {
                let words = words.to_owned();
                async move { client.search(&words, SearchType::Track, None, None, Some(FOUND), None).await }
            })
            .await?;
        match found {
            SearchResult::Tracks(page) => Ok(page.items.into_iter().map(words::track).collect()),
            _ => Ok(vec![]),
        }
    }

    async fn order(&self, order: &MusicOrder, device: Option<&str>) -> Result<()> {
        let item = match order {
            MusicOrder::Play(track) | MusicOrder::Queue(track) => Some(playable(track)?),
            _ => None,
        };
        self.ask(|client| {
            let (order, item, device) = (order.clone(), item.clone(), device.map(str::to_owned));
            async move { obey(&client, &order, item, device.as_deref()).await }
        })
        .await
    }

    async fn transfer(&self, device: &str) -> Result<()> {
        self.ask(|client| {
            let device = device.to_owned();
            async move { client.transfer_playback(&device, None).await }
        })
        .await
    }
}

async fn obey(
    client: &AuthCodePkceSpotify,
    order: &MusicOrder,
    item: Option<PlayableId<'static>>,
    device: Option<&str>,
) -> ClientResult<()> {
    match order {
        MusicOrder::Play(_) => client.start_uris_playback(item, device, None, None).await,
        MusicOrder::Queue(_) => match item {
            Some(item) => client.add_item_to_queue(item, device).await,
            None => Ok(()),
        },
        MusicOrder::Resume => client.resume_playback(device, None).await,
        MusicOrder::Pause => client.pause_playback(device).await,
        MusicOrder::Next => client.next_track(device).await,
        MusicOrder::Previous => client.previous_track(device).await,
        MusicOrder::Volume(level) => client.volume((*level).min(100), device).await,
    }
}
