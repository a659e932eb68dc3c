//! What can be said on the command line. Help texts are these comments; the man pages and completions come from here too.

mod days;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use luna_app::flags::{Place, Serve};
use luna_model::{ActionId, ConversationId, FactId, TurnId};

pub(crate) use days::*;

/// Luna, an assistant on your own machine.
///
/// Settings come from flags, the environment, .env beside the working directory, what was changed while Luna ran, and
/// defaults, in this order. When `luna serve` or the desktop program runs, the other commands talk to it; otherwise they
/// wake Luna for a moment.
#[derive(Debug, Parser)]
#[command(name = "luna", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) deed: Deed,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Deed {
    /// Serve every API and the web UI until stopped.
    Serve(Serve),
    /// Show Luna's window, one of its screens, or the quick bar.
    Open(Open),
    /// Talk with Luna.
    ///
    /// Without a message: a conversation in the terminal; Ctrl-C stops an answer, Ctrl-D leaves. With a message, or with
    /// text on standard input: one answer.
    #[command(visible_alias = "ask")]
    Chat(Chat),
    /// Turn words into a shell plan, show it, and run what you approve.
    Run(Run),
    /// Say how risky shell commands are. Runs nothing.
    ///
    /// Judges its arguments, or a command a line from standard input.
    Judge(Judge),
    /// Undo what Luna did to files: the last deed, one, or a whole turn.
    Undo(Undo),
    /// Read or check the record of everything Luna did.
    Audit(Audit),
    /// What Luna remembers.
    Memory(Memory),
    /// What is in the calendar: the next seven days.
    #[command(visible_alias = "cal")]
    Calendar(Calendar),
    /// What you have to do.
    Tasks(Tasks),
    /// Be reminded: `luna remind to call mum at six`. Without words, list what is to come.
    Remind(Remind),
    /// What Luna does by herself at times.
    #[command(visible_alias = "cron")]
    Schedule(Schedule),
    /// Who writes to Luna from elsewhere.
    Channels(Channels),
    /// Accounts of callers from outside, and what they may.
    Account(Account),
    /// Index a folder's code, so that Luna and her agents find things in it.
    Index(Index),
    /// Search the indexed code, by meaning and by words.
    Code(Code),
    /// Packages: skills and channels that can be taken in.
    Registry(Registry),
    /// Language models, and the model that searches the memory.
    Models(Models),
    /// Say something aloud.
    Speak {
        /// What to say; - = from standard input.
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// How loud the machine is, or an application; set it, mute, unmute.
    Volume(Volume),
    /// How bright the screen is; set it.
    Brightness {
        /// From 0 to 100; without it, say how bright it is.
        #[arg(value_parser = clap::value_parser!(u8).range(0..=100))]
        level: Option<u8>,
    },
    /// What is on the clipboard; put text on it.
    Clipboard {
        /// The text; - = from standard input. Without it, print what is there.
        text: Vec<String>,
    },
    /// Say what is on the screen.
    See {
        /// Only the window whose title or application contains this.
        #[arg(long, value_name = "NAME")]
        window: Option<String>,
        /// Only this monitor, counted from 0.
        #[arg(long, value_name = "NUMBER", conflicts_with = "window")]
        monitor: Option<u8>,
        /// Only this rectangle, in pixels of a picture of all of it.
        #[arg(long, value_name = "X,Y,WIDTH,HEIGHT", conflicts_with_all = ["window", "monitor"])]
        region: Option<Rectangle>,
        /// What is to be known of it.
        question: Vec<String>,
    },
    /// The applications that can be launched.
    Apps,
    /// Bring an application to the front, or start it.
    Launch {
        /// Its name.
        #[arg(required = true)]
        app: Vec<String>,
    },
    /// Facts about the machine.
    Info,
    /// Lock the screen.
    Lock,
    /// Turn the screen off until it is needed.
    DisplayOff,
    /// Put the machine to sleep.
    Sleep,
    /// Check everything and say how to mend it.
    Doctor(AsJson),
    /// Make a backup of the database now.
    Backup,
    /// Put a backup in the place of the database; without a file, list them.
    Restore {
        /// The backup: a file, or a date as listed.
        backup: Option<PathBuf>,
    },
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Write the man pages into a folder.
    Man {
        /// The folder.
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Volume {
    /// From 0 to 100, mute, or unmute; without it, say how loud it is.
    pub(crate) to: Option<Loudness>,
    /// Of this application alone.
    #[arg(long, value_name = "NAME")]
    pub(crate) app: Option<String>,
    /// All applications that play sound.
    #[arg(long, conflicts_with_all = ["to", "app"])]
    pub(crate) apps: bool,
}

/// A part of the screen: from the left, from the top, its width, its height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rectangle(pub(crate) [u32; 4]);

impl std::str::FromStr for Rectangle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split(',').map(|number| number.trim().parse().ok());
        let numbers: Option<Vec<u32>> = numbers.collect();
        let numbers = numbers.and_then(|numbers| <[u32; 4]>::try_from(numbers).ok());
        let drawn = numbers.filter(|[_, _, width, height]| *width > 0 && *height > 0);
        drawn.map(Self).ok_or_else(|| "give four numbers: X,Y,WIDTH,HEIGHT".into())
    }
}

