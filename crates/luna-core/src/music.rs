//! Music: letting Luna into the account, finding what is meant, and having it played where the user is. Knows no service
//! and no wire.

use std::collections::VecDeque;

use jiff::SignedDuration;
use luna_model::{
    Error, ErrorKind, MusicDevice, MusicOrder, MusicStanding, Playing, Result, Timestamp, Track,
};
use parking_lot::Mutex;

use crate::Luna;
use crate::ports::SignIn;

/// How long the user may take on the service's page.
const SIGN_IN_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// Pages that may be open at the same time; the oldest is given up.
const SIGN_INS_AT_ONCE: usize = 8;
/// What another recording than the one that is meant has in its title. Whoever wants one says so.
const OTHER_RECORDINGS: [&str; 11] = [
    "remix",
    "cover",
    "live",
    "karaoke",
    "tribute",
    "instrumental",
    "acoustic",
    "nightcore",
    "slowed",
    "sped",
    "8d",
];
/// How much a song that is heard more may count against such a word.
const AGAINST_OTHERS: i32 = 30;

/// Sign-ins that were begun. They are in memory only: an answer that comes after a restart is not believed.
#[derive(Debug, Default)]
pub(crate) struct SignIns {
    begun: Mutex<VecDeque<(SignIn, Timestamp)>>,
}

impl SignIns {
    fn begin(&self, sign_in: SignIn, now: Timestamp) {
        let mut begun = self.begun.lock();
        if begun.len() == SIGN_INS_AT_ONCE {
            begun.pop_front();
        }
        begun.push_back((sign_in, now));
    }

    /// The sign-in with this state, which is over then.
    fn take(&self, state: &str, now: Timestamp) -> Option<SignIn> {
        let mut begun = self.begun.lock();
        begun.retain(|(_, at)| now.duration_since(*at) < SIGN_IN_WITHIN);
        let at = begun.iter().position(|(sign_in, _)| sign_in.state == state)?;
        begun.remove(at).map(|(sign_in, _)| sign_in)
    }
}

impl Luna {
    /// How the music account stands, without asking the service.
    pub async fn music_standing(&self) -> MusicStanding {
        self.music().standing().await
    }

    /// Begins to let Luna into the music account; the address of the page on which the user says yes. `here`: where this
    /// Luna takes the answer, unless another address is configured.
    ///
    /// # Errors
    /// `Unavailable` when the service does not know Luna yet.
    pub async fn begin_music_sign_in(&self, here: Option<&str>) -> Result<String> {
        let sign_in = self.music().sign_in(here).await?;
        let address = sign_in.address.clone();
        self.sign_ins().begin(sign_in, self.clock().now());
        Ok(address)
    }

    /// Ends a sign-in with the code that the service answered.
    ///
    /// # Errors
    /// `Invalid` when it was not begun here, was answered already, is too old, or the code is wrong.
    pub async fn end_music_sign_in(&self, state: &str, code: &str) -> Result<()> {
        let begun = self.sign_ins().take(state, self.clock().now()).ok_or_else(|| {
            Error::invalid(
                "this sign-in was not begun here, is over already, or took too long; begin it again",
            )
        })?;
        self.music().redeem(&begun, code).await?;
        self.music_changed();
        Ok(())
    }

    /// Gives a sign-in up, to which the user said no.
    pub fn drop_music_sign_in(&self, state: &str) {
        self.sign_ins().take(state, self.clock().now());
    }

    /// Forgets the music account.
    ///
    /// # Errors
    /// `Unavailable` when the place of secrets does not answer.
    pub async fn music_sign_out(&self) -> Result<()> {
        self.music().sign_out().await?;
        self.music_changed();
        Ok(())
    }

    fn music_changed(&self) {
        self.bus().publish(luna_model::Event::SettingsChanged { names: vec!["music".into()] });
    }

    /// What plays; none when nothing does anywhere.
    ///
    /// # Errors
    /// `Unauthenticated` without an account, `Unavailable` when the service does not answer.
    pub async fn playing(&self) -> Result<Option<Playing>> {
        self.music().playing().await
    }

    /// Where music can be heard.
    ///
    /// # Errors
    /// As [`Luna::playing`].
    pub async fn music_devices(&self) -> Result<Vec<MusicDevice>> {
        self.music().devices().await
    }

    /// Songs that fit these words, the likeliest first.
    ///
    /// # Errors
    /// As [`Luna::playing`], and `Invalid` for no words.
    pub async fn search_music(&self, words: &str) -> Result<Vec<Track>> {
        let words = words.trim();
        if words.is_empty() {
            return Err(Error::invalid("say what you want to hear: a title, an artist, or both"));
        }
        let mut found = self.music().search(words).await?;
        found.retain(|track| !track.uri.is_empty());
        // Stable: among equals the service's order stands.
        found.sort_by_key(|track| -likelihood(words, track));
        Ok(found)
    }

    /// The song that these words mean.
    pub(crate) async fn meant_track(&self, words: &str) -> Result<Track> {
        let found = self.search_music(words).await?;
        found.into_iter().next().ok_or_else(|| Error::not_found(format!("I found no song like {words:?}")))
    }

    /// Has an order done: on the device that is named, else where music plays, else on a device that can be woken.
    pub(crate) async fn order_music(&self, order: &MusicOrder, named: Option<&str>) -> Result<()> {
        if let Some(name) = named {
            let device = named_device(&self.music().devices().await?, name)?;
            return self.order_awake(order, &device).await;
        }
        match self.music().order(order, None).await {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            done => return done,
        }
        let devices = self.music().devices().await?;
        let host = self.desktop().info().await.map(|info| info.host).unwrap_or_default();
        let device = likeliest_device(devices, &host).ok_or_else(|| {
            Error::conflict("no device is awake to play on; open Spotify on one of your devices first")
        })?;
        self.order_awake(order, &device).await
    }

