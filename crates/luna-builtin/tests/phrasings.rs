//! What is understood: the phrasings the grammar was written with, those held back from it, and what must do nothing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod common;

use std::collections::HashSet;

use common::{calls, now, request, said, tools};
use luna_builtin::{answer, intents};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    say: String,
    intent: Option<String>,
    #[serde(default)]
    intents: Vec<String>,
    /// Arguments that the first call must have; it may have more.
    input: Option<serde_json::Map<String, Value>>,
}

impl Case {
    /// What is wrong with how it is understood.
    fn fault(&self) -> Option<String> {
        let found = intents(&self.say, Some(&now()));
        let wanted: Vec<&str> = self.intent.iter().chain(&self.intents).map(String::as_str).collect();
        if found != wanted {
            return Some(format!("{:?}: wanted {wanted:?}, understood {found:?}", self.say));
        }
        let events = answer(&request(&self.say));
        let calls = calls(&events);
        for call in &calls {
            let schema =
                tools().into_iter().find(|tool| tool.name == call.name).map(|tool| tool.input_schema)?;
            if let Err(error) = jsonschema::validate(&schema, &call.input) {
                return Some(format!("{:?}: {} {}: {error}", self.say, call.name, call.input));
            }
        }
        let wanted = self.input.as_ref()?;
        let Some(call) = calls.first() else {
            return Some(format!("{:?}: no call, said {:?}", self.say, said(&events)));
        };
        wanted
            .iter()
            .find(|(name, value)| call.input.get(name.as_str()) != Some(*value))
            .map(|(name, value)| format!("{:?}: {name} should be {value}, input is {}", self.say, call.input))
    }
}

#[test]
fn every_phrasing_is_understood() {
    let cases: Cases = toml::from_str(include_str!("phrasings.toml")).unwrap();
    let faults: Vec<String> = cases.case.iter().filter_map(Case::fault).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.case.len(), faults.join("\n"));
    assert!(cases.case.len() >= 300, "only {}", cases.case.len());
    let intents: HashSet<&String> =
        cases.case.iter().flat_map(|case| case.intent.iter().chain(&case.intents)).collect();
    assert!(intents.len() >= 40, "only {}", intents.len());
}

/// A floor, not an aim: the score is what people may expect of words that nobody thought of.
#[test]
fn most_phrasings_held_back_are_understood() {
    const FLOOR: f64 = 0.80;
    let cases: Cases = toml::from_str(include_str!("heldback.toml")).unwrap();
    assert!(cases.case.len() >= 60, "only {}", cases.case.len());
    let faults: Vec<String> = cases.case.iter().filter_map(Case::fault).collect();
    let score = 1.0 - faults.len() as f64 / cases.case.len() as f64;
    println!(
        "held back: {} of {} understood ({:.0} %)",
        cases.case.len() - faults.len(),
        cases.case.len(),
        score * 100.0
    );
    if std::env::var_os("SHOW_HELD_BACK").is_some() {
        println!("{}", faults.join("\n"));
    }
    assert!(score >= FLOOR, "{score:.2} is below {FLOOR}");
}

#[test]
fn talk_about_deeds_is_no_deed() {
    #[derive(Deserialize)]
    struct Negatives {
        say: Vec<String>,
    }
    let negatives: Negatives = toml::from_str(include_str!("negatives.toml")).unwrap();
    assert!(negatives.say.len() >= 60);
    let faults: Vec<String> = negatives
        .say
        .iter()
        .filter_map(|text| {
            let calls = calls(&answer(&request(text)));
            (!calls.is_empty()).then(|| format!("{text:?} called {} {}", calls[0].name, calls[0].input))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
