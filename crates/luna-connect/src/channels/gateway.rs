//! Discord where it cannot reach this machine: its gateway. A line with a heartbeat, over which messages to the bot and
//! commands come; when it breaks, it is resumed after the last event that is kept.

use std::time::Duration;

use luna_model::{Channel, Error, Incoming, Recipient, Result, Secret};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::line::{Heard, Line};
use super::{PATIENCE, Services, discord};

/// What the bot is told of: messages in servers and direct messages. What mentions it or is written to it directly comes with its
/// text, without the privileged intent.
const INTENTS: u64 = 1 << 9 | 1 << 12;
/// Kinds of payloads (Discord's documents, Gateway Opcodes).
const DISPATCH: i64 = 0;
const HEARTBEAT: i64 = 1;
const IDENTIFY: i64 = 2;
const RESUME: i64 = 6;
const RECONNECT: i64 = 7;
const INVALID_SESSION: i64 = 9;
const HELLO: i64 = 10;
const HEARTBEAT_ACK: i64 = 11;

/// The line to Discord, and the session that outlives it.
#[derive(Debug, Default)]
pub(super) struct Gateway {
    open: Option<Open>,
    session: Option<Session>,
    /// The last event that was handed on, and the last that is kept.
    handed: u64,
    kept: u64,
}

#[derive(Debug)]
struct Open {
    line: Line,
    /// How often a heartbeat goes out, and when the next does.
    every: Duration,
    next: Instant,
    /// Whether the last heartbeat was answered.
    answered: bool,
    /// The last event that came.
    seen: u64,
}

#[derive(Clone, Debug)]
struct Session {
    id: String,
    url: String,
    /// The bot itself.
    me: String,
}

/// What is to be done after a payload.
enum Then {
    GoOn,
    Reopen,
    Give(Incoming),
}

/// Waits for messages. When this is called again, those it gave before are kept.
pub(super) async fn fetch(services: &Services, token: &Secret) -> Result<Vec<Incoming>> {
    let mut gateway = services.gateway.lock().await;
    gateway.kept = gateway.handed;
    loop {
        if gateway.open.is_none() {
            services.line_is(Channel::Discord, Err("the line is being opened"));
            let opened = open(services, token, gateway.session.clone(), gateway.kept).await;
            services.line_is(Channel::Discord, opened.as_ref().map(drop).map_err(|e| e.message.as_str()));
            gateway.open = Some(opened?);
        }
        let Some(open) = &mut gateway.open else { continue };
        let heard = tokio::select! {
            heard = open.line.hear() => heard,
            () = tokio::time::sleep_until(open.next) => {
                // A heartbeat that was not answered: the line is dead, whatever it seems.
                if !open.answered || open.beat().await.is_err() {
                    gateway.open = None;
                }
                continue;
            }
        };
        let then = match heard {
            Heard::Alive => Then::GoOn,
            Heard::Closed(code) => {
                gateway.hung_up(code).inspect_err(|e| services.line_is(Channel::Discord, Err(&e.message)))?;
                Then::Reopen
            }
            Heard::Said(said) => gateway.take(services, &said).await?,
        };
        match then {
            Then::GoOn => {}
            Then::Reopen => gateway.open = None,
            Then::Give(message) => return Ok(vec![message]),
        }
    }
}

impl Open {
    async fn beat(&mut self) -> Result<()> {
        let seen = (self.seen > 0).then_some(self.seen);
        (self.next, self.answered) = (Instant::now() + self.every, false);
        self.line.say(&json!({ "op": HEARTBEAT, "d": seen })).await
    }
}

impl Gateway {
    async fn take(&mut self, services: &Services, said: &Value) -> Result<Then> {
        let Some(open) = &mut self.open else { return Ok(Then::GoOn) };
        if let Some(seen) = said["s"].as_u64() {
            open.seen = seen;
        }
        match said["op"].as_i64() {
            Some(HEARTBEAT) => open.beat().await?,
            Some(HEARTBEAT_ACK) => open.answered = true,
            Some(RECONNECT) => return Ok(Then::Reopen),
            Some(INVALID_SESSION) => {
                if said["d"] != true {
                    self.forget();
                }
                // Discord's documents: after one to five seconds, by chance.
                tokio::time::sleep(Duration::from_millis(rand::random_range(1000..5000))).await;
                return Ok(Then::Reopen);
            }
            Some(DISPATCH) => return Ok(self.event(services, said).await),
            _ => {}
        }
        Ok(Then::GoOn)
    }

