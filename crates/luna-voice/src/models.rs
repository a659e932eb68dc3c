//! The models of whisper.cpp by name, where they lie and where they come from.

use std::path::{Path, PathBuf};

use luna_model::{Error, Result};

/// A model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhisperModel {
    /// `base.en`.
    pub name: &'static str,
    /// Its size, for the reader.
    pub megabytes: u32,
    /// SHA-1 of its file, from the table in whisper.cpp's `models/README.md`.
    pub sha1: &'static str,
}

/// All of them, smallest first.
pub const WHISPER: &[WhisperModel] = &[
    model("tiny", 75, "bd577a113a864445d4c299885e0cb97d4ba92b5f"),
    model("tiny.en", 75, "c78c86eb1a8faa21b369bcd33207cc90d64ae9df"),
    model("base", 142, "465707469ff3a37a2b9b8d8f89f2f99de7299dac"),
    model("base.en", 142, "137c40403d78fd54d454da0f9bd998f78703390c"),
    model("small", 466, "55356645c2b361a969dfd0ef2c5a50d530afd8d5"),
    model("small.en", 466, "db8a495a91d927739e50b3fc1cc4c6b8f6c2d022"),
    model("medium", 1_500, "fd9727b6e1217c2f614f9b698455c4ffd82463b4"),
    model("medium.en", 1_500, "8c30f0e44ce9560643ebd10bbe50cd20eafd3723"),
    model("large-v1", 2_900, "b1caaf735c4cc1429223d5a74f0f4d0b9b59a299"),
    model("large-v2", 2_900, "0f4c8e34f21cf1a914c59d8b3ce882345ad349d6"),
    model("large-v3", 2_900, "ad82bf6a9043ceed055076d0fd39f5f186ff8062"),
    model("large-v3-turbo", 1_500, "4af2b29d7ec73d781377bfd1758ca957a807e941"),
];

const fn model(name: &'static str, megabytes: u32, sha1: &'static str) -> WhisperModel {
    WhisperModel { name, megabytes, sha1 }
}

/// The model of this name.
///
/// # Errors
/// `Invalid`, naming those that there are.
pub fn whisper(name: &str) -> Result<WhisperModel> {
    WHISPER.iter().copied().find(|model| model.name == name).ok_or_else(|| {
        let names: Vec<_> = WHISPER.iter().map(|model| model.name).collect();
        Error::invalid(format!("there is no speech model {name:?}; there is {}", names.join(", ")))
    })
}

impl WhisperModel {
    /// Where it lies in the folder of models.
    #[must_use]
    pub fn file(&self, models: &Path) -> PathBuf {
        models.join("whisper").join(format!("ggml-{}.bin", self.name))
    }

    /// Its path on the hub.
    #[must_use]
    pub fn path_on_hub(&self) -> String {
        format!("ggerganov/whisper.cpp/resolve/main/ggml-{}.bin", self.name)
    }
}
