//! Spotify's stand-in as a program, for tests that are not written in Rust: prints its address and ends when its input does.

use std::error::Error;

use luna_testkit::SpotifyStandIn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, stdin, stdout};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let spotify = SpotifyStandIn::start().await;
    stdout().write_all(format!("{}\n", spotify.accounts()).as_bytes()).await?;
    stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
