//! Agents: roles with instructions, tools and a form for what they give back, as data. A role answers in Luna's place, in a
//! conversation of its own; what it does to the world passes the gate like everything else.

use std::sync::LazyLock;

use include_dir::{Dir, File, include_dir};
use luna_model::{Error, Provider, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::Luna;
use crate::chat::{Asker, ChatRequest, Persona, TurnStream};
use crate::talk::Talk;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/agents");

/// The agents that anybody may be offered.
pub const CATALOGUE: &str = "catalogue";
/// The agents that words choose, and that answer with data.
pub const ROUTED: &str = "routed";
/// The sides of a review, and its judge.
pub const DEBATE: &str = "debate";

/// Who may have an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentTier {
    /// Everybody.
    Free,
    /// Who pays.
    Pro,
}

/// Something an agent wants to be given.
#[derive(Clone, Debug, Deserialize)]
pub struct AgentInput {
    /// Its name.
    pub name: String,
    /// What it is.
    pub what: String,
    /// Whether the work cannot be done without it.
    #[serde(default)]
    pub required: bool,
}

/// The form of what an agent gives back.
#[derive(Clone, Debug, Deserialize)]
pub struct AgentOutput {
    /// `markdown`, `json`, `text`.
    pub format: String,
    /// The headings it has, when it is text.
    #[serde(default)]
    pub sections: Vec<String>,
    /// The JSON Schema it keeps to, when it is data.
    #[serde(default)]
    pub schema: Option<Value>,
}

/// What was asked once, and what a good answer was.
#[derive(Clone, Debug, Deserialize)]
pub struct AgentExample {
    /// What was asked.
    pub input: String,
    /// What was answered.
    pub output: String,
}

/// Words that choose an agent.
#[derive(Clone, Debug, Deserialize)]
pub struct Routing {
    /// Which agent is looked at first: the lowest.
    pub rank: u32,
    /// The words, any of which chooses it.
    #[serde(default)]
    pub when: Vec<String>,
}

/// A role.
#[derive(Clone, Debug, Deserialize)]
pub struct Agent {
    /// Its name for programs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it does, in a line.
    pub role: String,
    /// Its kind of work.
    pub category: String,
    /// Who may have it.
    pub tier: AgentTier,
    /// What it does, in a few lines.
    pub summary: String,
    /// What it is to do, and how.
    pub instructions: String,
    /// What it wants to be given.
    #[serde(default)]
    pub inputs: Vec<AgentInput>,
    /// The tools it may call.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Words that choose it.
    #[serde(default)]
    pub routing: Option<Routing>,
    /// The form of what it gives back.
    pub output: AgentOutput,
    /// What was asked once, and what a good answer was.
    pub example: Option<AgentExample>,
    /// The folder it is in.
    #[serde(skip)]
    pub group: String,
}

static AGENTS: LazyLock<Vec<Agent>> = LazyLock::new(|| {
    let mut agents: Vec<Agent> = written()
        .filter_map(|file| {
            let read = read(file);
            read.inspect_err(|error| tracing::error!(%error, path = ?file.path(), "an agent cannot be read"))
                .ok()
        })
        .collect();
    agents.sort_by(|a, b| a.slug.cmp(&b.slug));
    agents
});

fn written() -> impl Iterator<Item = &'static File<'static>> {
    FOLDER.dirs().flat_map(Dir::files).filter(|f| f.path().extension().is_some_and(|e| e == "toml"))
}

/// Reads an agent; a schema that is named lies beside it.
fn read(file: &'static File<'static>) -> Result<Agent> {
    let wrong = |what: String| Error::invalid(format!("{}: {what}", file.path().display()));
    let text = file.contents_utf8().unwrap_or_default();
    let mut agent: Agent = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let folder = file.path().parent().unwrap_or(file.path());
    agent.group = folder.display().to_string();
    if let Some(Value::String(name)) = &agent.output.schema {
        let schema = FOLDER.get_file(folder.join(name)).and_then(File::contents_utf8);
        let schema = schema.ok_or_else(|| wrong(format!("there is no {name} beside it")))?;
        agent.output.schema = Some(serde_json::from_str(schema).map_err(|e| wrong(e.to_string()))?);
    }
    Ok(agent)
}

/// The agents of a group, by slug.
pub fn agents(group: &str) -> impl Iterator<Item = &'static Agent> {
    AGENTS.iter().filter(move |agent| agent.group == group)
}

/// The agent of this name in a group.
///
/// # Errors
/// `NotFound` when there is none.
pub fn agent(group: &str, slug: &str) -> Result<&'static Agent> {
    agents(group)
        .find(|agent| agent.slug == slug)
        .ok_or_else(|| Error::not_found(format!("there is no agent called {slug:?}")))
}

/// The routed agent that these words ask for; none = Luna herself. A short question about such work is no order to do it.
#[must_use]
pub fn routed(said: &str) -> Option<&'static Agent> {
    let said = said.to_lowercase();
    if said.trim_end().ends_with('?') && said.len() < 200 {
        return None;
    }
    let chosen = agents(ROUTED).filter_map(|agent| Some((agent, agent.routing.as_ref()?)));
    let chosen = chosen.filter(|(_, routing)| routing.when.iter().any(|words| said.contains(words.as_str())));
    chosen.min_by_key(|(_, routing)| routing.rank).map(|(agent, _)| agent)
}

