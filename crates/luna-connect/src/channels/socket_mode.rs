//! Slack where it cannot reach this machine (Socket Mode): events come over a line that Luna opens. An event is acknowledged when it
//! is kept; what was not acknowledged comes again, and is known by its delivery.

use std::time::Duration;

use luna_model::{Channel, Error, Incoming, Result, Secret};
use serde_json::{Value, json};

use super::line::{Heard, Line};
use super::{PATIENCE, Services, slack};

/// How long a line may be silent before it is asked whether it lives, and how long it may take to say so.
const SILENCE: Duration = Duration::from_secs(90);
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// The line to Slack, and while Slack changes it for another, the one that is leaving.
#[derive(Debug, Default)]
pub(super) struct SocketMode {
    now: Option<Open>,
    leaving: Option<Open>,
}

#[derive(Debug)]
struct Open {
    line: Line,
    /// Events that were handed on and are not acknowledged yet.
    owed: Vec<String>,
    /// Whether it was silent so long that it was asked for a sign of life.
    asked: bool,
}

/// Waits for messages. When this is called again, those it gave before are kept.
pub(super) async fn fetch(services: &Services, token: &Secret) -> Result<Vec<Incoming>> {
    let mut held = services.socket_mode.lock().await;
    let mode = &mut *held;
    mode.acknowledge().await;
    loop {
        if mode.now.is_none() {
            services.line_is(Channel::Slack, Err("the line is being opened"));
            let opened = open(services, token).await;
            services.line_is(Channel::Slack, opened.as_ref().map(drop).map_err(|e| e.message.as_str()));
            mode.now = Some(opened?);
        }
        let Some(now) = &mut mode.now else { continue };
        let silence = if now.asked { SIGN_OF_LIFE } else { SILENCE };
        let (heard, old) = tokio::select! {
            heard = now.line.hear() => (Some(heard), false),
            heard = hear_or_wait(&mut mode.leaving) => (Some(heard), true),
            () = tokio::time::sleep(silence) => (None, false),
        };
        let place = if old { &mut mode.leaving } else { &mut mode.now };
        match heard {
            None => {
                let dead = match place {
                    Some(open) if !open.asked => {
                        open.asked = true;
                        open.line.ping().await.is_err()
                    }
                    _ => true,
                };
                if dead {
                    *place = None;
                }
            }
            Some(Heard::Closed(_)) => {
                let broken = place.take().map_or(Ok(()), |open| open.line.broke());
                if !old {
                    broken.inspect_err(|e| services.line_is(Channel::Slack, Err(&e.message)))?;
                }
            }
            Some(Heard::Alive) => place.iter_mut().for_each(|open| open.asked = false),
            Some(Heard::Said(said)) => {
                let Some(open) = place else { continue };
                open.asked = false;
                let wants_change = said["type"] == "disconnect";
                if wants_change && said["reason"] == "link_disabled" {
                    *place = None;
                    let why = "Slack does not let this app use Socket Mode any more; switch it on in the app's settings";
                    services.line_is(Channel::Slack, Err(why));
                    return Err(Error::unavailable(why));
                }
                if wants_change && !old {
                    // It still brings what was on its way, while the next is opened.
                    mode.leaving = mode.now.take();
                    continue;
                }
                if let Some(message) = envelope(open, &said) {
                    return Ok(vec![message]);
                }
                // There is nothing in it to be kept.
                open.acknowledge_all().await;
            }
        }
    }
}

/// The message in an envelope, if a person wrote one. Whatever it is, it is owed an answer.
fn envelope(open: &mut Open, said: &Value) -> Option<Incoming> {
    let id = said["envelope_id"].as_str()?;
    open.owed.push(id.to_owned());
    (said["type"] == "events_api").then(|| slack::message(&said["payload"])).flatten()
}

async fn hear_or_wait(leaving: &mut Option<Open>) -> Heard {
    match leaving {
        Some(open) => open.line.hear().await,
        None => std::future::pending().await,
    }
}

impl SocketMode {
    async fn acknowledge(&mut self) {
        for place in [&mut self.now, &mut self.leaving] {
            let Some(open) = place else { continue };
            if !open.acknowledge_all().await {
                *place = None;
            }
        }
    }

    /// Hangs up: it is no longer to be used.
    pub(super) async fn close(&mut self) {
        for open in [self.now.take(), self.leaving.take()].into_iter().flatten() {
            open.line.close().await;
        }
    }
}

impl Open {
    async fn acknowledge_all(&mut self) -> bool {
        for id in std::mem::take(&mut self.owed) {
            if self.line.say(&json!({ "envelope_id": id })).await.is_err() {
                return false;
            }
        }
        true
    }
}

/// A line, once Slack greeted.
async fn open(services: &Services, token: &Secret) -> Result<Open> {
    let url = format!("{}/apps.connections.open", services.config.slack.trim_end_matches('/'));
    let request = services.client.post(url).bearer_auth(token.expose());
    let (status, answer) = services.ask("Slack", request, PATIENCE).await?;
    let Some(url) = answer["url"].as_str().filter(|_| answer["ok"] == true) else {
        let why = answer["error"].as_str().unwrap_or_default();
        return Err(Error::unavailable(format!(
            "Slack opens no line ({status} {why}); SLACK_APP_TOKEN is an app-level token (xapp-…) with connections:write"
        )));
    };
    let mut line = Line::open(&services.lines, "Slack", url).await?;
    let greeting = async {
        loop {
            match line.hear().await {
                Heard::Said(said) if said["type"] == "hello" => return Ok(()),
                Heard::Said(_) | Heard::Alive => {}
                Heard::Closed(_) => return Err(Error::unavailable("Slack closed the line at once")),
            }
        }
    };
    let late = |_| Error::unavailable("Slack did not greet in time");
    tokio::time::timeout(PATIENCE, greeting).await.map_err(late)??;
    Ok(Open { line, owed: vec![], asked: false })
}
