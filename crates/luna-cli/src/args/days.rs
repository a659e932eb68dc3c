//! What can be said of days and people: calendar, tasks, reminders, the schedule, channels.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::AsJson;

#[derive(Debug, Args)]
pub(crate) struct Calendar {
    #[command(subcommand)]
    pub(crate) deed: Option<CalendarDeed>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CalendarDeed {
    /// What is on (the default).
    List {
        /// For how many days.
        #[arg(long, short, default_value_t = 7)]
        days: u16,
        #[command(flatten)]
        form: AsJson,
    },
    /// Add what words say: `luna calendar add dentist next Tuesday at half past two for 45 minutes`.
    Add {
        /// The words.
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Take an event out, or one time of a series.
    Delete {
        /// Its id, as listed.
        event: luna_model::EventId,
        /// Of a series, only the time that begins then (RFC 3339).
        #[arg(long)]
        occurrence: Option<String>,
    },
    /// Search events by their words.
    Search {
        /// What for.
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Write everything as an iCalendar file.
    Export {
        /// Where; standard output when left out.
        file: Option<PathBuf>,
    },
    /// Take in an iCalendar file.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Read a calendar that is kept elsewhere, every hour.
    Subscribe {
        /// Its address: https:// or webcal://.
        url: String,
        /// What to call it; what it calls itself when left out.
        #[arg(long)]
        name: Option<String>,
    },
    /// Calendars of accounts at servers (CalDAV), which are kept in agreement both ways.
    Accounts {
        #[command(subcommand)]
        deed: Option<AccountsDeed>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsDeed {
    /// The accounts, their calendars, and how they are (the default).
    List,
    /// Add an account; the password is asked for, or read from standard input.
    Add {
        /// Where the server is: https://calendar.example.com.
        url: String,
        /// As whom Luna goes there.
        user: String,
        /// What to call it.
        #[arg(long)]
        name: Option<String>,
        /// Only calendars of these names.
        #[arg(long = "calendar")]
        calendars: Vec<String>,
        /// The password may go unencrypted over the internet.
        #[arg(long)]
        unencrypted: bool,
    },
    /// Bring an account, or all, to agree now.
    Sync {
        /// Its id or name.
        account: Option<String>,
    },
    /// Give an account another password.
    Password {
        /// Its id or name.
        account: String,
    },
    /// Keep a calendar here.
    Keep {
        /// Its id or name.
        calendar: String,
    },
    /// No longer keep a calendar here; on the server nothing changes.
    Leave {
        /// Its id or name.
        calendar: String,
    },
    /// Put what is new into a calendar from now on.
    Usual {
        /// Its id or name; Luna's own when left out.
        calendar: Option<String>,
    },
    /// Let go of an account; on the server nothing changes.
    Remove {
        /// Its id or name.
        account: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Tasks {
    #[command(subcommand)]
    pub(crate) deed: Option<TasksDeed>,
    #[command(flatten)]
    pub(crate) form: AsJson,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TasksDeed {
    /// Add something to do: `luna tasks add buy milk tomorrow`.
    Add {
        /// The words.
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Tick something off.
    Done {
        /// Its id, or words of its title.
        #[arg(required = true)]
        words: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Remind {
    /// What of, and when.
    pub(crate) words: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Channels {
    #[command(subcommand)]
    pub(crate) deed: Option<ChannelsDeed>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChannelsDeed {
    /// The people who wrote.
    People,
    /// Let somebody in by the code that they were given.
    Pair {
        /// The code.
        code: String,
        /// It is yourself: calendar, tasks and memory too, and questions can be answered there.
        #[arg(long)]
        owner: bool,
    },
    /// Forget somebody.
    Forget {
        /// The channel.
        channel: String,
        /// Their id, as listed.
        sender: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Schedule {
    #[command(subcommand)]
    pub(crate) deed: Option<ScheduleDeed>,
    #[command(flatten)]
    pub(crate) form: AsJson,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleDeed {
    /// Have something done: `luna schedule add "every weekday at 9" --ask sum up my unread mail`.
    Add {
        /// When, in words, or as a cron pattern of five fields.
        when: String,
        /// What to call it.
        #[arg(long)]
        name: Option<String>,
        /// Leave out the times at which nobody was awake, instead of making up for the last of them.
        #[arg(long)]
        skip_missed: bool,
        /// How often a failed run is tried again.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10))]
        retries: u32,
        #[command(flatten)]
        what: ScheduleWhat,
    },
    /// Do it now.
    Run {
        /// Its name or id.
        job: String,
    },
    /// Let it rest.
    Pause {
        /// Its name or id.
        job: String,
    },
    /// Let it run again.
    Resume {
        /// Its name or id.
        job: String,
    },
    /// Forget it and its history.
    Delete {
        /// Its name or id.
        job: String,
    },
    /// How its runs went, newest first; of all jobs when none is named.
    History {
        /// Its name or id.
        job: Option<String>,
        /// How many.
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: u32,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ScheduleWhat {
    /// Luna works on this and says what came of it.
    #[arg(long, num_args = 1.., value_name = "WORDS")]
    pub(crate) ask: Option<Vec<String>>,
    /// Say this.
    #[arg(long, num_args = 1.., value_name = "WORDS")]
    pub(crate) remind: Option<Vec<String>>,
    /// Run this shell command.
    #[arg(long)]
    pub(crate) command: Option<String>,
    /// Call this address (POST, JSON).
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: Option<String>,
    /// Make a backup.
    #[arg(long)]
    pub(crate) backup: bool,
}
