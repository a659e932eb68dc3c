//! `luna account`, `luna index`, `luna code`: accounts of callers from outside, and the user's indexed code.

use anyhow::Result;
use luna_model::Account as Known;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{Account, AccountDeed, Code, Index};
use crate::reach::Reach;
use crate::screen::{self, FAINT, STRONG, styled};

pub(crate) async fn account(reach: &Reach, args: &Account) -> Result<()> {
    match &args.deed {
        None | Some(AccountDeed::List) => {
            let all: Vec<Known> = reach.call("accounts.list", json!({})).await?;
            let row = |a: &Known| vec![a.email.clone(), a.tier.name().to_owned(), a.name.clone()];
            Ok(screen::table(&all.iter().map(row).collect::<Vec<_>>())?)
        }
        Some(AccountDeed::Tier { email, tier }) => {
            let input = json!({ "email": email, "tier": tier });
            let moved: Known = reach.call("accounts.set_tier", input).await?;
            Ok(screen::line(format!("{} is on {} now.", moved.email, moved.tier.name()))?)
        }
    }
}

pub(crate) async fn index(reach: &Reach, args: &Index) -> Result<()> {
    let folder = std::path::absolute(&args.folder)?;
    let input = json!({ "folder": folder, "repository": args.name });
    let done: Value = reach.call("code.index", input).await?;
    let count = |name: &str| done[name].as_u64().unwrap_or_default();
    Ok(screen::line(format!(
        "{}: {} files, {} pieces; {} as they were, {} gone.",
        done["repository"].as_str().unwrap_or_default(),
        count("files"),
        count("pieces"),
        count("unchanged"),
        count("removed")
    ))?)
}

#[derive(Deserialize)]
struct Found {
    repository: String,
    path: String,
    first_line: u32,
    last_line: u32,
    name: Option<String>,
    score: f32,
}

pub(crate) async fn code(reach: &Reach, args: &Code) -> Result<()> {
    let input = json!({ "query": args.words.join(" "), "repository": args.repository, "limit": 10 });
    let found: Vec<Found> = reach.call("code.search", input).await?;
    let row = |f: &Found| {
        vec![
            styled(FAINT, format!("{:.2}", f.score)),
            format!("{}/{}:{}-{}", f.repository, f.path, f.first_line, f.last_line),
            styled(STRONG, f.name.clone().unwrap_or_default()),
        ]
    };
    Ok(screen::table(&found.iter().map(row).collect::<Vec<_>>())?)
}
