//! The models of whisper.cpp and the voices of Piper by name, where they lie and where they come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use luna_model::{Error, Result};
use serde::Deserialize;

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

/// The model that comes nearest to the one of this name, of those in the folder that know the language, and its file: it
/// itself, else the next smaller one, else the next larger.
///
/// # Errors
/// As [`whisper`].
pub fn nearest(name: &str, language: &str, models: &Path) -> Result<Option<(WhisperModel, PathBuf)>> {
    let wanted = whisper(name)?;
    let at = WHISPER.iter().position(|model| *model == wanted).unwrap_or_default();
    let (smaller, larger) = WHISPER.split_at(at);
    let others = smaller.iter().rev().chain(larger).filter(|model| model.knows(language));
    Ok(std::iter::once(&wanted).chain(others).find_map(|model| Some((*model, model.found(models)?))))
}

impl WhisperModel {
    /// Where it is kept in the folder of models.
    #[must_use]
    pub fn file(&self, models: &Path) -> PathBuf {
        models.join("whisper").join(self.file_name())
    }

    /// Where it is: where it is kept, or in the folder itself, where whisper.cpp's own scripts put it.
    #[must_use]
    pub fn found(&self, models: &Path) -> Option<PathBuf> {
        [self.file(models), models.join(self.file_name())].into_iter().find(|file| file.is_file())
    }

    fn file_name(&self) -> String {
        format!("ggml-{}.bin", self.name)
    }

    /// Whether it understands speech in this language; in any when empty.
    fn knows(&self, language: &str) -> bool {
        !self.name.ends_with(".en") || matches!(language, "" | "en")
    }

    /// Its path on the hub.
    #[must_use]
    pub fn path_on_hub(&self) -> String {
        format!("ggerganov/whisper.cpp/resolve/main/ggml-{}.bin", self.name)
    }
}

/// The repository of Piper's voices on the hub.
const PIPER: &str = "rhasspy/piper-voices/resolve/main";

/// Where the list of Piper's voices lies on the hub.
#[must_use]
pub fn piper_list() -> String {
    format!("{PIPER}/voices.json")
}

/// A file of a voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PiperFile {
    /// Its path on the hub.
    pub path_on_hub: String,
    /// Where it lies in the folder of models.
    pub file: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its MD5, as the list says.
    pub md5: String,
}

/// A voice in Piper's list.
#[derive(Deserialize)]
struct Listed {
    files: BTreeMap<String, ListedFile>,
    #[serde(default)]
    aliases: Vec<String>,
}

#[derive(Deserialize)]
struct ListedFile {
    size_bytes: u64,
    md5_digest: String,
}

/// The two files of a Piper voice, by the list that the hub gives ([`piper_list`]): its settings, then the voice itself.
///
/// # Errors
/// `Invalid` for a name that is not in the list, naming those of its language; `Unavailable` for a list that is none.
pub fn piper(list: &[u8], name: &str, models: &Path) -> Result<[PiperFile; 2]> {
    let listed: BTreeMap<String, Listed> = serde_json::from_slice(list).map_err(|e| {
        Error::unavailable(format!("the hub's list of Piper voices cannot be read: {e}")).because(e)
    })?;
    let found = listed.get_key_value(name);
    let found = found.or_else(|| listed.iter().find(|(_, voice)| voice.aliases.iter().any(|a| a == name)));
    let Some((key, voice)) = found else {
        return Err(Error::invalid(format!("there is no Piper voice {name:?}; {}", others(&listed, name))));
    };
    let named = key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let file = |end: &str| {
        let name = format!("{key}{end}");
        let (path, listed) =
            voice.files.iter().find(|(path, _)| path.rsplit('/').next() == Some(name.as_str()))?;
        Some(PiperFile {
            path_on_hub: format!("{PIPER}/{path}"),
            file: models.join("piper").join(&name),
            size: listed.size_bytes,
            md5: listed.md5_digest.to_lowercase(),
        })
    };
    file(".onnx.json")
        .zip(file(".onnx"))
        .filter(|_| named)
        .map(<[PiperFile; 2]>::from)
        .ok_or_else(|| Error::unavailable(format!("the hub's list does not name the two files of {key}")))
}

