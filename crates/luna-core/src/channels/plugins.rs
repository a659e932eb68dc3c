//! Channels that came as packages: each is a program of its own that is kept running and speaks in lines of JSON (docs/agents.md,
//! "A channel"). What people write there is taken in as from any channel; when the program ends it is started again, with
//! growing pauses. What it may have was allowed when it was installed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use luna_model::{Channel, ChannelState, Error, Event, Incoming, Recipient, Result};
use luna_store::Package;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Luna;
use crate::ports::{Confinement, Program, Started};
use crate::registry::capabilities;

/// The protocol that is spoken.
const PROTOCOL: u64 = 1;
/// How long a program may take until it is ready, and until it says that something was sent.
const READY: Duration = Duration::from_secs(10);
const SENT: Duration = Duration::from_secs(20);
/// First and longest pause before one that ended is started again, and how long one has to run to begin anew with it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const RAN_WELL: Duration = Duration::from_secs(60);
/// Most messages of one program in a minute; who brings more waits.
const MOST_MESSAGES: u32 = 120;
/// Longest name or id that a program may give, in characters.
const LONGEST_NAME: usize = 64;

/// The programs of channel packages.
#[derive(Debug, Default)]
pub(crate) struct Plugins {
    running: Mutex<BTreeMap<String, Plugin>>,
}

/// One of them.
#[derive(Debug)]
struct Plugin {
    name: String,
    stop: CancellationToken,
    /// Closed when it is over.
    over: CancellationToken,
    state: Arc<Mutex<State>>,
}

/// How one stands.
#[derive(Debug, Default)]
struct State {
    /// Lines to it, while it is ready.
    say: Option<mpsc::Sender<String>>,
    /// Who waits to hear that something was sent.
    waiting: HashMap<String, oneshot::Sender<Result<()>>>,
    confined: Option<Confinement>,
    /// Why it does not run.
    trouble: Option<String>,
}

/// What a program says. What is unknown is passed over, so that either side may learn new words.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Ready {
        protocol: u64,
    },
    Message {
        id: String,
        conversation: String,
        sender: String,
        text: String,
    },
    Sent {
        id: String,
    },
    Error {
        #[serde(default)]
        id: Option<String>,
        message: String,
    },
    #[serde(other)]
    Unknown,
}

impl Luna {
    /// Starts the channel packages that are switched on.
    pub(crate) async fn wake_plugins(&self) {
        let packages = self.db().packages().await.unwrap_or_default();
        for package in packages.into_iter().filter(|p| p.kind == "channel") {
            if let Err(error) = self.restart_plugin(&package.id).await {
                tracing::warn!(%error, package = package.id, "a channel cannot be started");
            }
        }
    }

    /// Ends the programs of all channel packages.
    pub(crate) async fn end_plugins(&self) {
        let all = std::mem::take(&mut *self.plugins().running.lock());
        all.values().for_each(|plugin| plugin.stop.cancel());
        for plugin in all.into_values() {
            plugin.over.cancelled().await;
        }
    }

