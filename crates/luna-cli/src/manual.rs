//! Completions and man pages, made from the command line's own description.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;
use crate::screen;

pub(crate) fn completions(shell: Shell) -> Result<()> {
    // Written whole, since the generator panics when its reader goes away.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "luna", &mut script);
    Ok(screen::raw(&script, false)?)
}

pub(crate) fn pages(folder: &Path) -> Result<()> {
    let cannot = || format!("the man pages cannot be written to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(cannot)?;
    screen::remark(format!(
        "The man pages are in {}; `man -l {}` shows the first.",
        folder.display(),
        folder.join("luna.1").display()
    ));
    Ok(())
}