/// What there is instead.
fn others(listed: &BTreeMap<String, Listed>, name: &str) -> String {
    let language = |name: &str| name.split(['_', '-']).next().unwrap_or_default().to_lowercase();
    let names: Vec<_> =
        listed.keys().filter(|key| language(key) == language(name)).map(String::as_str).collect();
    if names.is_empty() {
        let mut languages: Vec<_> = listed.keys().map(|key| language(key)).collect();
        languages.dedup();
        return format!("there are voices for {}", languages.join(", "));
    }
    format!("for its language there is {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of the list, as the hub has it.
    const LIST: &str = r#"{
        "nl_BE-nathalie-x_low": {
            "key": "nl_BE-nathalie-x_low", "name": "nathalie",
            "language": {"code": "nl_BE", "family": "nl", "region": "BE", "name_native": "Nederlands",
                "name_english": "Dutch", "country_english": "Belgium"},
            "quality": "x_low", "num_speakers": 1, "speaker_id_map": {},
            "files": {
                "nl/nl_BE/nathalie/x_low/nl_BE-nathalie-x_low.onnx":
                    {"size_bytes": 20628813, "md5_digest": "4a00803b60caecad30ea612bcd9f9344"},
                "nl/nl_BE/nathalie/x_low/nl_BE-nathalie-x_low.onnx.json":
                    {"size_bytes": 5955, "md5_digest": "9370d6cec73eaa3006303b490983119a"},
                "nl/nl_BE/nathalie/x_low/MODEL_CARD":
                    {"size_bytes": 246, "md5_digest": "5df62094bde427374223f91f44476392"}
            },
            "aliases": ["nl-nathalie-x-low"]
        },
        "../x": {"files": {"../x.onnx": {"size_bytes": 1, "md5_digest": ""}, "../x.onnx.json": {"size_bytes": 1, "md5_digest": ""}}},
        "ru_RU-half-medium": {"files": {"ru/ru_RU-half-medium.onnx": {"size_bytes": 1, "md5_digest": ""}}, "aliases": []}
    }"#;

    #[test]
    fn the_nearest_model_takes_the_place_of_one_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str, language: &str| {
            let found = nearest(name, language, folder.path()).unwrap();
            found.map(|(model, file)| (model.name, file.strip_prefix(folder.path()).unwrap().to_owned()))
        };
        assert_eq!(of("base", ""), None);
        std::fs::create_dir(folder.path().join("whisper")).unwrap();
        std::fs::write(folder.path().join("whisper/ggml-medium.bin"), "").unwrap();
        assert_eq!(of("base", ""), Some(("medium", "whisper/ggml-medium.bin".into())));
        std::fs::write(folder.path().join("ggml-tiny.en.bin"), "").unwrap();
        assert_eq!(of("base", ""), Some(("tiny.en", "ggml-tiny.en.bin".into())));
        assert_eq!(of("base", "de").unwrap().0, "medium", "the other knows English only");
        assert_eq!(of("tiny.en", "de").unwrap().0, "tiny.en", "who chose it gets it");
        assert!(nearest("huge", "", folder.path()).is_err());
    }

    #[test]
    fn a_piper_voice_is_two_files_of_the_list() {
        for name in ["nl_BE-nathalie-x_low", "nl-nathalie-x-low"] {
            let [settings, voice] = piper(LIST.as_bytes(), name, Path::new("models")).unwrap();
            assert_eq!(
                voice,
                PiperFile {
                    path_on_hub:
                        "rhasspy/piper-voices/resolve/main/nl/nl_BE/nathalie/x_low/nl_BE-nathalie-x_low.onnx"
                            .into(),
                    file: Path::new("models").join("piper").join("nl_BE-nathalie-x_low.onnx"),
                    size: 20_628_813,
                    md5: "4a00803b60caecad30ea612bcd9f9344".into(),
                }
            );
            assert_eq!((settings.file.extension(), settings.size), (Some("json".as_ref()), 5_955));
        }
    }

    #[test]
    fn what_the_list_does_not_have_is_said_with_what_it_has() {
        let of = |name: &str| piper(LIST.as_bytes(), name, Path::new("models")).unwrap_err().message;
        assert!(of("nl_NL-nobody-low").contains("nl_BE-nathalie-x_low"), "{}", of("nl_NL-nobody-low"));
        assert!(of("xx_XX-nobody-low").contains("nl, ru"), "{}", of("xx_XX-nobody-low"));
        assert!(of("ru_RU-half-medium").contains("two files"));
        assert!(of("../x").contains("two files"), "a name is no path");
        assert!(piper(b"<html>", "x", Path::new("models")).unwrap_err().message.contains("cannot be read"));
    }
}
