//! Signatures of deliveries: over the very bytes, compared in constant time, and not older than a few minutes where the
//! service says when it signed.

use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use luna_model::{Error, ErrorKind, Result, Secret, Timestamp};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// How far a signature's time may be from now, in seconds (Slack's documents say five minutes).
const WINDOW: i64 = 300;

/// Nobody knows who sent it.
pub(super) fn unproved(why: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, why)
}

fn wrong() -> Error {
    unproved("the signature is wrong")
}

/// `hex` = HMAC-SHA256 of the parts, in hex.
pub(super) fn hmac_sha256(secret: &Secret, parts: &[&[u8]], hex: &str) -> Result<()> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).map_err(Error::internal)?;
    parts.iter().for_each(|part| mac.update(part));
    let given = hex::decode(hex).map_err(|_| wrong())?;
    mac.verify_slice(&given).map_err(|_| wrong())
}

/// Ed25519 over the parts; key and signature in hex.
pub(super) fn ed25519(key: &str, message: &[u8], signature: &str) -> Result<()> {
    let unusable = || Error::unavailable("DISCORD_PUBLIC_KEY is no key: 64 characters of hex");
    let key: [u8; 32] = hex::decode(key.trim()).ok().and_then(|k| k.try_into().ok()).ok_or_else(unusable)?;
    let key = VerifyingKey::from_bytes(&key).map_err(|_| unusable())?;
    let signature =
        hex::decode(signature).ok().and_then(|s| Signature::from_slice(&s).ok()).ok_or_else(wrong)?;
    key.verify_strict(message, &signature).map_err(|_| wrong())
}

/// Whether a given token is the secret.
pub(super) fn same(secret: &Secret, given: &str) -> Result<()> {
    // Lengths are compared too; that they differ tells nothing of a random secret.
    if bool::from(secret.expose().as_bytes().ct_eq(given.as_bytes())) { Ok(()) } else { Err(wrong()) }
}

/// Whether a signature was made just now: its time in seconds since 1970.
pub(super) fn fresh(seconds: &str, now: Timestamp) -> Result<()> {
    let signed: i64 = seconds.trim().parse().map_err(|_| wrong())?;
    if signed.abs_diff(now.as_second()) > WINDOW.unsigned_abs() {
        return Err(unproved("the signature is older than five minutes; is the clock right?"));
    }
    Ok(())
}
