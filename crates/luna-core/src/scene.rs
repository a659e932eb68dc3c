//! 3D scenes from words: asked of the model in a published schema, checked, put right once; made by Luna herself where
//! there is no model or it does not manage. A scene is data; nothing a model wrote ever runs.

mod compose;
mod words;

use std::sync::LazyLock;

use luna_model::{Error, ModelRequest, Provider, Result, Scene, Turn};
use serde_json::Value;

use crate::Luna;

/// Longest description that is taken, in characters.
const LONGEST: usize = 2_000;

/// A scene and who made it.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeScene {
    /// The scene.
    pub scene: Scene,
    /// The model's name; none when Luna made it herself.
    pub model: Option<String>,
    /// Why the model's was not taken, when it was asked.
    pub note: Option<String>,
}

/// The JSON Schema of scenes, as models are given it and clients may rely on it.
#[must_use]
pub fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let settings =
            schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
        settings.into_generator().into_root_schema_for::<Scene>().to_value()
    });
    &SCHEMA
}

impl Luna {
    /// Makes a scene of a description.
    ///
    /// # Errors
    /// `Invalid` when nothing is described, or too much.
    pub async fn make_scene(&self, prompt: &str) -> Result<MadeScene> {
        let prompt = prompt.trim();
        if prompt.is_empty() || prompt.chars().count() > LONGEST {
            return Err(Error::invalid(format!("describe the scene in 1 to {LONGEST} characters")));
        }
        let active = self.llm().active().await;
        if active.provider == Provider::Builtin {
            return Ok(MadeScene { scene: compose::scene(prompt), model: None, note: None });
        }
        match self.ask_for_scene(prompt).await {
            Ok(scene) => Ok(MadeScene { scene, model: Some(active.name), note: None }),
            Err(error) => {
                let note = format!("{} made no scene: {}", active.name, error.message);
                Ok(MadeScene { scene: compose::scene(prompt), model: None, note: Some(note) })
            }
        }
    }

    async fn ask_for_scene(&self, prompt: &str) -> Result<Scene> {
        let question = Turn::User { content: format!("Describe this scene: {prompt}"), images: vec![] };
        let first = self.answer_of(request(vec![question.clone()])).await?;
        let fault = match read(&first) {
            Ok(scene) => return Ok(scene),
            Err(fault) => fault,
        };
        let turns = vec![
            question,
            Turn::Assistant { content: first, calls: vec![] },
            Turn::User {
                content: format!(
                    "That does not fit the schema: {fault}. Answer with the whole scene, put right."
                ),
                images: vec![],
            },
        ];
        read(&self.answer_of(request(turns)).await?).map_err(Error::unavailable)
    }
}

fn request(turns: Vec<Turn>) -> ModelRequest {
    ModelRequest {
        system: format!(
            "You describe 3D scenes as JSON for a viewer that draws simple shapes. Answer with one JSON object of this schema and \
             nothing else. Use 6 to 60 shapes, fitting colours, and motion where things move.\n{}",
            schema()
        ),
        turns,
        temperature: Some(0.3),
        max_tokens: Some(6_000),
        json_schema: Some(schema().clone()),
        ..ModelRequest::default()
    }
}

/// Reads a model's answer; what does not fit, in words that it can mend it by.
fn read(answer: &str) -> std::result::Result<Scene, String> {
    // Models like to wrap JSON in a sentence or a code fence.
    let (Some(from), Some(to)) = (answer.find('{'), answer.rfind('}')) else {
        return Err("there is no JSON object in it".into());
    };
    let json = answer.get(from..=to).ok_or("there is no JSON object in it")?;
    let value: Value = serde_json::from_str(json).map_err(|e| format!("it is no JSON: {e}"))?;
    let check = jsonschema::validator_for(schema()).map_err(|e| e.to_string())?;
    let faults: Vec<_> =
        check.iter_errors(&value).take(6).map(|e| format!("{}: {e}", e.instance_path())).collect();
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    serde_json::from_value(value).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_luna_makes_fits_her_own_schema() {
        for prompt in [
            "A calm ocean at night with stars",
            "three red cubes and a blue sphere on grass",
            "the solar system",
            "Ein verschneiter Wald im Mondlicht",
            "qwertz",
            "a city in the rain, with 5000 yellow towers",
        ] {
            let scene = serde_json::to_string(&compose::scene(prompt)).unwrap();
            read(&scene).unwrap_or_else(|fault| panic!("{prompt}: {fault}"));
        }
    }

    #[test]
    fn an_answer_is_read_through_its_wrapping_and_its_faults_are_named() {
        let scene = serde_json::to_string(&compose::scene("a house")).unwrap();
        assert!(read(&format!("Here it is:\n```json\n{scene}\n```")).is_ok());
        assert!(read("no").unwrap_err().contains("no JSON"));
        let fault = read(&scene.replace("\"kind\":\"plane\"", "\"kind\":\"dragon\"")).unwrap_err();
        assert!(fault.contains("dragon"), "{fault}");
    }
}
