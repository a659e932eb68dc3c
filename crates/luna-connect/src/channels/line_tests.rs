//! Slack's Socket Mode and Discord's gateway against stand-ins that speak the documented wire: greeting, heartbeats, acknowledging,
//! taking up again after a break; nothing is lost or doubled.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use luna_core::ports::Channels as _;
use luna_model::{AttachmentKind, Channel, ErrorKind, Incoming, Secret};
use luna_testkit::HeldSecrets;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, Notify};

use super::{Services, ServicesConfig};

const PATIENCE: Duration = Duration::from_secs(20);

/// One line at the stand-in: what it says and what it heard.
struct Desk {
    say: UnboundedSender<Say>,
    heard: UnboundedReceiver<Value>,
}

enum Say {
    This(Value),
    Close(u16),
}

impl Desk {
    fn say(&self, value: Value) {
        self.say.send(Say::This(value)).ok().unwrap();
    }

    fn close(&self, code: u16) {
        self.say.send(Say::Close(code)).ok().unwrap();
    }

    async fn hear(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.heard.recv())
            .await
            .expect("something is said")
            .expect("the line is open")
    }
}

#[derive(Clone, Default)]
struct StandIn {
    url: Arc<Mutex<String>>,
    desks: Arc<Mutex<Vec<Desk>>>,
    came: Arc<Notify>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    async fn new() -> Self {
        let standin = Self::default();
        let router = Router::new()
            .route("/slack/apps.connections.open", post(open_slack))
            .route("/discord/gateway/bot", get(discord_address))
            .route("/discord/interactions/{id}/{token}/callback", post(callback))
            .route("/line/", any(line))
            .route("/again/", any(line))
            .with_state(standin.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        *standin.url.lock().await = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        standin
    }

    /// The next line that is opened.
    async fn desk(&self) -> Desk {
        tokio::time::timeout(PATIENCE, async {
            loop {
                let came = self.came.notified();
                let mut desks = self.desks.lock().await;
                if !desks.is_empty() {
                    return desks.remove(0);
                }
                drop(desks);
                came.await;
            }
        })
        .await
        .expect("a line is opened")
    }

    async fn services(&self, secrets: &[(&str, &str)]) -> Arc<Services> {
        let held = HeldSecrets::default();
        for (name, value) in secrets {
            luna_core::ports::Secrets::set(&held, name, Secret::new((*value).into())).await.unwrap();
        }
        let base = format!("http://{}", self.url.lock().await);
        let config = ServicesConfig {
            slack: format!("{base}/slack"),
            discord: format!("{base}/discord"),
            ..ServicesConfig::default()
        };
        Arc::new(Services::new(config, Arc::new(held)).unwrap())
    }
}

async fn open_slack(State(standin): State<StandIn>, headers: HeaderMap) -> Json<Value> {
    let url = standin.url.lock().await;
    Json(match headers.get("authorization").and_then(|h| h.to_str().ok()) {
        Some("Bearer xapp-1") => {
            json!({ "ok": true, "url": format!("ws://{url}/line/?ticket=secret-ticket") })
        }
        Some("Bearer xapp-gone") => {
            json!({ "ok": true, "url": format!("ws://{url}/gone/?ticket=secret-ticket") })
        }
        Some("Bearer xapp-dead") => json!({ "ok": true, "url": "ws://127.0.0.1:1/?ticket=secret-ticket" }),
        _ => json!({ "ok": false, "error": "invalid_auth" }),
    })
}

async fn discord_address(State(standin): State<StandIn>) -> Json<Value> {
    Json(json!({ "url": format!("ws://{}/line", standin.url.lock().await), "shards": 1 }))
}

async fn callback(State(standin): State<StandIn>, uri: axum::http::Uri, Json(body): Json<Value>) {
    standin.asked.lock().await.push(format!("{} {body}", uri.path()));
}

async fn line(
    State(standin): State<StandIn>,
    Query(query): Query<std::collections::BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    assert!(query.contains_key("ticket") || query.get("v").is_some_and(|v| v == "10"));
    upgrade.on_upgrade(move |socket| serve(standin, socket))
}

async fn serve(standin: StandIn, mut socket: WebSocket) {
    let (say, mut to_say) = unbounded_channel();
    let (tell, heard) = unbounded_channel();
    standin.desks.lock().await.push(Desk { say, heard });
    standin.came.notify_one();
    loop {
        tokio::select! {
            say = to_say.recv() => match say {
                Some(Say::This(value)) => drop(socket.send(Message::text(value.to_string())).await),
                Some(Say::Close(code)) => {
                    drop(socket.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await);
                    return;
                }
                None => return,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => drop(tell.send(serde_json::from_str(text.as_str()).unwrap())),
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

type Fetching = tokio::task::JoinHandle<luna_model::Result<Vec<Incoming>>>;

fn fetch(services: &Arc<Services>, channel: Channel) -> Fetching {
    let services = Arc::clone(services);
    tokio::spawn(async move { services.fetch(channel).await })
}

async fn texts(fetching: Fetching) -> Vec<String> {
    let fetched =
        tokio::time::timeout(PATIENCE, fetching).await.expect("something is fetched").unwrap().unwrap();
    fetched.into_iter().map(|message| message.text).collect()
}

async fn failed(fetching: Fetching) -> luna_model::Error {
    tokio::time::timeout(PATIENCE, fetching).await.expect("it ends").unwrap().unwrap_err()
}

fn envelope(id: &str, text: &str) -> Value {
    json!({ "type": "events_api", "envelope_id": id, "accepts_response_payload": false, "retry_attempt": 0, "payload": {
        "type": "event_callback", "team_id": "T1", "event_id": format!("Ev{id}"),
        "event": { "type": "message", "channel": "D1", "user": "U1", "text": text, "ts": format!("1700000000.{id}") } } })
}

#[tokio::test]
async fn slack_brings_messages_and_is_told_when_they_are_kept() {
    let standin = StandIn::new().await;
    let secrets = [("SLACK_BOT_TOKEN", "xoxb-1"), ("SLACK_APP_TOKEN", "xapp-1")];
    let services = standin.services(&secrets).await;
    let first = fetch(&services, Channel::Slack);
    let mut desk = standin.desk().await;
    desk.say(json!({ "type": "hello", "num_connections": 1 }));
    desk.say(envelope("1", "hello"));
    assert_eq!(texts(first).await, ["hello"]);
    assert!(desk.heard.try_recv().is_err(), "not acknowledged before it is kept");
    let second = fetch(&services, Channel::Slack);
    assert_eq!(desk.hear().await, json!({ "envelope_id": "1" }));
    let hint = services.states().await.into_iter().find(|s| s.channel == Channel::Slack).unwrap();
    assert!(hint.on && hint.hint.starts_with("connected"), "{hint:?}");
    // What is no message of a person is acknowledged all the same.
    let mut by_bot = envelope("2", "beep");
    by_bot["payload"]["event"]["bot_id"] = "B1".into();
    desk.say(by_bot);
    desk.say(json!({ "type": "slash_commands", "envelope_id": "3", "payload": {} }));
    assert_eq!(desk.hear().await, json!({ "envelope_id": "2" }));
    assert_eq!(desk.hear().await, json!({ "envelope_id": "3" }));
    // Slack wants another line: the old one still brings what is on its way.
    desk.say(json!({ "type": "disconnect", "reason": "warning" }));
    let new = standin.desk().await;
    new.say(json!({ "type": "hello" }));
    desk.say(envelope("4", "on the old line"));
    assert_eq!(texts(second).await, ["on the old line"]);
    let third = fetch(&services, Channel::Slack);
    assert_eq!(desk.hear().await, json!({ "envelope_id": "4" }), "where it came from");
    desk.close(1000);
    new.say(envelope("5", "on the new one"));
    assert_eq!(texts(third).await, ["on the new one"]);
    // The line breaks before it was acknowledged: it comes again, under the same name.
    new.close(1011);
    let error = failed(fetch(&services, Channel::Slack)).await;
    assert!(error.message.contains("soon after"), "it is not opened again at once: {error}");
    services.leave(Channel::Slack).await;
    let fourth = fetch(&services, Channel::Slack);
    let mut again = standin.desk().await;
    again.say(json!({ "type": "hello" }));
    again.say(envelope("5", "on the new one"));
    let repeated = tokio::time::timeout(PATIENCE, fourth).await.unwrap().unwrap().unwrap();
    assert_eq!(repeated[0].delivery, "D1/1700000000.5");
    let fifth = fetch(&services, Channel::Slack);
    assert_eq!(again.hear().await, json!({ "envelope_id": "5" }));
    again.say(json!({ "type": "disconnect", "reason": "link_disabled" }));
    let error = failed(fifth).await;
    assert!(error.message.contains("Socket Mode"), "{error}");
}

#[tokio::test]
async fn slack_says_why_it_opens_no_line() {
    let standin = StandIn::new().await;
    let services =
        standin.services(&[("SLACK_BOT_TOKEN", "xoxb-1"), ("SLACK_APP_TOKEN", "xapp-wrong")]).await;
    let error = services.fetch(Channel::Slack).await.unwrap_err();
    assert!(error.message.contains("invalid_auth") && !error.message.contains("xapp-wrong"), "{error}");
    let state = services.states().await.into_iter().find(|s| s.channel == Channel::Slack).unwrap();
    assert!(state.hint.starts_with("not connected") && state.hint.contains("invalid_auth"), "{state:?}");
    // The address has a ticket in it, with which anybody could listen.
    for token in ["xapp-gone", "xapp-dead"] {
        let services = standin.services(&[("SLACK_BOT_TOKEN", "xoxb-1"), ("SLACK_APP_TOKEN", token)]).await;
        let error = services.fetch(Channel::Slack).await.unwrap_err();
        let said = format!("{error} {error:?} {:?}", services.states().await);
        assert!(!said.contains("secret-ticket") && !said.contains(token), "{said}");
    }
}

#[tokio::test]
async fn a_channel_that_is_called_needs_less_than_one_that_calls() {
    let standin = StandIn::new().await;
    let on = async |secrets: &[(&str, &str)], channel: Channel| {
        let states = standin.services(secrets).await.states().await;
        let state = states.into_iter().find(|state| state.channel == channel).unwrap();
        (state.on, state.hint)
    };
    assert_eq!(on(&[], Channel::Slack).await, (false, "set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET".into()));
    let line = on(&[("SLACK_APP_TOKEN", "xapp-1")], Channel::Slack).await;
    assert_eq!(line, (false, "set SLACK_BOT_TOKEN".into()));
    let (is_on, hint) =
        on(&[("SLACK_APP_TOKEN", "xapp-1"), ("SLACK_BOT_TOKEN", "xoxb-1")], Channel::Slack).await;
    assert!(is_on && hint.starts_with("not connected yet"), "{hint}");
    assert_eq!(on(&[], Channel::Discord).await, (false, "set DISCORD_BOT_TOKEN".into()));
    let called = on(&[("DISCORD_BOT_TOKEN", "b"), ("DISCORD_PUBLIC_KEY", "00")], Channel::Discord).await;
    assert_eq!(called, (true, "POST /api/channels/discord".into()));
}

fn dispatch(seq: u64, kind: &str, data: Value) -> Value {
    json!({ "op": 0, "s": seq, "t": kind, "d": data })
}

fn written(id: &str, text: &str) -> Value {
    json!({ "id": id, "channel_id": "C1", "content": text, "author": { "id": "U1", "username": "ada" }, "mentions": [] })
}

fn ready(url: &str) -> Value {
    dispatch(
        1,
        "READY",
        json!({ "v": 10, "session_id": "session-1", "resume_gateway_url": format!("ws://{url}/again"),
        "user": { "id": "BOT", "username": "luna" } }),
    )
}

fn hello(every: u64) -> Value {
    json!({ "op": 10, "d": { "heartbeat_interval": every } })
}

/// What is said that is no heartbeat; those are answered.
async fn hear(desk: &mut Desk) -> Value {
    loop {
        let said = desk.hear().await;
        if said["op"] != 1 {
            return said;
        }
        desk.say(json!({ "op": 11 }));
    }
}

#[tokio::test]
async fn discord_brings_messages_and_is_resumed_after_the_last_that_is_kept() {
    let standin = StandIn::new().await;
    let services = standin.services(&[("DISCORD_BOT_TOKEN", "bot-token")]).await;
    let url = standin.url.lock().await.clone();
    let first = fetch(&services, Channel::Discord);
    let mut desk = standin.desk().await;
    desk.say(hello(50));
    let identify = hear(&mut desk).await;
    assert_eq!((&identify["op"], &identify["d"]["token"]), (&json!(2), &json!("bot-token")));
    assert_eq!(identify["d"]["intents"], (1 << 9) | (1 << 12));
    desk.say(ready(&url));
    // Heartbeats come by themselves, and on demand.
    assert_eq!(desk.hear().await["op"], 1);
    desk.say(json!({ "op": 11 }));
    desk.say(json!({ "op": 1 }));
    assert_eq!(desk.hear().await["op"], 1);
    desk.say(json!({ "op": 11 }));
    // What is not said to the bot is not heard.
    let mut elsewhere = written("10", "not to you");
    elsewhere["guild_id"] = "G1".into();
    desk.say(dispatch(2, "MESSAGE_CREATE", elsewhere));
    let mut by_bot = written("11", "beep");
    by_bot["author"]["bot"] = true.into();
    desk.say(dispatch(3, "MESSAGE_CREATE", by_bot));
    let mut named = written("12", "<@BOT> what is on?");
    named["guild_id"] = "G1".into();
    named["mentions"] = json!([{ "id": "BOT" }]);
    desk.say(dispatch(4, "MESSAGE_CREATE", named));
    assert_eq!(texts(first).await, ["what is on?"]);
    // It breaks before that was kept: it is asked for again.
    services.leave(Channel::Discord).await;
    let second = fetch(&services, Channel::Discord);
    let mut desk = standin.desk().await;
    desk.say(hello(10_000));
    let resume = hear(&mut desk).await;
    assert_eq!(resume["op"], 6);
    assert_eq!((&resume["d"]["session_id"], &resume["d"]["seq"]), (&json!("session-1"), &json!(3)));
    desk.say(dispatch(4, "MESSAGE_CREATE", written("12", "what is on?")));
    desk.say(dispatch(5, "RESUMED", json!({})));
    assert_eq!(texts(second).await, ["what is on?"]);
    // A command, over the line: it is told to wait, and answered where it was asked.
    let third = fetch(&services, Channel::Discord);
    desk.say(dispatch(6, "INTERACTION_CREATE", json!({ "id": "I1", "token": "T1", "application_id": "A1", "type": 2, "channel_id": "C1",
        "user": { "id": "U1", "username": "ada" }, "data": { "name": "ask", "options": [{ "name": "q", "value": "hi" }] } })));
    let asked = tokio::time::timeout(PATIENCE, third).await.unwrap().unwrap().unwrap();
    assert_eq!((asked[0].text.as_str(), asked[0].to.thread.as_deref()), ("hi", Some("A1/T1")));
    assert_eq!(*standin.asked.lock().await, [r#"/discord/interactions/I1/T1/callback {"type":5}"#]);
    // Discord asks to come back, and the session is taken up where it was.
    let fourth = fetch(&services, Channel::Discord);
    desk.say(json!({ "op": 7, "d": null }));
    let mut desk = standin.desk().await;
    desk.say(hello(10_000));
    assert_eq!(hear(&mut desk).await["d"]["seq"], 6);
    // It does not know the session any more: a new one, after a pause.
    desk.say(json!({ "op": 9, "d": false }));
    let mut desk = standin.desk().await;
    desk.say(hello(10_000));
    assert_eq!(hear(&mut desk).await["op"], 2);
    desk.close(4004);
    let error = failed(fourth).await;
    assert!(error.message.contains("DISCORD_BOT_TOKEN") && !error.message.contains("bot-token"), "{error}");
}

#[tokio::test]
async fn a_line_that_no_longer_answers_is_opened_anew() {
    let standin = StandIn::new().await;
    let services = standin.services(&[("DISCORD_BOT_TOKEN", "bot-token")]).await;
    let url = standin.url.lock().await.clone();
    let fetching = fetch(&services, Channel::Discord);
    let mut desk = standin.desk().await;
    desk.say(hello(30));
    assert_eq!(hear(&mut desk).await["op"], 2);
    desk.say(ready(&url));
    // Its heartbeat is not answered.
    let mut next = standin.desk().await;
    next.say(hello(10_000));
    assert_eq!(hear(&mut next).await["op"], 6);
    let mut spoken = written("20", "");
    spoken["attachments"] = json!([{ "id": "1", "filename": "voice-message.ogg", "content_type": "audio/ogg", "size": 4,
        "url": "https://cdn.discordapp.com/attachments/1/2/voice-message.ogg", "duration_secs": 2.0, "waveform": "AA" }]);
    next.say(dispatch(2, "MESSAGE_CREATE", spoken));
    let fetched = tokio::time::timeout(PATIENCE, fetching).await.unwrap().unwrap().unwrap();
    assert_eq!((fetched[0].text.as_str(), fetched[0].attachments[0].kind), ("", AttachmentKind::Voice));
}

#[tokio::test]
async fn a_line_that_breaks_at_once_is_waited_after_and_then_resumed_or_begun_anew() {
    let standin = StandIn::new().await;
    let services = standin.services(&[("DISCORD_BOT_TOKEN", "bot-token")]).await;
    let url = standin.url.lock().await.clone();
    let mut fetching = fetch(&services, Channel::Discord);
    let mut desk = standin.desk().await;
    desk.say(hello(10_000));
    assert_eq!(hear(&mut desk).await["op"], 2);
    desk.say(ready(&url));
    for (code, next) in [(4000, 6), (4009, 2)] {
        desk.close(code);
        let error = failed(fetching).await;
        assert_eq!(error.kind, ErrorKind::Unavailable, "it is tried again: {error}");
        let state = services.states().await.into_iter().find(|s| s.channel == Channel::Discord).unwrap();
        assert!(state.hint.starts_with("not connected: Discord broke"), "{state:?}");
        services.leave(Channel::Discord).await;
        fetching = fetch(&services, Channel::Discord);
        desk = standin.desk().await;
        desk.say(hello(10_000));
        assert_eq!(hear(&mut desk).await["op"], next, "after {code}");
    }
}