    async fn event(&mut self, services: &Services, said: &Value) -> Then {
        let data = &said["d"];
        let message = match said["t"].as_str() {
            Some("READY") => {
                let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
                let known = text("/session_id").zip(text("/resume_gateway_url")).zip(text("/user/id"));
                self.session = known.map(|((id, url), me)| Session { id, url, me });
                None
            }
            Some("MESSAGE_CREATE") => self.session.as_ref().and_then(|session| written(data, &session.me)),
            Some("INTERACTION_CREATE") => match discord::asked(data) {
                Some(message) => {
                    discord::wait(services, data).await;
                    Some(message)
                }
                None => None,
            },
            _ => None,
        };
        self.handed = said["s"].as_u64().unwrap_or(self.handed);
        match message {
            Some(message) => Then::Give(message),
            None => {
                // There is nothing in it to be kept.
                self.kept = self.handed;
                Then::GoOn
            }
        }
    }

    /// The other side hung up: whether it can be called again at once (Discord's documents, Gateway Close Event Codes).
    fn hung_up(&mut self, code: Option<u16>) -> Result<()> {
        let line = self.open.take().map(|open| open.line);
        let why = match code {
            Some(4004) => "Discord does not take DISCORD_BOT_TOKEN",
            Some(4010..=4012) => "Discord does not speak with this version of Luna any more",
            Some(4013 | 4014) => {
                "Discord does not let this bot read messages; allow it in the bot's settings"
            }
            _ => {
                if let Some(4007 | 4009) = code {
                    self.forget();
                }
                return line.map_or(Ok(()), Line::broke);
            }
        };
        self.forget();
        Err(Error::unavailable(why))
    }

    /// The session is over: the next is a new one.
    fn forget(&mut self) {
        (self.session, self.handed, self.kept) = (None, 0, 0);
    }

    /// Hangs up. What was handed on since this was last asked is not taken as kept; the session can be taken up again.
    pub(super) async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.line.close().await;
        }
        self.handed = self.kept;
    }
}

/// A message that is written to the bot: directly, or where it is named.
fn written(data: &Value, me: &str) -> Option<Incoming> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let author = &data["author"];
    if author["bot"] == true || data.get("webhook_id").is_some() || author["id"] == me {
        return None;
    }
    let named = data["mentions"].as_array().is_some_and(|all| all.iter().any(|user| user["id"] == me));
    if data.get("guild_id").is_some() && !named {
        return None;
    }
    let said = data["content"].as_str().unwrap_or_default();
    let said = said.replace(&format!("<@{me}>"), "").replace(&format!("<@!{me}>"), "");
    let files = data["attachments"].as_array().into_iter().flatten();
    let attachments: Vec<_> = files.filter_map(discord::attached).collect();
    if said.trim().is_empty() && attachments.is_empty() {
        return None;
    }
    Some(Incoming {
        channel: Channel::Discord,
        delivery: text(&data["id"])?,
        sender: text(&author["id"])?,
        name: text(&author["global_name"]).or_else(|| text(&author["username"]))?,
        to: Recipient { channel: Channel::Discord, place: text(&data["channel_id"])?, thread: None },
        text: said.trim().to_owned(),
        attachments,
    })
}

/// A line on which Discord knows who is there: a session that is taken up again after an event, or a new one.
async fn open(services: &Services, token: &Secret, session: Option<Session>, kept: u64) -> Result<Open> {
    let url = match &session {
        Some(session) => session.url.clone(),
        None => {
            let base = services.config.discord.trim_end_matches('/');
            let request = services.client.get(format!("{base}/gateway/bot"));
            let request = request.header("Authorization", format!("Bot {}", token.expose()));
            let (status, answer) = services.ask("Discord", request, PATIENCE).await?;
            let url = answer["url"].as_str().map(str::to_owned);
            url.ok_or_else(|| {
                Error::unavailable(format!("Discord opens no line ({status}); is DISCORD_BOT_TOKEN right?"))
            })?
        }
    };
    let url = format!("{}/?v=10&encoding=json", url.trim_end_matches('/'));
    let mut line = Line::open(&services.lines, "Discord", &url).await?;
    let hello = async {
        loop {
            match line.hear().await {
                Heard::Said(said) if said["op"] == HELLO => {
                    return Ok(said["d"]["heartbeat_interval"].as_u64());
                }
                Heard::Said(_) | Heard::Alive => {}
                Heard::Closed(_) => return Err(Error::unavailable("Discord closed the line at once")),
            }
        }
    };
    let late = |_| Error::unavailable("Discord did not greet in time");
    let every = tokio::time::timeout(PATIENCE, hello).await.map_err(late)??;
    let every = Duration::from_millis(every.unwrap_or(41_250).max(1));
    let first = match &session {
        Some(session) => json!({ "op": RESUME, "d": {
            "token": token.expose(), "session_id": session.id, "seq": kept } }),
        None => json!({ "op": IDENTIFY, "d": {
            "token": token.expose(), "intents": INTENTS,
            "properties": { "os": std::env::consts::OS, "browser": "Luna", "device": "Luna" } } }),
    };
    line.say(&first).await?;
    // The first beat comes at a time of chance, so that not all who come back beat at once.
    let jitter = every.mul_f64(rand::random_range(0.0..1.0));
    Ok(Open { line, every, next: Instant::now() + jitter, answered: true, seen: kept })
}
