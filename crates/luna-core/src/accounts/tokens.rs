//! Tokens (JWT, HS256, seven days) and keys (random, kept as SHA-256).

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use luna_model::{Account, AccountId, Error, Result, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The name under which the signing key is kept.
pub(crate) const SIGNING_KEY: &str = "JWT_SECRET";
/// How keys begin; tokens do not.
pub(super) const KEY_MARK: &str = "lnos_";
/// The whole beginning of a key.
const LIVE: &str = "lnos_live_";
/// Characters of a key that may be shown.
const SHOWN: usize = 18;
/// How long a token lasts, in seconds.
const LIFE: i64 = 7 * 24 * 3600;

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: AccountId,
    email: String,
    tier: String,
    iat: i64,
    exp: i64,
}

pub(super) fn make(account: &Account, key: &Secret, now: Timestamp) -> Result<Secret> {
    let iat = now.as_second();
    let claims = Claims {
        sub: account.id,
        email: account.email.clone(),
        tier: account.tier.name().into(),
        iat,
        exp: iat + LIFE,
    };
    let key = EncodingKey::from_secret(key.expose().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map(Secret::new)
        .map_err(Error::internal)
}

/// Whose a token is; none when it was not signed by us, or ran out.
pub(super) fn read(token: &str, key: &Secret, now: Timestamp) -> Option<AccountId> {
    let mut rules = Validation::new(Algorithm::HS256);
    // Against Luna's clock, below.
    rules.validate_exp = false;
    let key = DecodingKey::from_secret(key.expose().as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules).ok()?.claims;
    (claims.exp > now.as_second()).then_some(claims.sub)
}

pub(super) fn new_signing_key() -> Secret {
    Secret::new(hex::encode(rand::random::<[u8; 32]>()))
}

pub(super) fn new_key() -> Secret {
    Secret::new(format!("{LIVE}{}", hex::encode(rand::random::<[u8; 16]>())))
}

pub(super) fn prefix(key: &Secret) -> String {
    key.expose().chars().take(SHOWN).collect()
}

pub(super) fn digest(key: &str) -> String {
    hex::encode(Sha256::digest(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_accounts_until_it_runs_out_and_nobody_elses() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let account = Account {
            id: AccountId::new(),
            email: "a@b.c".into(),
            name: "A".into(),
            tier: luna_model::Tier::Pro,
            created_at: now,
        };
        let key = new_signing_key();
        let token = make(&account, &key, now).unwrap();
        let later = |s: i64| Timestamp::from_second(now.as_second() + s).unwrap();
        assert_eq!(read(token.expose(), &key, later(LIFE - 1)), Some(account.id));
        assert_eq!(read(token.expose(), &key, later(LIFE)), None);
        assert_eq!(read(token.expose(), &new_signing_key(), now), None);
        let mut parts: Vec<_> = token.expose().split('.').collect();
        // {"alg":"none","typ":"JWT"}
        parts[0] = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
        assert_eq!(read(&parts.join("."), &key, now), None);
        assert_eq!(read("ey.not.one", &key, now), None);
    }

    #[test]
    fn keys_have_the_documented_form() {
        let key = new_key();
        assert_eq!(key.expose().len(), LIVE.len() + 32);
        assert!(key.expose().starts_with(&prefix(&key)) && prefix(&key).len() == SHOWN);
    }
}
