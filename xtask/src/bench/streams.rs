//! How long a token takes from the model to the client's event, and what a stream costs, against a client that talks to the
//! model itself.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use futures::future::try_join_all;
use tokio::time::sleep;

use super::{
    Row,
    client::{self, Marks},
    model, percentile,
    server::Server,
};

const TOKENS: usize = 250;
const RATE: u32 = 50;
const MANY: usize = 1_000;

pub(super) async fn run(luna: PathBuf) -> Result<Vec<Row>> {
    let model = model::start().await?;
    let mut luna = Server::luna(&luna, Some(model))?;
    luna.ready().await?;
    let through = |tokens, rate| {
        let message = model::message(tokens, rate).replace(' ', "+");
        client::get(luna.port, &format!("/api/chat/stream?message={message}"), "close")
    };
    // The first turn makes what later ones find made.
    took(luna.port, through(10, 0), 1, 10).await?;

    let mut rows = Vec::new();
    for streams in [1, 200] {
        let mut direct = took(model, model::direct_request(model, TOKENS, RATE), streams, TOKENS).await?;
        let mut ours = took(luna.port, through(TOKENS, RATE), streams, TOKENS).await?;
        for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
            let (ours, direct) = (percentile(&mut ours, part), percentile(&mut direct, part));
            let what = format!("token to event, {streams} streams, {name}");
            rows.push(Row::new(what, ours, "ms").against(direct));
            let aim = match (streams, name) {
                (1, "p99") => "< 1 ms",
                (_, "p99") => "< 5 ms",
                _ => "",
            };
            rows.push(Row::new(format!("  of this added by Luna, {name}"), ours - direct, "ms").aim(aim));
        }
    }

    let mut plain = Server::plain()?;
    plain.ready().await?;
    let (_, baseline) = cost(&plain, client::get(plain.port, "/ticks", "close")).await?;
    let (whole, each) = cost(&luna, through(120, 1)).await?;
    rows.push(Row::new(format!("memory with {MANY} streams"), whole, "MB").aim("< 200 MB"));
    rows.push(Row::new("memory a stream", each, "kB").against(baseline));
    Ok(rows)
}

/// Runs streams side by side; how long each of their tokens was on its way, in milliseconds.
async fn took(port: u16, request: String, streams: usize, tokens: usize) -> Result<Vec<f64>> {
    let reading = (0..streams).map(|at| {
        let request = request.clone();
        tokio::spawn(async move {
            // Spread over the time between two tokens, as users are.
            sleep(Duration::from_millis(
                u64::try_from(at)? * 1_000 / u64::from(RATE) / u64::try_from(streams)?,
            ))
            .await;
            Marks::open(port, &request).await?.read(tokens).await
        })
    });
    let mut all = Vec::with_capacity(streams * tokens);
    for took in try_join_all(reading).await? {
        all.extend(took?);
    }
    Ok(all)
}

/// Holds many streams until each has got a token: the server's memory in MB then, and what each added in kB.
async fn cost(server: &Server, request: String) -> Result<(f64, f64)> {
    let port = server.port;
    let before = server.resident_mb()?;
    let opening = (0..MANY).map(|at| {
        let request = request.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(u64::try_from(at)?)).await;
            let mut marks = Marks::open(port, &request).await?;
            marks.read(1).await?;
            anyhow::Ok(marks)
        })
    });
    let held = try_join_all(opening).await?.into_iter().collect::<Result<Vec<_>>>()?;
    let whole = server.resident_mb()?;
    #[allow(clippy::cast_precision_loss, reason = "a thousand")]
    let each = (whole - before) * 1e3 / held.len() as f64;
    Ok((whole, each))
}
