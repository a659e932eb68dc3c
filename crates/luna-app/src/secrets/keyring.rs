//! The system keyring, on a thread of its own: it blocks, and may wait for its user to unlock it.

use std::{sync::mpsc, thread, time::Duration};

use keyring::v1::{Entry, Error as KeyringError};
use luna_model::{Error, Result, Secret};
use tokio::{sync::oneshot, time::timeout};

/// A desktop answers at once; without one, the bus may take its time to say that nobody is there.
const FIRST_ANSWER: Duration = Duration::from_secs(5);
/// Long enough to type a password into the keyring's dialog.
const ANSWER: Duration = Duration::from_secs(60);
/// Calls that may wait while the keyring's dialog is open; more are refused.
const WAITING: usize = 32;

type Call = Box<dyn FnOnce() + Send>;

#[derive(Debug)]
pub(super) struct Keyring {
    calls: mpsc::SyncSender<Call>,
    /// Whose entries.
    namespace: String,
}

impl Keyring {
    /// Starts the thread and asks the keyring for something, to see that it answers.
    pub(super) async fn open(namespace: String) -> Result<Self> {
        let (calls, waiting) = mpsc::sync_channel::<Call>(WAITING);
        // Detached: it ends when the sender is dropped, unless the keyring never answers, which must not hold up a stop.
        let thread = thread::Builder::new().name("keyring".into());
        thread.spawn(move || waiting.into_iter().for_each(|call| call())).map_err(Error::internal)?;
        let keyring = Self { calls, namespace };
        keyring.call("probe", FIRST_ANSWER, |entry| found(entry.get_password())).await?;
        Ok(keyring)
    }

    pub(super) async fn get(&self, name: &str) -> Result<Option<Secret>> {
        self.call(name, ANSWER, |entry| Ok(found(entry.get_password())?.map(Secret::new))).await
    }

    pub(super) async fn set(&self, name: &str, value: Secret) -> Result<()> {
        self.call(name, ANSWER, move |entry| entry.set_password(value.expose())).await
    }

    pub(super) async fn delete(&self, name: &str) -> Result<()> {
        self.call(name, ANSWER, |entry| found(entry.delete_credential()).map(drop)).await
    }

    async fn call<T: Send + 'static>(
        &self,
        name: &str,
        patience: Duration,
        work: impl FnOnce(&Entry) -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let user = format!("{}/{name}", self.namespace);
        let call = move || drop(reply.send(Entry::new("luna", &user).and_then(|entry| work(&entry))));
        self.calls.try_send(Box::new(call)).map_err(|_| silent())?;
        match timeout(patience, answer).await {
            Ok(Ok(done)) => done.map_err(refused),
            // The call panicked, or the keyring is still waiting for somebody.
            Ok(Err(_)) | Err(_) => Err(silent()),
        }
    }
}

fn found<T>(answer: Result<T, KeyringError>) -> Result<Option<T>, KeyringError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(KeyringError::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

fn refused(error: KeyringError) -> Error {
    let why = match &error {
        KeyringError::NoDefaultStore => "there is no keyring on this machine",
        KeyringError::NoStorageAccess(_) => "the system keyring is locked",
        _ => "the system keyring does not work",
    };
    let source: Box<dyn std::error::Error + Send + Sync> = match error {
        // These carry what was read, which may be a secret.
        KeyringError::BadEncoding(_) | KeyringError::BadDataFormat(..) => "unreadable entry".into(),
        error => error.to_string().into(),
    };
    Error::unavailable(format!("{why}; unlock or start it, or set LUNA_SECRET_STORE=file")).because(source)
}

fn silent() -> Error {
    Error::unavailable("the system keyring does not answer; unlock it, or set LUNA_SECRET_STORE=file")
}
