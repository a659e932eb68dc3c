//! Any program that can send JSON: with the shared secret, or from this machine.

use luna_core::ports::{Delivery, Received};
use luna_model::{Channel, Error, Incoming, Recipient, Result, Secret};
use serde::Deserialize;

use super::signatures;

#[derive(Deserialize)]
struct Message {
    user_id: String,
    #[serde(default)]
    user_name: String,
    text: String,
}

pub(super) fn read(secret: Option<&Secret>, delivery: &Delivery) -> Result<Received> {
    // Behind a proxy everybody seems to be here.
    let between = ["x-forwarded-for", "forwarded", "x-real-ip"].iter().any(|h| delivery.header(h).is_some());
    let here = !between && delivery.peer.is_some_and(|ip| ip.to_canonical().is_loopback());
    if !here {
        let secret = secret.ok_or_else(|| {
            Error::unavailable("from other machines this channel is off; set WEBHOOK_SECRET to use it")
        })?;
        match (delivery.header("x-webhook-signature"), delivery.header("authorization")) {
            (Some(signature), _) => {
                let hex = signature.strip_prefix("sha256=").unwrap_or(signature);
                signatures::hmac_sha256(secret, &[&delivery.body], hex)?;
            }
            (None, Some(bearer)) => {
                signatures::same(secret, bearer.strip_prefix("Bearer ").unwrap_or_default())?
            }
            (None, None) => {
                return Err(signatures::unproved(
                    "sign the body (X-Webhook-Signature: sha256=…), or give the secret as bearer token",
                ));
            }
        }
    }
    let message: Message = serde_json::from_slice(&delivery.body)
        .map_err(|e| Error::invalid(format!("the request body is wrong: {e}")))?;
    if message.text.trim().is_empty() || message.user_id.trim().is_empty() || message.user_id.len() > 200 {
        return Err(Error::invalid("give a text, and a user_id of at most 200 characters"));
    }
    let name = if message.user_name.is_empty() { message.user_id.clone() } else { message.user_name };
    let to = Recipient { channel: Channel::Webhook, place: message.user_id.clone(), thread: None };
    let incoming = Incoming {
        channel: Channel::Webhook,
        delivery: String::new(),
        sender: message.user_id,
        name,
        to,
        text: message.text,
        attachments: vec![],
    };
    Ok(Received { incoming: vec![incoming], ..Received::default() })
}
