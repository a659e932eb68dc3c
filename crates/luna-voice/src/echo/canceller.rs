//! Takes what is played out of what is heard: WebRTC's echo canceller, which learns the way from the loudspeaker to the
//! microphone and follows it.

use std::collections::VecDeque;

use luna_core::ports::SPEECH_RATE;
use sonora::config::EchoCanceller;
use sonora::{AudioProcessing, Config, StreamConfig};

/// What it takes at once: 10 ms.
const PIECE: usize = SPEECH_RATE as usize / 100;

pub(super) struct Canceller {
    processing: AudioProcessing,
    played: VecDeque<f32>,
    heard: VecDeque<f32>,
    clean: VecDeque<f32>,
}

impl Canceller {
    pub(super) fn new() -> Self {
        let mono = StreamConfig::new(SPEECH_RATE, 1);
        let config = Config { echo_canceller: Some(EchoCanceller::default()), ..Config::default() };
        let processing =
            AudioProcessing::builder().config(config).capture_config(mono).render_config(mono).build();
        Self { processing, played: VecDeque::new(), heard: VecDeque::new(), clean: VecDeque::new() }
    }

    /// Nothing is played any more. What was learnt of the way stays.
    pub(super) fn pause(&mut self) {
        self.played.clear();
        self.heard.clear();
        self.clean.clear();
    }

    /// Cleans what is heard while this is played, as long as it; what comes out is a piece late.
    pub(super) fn clean(&mut self, played: &[f32], heard: &mut [f32]) {
        if self.clean.is_empty() {
            self.clean.extend([0.0; PIECE]);
        }
        self.played.extend(played);
        self.heard.extend(heard.iter());
        let (mut out, mut unused) = ([0.0; PIECE], [0.0; PIECE]);
        while self.heard.len() >= PIECE && self.played.len() >= PIECE {
            let played: Vec<f32> = self.played.drain(..PIECE).collect();
            let piece: Vec<f32> = self.heard.drain(..PIECE).collect();
            let render = self.processing.process_render_f32(&[&played], &mut [&mut unused]);
            match render.and_then(|()| self.processing.process_capture_f32(&[&piece], &mut [&mut out])) {
                Ok(()) => self.clean.extend(out),
                // Only of another length, which it never has.
                Err(_) => self.clean.extend(piece),
            }
        }
        for sample in heard {
            *sample = self.clean.pop_front().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::FRAME;
    use crate::pcm::loudness;
    use crate::pcm::tests::{noise, syllables};

    /// Noise in the course of syllables.
    fn speech(seed: u64, samples: usize) -> Vec<f32> {
        let syllable = syllables(0.2, 0.01);
        noise(seed, samples).iter().enumerate().map(|(n, x)| x * syllable(n)).collect()
    }

    #[test]
    fn what_is_played_is_taken_out_and_what_is_said_stays() {
        let played = speech(1, 16_000 * 8);
        let said: Vec<f32> = speech(2, played.len())
            .iter()
            .enumerate()
            .map(|(n, s)| if n > 96_000 { *s } else { 0.0 })
            .collect();
        // A room: late, softer, once more from a wall.
        let back = |n: usize, late: usize| n.checked_sub(late).map_or(0.0, |n| played[n]);
        let room = |n: usize| 0.5 * back(n, 1_900) + 0.2 * back(n, 2_100);
        let mut heard: Vec<f32> = said.iter().enumerate().map(|(n, said)| said + room(n)).collect();
        let before = heard.clone();
        let mut canceller = Canceller::new();
        for (played, heard) in played.chunks(FRAME).zip(heard.chunks_mut(FRAME)) {
            canceller.clean(played, heard);
        }
        let part = |sound: &[f32], seconds: std::ops::Range<usize>| {
            loudness(&sound[seconds.start * 16_000..seconds.end * 16_000])
        };
        let left = part(&heard, 3..6) / part(&before, 3..6);
        assert!(left < 0.1, "{left} of her own voice is left");
        let kept = part(&heard, 6..8) / part(&said, 6..8);
        assert!((0.5..1.3).contains(&kept), "{kept} of what is said is kept");
    }
}
