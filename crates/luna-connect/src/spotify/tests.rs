//! The account and the Web API against Spotify's stand-in, and recorded replies where they are at hand.

use std::path::Path;

use luna_testkit::{CLIENT_ID, HeldSecrets, SpotifyStandIn};

use super::*;

const HERE: &str = "http://127.0.0.1:1/api/spotify/callback";

async fn spotify(there: &SpotifyStandIn, secrets: &HeldSecrets) -> Spotify {
    secrets.set("SPOTIFY_CLIENT_ID", Secret::new(CLIENT_ID.into())).await.unwrap();
    let config = SpotifyConfig { api: there.api(), accounts: there.accounts(), redirect: None };
    Spotify::new(config, Arc::new(secrets.clone()))
}

/// Says yes on the page; the code that comes back.
async fn say_yes(begun: &SignIn) -> String {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    let reply = client.unwrap().get(&begun.address).send().await.unwrap();
    let back = url::Url::parse(reply.headers()["location"].to_str().unwrap()).unwrap();
    assert!(back.as_str().starts_with(HERE), "{back}");
    let given = |name: &str| back.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    assert_eq!(given("state"), begun.state);
    given("code")
}

async fn connected(there: &SpotifyStandIn, secrets: &HeldSecrets) -> Spotify {
    let spotify = spotify(there, secrets).await;
    let begun = spotify.sign_in(Some(HERE)).await.unwrap();
    let code = say_yes(&begun).await;
    spotify.redeem(&begun, &code).await.unwrap();
    spotify
}

async fn held(secrets: &HeldSecrets, name: &str) -> Option<String> {
    secrets.get(name).await.unwrap().map(|secret| secret.expose().clone())
}

#[tokio::test]
async fn an_account_is_connected_by_a_code_that_only_its_verifier_redeems() {
    let (there, secrets) = (SpotifyStandIn::start().await, HeldSecrets::default());
    let spotify = spotify(&there, &secrets).await;
    assert_eq!(spotify.standing().await, MusicStanding::NotConnected);
    assert_eq!(spotify.playing().await.unwrap_err().kind, ErrorKind::Unauthenticated);
    let (begun, other) =
        (spotify.sign_in(Some(HERE)).await.unwrap(), spotify.sign_in(Some(HERE)).await.unwrap());
    assert_ne!(begun.state, other.state);
    assert!(!begun.address.contains(begun.verifier.expose()), "only its digest is shown");
    let code = say_yes(&begun).await;
    assert_eq!(
        spotify.redeem(&other, &code).await.unwrap_err().kind,
        ErrorKind::Invalid,
        "another's verifier"
    );
    let code = say_yes(&begun).await;
    spotify.redeem(&begun, &code).await.unwrap();
    assert_eq!(spotify.redeem(&begun, &code).await.unwrap_err().kind, ErrorKind::Invalid, "once");
    let playing = spotify.playing().await.unwrap().unwrap();
    let track = playing.track.unwrap();
    assert_eq!((track.title.as_str(), track.artist.as_str()), ("Paper Moon", "The Lanterns"));
    assert_eq!((playing.progress_ms, track.duration_ms, playing.is_playing), (84_000, 243_733, true));
    assert_eq!((playing.device.kind.as_str(), playing.device.volume), ("computer", Some(69)));
}

#[tokio::test]
async fn a_token_that_ran_out_is_renewed_once_and_the_next_one_is_kept() {
    let (there, secrets) = (SpotifyStandIn::start().await, HeldSecrets::default());
    let first = connected(&there, &secrets).await;
    let kept = held(&secrets, REFRESH_TOKEN).await;
    // A refresh token is good once: renewing twice at the same time would lose the account.
    there.forget_access();
    let (a, b, c) = tokio::join!(first.playing(), first.devices(), first.search("moon"));
    assert!(a.is_ok() && b.is_ok() && c.is_ok(), "{a:?} {b:?} {c:?}");
    assert_ne!(held(&secrets, REFRESH_TOKEN).await, kept);
    // After a restart, with what was kept.
    let next = spotify(&there, &secrets).await;
    assert_eq!(next.standing().await, MusicStanding::Connected);
    assert!(next.playing().await.unwrap().is_some());
    there.revoke();
    assert_eq!(next.playing().await.unwrap_err().kind, ErrorKind::Unauthenticated);
    assert_eq!(next.standing().await, MusicStanding::NotConnected);
    assert_eq!(held(&secrets, REFRESH_TOKEN).await, None);
}

