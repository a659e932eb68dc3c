//! all-MiniLM-L6-v2 through candle: a text to a vector of 384 axes. Loaded when first needed, and only if its file is
//! there; blocking, so callers keep it off the async runtime.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config, HiddenAct, PositionEmbeddingType};
use luna_model::{Error, Result};

use crate::scan::dot_bytes;
use crate::tokens::{CLS, SEP, tokenize};

/// Axes of a vector.
pub const AXES: usize = 384;
/// Most tokens of a text that are read, as the model was trained.
const LONGEST: usize = 256;

/// A text's vector: each axis a signed byte, and one over its length.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector {
    axes: [i8; AXES],
    inverse_length: f32,
}

impl Vector {
    /// From floats, rounded to bytes of the largest axis.
    fn new(floats: &[f32]) -> Self {
        let largest = floats.iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
        let mut axes = [0; AXES];
        for (axis, x) in axes.iter_mut().zip(floats) {
            *axis = (x / largest * 127.0).round() as i8;
        }
        Self::of(axes)
    }

    fn of(axes: [i8; AXES]) -> Self {
        let squares = dot_bytes(&axes, &axes).max(1) as f32;
        Self { axes, inverse_length: 1.0 / squares.sqrt() }
    }

    /// From the bytes it was kept as; none when they are of another model.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; AXES] = bytes.try_into().ok()?;
        Some(Self::of(bytes.map(|b| (b as i8).max(-127))))
    }

    /// The bytes to keep it as.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.axes.iter().map(|&axis| axis as u8).collect()
    }

    /// The cosine of two vectors.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        dot_bytes(&self.axes, &other.axes) as f32 * self.inverse_length * other.inverse_length
    }
}

/// The model, loaded.
pub struct MiniLm {
    model: BertModel,
}

impl MiniLm {
    /// The file it is loaded from, in the folder of all models.
    #[must_use]
    pub fn file(models: &Path) -> PathBuf {
        models.join("minilm").join("model.safetensors")
    }

    /// Loads it.
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be read or is not this model.
    pub fn load(models: &Path) -> Result<Self> {
        let path = Self::file(models);
        let wrong = |e: Box<dyn std::error::Error + Send + Sync>| {
            Error::unavailable(format!(
                "MiniLM could not be loaded from {}: {e}. `luna models get minilm` fetches it anew",
                path.display()
            ))
            .because(e)
        };
        let bytes = std::fs::read(&path).map_err(|e| wrong(e.into()))?;
        let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu);
        let model = weights.and_then(|w| BertModel::load(w, &config())).map_err(|e| wrong(e.into()))?;
        Ok(Self { model })
    }

    /// The vectors of some texts, in order: the mean of the outputs over each text's tokens.
    ///
    /// # Errors
    /// `Internal` when the arithmetic fails.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vector>> {
        if texts.is_empty() {
            return Ok(vec![]);
        }
        self.means(texts).map(|means| means.iter().map(|m| Vector::new(m)).collect()).map_err(Error::internal)
    }

    fn means(&self, texts: &[&str]) -> candle_core::Result<Vec<Vec<f32>>> {
        let rows: Vec<Vec<u32>> = texts.iter().map(|text| marked(text)).collect();
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let shape = (rows.len(), longest);
        let padded = |row: &Vec<u32>| row.iter().copied().chain(std::iter::repeat(0)).take(longest).collect();
        let ids: Vec<u32> = rows.iter().flat_map(|row| -> Vec<u32> { padded(row) }).collect();
        let mask: Vec<f32> = rows
            .iter()
            .flat_map(|row| (0..longest).map(|at| if at < row.len() { 1.0 } else { 0.0 }))
            .collect();
        let ids = Tensor::from_vec(ids, shape, &Device::Cpu)?;
        let mask = Tensor::from_vec(mask, shape, &Device::Cpu)?;
        let outputs = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let sums = outputs.broadcast_mul(&mask.unsqueeze(2)?)?.sum(1)?;
        sums.broadcast_div(&mask.sum_keepdim(1)?)?.to_vec2()
    }
}

fn marked(text: &str) -> Vec<u32> {
    let mut tokens = tokenize(text);
    tokens.truncate(LONGEST - 2);
    std::iter::once(CLS).chain(tokens).chain([SEP]).map(u32::from).collect()
}

/// The model's config.json.
fn config() -> Config {
    Config {
        vocab_size: 30_522,
        hidden_size: AXES,
        num_hidden_layers: 6,
        num_attention_heads: 12,
        intermediate_size: 1536,
        hidden_act: HiddenAct::Gelu,
        hidden_dropout_prob: 0.1,
        max_position_embeddings: 512,
        type_vocab_size: 2,
        initializer_range: 0.02,
        layer_norm_eps: 1e-12,
        pad_token_id: 0,
        position_embedding_type: PositionEmbeddingType::Absolute,
        use_cache: true,
        classifier_dropout: None,
        model_type: Some("bert".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_survives_being_kept() {
        let floats: Vec<f32> = (0..AXES).map(|i| (i as f32 * 0.37).sin()).collect();
        let vector = Vector::new(&floats);
        let back = Vector::from_bytes(&vector.to_bytes()).unwrap();
        assert_eq!(vector, back);
        assert!((vector.cosine(&back) - 1.0).abs() < 1e-4);
        assert_eq!(Vector::from_bytes(b"short"), None);
    }

    /// The model's own published numbers (SBERT quick start), when its file is here.
    #[test]
    fn the_published_similarities() {
        let Some(models) =
            std::env::var_os("LUNA_MODELS_DIR").map(PathBuf::from).filter(|m| MiniLm::file(m).exists())
        else {
            eprintln!("SKIPPED: no MiniLM under LUNA_MODELS_DIR");
            return;
        };
        let texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
        let vectors = MiniLm::load(&models).unwrap().embed(&texts).unwrap();
        for (a, b, cosine) in [(0, 1, 0.6660), (0, 2, 0.1046), (1, 2, 0.1411)] {
            assert!((vectors[a].cosine(&vectors[b]) - cosine).abs() < 0.005, "{a} {b}");
        }
    }
}
