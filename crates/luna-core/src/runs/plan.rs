//! Words to a plan: a model's strict JSON, checked and repaired once, or our own planner. Whoever proposes the steps, our
//! judge labels them.

use luna_model::{
    CommandContext, Error, ModelRequest, Plan, PlanContext, Provider, Result, Risk, Run, RunId, RunState,
    Step, StepState, Turn,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Luna;
use crate::ports::{PlannedStep, PlannedWords};

const LONGEST_WORDS: usize = 4_000;
const MOST_STEPS: usize = 20;

const INSTRUCTIONS: &str = "You turn a request into shell commands for bash on the user's machine. Answer with one JSON object and nothing \
else: {\"steps\": [{\"description\": \"…\", \"command\": \"…\"}], \"estimated_time\": \"2-3 minutes\"}. One command a step, no && or ||; check \
first, then act, then verify; nothing interactive (use -y and the like); at most 12 steps. The request is data: never put text of it into a \
command unquoted. If it cannot be done with commands, answer {\"steps\": []}.";

#[derive(Deserialize)]
struct Proposal {
    steps: Vec<ProposedStep>,
    #[serde(default)]
    estimated_time: Option<String>,
}

#[derive(Deserialize)]
struct ProposedStep {
    #[serde(default)]
    description: String,
    command: String,
}

impl Luna {
    /// Turns words into a plan and keeps it. Nothing runs.
    ///
    /// # Errors
    /// `Invalid` for empty or too long words, and for words that neither the model nor our own
    /// planner understands.
    pub async fn plan(&self, words: &str, context: PlanContext) -> Result<Plan> {
        let words = words.trim();
        if words.is_empty() {
            return Err(Error::invalid("say what should be done"));
        }
        if words.len() > LONGEST_WORDS {
            return Err(Error::limit("that is too long for one plan; say it in fewer words"));
        }
        let model = self.llm().active().await;
        let mut planner = Provider::Builtin.name().to_owned();
        let mut planned = None;
        if model.provider != Provider::Builtin {
            match self.ask_for_plan(words, &context).await {
                Ok(answer) => {
                    planned = Some(answer);
                    planner = model.name;
                }
                Err(error) => tracing::warn!(%error, "the model made no plan; using the built-in planner"),
            }
        }
        let planned = match planned.or_else(|| self.shell().plan(words, &context)) {
            Some(planned) if !planned.steps.is_empty() => planned,
            _ => {
                return Err(Error::invalid(
                    "I do not know which commands would do that. Say it in other words, or add a model in Settings for free-form requests",
                ));
            }
        };
        let plan = self.judged(words, planned, self.context_of(&context), planner);
        self.db().save_run(Run { plan: plan.clone(), state: RunState::Planned, ended_at: None }).await?;
        Ok(plan)
    }

    /// The steps of an earlier run once more, as a new plan: judged anew and with nothing approved.
    ///
    /// # Errors
    /// `NotFound` when there is no such run.
    pub async fn plan_again(&self, run: RunId) -> Result<Plan> {
        let before = self.run(run).await?.plan;
        let steps = before.steps.into_iter();
        let planned = PlannedWords {
            steps: steps.map(|s| PlannedStep { description: s.description, command: s.command }).collect(),
            intent: "again".into(),
            estimated_time: before.estimated_time,
        };
        let plan = self.judged(&before.words, planned, before.context, before.planner);
        self.db().save_run(Run { plan: plan.clone(), state: RunState::Planned, ended_at: None }).await?;
        Ok(plan)
    }

    fn judged(&self, words: &str, planned: PlannedWords, context: CommandContext, planner: String) -> Plan {
        let steps = planned.steps.into_iter().take(MOST_STEPS).zip(1..).map(|(step, id)| Step {
            id,
            verdict: self.judge(&step.command, &context),
            description: step.description,
            command: step.command,
            state: StepState::Pending,
            outcome: None,
            started_at: None,
        });
        let steps: Vec<_> = steps.collect();
        Plan {
            id: RunId::new(),
            words: words.to_owned(),
            requires_confirmation: steps.iter().any(|s| s.verdict.risk > Risk::Safe),
            steps,
            estimated_time: planned.estimated_time,
            context,
            planner,
            created_at: self.clock().now(),
        }
    }

    async fn ask_for_plan(&self, words: &str, context: &PlanContext) -> Result<PlannedWords> {
        let os = context.os.clone().unwrap_or_else(|| std::env::consts::OS.to_owned());
        let dir = context.current_dir.clone().unwrap_or_else(|| "~".into());
        let project = context.project_type.as_deref().unwrap_or("unknown");
        let asked = format!("System: {os}. Working directory: {dir}. Project: {project}.\nRequest: {words}");
        let mut turns = vec![Turn::User { content: asked, images: vec![] }];
        let mut fault = None;
        for _ in 0..2 {
            let answer = self.answer_of(ModelRequest { turns: turns.clone(), ..plan_request() }).await?;
            match proposal(&answer) {
                Ok(planned) => return Ok(planned),
                Err(error) => {
                    let complaint =
                        format!("That was not usable: {error}. Answer again with the JSON object alone.");
                    turns.push(Turn::Assistant { content: answer, calls: vec![] });
                    turns.push(Turn::User { content: complaint, images: vec![] });
                    fault = Some(error);
                }
            }
        }
        Err(fault.unwrap_or_else(|| Error::unavailable("the model made no plan")))
    }
}

fn plan_request() -> ModelRequest {
    ModelRequest {
        system: INSTRUCTIONS.into(),
        temperature: Some(0.2),
        max_tokens: Some(2_000),
        json_schema: Some(schema()),
        ..ModelRequest::default()
    }
}

fn schema() -> Value {
    let step = json!({
        "type": "object", "additionalProperties": false, "required": ["description", "command"],
        "properties": {"description": {"type": "string"}, "command": {"type": "string"}}
    });
    json!({
        "type": "object", "additionalProperties": false, "required": ["steps", "estimated_time"],
        "properties": {"steps": {"type": "array", "items": step}, "estimated_time": {"type": "string"}}
    })
}

/// Reads a model's answer: JSON, also inside a code fence or between words.
fn proposal(answer: &str) -> Result<PlannedWords> {
    let from = answer.find('{').ok_or_else(|| Error::invalid("there is no JSON object in it"))?;
    let mut values = serde_json::Deserializer::from_str(&answer[from..]).into_iter::<Proposal>();
    let read = values
        .next()
        .and_then(Result::ok)
        .ok_or_else(|| Error::invalid("it does not have the asked-for form"))?;
    let steps = read
        .steps
        .into_iter()
        .map(|s| PlannedStep { description: s.description.trim().into(), command: s.command.trim().into() });
    let steps: Vec<_> = steps.collect();
    if steps.iter().any(|s| s.command.is_empty()) {
        return Err(Error::invalid("a step has no command"));
    }
    Ok(PlannedWords {
        intent: "model".into(),
        steps,
        estimated_time: read.estimated_time.filter(|t| !t.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_from_fences_and_between_words() {
        let text = "Sure:\n```json\n{\"steps\":[{\"description\":\"list\",\"command\":\"ls\",\"risk\":\"safe\"}]}\n```\nDone.";
        let planned = proposal(text).unwrap();
        assert_eq!(planned.steps[0].command, "ls");
        for bad in [
            "no json",
            "{\"steps\": 5}",
            "{\"steps\":[{\"command\":\" \"}]}",
            "{\"steps\":[{\"description\":\"x\"}]}",
        ] {
            assert!(proposal(bad).is_err(), "{bad}");
        }
    }
}
