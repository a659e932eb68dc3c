//! Users' tokens: JWT, HS256, with the documented claims and an id, so that one can be told from the one before.

use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use luna_model::{Error, Result, Secret, Timestamp, User, UserId, UserRole};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a token says.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    /// Whose it is.
    pub(super) sub: UserId,
    username: String,
    role: UserRole,
    /// Which of theirs.
    pub(super) jti: Uuid,
    iat: i64,
    exp: i64,
}

pub(super) fn make(
    user: &User,
    id: Uuid,
    secret: &Secret,
    lasts: SignedDuration,
    now: Timestamp,
) -> Result<Secret> {
    let iat = now.as_second();
    let (username, exp) = (user.username.clone(), iat.saturating_add(lasts.as_secs()));
    let claims = Claims { sub: user.id, username, role: user.role, jti: id, iat, exp };
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    let made = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key);
    made.map(Secret::new).map_err(Error::internal)
}

/// What a token says; none when it was not signed with this secret, or ran out.
pub(super) fn read(token: &str, secret: &Secret, now: Timestamp) -> Option<Claims> {
    let mut rules = Validation::new(Algorithm::HS256);
    // Against Luna's clock, below.
    rules.validate_exp = false;
    let key = DecodingKey::from_secret(secret.expose().as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules).ok()?.claims;
    (claims.exp > now.as_second()).then_some(claims)
}
