//! Recordings as files hold them: WAV, WebM, Ogg, MP3, FLAC, with Opus, Vorbis or bare samples. Broken ones are refused in
//! words; none can take more memory or time than its length allows.

use std::io::Cursor;
use std::sync::LazyLock;

use luna_core::ports::Speech;
use luna_model::{Error, Result};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error as Fault;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use crate::pcm::Pcm;

/// Longest recording, in seconds.
const LONGEST: f64 = 600.0;

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    codecs
});

/// Reads a recording. `Invalid` when it is none, `LimitReached` when it is too long.
pub(crate) fn speech(recording: Vec<u8>) -> Result<Speech> {
    pcm(recording)?.into_speech()
}

pub(crate) fn pcm(recording: Vec<u8>) -> Result<Pcm> {
    if recording.is_empty() {
        return Err(Error::invalid("the recording is empty"));
    }
    let source = MediaSourceStream::new(Box::new(Cursor::new(recording)), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), source, FormatOptions::default(), MetadataOptions::default())
        .map_err(|e| Error::invalid(format!("that is no recording in WAV, WebM, Ogg, MP3 or FLAC: {e}")))?;
    let track = format.default_track(TrackType::Audio).ok_or_else(silent)?;
    let id = track.id;
    let parameters = track.codec_params.as_ref().and_then(|p| p.audio()).ok_or_else(silent)?;
    let mut decoder = CODECS
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|e| Error::invalid(format!("the recording is coded in a way that is not known: {e}")))?;
    let mut all = Mixed::default();
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) if packet.track_id == id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break,
            // A recording that was cut off is heard as far as it goes.
            Err(_) if !all.samples.is_empty() => break,
            Err(e) => return Err(Error::invalid(format!("the recording is broken: {e}"))),
        };
        all.take(decoder.as_mut(), &packet)?;
    }
    if all.samples.is_empty() || all.rate == 0 {
        return Err(silent());
    }
    Ok(Pcm { samples: all.samples, rate: all.rate })
}

/// What was decoded so far, all channels mixed into one.
#[derive(Default)]
struct Mixed {
    samples: Vec<f32>,
    rate: u32,
    piece: Vec<f32>,
}

impl Mixed {
    fn take(
        &mut self,
        decoder: &mut dyn AudioDecoder,
        packet: &symphonia::core::packet::Packet,
    ) -> Result<()> {
        let decoded = match decoder.decode(packet) {
            Ok(decoded) => decoded,
            // A broken packet is left out; the next may be whole.
            Err(Fault::DecodeError(_)) => return Ok(()),
            Err(e) => return Err(Error::invalid(format!("the recording is broken: {e}"))),
        };
        let (channels, rate) = (decoded.spec().channels().count(), decoded.spec().rate());
        if channels == 0 || !(4_000..=384_000).contains(&rate) || (self.rate != 0 && self.rate != rate) {
            return Err(Error::invalid(format!(
                "the recording says it has {channels} channels at {rate} Hz"
            )));
        }
        self.rate = rate;
        self.piece.resize(decoded.samples_interleaved(), 0.0);
        decoded.copy_to_slice_interleaved(&mut self.piece);
        let share = 1.0 / channels as f32;
        self.samples.extend(self.piece.chunks_exact(channels).map(|frame| {
            let sample = frame.iter().sum::<f32>() * share;
            if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
        }));
        if self.samples.len() as f64 > LONGEST * f64::from(rate) {
            return Err(Error::limit(format!("the recording is longer than {} minutes", LONGEST / 60.0)));
        }
        Ok(())
    }
}

fn silent() -> Error {
    Error::invalid("the recording holds no sound")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use luna_model::ErrorKind;

    use super::*;
    use crate::pcm::tests::tone;
    use crate::pcm::{loudness, wav};

    #[test]
    fn every_form_of_the_same_tone_is_read() {
        for file in ["tone.wav", "tone.mp3", "tone.flac", "tone.ogg", "tone.opus", "tone.webm"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sounds").join(file);
            let speech = speech(std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{file}: {e}"));
            let seconds = speech.duration().as_secs_f64();
            assert!((0.95..1.1).contains(&seconds), "{file}: {seconds} s");
            assert!(
                (loudness(&speech.0[2_000..14_000]) - 0.088).abs() < 0.03,
                "{file}: {}",
                loudness(&speech.0)
            );
        }
    }

    #[test]
    fn what_is_no_recording_is_refused_in_words() {
        let mut cut = wav(&tone(440.0, 1.0, 16_000), 16_000);
        cut.truncate(16_044);
        assert!(
            (0.45..0.55).contains(&speech(cut).unwrap().duration().as_secs_f64()),
            "cut off, heard as far as it goes"
        );
        for bad in [&b""[..], b"this is no wav", b"RIFF\xff\xff\xff\xffWAVEfmt ", &wav(&[], 16_000)] {
            assert_eq!(speech(bad.to_vec()).unwrap_err().kind, ErrorKind::Invalid, "{bad:?}");
        }
        let long = wav(&vec![0.0; 8_000 * 601], 8_000);
        assert_eq!(speech(long).unwrap_err().kind, ErrorKind::LimitReached);
    }

    #[test]
    fn files_that_lie_harm_nobody() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/speech/broken");
        let Ok(files) = std::fs::read_dir(folder) else {
            eprintln!("SKIPPED: ../shared/data/speech/broken is not there");
            return;
        };
        for file in files.flatten() {
            if let Err(error) = speech(std::fs::read(file.path()).unwrap()) {
                assert!(
                    matches!(error.kind, ErrorKind::Invalid | ErrorKind::LimitReached),
                    "{file:?}: {error}"
                );
            }
        }
    }
}
