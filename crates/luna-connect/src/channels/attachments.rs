//! What was sent with a message, loaded from its service, and from nowhere else: addresses in messages are text from outside.

use luna_model::{Attachment, Channel, Error, Result};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use url::Url;

use super::{PATIENCE, Services, telegram};

/// Where Slack and Discord keep files. Of each, subdomains too.
const SLACK_FILES: [&str; 2] = ["slack.com", "slack-files.com"];
const DISCORD_FILES: [&str; 2] = ["discordapp.com", "discordapp.net"];

pub(super) async fn load(
    services: &Services,
    channel: Channel,
    what: &Attachment,
    most: usize,
) -> Result<Vec<u8>> {
    let too_large = || Error::limit(format!("{} is larger than {} MB", what.name, most / 1_000_000));
    if what.size.is_some_and(|size| size > most as u64) {
        return Err(too_large());
    }
    let request = match channel {
        Channel::Telegram => of_telegram(services, what).await?,
        Channel::Slack => {
            let address = address(&what.at, &services.config.slack, &SLACK_FILES)?;
            let token = services.needed("SLACK_BOT_TOKEN").await?;
            services.client.get(address).bearer_auth(token.expose())
        }
        Channel::Discord => services.client.get(address(&what.at, &services.config.discord, &DISCORD_FILES)?),
        Channel::Github | Channel::Webhook | Channel::Plugin => {
            return Err(Error::invalid("nothing can be sent with messages of this channel"));
        }
    };
    let unreachable = |e: reqwest::Error| {
        Error::unavailable(format!("{} could not be loaded: {}", what.name, e.without_url()))
    };
    let mut reply = request.timeout(PATIENCE * 3).send().await.map_err(unreachable)?;
    if !reply.status().is_success() {
        return Err(Error::unavailable(format!("{} could not be loaded ({})", what.name, reply.status())));
    }
    let mut bytes = vec![];
    while let Some(chunk) = reply.chunk().await.map_err(unreachable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            return Err(too_large());
        }
    }
    Ok(bytes)
}

/// Telegram says for an hour where a file is.
async fn of_telegram(services: &Services, what: &Attachment) -> Result<RequestBuilder> {
    let token = services.needed("TELEGRAM_BOT_TOKEN").await?;
    let asking = services.client.post(telegram::method(services, &token, "getFile"));
    let (status, answer) =
        services.ask("Telegram", asking.json(&json!({ "file_id": what.at })), PATIENCE).await?;
    let path = answer.pointer("/result/file_path").and_then(Value::as_str);
    let path = path
        .filter(|path| !path.contains("..") && !path.contains(['?', '#']))
        .ok_or_else(|| telegram::refused(status, &answer))?;
    let base = services.config.telegram.trim_end_matches('/');
    Ok(services.client.get(format!("{base}/file/bot{}/{path}", token.expose())))
}

/// An address, if it is the service's own.
fn address(given: &str, base: &str, hosts: &[&str]) -> Result<Url> {
    let refused = || Error::forbidden("what was sent is not kept by its service, so it is not loaded");
    let given = Url::parse(given).map_err(|_| refused())?;
    let host = given.host_str().unwrap_or_default();
    let own = given.scheme() == "https"
        && hosts.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")));
    let stand_in = Url::parse(base).is_ok_and(|base| base.origin() == given.origin());
    if own || stand_in { Ok(given) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_own_addresses_are_loaded() {
        let fits = |given: &str| address(given, "https://slack.com/api", &SLACK_FILES).is_ok();
        assert!(fits("https://files.slack.com/files-pri/T1/a.ogg"));
        for other in [
            "http://files.slack.com/a",
            "https://files.slack.com.evil.example/a",
            "https://evilslack.com/a",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
        ] {
            assert!(!fits(other), "{other}");
        }
    }
}
