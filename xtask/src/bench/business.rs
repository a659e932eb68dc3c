//! A business: 200 users, each with a Luna of their own, chat at once. What she adds to the model's tokens, how long a first
//! request takes, what a user who is awake costs, and that each finds their own words and nobody else's.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, future::try_join_all, stream};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    Row,
    client::{self, Marks},
    model, percentile,
    server::Server,
};

const SECRET: &str = "a secret that is long enough for a measurement";
const USERS: usize = 200;
const TOKENS: usize = 100;
const RATE: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(120);
/// First requests side by side: a morning, not an attack.
const AT_ONCE: usize = 8;

struct Person {
    token: String,
    /// Stands in what this user says, and in nothing else.
    word: String,
}

pub(super) async fn run(luna: PathBuf) -> Result<Vec<Row>> {
    let model = model::start().await?;
    let mut server = Server::business(&luna, SECRET, model)?;
    server.ready().await?;
    let port = server.port;
    let people = try_join_all((0..USERS).map(|n| person(port, n))).await?;
    let asleep = server.resident_mb()?;

    let waking = stream::iter(&people).map(|person| async move {
        let began = Instant::now();
        client::post_as(port, "/rpc/hello", &person.token, &json!({}), PATIENCE).await?;
        anyhow::Ok(began.elapsed().as_secs_f64() * 1e3)
    });
    let mut woken: Vec<f64> = waking.buffer_unordered(AT_ONCE).try_collect().await?;
    let awake = server.resident_mb()?;

    let mut direct =
        took((0..USERS).map(|_| (model, model::direct_request(model, TOKENS, RATE))).collect()).await?;
    let asked = |person: &Person| {
        let message = format!("{}+{}", model::message(TOKENS, RATE).replace(' ', "+"), person.word);
        (
            port,
            client::get(port, &format!("/api/chat/stream?token={}&message={message}", person.token), "close"),
        )
    };
    let mut ours = took(people.iter().map(asked).collect()).await?;
    let chatting = server.resident_mb()?;
    let crossed = try_join_all(people.iter().map(|person| crossings(port, person, &people))).await?;

    let mut rows = vec![];
    for (name, part, aim) in [("p50", 0.5, ""), ("p99", 0.99, "< 5 ms")] {
        let (ours, direct) = (percentile(&mut ours, part), percentile(&mut direct, part));
        rows.push(
            Row::new(format!("token to event, {USERS} users at once, {name}"), ours, "ms").against(direct),
        );
        rows.push(Row::new(format!("  of this added by Luna, {name}"), ours - direct, "ms").aim(aim));
    }
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let what = format!("first request of a user, {AT_ONCE} at once, {name}");
        rows.push(Row::new(what, percentile(&mut woken, part), "ms"));
    }
    #[allow(clippy::cast_precision_loss, reason = "two hundred")]
    let users = USERS as f64;
    rows.push(Row::new(format!("memory with {USERS} users, all asleep"), asleep, "MB"));
    rows.push(Row::new("memory a user who is awake", (awake - asleep) / users, "MB"));
    rows.push(Row::new(format!("memory after {USERS} chats"), chatting, "MB"));
    #[allow(clippy::cast_precision_loss, reason = "a count that should be nought")]
    rows.push(
        Row::new("words found where they are not said", crossed.iter().sum::<usize>() as f64, "").aim("0"),
    );
    Ok(rows)
}

async fn person(port: u16, n: usize) -> Result<Person> {
    let asked = json!({ "username": format!("user{n}") });
    let made = client::post_as(port, "/api/admin/users", SECRET, &asked, PATIENCE).await?;
    Ok(Person { token: made["token"].as_str().unwrap_or_default().to_owned(), word: format!("word{n}x") })
}

/// Opens all streams side by side; how long each token was on its way, in milliseconds.
async fn took(requests: Vec<(u16, String)>) -> Result<Vec<f64>> {
    let many = u64::try_from(requests.len())?;
    let reading = requests.into_iter().enumerate().map(|(at, (port, request))| {
        tokio::spawn(async move {
            // Spread over the time between two tokens, as users are.
            sleep(Duration::from_millis(u64::try_from(at)? * 1_000 / u64::from(RATE) / many)).await;
            Marks::open(port, &request).await?.read(TOKENS).await
        })
    });
    let mut all = vec![];
    for took in try_join_all(reading).await? {
        all.extend(took?);
    }
    Ok(all)
}

/// How many words of others a user finds among their own conversations; their own word must be there.
async fn crossings(port: u16, person: &Person, people: &[Person]) -> Result<usize> {
    let listed = json!({ "limit": 100, "before": null });
    let found: Value =
        client::post_as(port, "/rpc/chat.conversations", &person.token, &listed, PATIENCE).await?;
    let found = found.to_string();
    ensure!(found.contains(&person.word), "{} does not find what they said: {found}", person.word);
    Ok(people.iter().filter(|other| other.word != person.word && found.contains(&other.word)).count())
}
