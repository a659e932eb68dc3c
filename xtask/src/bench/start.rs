//! Cold start to the first 200, resident memory idle and after many turns.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use tokio::time::sleep;

use super::{
    Row,
    client::{self, Marks},
    model, percentile,
    server::Server,
};

const STARTS: usize = 9;
const TURNS: usize = 10_000;
const SIDE_BY_SIDE: usize = 8;
/// Turns after which a conversation is left for a new one.
const CONVERSATION: usize = 50;
/// Until what a start leaves behind is done.
const SETTLE: Duration = Duration::from_secs(3);

pub(super) async fn run(luna: PathBuf) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let first = Server::luna_in(&luna, folder.path(), None)?.ready().await?;
    let (mut plain, mut again) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        plain.push(ms(Server::plain()?.ready().await?));
        again.push(ms(Server::luna_in(&luna, folder.path(), None)?.ready().await?));
    }
    let plain = percentile(&mut plain, 0.5);
    let mut rows = vec![
        Row::new("start: first 200, new data folder", ms(first), "ms").against(plain),
        Row::new("start: first 200, median of 9", percentile(&mut again, 0.5), "ms")
            .against(plain)
            .aim("< 150 ms"),
    ];

    let mut plain = Server::plain()?;
    plain.ready().await?;
    let model = model::start().await?;
    let mut luna = Server::luna(&luna, Some(model))?;
    luna.ready().await?;
    sleep(SETTLE).await;
    let idle = luna.resident_mb()?;
    rows.push(Row::new("memory: idle", idle, "MB").against(plain.resident_mb()?).aim("< 60 MB"));

    let began = Instant::now();
    let port = luna.port;
    try_join_all((0..SIDE_BY_SIDE).map(|_| tokio::spawn(talk(port, TURNS / SIDE_BY_SIDE))))
        .await?
        .into_iter()
        .collect::<Result<Vec<()>>>()?;
    #[allow(clippy::cast_precision_loss, reason = "ten thousand")]
    rows.push(Row::new("turns, 8 side by side", TURNS as f64 / began.elapsed().as_secs_f64(), "1/s"));
    sleep(SETTLE).await;
    rows.push(Row::new("memory: after 10,000 turns, against idle", luna.resident_mb()?, "MB").against(idle));
    Ok(rows)
}

async fn talk(port: u16, turns: usize) -> Result<()> {
    let mut conversation = String::new();
    for turn in 0..turns {
        if turn % CONVERSATION == 0 {
            conversation.clear();
        }
        let message = model::message(3, 0).replace(' ', "+");
        let path = format!("/api/chat/stream?message={message}{conversation}");
        let mut marks = Marks::open(port, &client::get(port, &path, "close")).await?.keeping_text();
        marks.read(3).await?;
        let text = marks.finish().await?;
        if conversation.is_empty() {
            let id = text.split("\"conversation_id\":").nth(1).and_then(|rest| rest.split('"').nth(1));
            conversation = format!("&conversation_id={}", id.context("no conversation_id in the stream")?);
        }
    }
    Ok(())
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
