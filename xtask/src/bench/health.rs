//! Requests a second of the health route over keep-alive connections, against a plain axum server.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;
use futures::future::try_join_all;

use super::{
    Row, client,
    server::{HEALTH, Server},
};

const CONNECTIONS: usize = 16;
const LASTING: Duration = Duration::from_secs(4);

pub(super) async fn run(luna: PathBuf) -> Result<Vec<Row>> {
    let plain = rate(Server::plain()?).await?;
    let luna = rate(Server::luna(&luna, None)?).await?;
    Ok(vec![Row::new(format!("health: requests, {CONNECTIONS} connections"), luna, "1/s").against(plain)])
}

async fn rate(mut server: Server) -> Result<f64> {
    server.ready().await?;
    ask(server.port, LASTING / 4).await?;
    let began = Instant::now();
    let answered = ask(server.port, LASTING).await?;
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    Ok(answered as f64 / began.elapsed().as_secs_f64())
}

async fn ask(port: u16, lasting: Duration) -> Result<u64> {
    let until = Instant::now() + lasting;
    let asking = (0..CONNECTIONS).map(|_| tokio::spawn(client::keep_asking(port, HEALTH, until)));
    let mut answered = 0;
    for count in try_join_all(asking).await? {
        answered += count?;
    }
    Ok(answered)
}