#[tokio::test]
async fn what_spotify_refuses_is_said_in_plain_words() {
    let (there, secrets) = (SpotifyStandIn::start().await, HeldSecrets::default());
    let spotify = connected(&there, &secrets).await;
    there.fall_asleep();
    assert_eq!(spotify.playing().await.unwrap(), None);
    let order = |device| {
        let spotify = &spotify;
        async move { spotify.order(&MusicOrder::Pause, device).await.map_err(|e| e.kind) }
    };
    assert_eq!(order(None).await, Err(ErrorKind::Conflict), "nothing is active");
    assert_eq!(order(Some("device0")).await, Err(ErrorKind::Conflict), "it sleeps");
    spotify.transfer("device0").await.unwrap();
    assert_eq!(order(Some("device0")).await, Ok(()));
    there.be_busy();
    let busy = spotify.playing().await.unwrap_err();
    assert_eq!((busy.kind, busy.message.contains("60 seconds")), (ErrorKind::Unavailable, true), "{busy}");
    let asked = there.asked().len();
    assert_eq!(spotify.playing().await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(there.asked().len(), asked, "it is left alone as long as it said");
    let secrets = HeldSecrets::default();
    let unknown = Spotify::new(SpotifyConfig::default(), Arc::new(secrets.clone()));
    assert_eq!(unknown.standing().await, MusicStanding::NotSetUp);
    let refused = unknown.sign_in(Some(HERE)).await.unwrap_err();
    assert!(refused.message.contains("SPOTIFY_CLIENT_ID"), "{refused}");
    secrets.set("SPOTIFY_CLIENT_ID", Secret::new("x".into())).await.unwrap();
    assert_eq!(unknown.standing().await, MusicStanding::NotConnected, "an id holds from when it is given");
    assert!(unknown.sign_in(None).await.unwrap_err().message.contains("REDIRECT"));
}

/// Recorded replies, which are not part of this repository.
fn recorded(name: &str) -> Option<String> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/apis/spotify/tests/fixtures");
    let text = std::fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        println!("SKIPPED: the recorded reply {name} is not at hand");
    }
    text
}

#[test]
fn recorded_replies_are_understood() {
    let names = [
        "playback_1.json",
        "playback_2.json",
        "playback_3.json",
        "playback_4.json",
        "playback_episode_1.json",
        "playback_audiobook_1.json",
    ];
    for name in names {
        let Some(text) = recorded(name) else { return };
        let raw: serde_json::Value = serde_json::from_str(&text).unwrap();
        let playing = words::playing(serde_json::from_str(&text).unwrap());
        assert_eq!(Some(playing.is_playing), raw["is_playing"].as_bool(), "{name}");
        let title = playing.track.as_ref().map(|track| track.title.as_str());
        assert_eq!(title, raw["item"]["name"].as_str(), "{name}");
        assert_eq!(Some(playing.device.name.as_str()), raw["device"]["name"].as_str(), "{name}");
    }
    let Some(text) = recorded("search.json") else { return };
    let SearchResult::Tracks(page) = serde_json::from_str(&text).unwrap() else { panic!("no tracks") };
    let tracks: Vec<_> = page.items.into_iter().map(words::track).collect();
    assert!(tracks.len() == 5 && tracks.iter().all(|track| playable(track).is_ok() && track.duration_ms > 0));
}
