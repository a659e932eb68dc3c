//! What stands before and after the work: how much longer a request takes that shows a token or a key, and how long an event
//! takes to everybody who watches.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, future::try_join_all};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::connect_async;

use super::{
    Row, client, percentile,
    server::{HEALTH, Server},
};

/// Below what an account of the tier team may ask in a minute, both ways together.
const REQUESTS: usize = 2_000;
const WATCHERS: usize = 200;
const EVENTS: usize = 50;
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn run(luna: PathBuf) -> Result<Vec<Row>> {
    let mut server = Server::luna(&luna, None)?;
    server.ready().await?;
    let mut rows = showing(server.port).await?;
    rows.extend(watching(server.port).await?);
    Ok(rows)
}

async fn showing(port: u16) -> Result<Vec<Row>> {
    let known = json!({ "email": "bench@example.com", "password": "correct horse battery", "name": "Bench" });
    let account = client::rpc(port, "accounts.create", &known, PATIENCE).await?;
    let tier = json!({ "email": "bench@example.com", "tier": "team" });
    client::rpc(port, "accounts.set_tier", &tier, PATIENCE).await?;
    let key = json!({ "account": account["id"], "name": "bench" });
    let key = client::rpc(port, "accounts.make_key", &key, PATIENCE).await?;
    let token = client::post(port, "/auth/login", &known, PATIENCE).await?;
    let plain = client::get(port, HEALTH, "keep-alive");
    let mut plain = client::latencies(port, &plain, REQUESTS).await?;
    let mut rows = vec![];
    for (how, secret) in [("an API key", &key["secret"]), ("a token", &token["token"])] {
        let secret = secret.as_str().with_context(|| format!("{how} was not given"))?;
        let request = client::get(port, "/auth/me", "keep-alive")
            .replace("\r\n\r\n", &format!("\r\nAuthorization: Bearer {secret}\r\n\r\n"));
        let mut took = client::latencies(port, &request, REQUESTS).await?;
        for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
            let row = Row::new(
                format!("doors: {how}, {name}; baseline: health"),
                percentile(&mut took, part),
                "ms",
            );
            rows.push(row.against(percentile(&mut plain, part)));
        }
        let rate = 1e3 * f64::from(u32::try_from(took.len())?) / took.iter().sum::<f64>();
        let bare = 1e3 * f64::from(u32::try_from(plain.len())?) / plain.iter().sum::<f64>();
        rows.push(Row::new(format!("doors: {how}, one connection"), rate, "1/s").against(bare));
    }
    Ok(rows)
}

/// From a change of the settings to the last of all who watch the events.
async fn watching(port: u16) -> Result<Vec<Row>> {
    let mut alone = spread(port, 1).await?;
    let mut many = spread(port, WATCHERS).await?;
    Ok([("p50", 0.5), ("p99", 0.99)]
        .into_iter()
        .map(|(name, part)| {
            let what = format!("doors: an event to {WATCHERS} watchers, {name}; baseline: to 1");
            Row::new(what, percentile(&mut many, part), "ms").against(percentile(&mut alone, part))
        })
        .collect())
}

async fn spread(port: u16, watchers: usize) -> Result<Vec<f64>> {
    let url = format!("ws://127.0.0.1:{port}/api/ws");
    let mut sockets = try_join_all((0..watchers).map(|_| connect_async(&url))).await?;
    let mut took = vec![];
    for n in 0..EVENTS {
        let began = Instant::now();
        let patch = json!({ "patch": { "user_name": format!("bench {n}") } });
        let heard = sockets.iter_mut().map(|(socket, _)| async {
            loop {
                let message = timeout(PATIENCE, socket.next()).await?.context("it hung up")??;
                if message.to_text().is_ok_and(|text| text.contains("config:changed")) {
                    return anyhow::Ok(());
                }
            }
        });
        let asked = client::rpc(port, "settings.patch", &patch, PATIENCE);
        let (asked, heard) = tokio::join!(asked, try_join_all(heard));
        asked?;
        heard?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}
