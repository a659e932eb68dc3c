//! Passwords, as argon2id hashes. Off the async runtime, and few at once, since each takes memory and a core for a while.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use luna_model::{Error, Result, Secret};
use tokio::sync::Semaphore;

/// Passwords that are worked on at once.
const AT_ONCE: usize = 2;

/// Makes and compares hashes.
pub(super) struct Passwords {
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    pub(super) async fn hash(&self, password: &Secret) -> Result<String> {
        let password = password.clone();
        self.aside(move || {
            let salt = rand::random::<[u8; 16]>();
            // The defaults are OWASP's: 19 MiB, two passes, one lane.
            let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
            hash.map(|hash: PasswordHash| hash.to_string()).map_err(|e| Error::internal(e.to_string()))
        })
        .await
    }

    pub(super) async fn fits(&self, password: &Secret, hash: &str) -> Result<bool> {
        let (password, hash) = (password.clone(), hash.to_owned());
        self.aside(move || {
            let hash = PasswordHash::new(&hash).map_err(|e| Error::internal(e.to_string()))?;
            Ok(Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok())
        })
        .await
    }

    /// Takes as long as a comparison, for an address that nobody has.
    pub(super) async fn waste(&self, password: &Secret) -> Result<()> {
        self.hash(password).await.map(drop)
    }

    async fn aside<T: Send + 'static>(&self, job: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let _place = self.places.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(job).await.map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_one_fits_and_no_two_hashes_are_the_same() {
        let passwords = Passwords::default();
        let right = Secret::new("correct horse 9".to_owned());
        let hash = passwords.hash(&right).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash(&right).await.unwrap());
        assert!(passwords.fits(&right, &hash).await.unwrap());
        assert!(!passwords.fits(&Secret::new("wrong".to_owned()), &hash).await.unwrap());
    }
}
