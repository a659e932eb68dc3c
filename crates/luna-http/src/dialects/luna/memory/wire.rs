//! The words of the memory routes.

use luna_model as core;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::time;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Fact {
    id: Uuid,
    content: String,
    /// 0 to 1.
    confidence: f64,
    created_at: String,
    last_accessed: String,
}

impl Fact {
    pub(super) fn from_core(f: core::Fact) -> Self {
        Self {
            id: f.id.0,
            content: f.content,
            confidence: f.confidence,
            created_at: time(f.created_at),
            last_accessed: time(f.last_accessed),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewFact {
    pub(super) content: String,
    /// 0 to 1; 1 when left out.
    pub(super) confidence: Option<f64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LunaMemorySearch)]
pub(super) struct Search {
    pub(super) query: String,
    /// 1 to 100; 5 when left out.
    pub(super) limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LunaMemoryHit)]
pub(super) struct Hit {
    id: Uuid,
    content: String,
    /// −1 to 1, higher is better.
    score: f64,
}

impl Hit {
    pub(super) fn from_core(h: core::FactHit) -> Self {
        Self { id: h.fact.id.0, content: h.fact.content, score: (h.score * 10_000.0).round() / 10_000.0 }
    }
}

/// `mood` is −1 to 1, the others 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Personality {
    mood: f64,
    energy: f64,
    formality: f64,
    humor: f64,
    emotional_support: f64,
}

impl Personality {
    pub(super) const fn from_core(p: core::Personality) -> Self {
        Self {
            mood: p.mood,
            energy: p.energy,
            formality: p.formality,
            humor: p.humor,
            emotional_support: p.emotional_support,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Compacted {
    pub(super) ok: bool,
    /// Facts that were merged into others.
    pub(super) removed: usize,
}
