//! Whether an archive is the one that its registry speaks of: its SHA-256, and an ed25519 signature where the registry has
//! a key. The key is the one that was configured, else the one that was seen first.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use luna_model::{Error, Result};
use sha2::{Digest as _, Sha256};

use crate::Luna;

/// The keys that were seen first, by the registry's address.
const KEYS: &str = "registry_keys";

/// SHA-256, in hex.
pub(super) fn sum(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Whether an archive has the sum that was promised.
pub(super) fn check_sum(archive: &[u8], promised: Option<&str>) -> Result<()> {
    let promised = promised.map(str::trim).filter(|s| !s.is_empty());
    let promised = promised.ok_or_else(|| {
        Error::invalid("the registry does not say what the package's SHA-256 is, so it was not taken")
    })?;
    if sum(archive).eq_ignore_ascii_case(promised) {
        return Ok(());
    }
    Err(Error::invalid(
        "the package is not the one that the registry speaks of (its SHA-256 differs), so it was not taken",
    ))
}

/// Whether an archive was signed by the holder of this key.
pub(super) fn check_signature(key: &str, archive: &[u8], signature: Option<&str>) -> Result<()> {
    let signature = signature.map(str::trim).filter(|s| !s.is_empty());
    let signature = signature.ok_or_else(|| {
        Error::invalid("the registry signs its packages, but not this one; it was not taken")
    })?;
    let wrong = || Error::invalid("the package's signature is not the registry's, so it was not taken");
    let signature = bytes::<64>(signature).ok_or_else(wrong)?;
    read_key(key)?.verify_strict(archive, &Signature::from_bytes(&signature)).map_err(|_| wrong())
}

fn read_key(text: &str) -> Result<VerifyingKey> {
    let key = bytes::<32>(text).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    key.ok_or_else(|| Error::invalid("the registry's key is no ed25519 key of 32 bytes, in hex or Base64"))
}

/// So many bytes, written in hex or Base64.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.trim();
    let hex = hex::decode(text).ok().and_then(|b| b.try_into().ok());
    hex.or_else(|| STANDARD.decode(text).ok()?.try_into().ok())
}

impl Luna {
    /// The key of a registry, which shows this one now; none when it has none.
    ///
    /// # Errors
    /// `Conflict` when it showed another one before, `Invalid` when it is no key.
    pub(super) async fn registry_key(
        &self,
        base: &str,
        configured: Option<&str>,
        shown: Option<&str>,
    ) -> Result<Option<String>> {
        if let Some(key) = configured {
            read_key(key).map_err(|_| {
                Error::invalid("REGISTRY_PUBLIC_KEY is no ed25519 key of 32 bytes, in hex or Base64")
            })?;
            return Ok(Some(key.to_owned()));
        }
        let mut known: BTreeMap<String, String> = self.db().document(KEYS).await?.unwrap_or_default();
        match (known.get(base).cloned(), shown) {
            (Some(first), Some(now)) if !same(&first, now) => Err(Error::conflict(format!(
                "the registry shows another key than it did at first. If its owner changed it, set REGISTRY_PUBLIC_KEY to {}",
                now.trim()
            ))),
            (Some(first), _) => Ok(Some(first)),
            (None, Some(now)) => {
                read_key(now)?;
                known.insert(base.to_owned(), now.trim().to_owned());
                self.db().set_document(KEYS, &known).await?;
                Ok(Some(now.trim().to_owned()))
            }
            (None, None) => Ok(None),
        }
    }
}

fn same(a: &str, b: &str) -> bool {
    let (a, b) = (bytes::<32>(a), bytes::<32>(b));
    a.is_some() && a == b
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    #[test]
    fn only_the_holder_of_the_key_signs() {
        let signer = SigningKey::from_bytes(&[7; 32]);
        let key = hex::encode(signer.verifying_key().as_bytes());
        let signature = STANDARD.encode(signer.sign(b"archive").to_bytes());
        check_signature(&key, b"archive", Some(&signature)).unwrap();
        check_signature(&key, b"archivE", Some(&signature)).unwrap_err();
        check_signature(&key, b"archive", None).unwrap_err();
        check_signature(&key, b"archive", Some("00")).unwrap_err();
        let other = hex::encode(SigningKey::from_bytes(&[8; 32]).verifying_key().as_bytes());
        check_signature(&other, b"archive", Some(&signature)).unwrap_err();
    }

    #[test]
    fn a_sum_is_needed_and_must_be_right() {
        check_sum(b"x", Some(&sum(b"x").to_uppercase())).unwrap();
        check_sum(b"x", Some(&sum(b"y"))).unwrap_err();
        check_sum(b"x", None).unwrap_err();
        check_sum(b"x", Some("")).unwrap_err();
    }

    #[test]
    fn a_key_is_the_same_however_it_is_written() {
        let key = [9_u8; 32];
        assert!(same(&hex::encode(key), &STANDARD.encode(key)));
        assert!(!same("", ""));
    }
}