/// What the volume may be told to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loudness {
    Level(u8),
    Mute,
    Unmute,
}

impl std::str::FromStr for Loudness {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "mute" => Ok(Self::Mute),
            "unmute" => Ok(Self::Unmute),
            level => {
                let level = level.trim_end_matches('%').parse().ok().filter(|level| *level <= 100);
                level.map(Self::Level).ok_or_else(|| "give a number from 0 to 100, mute or unmute".into())
            }
        }
    }
}

/// Output for programs.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct AsJson {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Open {
    /// The screen: chat, memory/facts, settings/models.
    #[arg(conflicts_with_all = ["quick", "toggle"])]
    pub(crate) screen: Option<String>,
    /// The bar for a quick question.
    #[arg(long, conflicts_with = "toggle")]
    pub(crate) quick: bool,
    /// Hide the window when it is in front.
    #[arg(long)]
    pub(crate) toggle: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// What to say.
    pub(crate) message: Vec<String>,
    /// Go on with this conversation.
    #[arg(long, value_name = "ID")]
    pub(crate) conversation: Option<ConversationId>,
    /// Go on with the last conversation.
    #[arg(long = "continue", short = 'c', conflicts_with = "conversation")]
    pub(crate) go_on: bool,
    /// Ask this provider instead of the configured one.
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Ask this model instead of the configured one.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// What to do, in words.
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
    /// Run safe and moderate steps without asking; dangerous ones are asked all the same.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Show the plan and run nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where to run it (default: here).
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cwd: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Judge {
    /// The commands, each quoted as one; none = a command a line from standard input.
    pub(crate) commands: Vec<String>,
    /// A JSON string a line in, a JSON object a line out.
    #[arg(long)]
    pub(crate) json: bool,
    /// The folder the commands would run in (default: here).
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cwd: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The deed to undo, as listed; none = the last one.
    #[arg(conflicts_with_all = ["list", "turn"])]
    pub(crate) action: Option<ActionId>,
    /// List what can be undone.
    #[arg(long, conflicts_with = "turn")]
    pub(crate) list: bool,
    /// Undo all that one turn did.
    #[arg(long, value_name = "TURN")]
    pub(crate) turn: Option<TurnId>,
    /// Also when a file was changed since; what is there now is kept, and this undo can be undone.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) deed: Option<AuditDeed>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditDeed {
    /// The last records, oldest first (the default).
    List {
        /// How many.
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        #[command(flatten)]
        form: AsJson,
    },
    /// Check that no record was changed, removed or moved.
    Verify,
}