    /// On this device, which is woken when it sleeps.
    async fn order_awake(&self, order: &MusicOrder, device: &MusicDevice) -> Result<()> {
        match self.music().order(order, Some(&device.id)).await {
            Err(error) if error.kind == ErrorKind::Conflict => {
                self.music().transfer(&device.id).await?;
                self.music().order(order, Some(&device.id)).await
            }
            done => done,
        }
    }

    /// Moves what plays to the device that is named.
    pub(crate) async fn move_music(&self, name: &str) -> Result<MusicDevice> {
        let device = named_device(&self.music().devices().await?, name)?;
        self.music().transfer(&device.id).await?;
        Ok(device)
    }
}

/// How likely a song is the one that these words mean.
fn likelihood(words: &str, track: &Track) -> i32 {
    let asked = words.to_lowercase();
    let title = format!("{} {}", track.title, track.album).to_lowercase();
    let has = |text: &str, word: &str| text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    let unasked = OTHER_RECORDINGS.iter().filter(|word| has(&title, word) && !has(&asked, word)).count();
    i32::from(track.popularity) - AGAINST_OTHERS * i32::try_from(unasked).unwrap_or(i32::MAX / AGAINST_OTHERS)
}

/// The device that is called so, or is of that kind, or has this in its name.
fn named_device(devices: &[MusicDevice], name: &str) -> Result<MusicDevice> {
    let wanted = name.trim().to_lowercase();
    let wanted = wanted.strip_prefix("my ").or(wanted.strip_prefix("the ")).unwrap_or(&wanted);
    let by = |fits: &dyn Fn(&MusicDevice) -> bool| devices.iter().find(|device| fits(device)).cloned();
    let phone = |device: &MusicDevice| wanted.ends_with("phone") && device.kind == "smartphone";
    by(&|device| device.id == name || device.name.to_lowercase() == wanted)
        .or_else(|| by(&|device| device.kind == wanted || phone(device)))
        .or_else(|| by(&|device| !wanted.is_empty() && device.name.to_lowercase().contains(wanted)))
        .ok_or_else(|| {
            let names: Vec<_> = devices.iter().map(|device| device.name.as_str()).collect();
            Error::not_found(if names.is_empty() {
                "no device is awake to play on; open Spotify on one of your devices first".to_owned()
            } else {
                format!("no device is called {name:?}; there is: {}", names.join(", "))
            })
        })
}

/// Where the user most likely is: at this computer, at another one, anywhere.
fn likeliest_device(devices: Vec<MusicDevice>, host: &str) -> Option<MusicDevice> {
    let rank = |device: &MusicDevice| match device.kind.as_str() {
        _ if device.active => 0,
        "computer" if device.name.eq_ignore_ascii_case(host) => 1,
        "computer" => 2,
        "smartphone" | "tablet" => 3,
        _ => 4,
    };
    devices.into_iter().min_by_key(rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(title: &str, popularity: u8) -> Track {
        Track {
            uri: format!("spotify:track:{title}"),
            title: title.into(),
            artist: "A".into(),
            album: String::new(),
            duration_ms: 1,
            popularity,
        }
    }

    fn device(name: &str, kind: &str) -> MusicDevice {
        MusicDevice { id: name.into(), name: name.into(), kind: kind.into(), active: false, volume: None }
    }

    #[test]
    fn the_original_comes_before_other_recordings_unless_they_are_asked_for() {
        let (live, original) = (track("Song - Live at Home", 60), track("Song", 40));
        assert!(likelihood("song", &original) > likelihood("song", &live));
        assert!(likelihood("song live", &live) > likelihood("song live", &original));
        let olive = track("Olive Tree", 50);
        assert_eq!(likelihood("olive tree", &olive), 50, "a word, not letters of one");
    }

    #[test]
    fn devices_are_found_by_what_people_call_them() {
        let all = [device("Kitchen", "speaker"), device("Ada's iPhone 15", "smartphone")];
        for (said, name) in [
            ("kitchen", "Kitchen"),
            ("my phone", "Ada's iPhone 15"),
            ("speaker", "Kitchen"),
            ("iphone", "Ada's iPhone 15"),
        ] {
            assert_eq!(named_device(&all, said).unwrap().name, name, "{said}");
        }
        let missing = named_device(&all, "bath").unwrap_err();
        assert!(missing.message.contains("Kitchen, Ada's iPhone 15"), "{}", missing.message);
        let here =
            vec![device("phone", "smartphone"), device("other", "computer"), device("Desk", "computer")];
        assert_eq!(likeliest_device(here, "desk").unwrap().name, "Desk");
    }

    #[test]
    fn a_sign_in_is_answered_once_and_in_time() {
        let begun = |state: &str| SignIn {
            address: String::new(),
            state: state.into(),
            verifier: luna_model::Secret::new(String::new()),
            redirect: String::new(),
        };
        let (all, start) = (SignIns::default(), Timestamp::UNIX_EPOCH);
        all.begin(begun("a"), start);
        all.begin(begun("b"), start);
        assert!(all.take("x", start).is_none());
        assert!(all.take("a", start).is_some() && all.take("a", start).is_none(), "once");
        assert!(all.take("b", start + SIGN_IN_WITHIN).is_none(), "in time");
        (0..=SIGN_INS_AT_ONCE).for_each(|n| all.begin(begun(&n.to_string()), start));
        assert!(all.take("0", start).is_none() && all.take("1", start).is_some(), "the oldest is given up");
    }
}
