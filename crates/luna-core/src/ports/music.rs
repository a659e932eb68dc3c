//! A music service: an account that the user lets Luna use. What comes from it is text from outside.

use async_trait::async_trait;
use luna_model::{Error, ErrorKind, MusicDevice, MusicOrder, MusicStanding, Playing, Result, Secret, Track};

/// The beginning of letting Luna in (OAuth 2 with PKCE, RFC 7636).
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The service's page on which the user says yes.
    pub address: String,
    /// Comes back with the answer, so that no answer to another question is believed.
    pub state: String,
    /// Proves, when the code is redeemed, that it was asked for here.
    pub verifier: Secret,
    /// Where the answer comes to.
    pub redirect: String,
}

/// The service. Without an account that is connected, what needs one is `Unauthenticated`; before the service knows Luna
/// at all, everything is `Unavailable` and says what to set.
#[async_trait]
pub trait Music: Send + Sync {
    /// How the account stands, as far as that is known without asking the service.
    async fn standing(&self) -> MusicStanding;

    /// Begins to let Luna in. `here`: where this Luna takes the answer, unless another address is configured.
    async fn sign_in(&self, here: Option<&str>) -> Result<SignIn>;

    /// Redeems the code of an answer; from then on the account is connected. `Invalid` when the service takes it for wrong.
    async fn redeem(&self, begun: &SignIn, code: &str) -> Result<()>;

    /// Forgets the account.
    async fn sign_out(&self) -> Result<()>;

    /// What plays; none when nothing does anywhere.
    async fn playing(&self) -> Result<Option<Playing>>;

    /// Where music can be heard.
    async fn devices(&self) -> Result<Vec<MusicDevice>>;

    /// Songs that fit these words, the service's best first.
    async fn search(&self, words: &str) -> Result<Vec<Track>>;

    /// Does something, on a device or where music plays now. `Conflict` when no device is awake.
    async fn order(&self, order: &MusicOrder, device: Option<&str>) -> Result<()>;

    /// Wakes a device and moves there what plays.
    async fn transfer(&self, device: &str) -> Result<()>;
}

/// No service: for what has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMusic;

fn none() -> Error {
    Error::new(ErrorKind::Unavailable, "there is no music service")
}

#[async_trait]
impl Music for NoMusic {
    async fn standing(&self) -> MusicStanding {
        MusicStanding::NotSetUp
    }

    async fn sign_in(&self, _: Option<&str>) -> Result<SignIn> {
        Err(none())
    }

    async fn redeem(&self, _: &SignIn, _: &str) -> Result<()> {
        Err(none())
    }

    async fn sign_out(&self) -> Result<()> {
        Ok(())
    }

    async fn playing(&self) -> Result<Option<Playing>> {
        Err(none())
    }

    async fn devices(&self) -> Result<Vec<MusicDevice>> {
        Err(none())
    }

    async fn search(&self, _: &str) -> Result<Vec<Track>> {
        Err(none())
    }

    async fn order(&self, _: &MusicOrder, _: Option<&str>) -> Result<()> {
        Err(none())
    }

    async fn transfer(&self, _: &str) -> Result<()> {
        Err(none())
    }
}
