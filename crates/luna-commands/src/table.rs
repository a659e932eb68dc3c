//! The table itself: names, handlers, and the TypeScript they are known by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};
use futures::{Future, FutureExt as _, Stream};
use luna_core::Luna;
use luna_core::users::Users;
use luna_model::{Error, ErrorKind, Event, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use ts_rs::{TS, TypeVisitor};

use crate::desktop::Desktop;

/// What a handler knows besides Luna.
#[derive(Clone, Debug)]
pub struct About {
    /// The program's version.
    pub version: &'static str,
    /// `personal` or `business`.
    pub variant: &'static str,
}

/// A failed command as the window sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Failure {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// What to tell the user.
    pub message: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { kind: error.kind, message: error.message }
    }
}

/// What a command gives.
pub enum Reply {
    /// One value.
    Value(Value),
    /// Events, until the stream ends. Dropping it stops what makes them.
    Events(BoxStream<'static, Event>),
}

/// What handlers get.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) luna: Luna,
    pub(crate) about: Arc<About>,
    desktop: Arc<OnceLock<Arc<dyn Desktop>>>,
    users: Option<Users>,
}

impl Context {
    /// The desktop program around Luna, where there is one.
    pub(crate) fn desktop(&self) -> Option<Arc<dyn Desktop>> {
        self.desktop.get().cloned()
    }

    /// The users of a business, in its house.
    pub(crate) fn users(&self) -> Option<Users> {
        self.users.clone()
    }
}

type Handler = Box<dyn Fn(Context, Value) -> BoxFuture<'static, Result<Reply>> + Send + Sync>;

struct Command {
    handler: Handler,
    typescript: Typescript,
}

struct Typescript {
    request: fn(&ts_rs::Config) -> String,
    /// None for a stream of events.
    reply: Option<fn(&ts_rs::Config) -> String>,
    export: fn(&ts_rs::Config) -> std::result::Result<(), ts_rs::ExportError>,
}

/// All commands by name. Cheap to clone.
#[derive(Clone)]
pub struct Table {
    context: Context,
    commands: Arc<BTreeMap<&'static str, Command>>,
}

/// Collects commands while the table is made.
#[derive(Default)]
pub(crate) struct Register {
    commands: BTreeMap<&'static str, Command>,
}