#[derive(Debug, Args)]
pub(crate) struct Account {
    #[command(subcommand)]
    pub(crate) deed: Option<AccountDeed>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountDeed {
    /// All accounts (the default).
    List,
    /// Move an account to another tier.
    Tier {
        /// The address it signs in with.
        email: String,
        /// free, pro or team.
        #[arg(value_parser = ["free", "pro", "team"])]
        tier: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Registry {
    #[command(subcommand)]
    pub(crate) deed: Option<RegistryDeed>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryDeed {
    /// The packages on offer that have these words; all (the default) without words.
    Search {
        /// Words of its name or description.
        words: Vec<String>,
    },
    /// Ask the registry now.
    Refresh,
    /// What a package is, and what it may do when it is installed.
    Show {
        /// Its id.
        package: String,
    },
    /// Install a package, or its newer version.
    Install {
        /// Its id.
        package: String,
        /// Allow what it asks for without being shown it.
        #[arg(long)]
        yes: bool,
    },
    /// Take a package away, with its files.
    Uninstall {
        /// Its id.
        package: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Index {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// What it is called; left out = as the folder.
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Code {
    /// What to look for.
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
    /// Only in this repository.
    #[arg(long)]
    pub(crate) repository: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Memory {
    #[command(subcommand)]
    pub(crate) deed: Option<MemoryDeed>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemoryDeed {
    /// Everything that is remembered (the default).
    List(AsJson),
    /// Remember something.
    Add {
        /// The fact, in a sentence.
        #[arg(required = true)]
        fact: Vec<String>,
    },
    /// Search by meaning.
    Search {
        /// What for.
        #[arg(required = true)]
        query: Vec<String>,
        /// How many at most.
        #[arg(long, short = 'n', default_value_t = 8)]
        limit: u32,
        #[command(flatten)]
        form: AsJson,
    },
    /// Forget a fact.
    Forget {
        /// Its id, as listed.
        fact: FactId,
    },
    /// Say why a fact is remembered.
    Why {
        /// Its id, as listed.
        fact: FactId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Models {
    #[command(subcommand)]
    pub(crate) deed: Option<ModelsDeed>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsDeed {
    /// The providers and how they stand; with a provider, its models (the default).
    List {
        /// Whose models.
        provider: Option<String>,
    },
    /// Fetch a model: minilm deepens memory search (91 MB), whisper-base hears (142 MB; tiny … large-v3 by name),
    /// piper-en_US-lessac-medium is a voice for Piper (63 MB; any of rhasspy/piper-voices by name).
    Get {
        /// minilm, whisper-<name> or piper-<voice>.
        model: String,
    },
    /// Ask a provider for a word, to see that key, address and model work.
    Test {
        /// Which; none = the active one.
        provider: Option<String>,
    },
    /// Let this provider answer from now on.
    Use {
        /// Which; auto = the first that has a key, else Ollama, else the built-in one.
        provider: String,
        /// Which of its models.
        model: Option<String>,
        /// Where it is reached, when not at its own address.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// Store a provider's key: typed unseen, or from standard input.
    Key {
        /// Whose.
        provider: String,
        /// Forget the key instead.
        #[arg(long)]
        forget: bool,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_agrees_with_itself() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_part_of_the_screen_is_four_numbers() {
        assert_eq!("10, 20,300,40".parse(), Ok(Rectangle([10, 20, 300, 40])));
        for wrong in ["", "1,2,3", "1,2,3,4,5", "1,2,-3,4", "1,2,0,4"] {
            assert!(wrong.parse::<Rectangle>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn flags_are_variables() {
        let cli = Cli::parse_from(["luna", "serve", "--port", "0", "--data-dir", "/d"]);
        let Deed::Serve(serve) = &cli.deed else { panic!("it is serve") };
        assert_eq!(serve.variables(), [("PORT".to_owned(), "0".to_owned())]);
        assert_eq!(cli.place.variables(), [("LUNA_DATA_DIR".to_owned(), "/d".to_owned())]);
    }
}
