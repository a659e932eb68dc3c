//! Plans without a model: plain words are compared with the requests Luna knows (data in `plan/requests/`), and what the
//! words name is put, checked and quoted, into the steps of the one that fits best. Words never become a command unread.

mod machine;
mod pattern;
mod request;
mod slot;
mod time;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;

use luna_core::ports::{PlannedStep, PlannedWords};
use luna_model::PlanContext;

pub use machine::{Machine, OperatingSystem, PackageManager};
use pattern::Match;
use request::Request;

/// Longer texts are stories, not requests.
const LONGEST: usize = 500;

/// Turns words into steps.
#[derive(Debug)]
pub(crate) struct Planner {
    requests: Vec<Request>,
    /// All words of all patterns: what stands here was not mistyped.
    vocabulary: BTreeSet<String>,
    machine: Machine,
    home: PathBuf,
}

impl Planner {
    pub(crate) fn new(machine: Machine, home: PathBuf) -> Self {
        let requests = request::load();
        let patterns = requests.iter().flat_map(|request| &request.patterns);
        let vocabulary = patterns.flat_map(|pattern| pattern.vocabulary()).map(str::to_owned).collect();
        Self { requests, vocabulary, machine, home }
    }

    /// The plan for these words; none when they are not understood as a whole.
    pub(crate) fn plan(&self, words: &str, context: &PlanContext) -> Option<PlannedWords> {
        if words.len() > LONGEST || words.chars().any(|c| c.is_control() && c != '\t') {
            return None;
        }
        let machine = self.machine.as_seen_by(context, &self.home);
        let mut words = words::read(words);
        for word in &mut words {
            word.slipped = !word.quoted && !self.vocabulary.contains(&word.low);
        }
        self.plan_one(&words, &machine).or_else(|| self.plan_several(&words, &machine))
    }

    /// "… and then …": a plan when every part has one.
    fn plan_several(&self, words: &[words::Word], machine: &Machine) -> Option<PlannedWords> {
        let parts = words::split_at_then(words);
        if parts.len() < 2 {
            return None;
        }
        let plans = parts.iter().map(|part| self.plan_one(part, machine)).collect::<Option<Vec<_>>>()?;
        let intent = plans.iter().map(|plan| plan.intent.as_str()).collect::<Vec<_>>().join(" + ");
        let estimated_time = time::sum(plans.iter().filter_map(|plan| plan.estimated_time.as_deref()));
        Some(PlannedWords {
            intent,
            steps: plans.into_iter().flat_map(|plan| plan.steps).collect(),
            estimated_time,
        })
    }

    fn plan_one(&self, words: &[words::Word], machine: &Machine) -> Option<PlannedWords> {
        let words = words::without_manners(words);
        let mut fits: Vec<(&Request, Match)> = self
            .requests
            .iter()
            .filter_map(|request| {
                let best = request
                    .patterns
                    .iter()
                    .filter_map(|pattern| pattern.best_match(words))
                    .max_by_key(|m| m.score)?;
                Some((request, best))
            })
            .collect();
        // Stable: of equals, the one that stands first in the data.
        fits.sort_by_key(|(_, found)| std::cmp::Reverse(found.score));
        fits.into_iter().find_map(|(request, found)| {
            let steps = request.steps_for(&found, machine)?;
            Some(PlannedWords { intent: request.intent.clone(), steps, estimated_time: request.time.clone() })
        })
    }
}

/// One step, ready to be shown.
fn step(description: String, command: String) -> PlannedStep {
    PlannedStep { description, command }
}

#[cfg(test)]
mod tests;
