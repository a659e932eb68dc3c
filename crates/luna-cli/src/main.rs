//! The program `luna`: reads the command line and hands over. Errors become one plain line and an exit code: 0 done, 1 it
//! did not work, 2 the command line was wrong, 130 stopped by the user.

mod args;
mod asking;
mod audit;
mod backup;
mod calendar;
mod calendar_accounts;
mod channels;
mod chat;
mod doctor;
mod judge;
mod machine;
mod manual;
mod memory;
mod models;
mod open;
mod outside;
mod reach;
mod registry;
mod run;
mod schedule;
mod screen;
mod serve;
mod signals;
mod undo;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;
use luna_app::{Setup, config::Config, logs::Logs};

use args::{Cli, Deed};
use reach::Reach;

/// What commands other than `serve` log when nothing else was asked for: the user reads their answer, not a log.
const QUIET: &str = "error";

fn main() -> ExitCode {
    match deed(Cli::parse()) {
        Ok(code) => code,
        Err(error) if screen::reader_left(&error) => ExitCode::SUCCESS,
        Err(error) => {
            screen::remark(format!("{} {}", screen::styled(screen::BAD, "luna:"), in_words(&error)));
            ExitCode::FAILURE
        }
    }
}

/// What went wrong, for the user. The causes of an error of ours are for the log; its message says all there is to say.
fn in_words(error: &anyhow::Error) -> String {
    let mut words = vec![];
    for cause in error.chain() {
        words.push(cause.to_string());
        if cause.is::<luna_model::Error>() {
            break;
        }
    }
    words.join(": ")
}

fn deed(cli: Cli) -> Result<ExitCode> {
    let mut flags = cli.place.variables();
    // What needs neither settings nor Luna does without them.
    match &cli.deed {
        Deed::Judge(args) => return judge::judge(args).map(|()| ExitCode::SUCCESS),
        Deed::Completions { shell } => return manual::completions(*shell).map(|()| ExitCode::SUCCESS),
        Deed::Man { folder } => return manual::pages(folder).map(|()| ExitCode::SUCCESS),
        Deed::Open(args) => return open::open(args, flags).map(|()| ExitCode::SUCCESS),
        Deed::Serve(args) => flags.extend(args.variables()),
        _ => {}
    }
    let mut config = Config::load(flags, std::env::vars_os(), &std::env::current_dir()?)?;
    let said = config.origin("LUNA_LOG").is_some() || config.origin("DEBUG").is_some();
    if !said && !matches!(cli.deed, Deed::Serve(_)) {
        QUIET.clone_into(&mut config.log);
    }
    let setup = Setup::new(config)?;
    let _logs: Logs = setup.log()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let code = runtime.block_on(at(&setup, &cli.deed));
    // A thread may still wait for the keyboard; nothing of ours does.
    runtime.shutdown_background();
    code
}

async fn at(setup: &Setup, deed: &Deed) -> Result<ExitCode> {
    match deed {
        Deed::Serve(_) => serve::serve(setup).await?,
        Deed::Chat(args) => return Box::pin(chat::chat(setup, args)).await,
        Deed::Run(args) => return run::run(setup, args).await,
        Deed::Models(args) => models::models(setup, args).await?,
        Deed::Doctor(form) => return doctor::doctor(setup, *form).await,
        Deed::Backup => backup::backup(setup).await?,
        Deed::Restore { backup } => backup::restore(setup, backup.as_deref())?,
        Deed::Undo(_)
        | Deed::Audit(_)
        | Deed::Memory(_)
        | Deed::Account(_)
        | Deed::Index(_)
        | Deed::Code(_)
        | Deed::Registry(_)
        | Deed::Calendar(_)
        | Deed::Tasks(_)
        | Deed::Remind(_)
        | Deed::Schedule(_)
        | Deed::Channels(_)
        | Deed::Speak { .. }
        | Deed::See { .. }
        | Deed::Volume(_)
        | Deed::Brightness { .. }
        | Deed::Clipboard { .. }
        | Deed::Apps
        | Deed::Launch { .. }
        | Deed::Info
        | Deed::Lock
        | Deed::DisplayOff
        | Deed::Sleep => {
            let reach = Reach::open(setup).await?;
            let outcome = with(&reach, deed).await;
            reach.close().await;
            return outcome;
        }
        Deed::Judge(_) | Deed::Open(_) | Deed::Completions { .. } | Deed::Man { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn with(reach: &Reach, deed: &Deed) -> Result<ExitCode> {
    match deed {
        Deed::Undo(args) => undo::undo(reach, args).await?,
        Deed::Audit(args) => return audit::audit(reach, args).await,
        Deed::Memory(args) => memory::memory(reach, args).await?,
        Deed::Account(args) => outside::account(reach, args).await?,
        Deed::Index(args) => outside::index(reach, args).await?,
        Deed::Code(args) => outside::code(reach, args).await?,
        Deed::Registry(args) => registry::registry(reach, args).await?,
        Deed::Calendar(args) => calendar::calendar(reach, args).await?,
        Deed::Tasks(args) => calendar::tasks(reach, args).await?,
        Deed::Remind(args) => calendar::remind(reach, args).await?,
        Deed::Schedule(args) => schedule::schedule(reach, args).await?,
        Deed::Channels(args) => channels::channels(reach, args).await?,
        machine => machine::machine(reach, machine).await?,
    }
    Ok(ExitCode::SUCCESS)
}