impl Agent {
    fn persona(&self) -> Persona {
        let mut instructions = format!("{}\n\n{}", self.summary, self.instructions.trim());
        if !self.output.sections.is_empty() {
            instructions.push_str(&format!(
                "\n\nAnswer in Markdown, with these headings in this order, leaving out one that has nothing under it: {}.",
                self.output.sections.join(", ")
            ));
        }
        if let Some(example) = &self.example {
            instructions.push_str(&format!(
                "\n\n## An example\nAsked:\n{}\n\nAnswered:\n{}",
                example.input.trim(),
                example.output.trim()
            ));
        }
        Persona {
            name: self.name.clone(),
            instructions,
            // Data is asked for at once, without a detour over tools.
            tools: if self.output.schema.is_some() { vec![] } else { self.tools.clone() },
            schema: self.output.schema.clone(),
        }
    }
}

/// A piece of work for an agent.
#[derive(Clone, Debug)]
pub struct Work {
    /// Who does it.
    pub agent: &'static Agent,
    /// What it is about: all that the agent gets to know.
    pub context: String,
    /// Another provider than the configured one.
    pub provider: Option<Provider>,
    /// Another model than the configured one.
    pub model: Option<String>,
}

impl Luna {
    /// Has an agent do a piece of work; its answer streams. Dropping the stream stops it.
    ///
    /// # Errors
    /// As [`Luna::chat`].
    pub async fn work(&self, work: Work) -> Result<TurnStream> {
        let request = ChatRequest {
            message: work.context,
            provider: work.provider,
            model: work.model,
            persona: Some(work.agent.persona()),
            ..ChatRequest::default()
        };
        self.chat_as(request, Asker::Persona).await
    }

    /// Has an agent that answers with data do a piece of work. What does not keep to its schema is sent back once.
    ///
    /// # Errors
    /// `Unavailable` when there is no model, or what it gave was wrong twice.
    pub async fn work_out(&self, agent: &'static Agent, context: String) -> Result<Value> {
        let schema = agent.output.schema.clone().unwrap_or(Value::Bool(true));
        let check = jsonschema::validator_for(&schema).map_err(|e| Error::internal(e.to_string()))?;
        let mut request =
            ChatRequest { message: context, persona: Some(agent.persona()), ..ChatRequest::default() };
        let mut fault = String::new();
        for _ in 0..2 {
            let turn = self.chat_as(request.clone(), Asker::Persona).await?;
            request.conversation = Some(turn.conversation);
            let told = Talk::new(self.clone(), turn).to_the_end().await?;
            match object_in(&told.said) {
                None => fault = "there is no JSON object in it".into(),
                Some(value) => {
                    let faults: Vec<_> = check
                        .iter_errors(&value)
                        .take(5)
                        .map(|e| format!("{} {e}", e.instance_path()).trim().to_owned())
                        .collect();
                    if faults.is_empty() {
                        return Ok(value);
                    }
                    fault = faults.join("; ");
                }
            }
            request.message = format!(
                "That was not usable: {fault}. Answer again with the JSON object of the schema alone."
            );
        }
        Err(Error::unavailable(format!("{} gave no usable answer: {fault}", agent.name)))
    }
}

/// The first JSON object in a model's answer, also inside a code fence or between words.
pub(crate) fn object_in(answer: &str) -> Option<Value> {
    let from = answer.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&answer[from..]).into_iter::<Value>();
    values.next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_can_be_read_and_used() {
        let tools = crate::tools::Tools::all().unwrap();
        for file in written() {
            let agent = read(file).unwrap();
            assert_eq!(file.path().file_stem().unwrap().to_str(), Some(agent.slug.as_str()));
            assert!(agent.instructions.len() > 200, "{} has hardly any instructions", agent.slug);
            for tool in &agent.tools {
                assert!(tools.get(tool).is_some(), "{} wants {tool}, which there is not", agent.slug);
            }
            if let Some(schema) = &agent.output.schema {
                let check = jsonschema::validator_for(schema).unwrap();
                let example = agent.example.as_ref().expect("an agent that gives data shows some");
                let value = object_in(&example.output).expect("the example is JSON");
                assert!(check.is_valid(&value), "the example of {} breaks its own schema", agent.slug);
            }
        }
    }

    #[test]
    fn a_catalogue_of_28_of_which_6_are_for_all() {
        assert_eq!(agents(CATALOGUE).count(), 28);
        assert_eq!(agents(CATALOGUE).filter(|a| a.tier == AgentTier::Free).count(), 6);
        assert!(agent(CATALOGUE, "no-such-agent").is_err());
    }

    #[test]
    fn words_choose_an_agent_and_questions_do_not() {
        for (said, agent) in [
            ("Scaffold an express app", Some("scaffold")),
            ("Please review code: def f(): pass", Some("analyze")),
            ("write tests for this function", Some("test")),
            ("generate docs for it", Some("docs")),
            ("What is a unit test?", None),
            ("hello", None),
        ] {
            assert_eq!(routed(said).map(|a| a.slug.as_str()), agent, "{said}");
        }
    }

    #[test]
    fn an_object_is_found_between_words() {
        assert_eq!(object_in("Here:\n```json\n{\"a\": 1}\n```"), Some(serde_json::json!({"a": 1})));
        assert_eq!(object_in("none"), None);
    }
}