impl Register {
    /// A command that answers once.
    pub(crate) fn reply<Q, R, F>(&mut self, name: &'static str, handler: fn(Context, Q) -> F)
    where
        Q: DeserializeOwned + TS + Send + 'static,
        R: Serialize + TS + 'static,
        F: Future<Output = Result<R>> + Send + 'static,
    {
        let typescript = Typescript {
            request: Q::name,
            reply: Some(R::name),
            export: |cfg| {
                export::<Q>(cfg)?;
                export::<R>(cfg)
            },
        };
        let handler: Handler = Box::new(move |context, input| {
            async move {
                let reply = handler(context, read::<Q>(input)?).await?;
                Ok(Reply::Value(serde_json::to_value(reply).map_err(Error::internal)?))
            }
            .boxed()
        });
        self.commands.insert(name, Command { handler, typescript });
    }

    /// A command that answers with a stream of events.
    pub(crate) fn events<Q, S, F>(&mut self, name: &'static str, handler: fn(Context, Q) -> F)
    where
        Q: DeserializeOwned + TS + Send + 'static,
        S: Stream<Item = Event> + Send + 'static,
        F: Future<Output = Result<S>> + Send + 'static,
    {
        let typescript = Typescript { request: Q::name, reply: None, export: export::<Q> };
        let handler: Handler = Box::new(move |context, input| {
            async move { Ok(Reply::Events(handler(context, read::<Q>(input)?).await?.boxed())) }.boxed()
        });
        self.commands.insert(name, Command { handler, typescript });
    }
}

impl Table {
    /// The table of a Luna.
    #[must_use]
    pub fn new(luna: Luna, about: About) -> Self {
        let context = Context { luna, about: Arc::new(about), desktop: Arc::default(), users: None };
        Self { context, commands: Arc::new(commands()) }
    }

    /// The same table, for the house of a business with these users.
    #[must_use]
    pub fn for_the_house(mut self, users: Users) -> Self {
        self.context.users = Some(users);
        self
    }

    /// Says who answers for the desktop; the first one stays.
    pub fn in_desktop(&self, desktop: Arc<dyn Desktop>) {
        let _ = self.context.desktop.set(desktop);
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.commands.keys().copied()
    }

    /// Runs a command.
    ///
    /// # Errors
    /// `NotFound` for a name that is not in the table, `Invalid` for input of another shape, and the command's own.
    pub async fn call(&self, name: &str, input: Value) -> Result<Reply> {
        let command = self
            .commands
            .get(name)
            .ok_or_else(|| Error::not_found(format!("there is no command called {name:?}")))?;
        let reply = (command.handler)(self.context.clone(), input).await;
        reply.inspect_err(|error| {
            if error.kind == ErrorKind::Internal {
                tracing::error!(command = name, source = ?error.source, "a command failed");
            }
        })
    }

    /// Writes the TypeScript of all commands, and of the types they use, into a folder.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn export(folder: &Path) -> Result<()> {
        let cfg = ts_rs::Config::new().with_out_dir(folder).with_large_int("number");
        let commands = commands();
        let mut replies = String::new();
        let mut streams = String::new();
        for (name, command) in &commands {
            (command.typescript.export)(&cfg).map_err(|e| Error::internal(e.to_string()))?;
            let request = (command.typescript.request)(&cfg);
            let _ = match command.typescript.reply {
                Some(reply) => {
                    writeln!(replies, "  {name:?}: {{ request: {request}; response: {} }};", reply(&cfg))
                }
                None => writeln!(streams, "  {name:?}: {request};"),
            };
        }
        export::<Event>(&cfg)
            .and_then(|()| export::<Failure>(&cfg))
            .map_err(|e| Error::internal(e.to_string()))?;
        index(folder, &replies, &streams).map_err(Error::internal)
    }
}

/// Writes `commands.ts`, with the imports it needs, and `index.ts`, which gives everything on.
fn index(folder: &Path, replies: &str, streams: &str) -> std::io::Result<()> {
    let mut types: BTreeMap<String, String> = BTreeMap::new();
    // serde_json's own type keeps its folder.
    for inside in ["", "serde_json/"] {
        let Ok(entries) = std::fs::read_dir(folder.join(inside)) else { continue };
        for entry in entries {
            let file = entry?.file_name().to_string_lossy().into_owned();
            if let Some(name) = file.strip_suffix(".ts").filter(|n| !matches!(*n, "index" | "commands")) {
                types.insert(name.to_owned(), format!("./{inside}{name}"));
            }
        }
    }
    let text = format!("{replies}{streams}");
    let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let mut commands = String::from(NOTE);
    for (name, path) in types.iter().filter(|(name, _)| words.contains(name.as_str())) {
        let _ = writeln!(commands, "import type {{ {name} }} from {path:?};");
    }
    let _ = write!(
        commands,
        "\n/** Commands that answer once. */\nexport interface Commands {{\n{replies}}}\n\n/** Commands that answer with a stream \
         of events. */\nexport interface Streams {{\n{streams}}}\n"
    );
    std::fs::write(folder.join("commands.ts"), commands)?;
    let mut all = format!("{NOTE}export type {{ Commands, Streams }} from \"./commands\";\n");
    for (name, path) in &types {
        let _ = writeln!(all, "export type {{ {name} }} from {path:?};");
    }
    std::fs::write(folder.join("index.ts"), all)
}

const NOTE: &str = "// Generated from the command table of luna-commands. Do not edit.\n";

fn export<T: TS + ?Sized + 'static>(cfg: &ts_rs::Config) -> std::result::Result<(), ts_rs::ExportError> {
    match T::export_all(cfg) {
        // Lists and primitives have no file of their own; what they hold has.
        Err(ts_rs::ExportError::CannotBeExported(_)) => {
            let mut held = Held { cfg, outcome: Ok(()) };
            T::visit_generics(&mut held);
            held.outcome
        }
        other => other,
    }
}

/// Exports what a list or a map holds.
struct Held<'a> {
    cfg: &'a ts_rs::Config,
    outcome: std::result::Result<(), ts_rs::ExportError>,
}

impl TypeVisitor for Held<'_> {
    fn visit<T: TS + ?Sized + 'static>(&mut self) {
        if self.outcome.is_ok() {
            self.outcome = export::<T>(self.cfg);
        }
    }
}

pub(crate) fn read<Q: DeserializeOwned>(input: Value) -> Result<Q> {
    let input = if input.is_null() { Value::Object(serde_json::Map::new()) } else { input };
    serde_json::from_value(input)
        .map_err(|e| Error::invalid(format!("the input is not as it should be: {e}")))
}

fn commands() -> BTreeMap<&'static str, Command> {
    let mut register = Register::default();
    crate::system::register(&mut register);
    crate::providers::register(&mut register);
    crate::chat::register(&mut register);
    crate::runs::register(&mut register);
    crate::memory::register(&mut register);
    crate::agent::register(&mut register);
    crate::audit::register(&mut register);
    crate::holdings::register(&mut register);
    crate::calendar::register(&mut register);
    crate::calendar_accounts::register(&mut register);
    crate::schedule::register(&mut register);
    crate::channels::register(&mut register);
    crate::connections::register(&mut register);
    crate::initiative::register(&mut register);
    crate::dashboard::register(&mut register);
    crate::music::register(&mut register);
    crate::accounts::register(&mut register);
    crate::code::register(&mut register);
    crate::costs::register(&mut register);
    crate::work::register(&mut register);
    crate::artifacts::register(&mut register);
    crate::webhooks::register(&mut register);
    crate::registry::register(&mut register);
    crate::desktop::register(&mut register);
    crate::sight::register(&mut register);
    crate::voice::register(&mut register);
    crate::users::register(&mut register);
    register.commands
}

/// A request without fields.
#[derive(Debug, Deserialize, TS)]
pub(crate) struct Empty {}

/// The reply of a command that only does something.
#[derive(Debug, Serialize, TS)]
pub(crate) struct Done {}
