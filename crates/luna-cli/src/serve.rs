//! `luna serve`: the headless server. Prints one line when it listens; ends on Ctrl-C or when it is told to.

use anyhow::Result;
use luna_app::Setup;

use crate::{screen, signals::Stop};

pub(crate) async fn serve(setup: &Setup) -> Result<()> {
    // Listened for before anything is open, so that a stop during the start is a stop as well.
    let mut stop = Stop::listen()?;
    let app = tokio::select! {
        app = luna_app::start(setup) => app?,
        () = stop.asked() => return Ok(()),
    };
    let scheme = app.scheme();
    let executor = app.executor_address();
    let executor =
        executor.map_or_else(String::new, |address| format!(" (executor on {scheme}://{address})"));
    if let Some(address) = app.address() {
        screen::line(format!("Luna listens on {scheme}://{address}{executor}"))?;
    }
    Ok(app.run_until(stop.asked()).await?)
}