    /// Ends a channel's program, and starts it as it is set up now, if it is there and switched on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn restart_plugin(&self, id: &str) -> Result<()> {
        let before = self.plugins().running.lock().remove(id);
        if let Some(before) = before {
            before.stop.cancel();
            before.over.cancelled().await;
        }
        let package = self.db().packages().await?.into_iter().find(|p| p.id == id && p.kind == "channel");
        let setup = self.channel_setups().await?.into_iter().find(|setup| setup.id == id && setup.enabled);
        let setup = setup.filter(|_| self.switched_on(Channel::Plugin).is_ok());
        if let (Some(package), Some(setup)) = (package, setup) {
            let plugin = Plugin {
                name: package.name.clone(),
                stop: self.stopping().child_token(),
                over: CancellationToken::new(),
                state: Arc::default(),
            };
            let (stop, over, state) = (plugin.stop.clone(), plugin.over.clone(), Arc::clone(&plugin.state));
            self.plugins().running.lock().insert(id.to_owned(), plugin);
            let luna = self.clone();
            self.tasks().spawn(async move {
                luna.keep_running(&package, Value::Object(setup.config), &state, &stop).await;
                over.cancel();
            });
        }
        self.bus().publish(Event::ChannelsChanged);
        Ok(())
    }

    /// How the channels that came as packages stand, as one; none when there are none.
    pub(super) fn plugins_state(&self) -> Option<ChannelState> {
        let running = self.plugins().running.lock();
        let hint = |plugin: &Plugin| {
            let state = plugin.state.lock();
            let how = match (&state.say, &state.trouble) {
                (Some(_), _) => match state.confined {
                    Some(Confinement::Whole) | None => "runs, kept to its own folder",
                    Some(Confinement::Network) => "runs; install bubblewrap to keep your files from it",
                    Some(Confinement::None) => "runs; install bubblewrap to keep it in its folder",
                },
                (None, Some(trouble)) => return format!("{}: {trouble}", plugin.name),
                (None, None) => "is being started",
            };
            format!("{} {how}", plugin.name)
        };
        let hints: Vec<_> = running.values().map(hint).collect();
        let on = running.values().any(|plugin| plugin.state.lock().say.is_some());
        (!hints.is_empty()).then(|| ChannelState { channel: Channel::Plugin, on, hint: hints.join("; ") })
    }

    /// Has a channel's program say something; done when it says that it was.
    pub(super) async fn send_by_plugin(&self, to: &Recipient, text: &str) -> Result<()> {
        let off = || Error::unavailable("this channel does not run");
        let (package, conversation) = to.place.split_once('/').ok_or_else(off)?;
        let state =
            self.plugins().running.lock().get(package).map(|p| Arc::clone(&p.state)).ok_or_else(off)?;
        let (id, (settle, settled)) = (Uuid::new_v4().to_string(), oneshot::channel());
        let line = json!({ "type": "send", "id": id, "conversation": conversation, "replyTo": to.thread, "text": text });
        let say = {
            let mut state = state.lock();
            let say = state.say.clone().ok_or_else(off)?;
            state.waiting.insert(id.clone(), settle);
            say
        };
        let said = async {
            say.send(line.to_string()).await.map_err(|_| off())?;
            settled.await.unwrap_or_else(|_| Err(off()))
        };
        let outcome = timeout(SENT, said).await;
        state.lock().waiting.remove(&id);
        outcome.unwrap_or_else(|_| Err(Error::unavailable("the channel did not say that it was sent")))
    }

    async fn keep_running(
        &self,
        package: &Package,
        config: Value,
        state: &Mutex<State>,
        stop: &CancellationToken,
    ) {
        let mut pause = FIRST_PAUSE;
        while !stop.is_cancelled() {
            let began = Instant::now();
            let why = match self.run_once(package, &config, state, stop).await {
                Ok(why) => why,
                Err(error) => error.message,
            };
            {
                let mut state = state.lock();
                (state.say, state.trouble) = (None, Some(why.clone()));
                state.waiting.clear();
            }
            if stop.is_cancelled() {
                break;
            }
            if began.elapsed() > RAN_WELL {
                pause = FIRST_PAUSE;
            }
            tracing::warn!(
                package = package.id,
                why,
                "a channel's program ended; it is started again in {pause:?}"
            );
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Runs a channel's program to its end; why it ended.
    async fn run_once(
        &self,
        package: &Package,
        config: &Value,
        state: &Mutex<State>,
        stop: &CancellationToken,
    ) -> Result<String> {
        let program = self.program(package)?;
        let data = program.data.display().to_string();
        // Ended by us when it is to stop, or does not keep to what was agreed.
        let end = CancellationToken::new();
        let Started { say, mut lines, confined, run } = self.programs().start(program, end.clone())?;
        let config = self.unmasked(&package.id, config).await?;
        let init = json!({ "type": "init", "protocol": PROTOCOL, "config": config, "dataDir": data });
        let talk = async {
            let _ = say.send(init.to_string()).await;
            let begun = tokio::select! {
                begun = ready(&mut lines) => begun,
                () = stop.cancelled() => Err("it is switched off".to_owned()),
            };
            if let Err(why) = begun {
                end.cancel();
                return Some(why);
            }
            {
                let mut state = state.lock();
                (state.say, state.confined, state.trouble) = (Some(say.clone()), Some(confined), None);
            }
            self.bus().publish(Event::ChannelsChanged);
            self.post().wake.notify_one();
            let mut flow = Flow::new();
            loop {
                let line = tokio::select! {
                    line = lines.recv() => line,
                    () = stop.cancelled() => break,
                };
                let Some(line) = line else { break };
                if let Err(error) = self.hear(package, &line, state, &mut flow).await {
                    tracing::warn!(%error, package = package.id, "what a channel's program said could not be taken");
                }
            }
            // One that does not read any more is ended all the same.
            let _ = say.try_send(json!({ "type": "shutdown" }).to_string());
            end.cancel();
            // What it still says is not heard, but read, so that it can write its last words and end.
            while lines.recv().await.is_some() {}
            None
        };
        let (why, ended) = tokio::join!(talk, run);
        Ok(why.unwrap_or(ended))
    }

    async fn hear(&self, package: &Package, line: &str, state: &Mutex<State>, flow: &mut Flow) -> Result<()> {
        let said: Said = serde_json::from_str(line)
            .map_err(|e| Error::invalid("a line was not as the protocol says").because(e))?;
        let settle = |id: &str, outcome: Result<()>| {
            if let Some(waiting) = state.lock().waiting.remove(id) {
                // Who waited may have given up.
                let _ = waiting.send(outcome);
            }
        };
        match said {
            Said::Message { id, conversation, sender, text } => {
                flow.wait().await;
                let place = format!("{}/{}", package.id, name(&conversation));
                let message = Incoming {
                    channel: Channel::Plugin,
                    delivery: format!("{}/{}", package.id, name(&id)),
                    // Each talk is one of its own, and a person the same in all of them.
                    sender: format!("{}/{}/{}", package.id, name(&sender), name(&conversation)),
                    name: name(&sender),
                    attachments: vec![],
                    to: Recipient {
                        channel: Channel::Plugin,
                        place,
                        thread: Some(id.chars().take(256).collect()),
                    },
                    text,
                };
                self.take(message, self.clock().now()).await?;
                self.post().wake.notify_one();
            }
            Said::Sent { id } => settle(&id, Ok(())),
            Said::Error { id: Some(id), message } => {
                settle(&id, Err(Error::unavailable(message.chars().take(300).collect::<String>())));
            }
            Said::Error { id: None, message } => {
                let message: String = message.chars().take(300).collect();
                tracing::warn!(
                    package = package.id,
                    said = message,
                    "a channel's program says that something is wrong"
                );
            }
            Said::Ready { .. } | Said::Unknown => {}
        }
        Ok(())
    }

    /// The program of a channel package, with what it was allowed.
    fn program(&self, package: &Package) -> Result<Program> {
        let allowed = capabilities(&package.manifest);
        let words = package.manifest["channel"]["command"].as_array().into_iter().flatten();
        let command: Vec<_> = words.filter_map(Value::as_str).map(str::to_owned).collect();
        if command.is_empty() {
            return Err(Error::invalid("its manifest names no command"));
        }
        Ok(Program {
            name: package.id.clone(),
            command,
            folder: self.package_folder(package),
            data: self.data_dir().join("channels").join("data").join(&package.id),
            environment: allowed.env,
            network: allowed.network,
        })
    }
}

/// Waits until a program says that it is ready; why it is not.
async fn ready(lines: &mut mpsc::Receiver<String>) -> std::result::Result<(), String> {
    let first = async {
        while let Some(line) = lines.recv().await {
            match serde_json::from_str(&line) {
                Ok(Said::Ready { protocol: PROTOCOL }) => return Ok(()),
                Ok(Said::Ready { protocol }) => {
                    return Err(format!("it speaks the protocol {protocol}, and not {PROTOCOL}"));
                }
                Ok(Said::Error { message, .. }) => return Err(message.chars().take(300).collect()),
                _ => {}
            }
        }
        Err("it ended before it was ready".into())
    };
    timeout(READY, first).await.unwrap_or_else(|_| Err(format!("it was not ready within {READY:?}")))
}

/// A name as a program gives it, so that it is one part of an id.
fn name(given: &str) -> String {
    let plain = given.trim().chars().map(|c| if c == '/' || c.is_control() { '-' } else { c });
    let plain: String = plain.take(LONGEST_NAME).collect();
    if plain.is_empty() { "-".into() } else { plain }
}

/// How many messages came in this minute.
struct Flow {
    since: Instant,
    count: u32,
}

impl Flow {
    fn new() -> Self {
        Self { since: Instant::now(), count: 0 }
    }

    /// Lets a message pass, or holds it until the minute is over.
    async fn wait(&mut self) {
        const MINUTE: Duration = Duration::from_secs(60);
        if self.since.elapsed() < MINUTE && self.count >= MOST_MESSAGES {
            tokio::time::sleep_until(self.since + MINUTE).await;
        }
        if self.since.elapsed() >= MINUTE {
            *self = Self::new();
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_an_id() {
        assert_eq!(name(" a/b\nc "), "a-b-c");
        assert_eq!(name(""), "-");
        assert_eq!(name(&"x".repeat(100)).len(), LONGEST_NAME);
    }

    #[test]
    fn what_is_unknown_is_passed_over() {
        assert!(matches!(serde_json::from_str(r#"{"type":"typing","id":3}"#), Ok(Said::Unknown)));
        assert!(serde_json::from_str::<Said>(r#"{"type":"message","id":3}"#).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_so_many_messages_wait_for_the_next_minute() {
        let (began, mut flow) = (Instant::now(), Flow::new());
        for _ in 0..MOST_MESSAGES {
            flow.wait().await;
        }
        assert!(began.elapsed() < Duration::from_secs(1));
        flow.wait().await;
        assert!(began.elapsed() >= Duration::from_secs(60));
    }
}
