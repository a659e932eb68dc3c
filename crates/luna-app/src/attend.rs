//! Luna for a window: woken here, with what ports can be had; or the one who is awake already, who is used as she is.
//! A window is of use without any port, so none of them is a reason not to start.

use std::{net::SocketAddr, time::Duration};

use luna_model::Result;

use crate::{
    app::App,
    claim::{Claim, Taken},
    home::Home,
    limits,
    listeners::Ports,
    setup::Setup,
    there::There,
};

/// How long another Luna may take to say where she listens: she may just be waking up, or be a command in a terminal
/// that is over in a moment.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// Whom a window has to do with.
pub enum Attended {
    /// A Luna in this process.
    Ours(Box<App>),
    /// One in another, who has the data folder or the port.
    Theirs(There),
}

/// Finds Luna, or wakes her up.
///
/// # Errors
/// `Conflict` when another Luna has the data folder and cannot be called, `Unavailable` when something that Luna needs is
/// not there. Each says what to do.
pub async fn attend(setup: &Setup) -> Result<Attended> {
    let asked = tokio::time::Instant::now();
    let claim = loop {
        let holder = match Claim::take(&setup.paths.data)? {
            Taken::Ours(claim) => break claim,
            Taken::By(holder) => holder,
        };
        if let Some(address) = &holder.address {
            return Ok(Attended::Theirs(There::at(address, &setup.config)?));
        }
        if asked.elapsed() > PATIENCE {
            return Err(holder.in_the_way(&setup.paths.data));
        }
        tokio::time::sleep(PAUSE).await;
    };
    limits::raise_open_files();
    let ports = Ports::open(&setup.config).await;
    if ports.main.is_none()
        && let Some(there) = neighbour(setup).await
    {
        return Ok(Attended::Theirs(there));
    }
    let home = Home::wake(setup, claim).await?;
    Ok(Attended::Ours(Box::new(App::open(setup, home, ports)?)))
}

/// The Luna of another data folder who has the port that this one should have.
async fn neighbour(setup: &Setup) -> Option<There> {
    let config = &setup.config;
    let host = config.host.trim_start_matches('[').trim_end_matches(']');
    let address = SocketAddr::new(host.parse().ok()?, config.port);
    There::neighbour(address, config).await
}
