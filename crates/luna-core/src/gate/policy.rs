//! The decision itself: pure, from what the user allowed and what is proposed. Deny beats ask beats allow.

use std::collections::{BTreeMap, BTreeSet};

use luna_model::{Actor, Evidence, Mode, Risk, Rule, RuleId, RuleMatch, Verdict};
use serde_json::Value;

use super::Request;

/// What the user allowed.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Every tool's mode.
    pub modes: BTreeMap<String, Mode>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// Tools of modules that are switched off.
    pub off: BTreeSet<String>,
}

/// What the decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// The tool.
    pub tool: &'a str,
    /// Its arguments.
    pub input: &'a Value,
    /// On whose behalf.
    pub actor: &'a Actor,
    /// What led to it.
    pub evidence: &'a [Evidence],
    /// Whether it changes anything.
    pub changes: bool,
    /// Whether it sends to an address that nobody named.
    pub sends_unprompted: bool,
    /// The judgement, when it is a command.
    pub verdict: Option<&'a Verdict>,
}

impl<'a> Proposal<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        Self {
            tool: &request.action.tool,
            input: &request.action.input,
            actor: &request.action.actor,
            evidence: &request.action.evidence,
            changes: request.changes,
            sends_unprompted: request.sends_unprompted,
            verdict: request.verdict.as_ref(),
        }
    }

    fn saw_outside_text(&self) -> bool {
        self.evidence.iter().any(|e| matches!(e, Evidence::Outside { .. }))
    }
}

/// A decision with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub mode: Mode,
    /// Why, in a sentence.
    pub why: String,
    /// The rule that decided, when one did.
    pub rule: Option<RuleId>,
}

impl Decision {
    fn new(mode: Mode, why: impl Into<String>) -> Self {
        Self { mode, why: why.into(), rule: None }
    }
}

impl Policy {
    /// Decides. `rule_fits` says whether a judged command falls under the words of a rule of this mode: wholly for one that
    /// allows, in any part for one that asks or blocks.
    pub fn decide(
        &self,
        proposal: &Proposal<'_>,
        rule_fits: impl Fn(Mode, &[String], &Verdict) -> bool,
    ) -> Decision {
        if let Some(verdict) = proposal.verdict.filter(|v| v.blocked) {
            let why = verdict.reasons.iter().find(|r| r.blocks).map_or("it is never run", |r| &r.why);
            return Decision::new(Mode::Block, why);
        }
        let Some(&mode) = self.modes.get(proposal.tool) else {
            return Decision::new(Mode::Block, format!("there is no tool called {:?}", proposal.tool));
        };
        if mode == Mode::Block {
            return Decision::new(
                Mode::Block,
                format!("the permission of {} is set to block", proposal.tool),
            );
        }
        if self.off.contains(proposal.tool) && !matches!(proposal.actor, Actor::User) {
            return Decision::new(Mode::Block, "it is switched off in Settings");
        }
        if let Actor::Guest { standing, .. } = proposal.actor
            && !crate::channels::tools_for(*standing).contains(&proposal.tool)
        {
            return Decision::new(Mode::Block, "it is not for messages from elsewhere");
        }
        let beyond = self.beyond_packages(proposal);
        if let Some(decision) = beyond.clone().filter(|d| d.mode == Mode::Block) {
            return decision;
        }
        let ruled = self.by_rules(proposal, rule_fits);
        if let Some(decision) = ruled.clone().filter(|d| d.mode == Mode::Block) {
            return decision;
        }
        // A person who clicks or types the thing itself has said yes to it; a run was approved as shown.
        if matches!(proposal.actor, Actor::User | Actor::Run { .. }) {
            return Decision::new(Mode::Allow, "you asked for it directly");
        }
        if let Some(decision) = beyond {
            return decision;
        }
        if let Some(decision) = ruled {
            return guarded(decision, proposal);
        }
        let base = match proposal.verdict {
            Some(verdict) => command(mode, verdict),
            None => tool(mode, proposal),
        };
        if base.mode == Mode::Allow
            && proposal.saw_outside_text()
            && (proposal.changes || proposal.sends_unprompted)
        {
            let why = if proposal.changes {
                "text from outside was read before, and this changes something"
            } else {
                "text from outside was read before, and this sends to an address that nobody named"
            };
            return Decision::new(Mode::Confirm, why);
        }
        base
    }

    /// What the packages whose instructions are in sight say: what one was denied is blocked, what it did not ask for is
    /// asked, whatever the modes and rules are. The user's own deeds are not theirs.
    fn beyond_packages(&self, proposal: &Proposal<'_>) -> Option<Decision> {
        if matches!(proposal.actor, Actor::User | Actor::Run { .. }) {
            return None;
        }
        let packages = proposal.evidence.iter().filter_map(|evidence| match evidence {
            Evidence::Package { name, allowed } => Some((name, allowed)),
            _ => None,
        });
        let needs = crate::modules::needs(proposal.tool);
        let mut unasked = None;
        for (name, allowed) in packages {
            if let Some(what) = needs.and_then(|needs| needs.missing(allowed)) {
                return Some(Decision::new(
                    Mode::Block,
                    format!(
                        "the instructions of {name} are in use, which may not {what}; switch that skill off, or ask without it"
                    ),
                ));
            }
            if !allowed.tools.iter().any(|tool| tool == proposal.tool) {
                unasked = Some(Decision::new(
                    Mode::Confirm,
                    format!(
                        "the instructions of {name} are in use, which did not ask for {} when it was installed",
                        proposal.tool
                    ),
                ));
            }
        }
        unasked
    }

    /// What the rules say: the strictest of those that fit.
    fn by_rules(
        &self,
        proposal: &Proposal<'_>,
        rule_fits: impl Fn(Mode, &[String], &Verdict) -> bool,
    ) -> Option<Decision> {
        let fits = |rule: &&Rule| rule.tool == proposal.tool && matches(rule, proposal, &rule_fits);
        let strictest = self.rules.iter().filter(fits).max_by_key(|rule| strictness(rule.mode))?;
        let why = match strictest.mode {
            Mode::Allow => "a rule of yours allows it",
            Mode::Confirm => "a rule of yours says to ask",
            Mode::Block => "a rule of yours blocks it",
        };
        Some(Decision { mode: strictest.mode, why: why.into(), rule: Some(strictest.id) })
    }
}

/// A rule's allow still asks where text from outside may have led to something dangerous.
fn guarded(decision: Decision, proposal: &Proposal<'_>) -> Decision {
    let dangerous = proposal.verdict.is_some_and(|v| v.risk == Risk::Dangerous);
    if decision.mode == Mode::Allow && dangerous && proposal.saw_outside_text() {
        return Decision::new(Mode::Confirm, "text from outside was read before, and this is dangerous");
    }
    decision
}

fn tool(mode: Mode, proposal: &Proposal<'_>) -> Decision {
    match mode {
        Mode::Confirm => Decision::new(mode, format!("the permission of {} is set to ask", proposal.tool)),
        _ => Decision::new(mode, format!("the permission of {} is set to allow", proposal.tool)),
    }
}

/// Commands are decided command by command: what only reads may run, what is dangerous is always asked.
fn command(mode: Mode, verdict: &Verdict) -> Decision {
    let reason = || verdict.reasons.first().map_or_else(String::new, |r| format!(": {}", r.why));
    match (mode, verdict.risk) {
        (_, Risk::Safe) => Decision::new(Mode::Allow, "the command only reads"),
        (Mode::Allow, Risk::Moderate) => {
            Decision::new(Mode::Allow, "the permission of commands is set to allow")
        }
        (_, Risk::Moderate) => {
            Decision::new(Mode::Confirm, format!("the command changes something{}", reason()))
        }
        (_, Risk::Dangerous) => Decision::new(Mode::Confirm, format!("the command is dangerous{}", reason())),
    }
}

const fn strictness(mode: Mode) -> u8 {
    match mode {
        Mode::Allow => 0,
        Mode::Confirm => 1,
        Mode::Block => 2,
    }
}

fn matches(
    rule: &Rule,
    proposal: &Proposal<'_>,
    rule_fits: impl Fn(Mode, &[String], &Verdict) -> bool,
) -> bool {
    match &rule.matches {
        RuleMatch::Any => true,
        RuleMatch::Exactly { input } => input == proposal.input,
        RuleMatch::Field { name, value } => proposal.input.get(name) == Some(value),
        RuleMatch::Under { name, prefix } => {
            proposal.input.get(name).and_then(Value::as_str).is_some_and(|text| under(prefix, text))
        }
        RuleMatch::Command { words } => {
            proposal.verdict.is_some_and(|verdict| rule_fits(rule.mode, words, verdict))
        }
    }
}

/// Whether a path or URL lies under a prefix, with nothing in it that leads out again.
fn under(prefix: &str, text: &str) -> bool {
    let climbs = text.split(['/', '\\']).any(|part| part == ".." || part.eq_ignore_ascii_case("%2e%2e"));
    prefix.ends_with('/') && text.starts_with(prefix) && !climbs
}

#[cfg(test)]
mod tests {
    use luna_model::{ConversationId, Reason, Timestamp};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn verdict(risk: Risk, blocked: bool) -> Verdict {
        let reasons = vec![Reason { risk, blocks: blocked, words: "x".into(), why: "because".into() }];
        Verdict { risk, blocked, reasons, programs: vec![vec!["x".into()]], opaque: false, reversible: false }
    }

    fn rule(mode: Mode, matches: RuleMatch) -> Rule {
        Rule { id: RuleId::new(), tool: "t".into(), matches, mode, created_at: Timestamp::UNIX_EPOCH }
    }

    fn policy(mode: Mode, rules: Vec<Rule>) -> Policy {
        Policy { modes: [("t".to_owned(), mode)].into(), rules, off: BTreeSet::new() }
    }

    fn any_mode() -> impl Strategy<Value = Mode> {
        prop_oneof![Just(Mode::Allow), Just(Mode::Confirm), Just(Mode::Block)]
    }

    fn any_actor() -> impl Strategy<Value = Actor> {
        prop_oneof![
            Just(Actor::User),
            Just(Actor::Model { conversation: ConversationId::new() }),
            Just(Actor::Task { task: luna_model::TaskId::new() }),
            Just(Actor::Run { run: luna_model::RunId::new() }),
        ]
    }

    proptest! {
        /// No mode, rule or actor lifts a block of the judge.
        #[test]
        fn a_blocked_command_is_never_let_through(mode in any_mode(), rules in prop::collection::vec(any_mode(), 0..5), actor in any_actor()) {
            let policy = policy(mode, rules.into_iter().map(|m| rule(m, RuleMatch::Any)).collect());
            let judged = verdict(Risk::Dangerous, true);
            let proposal = Proposal { tool: "t", input: &json!({}), actor: &actor, evidence: &[], changes: true, sends_unprompted: false, verdict: Some(&judged) };
            prop_assert_eq!(policy.decide(&proposal, |_, _, _| true).mode, Mode::Block);
        }

        /// Among the rules that fit, the strictest decides, in whatever order they were made.
        #[test]
        fn deny_beats_ask_beats_allow(rules in prop::collection::vec(any_mode(), 1..6)) {
            let strictest = rules.iter().copied().max_by_key(|m| strictness(*m)).unwrap();
            let policy = policy(Mode::Confirm, rules.into_iter().map(|m| rule(m, RuleMatch::Any)).collect());
            let actor = Actor::Model { conversation: ConversationId::new() };
            let proposal = Proposal { tool: "t", input: &json!({}), actor: &actor, evidence: &[], changes: false, sends_unprompted: false, verdict: None };
            prop_assert_eq!(policy.decide(&proposal, |_, _, _| true).mode, strictest);
        }

        /// More text from outside never makes a decision more lenient.
        #[test]
        fn outside_text_never_loosens(mode in any_mode(), rules in prop::collection::vec(any_mode(), 0..3), changes: bool, sends: bool, risk in 0..3u8) {
            let risk = [Risk::Safe, Risk::Moderate, Risk::Dangerous][usize::from(risk)];
            let policy = policy(mode, rules.into_iter().map(|m| rule(m, RuleMatch::Any)).collect());
            let (judged, actor) = (verdict(risk, false), Actor::Model { conversation: ConversationId::new() });
            let outside = [Evidence::Outside { origin: "web_fetch".into() }];
            let clean = Proposal { tool: "t", input: &json!({}), actor: &actor, evidence: &[], changes, sends_unprompted: sends, verdict: Some(&judged) };
            let tainted = Proposal { evidence: &outside, ..clean };
            let strict = |p: &Proposal<'_>| strictness(policy.decide(p, |_, _, _| true).mode);
            prop_assert!(strict(&tainted) >= strict(&clean));
        }
    }

    #[test]
    fn a_folder_rule_does_not_reach_outside_its_folder() {
        for (path, fits) in [
            ("notes/a.md", true),
            ("notes/../b", false),
            ("notes", false),
            ("notesx/a", false),
            ("notes/%2E%2e/b", false),
        ] {
            assert_eq!(under("notes/", path), fits, "{path}");
        }
        assert!(!under("https://docs.rs", "https://docs.rs.evil.example/"));
    }

    #[test]
    fn a_package_does_what_it_was_allowed_and_nothing_else() {
        let tools = ["web_search", "run_command", "set_volume"].map(|t| (t.to_owned(), Mode::Allow));
        let allow_all = ["web_search", "run_command", "set_volume"]
            .map(|tool| Rule { tool: tool.into(), ..rule(Mode::Allow, RuleMatch::Any) });
        let policy = Policy { modes: tools.into(), rules: allow_all.into(), off: BTreeSet::new() };
        let allowed = luna_model::Capabilities {
            network: true,
            tools: vec!["web_search".into(), "run_command".into()],
            ..luna_model::Capabilities::default()
        };
        let evidence = [Evidence::Package { name: "Research".into(), allowed }];
        let decide = |tool, actor: &Actor| {
            let proposal = Proposal {
                tool,
                input: &json!({}),
                actor,
                evidence: &evidence,
                changes: true,
                sends_unprompted: false,
                verdict: None,
            };
            policy.decide(&proposal, |_, _, _| true).mode
        };
        let model = Actor::Model { conversation: ConversationId::new() };
        assert_eq!(decide("web_search", &model), Mode::Allow);
        // It names the tool, and was denied what the tool needs.
        assert_eq!(decide("run_command", &model), Mode::Block);
        assert_eq!(decide("set_volume", &model), Mode::Confirm);
        assert_eq!(decide("run_command", &Actor::User), Mode::Allow);
    }

    #[test]
    fn an_unknown_tool_is_blocked() {
        let actor = Actor::User;
        let proposal = Proposal {
            tool: "no_such",
            input: &json!({}),
            actor: &actor,
            evidence: &[],
            changes: false,
            sends_unprompted: false,
            verdict: None,
        };
        assert_eq!(policy(Mode::Allow, vec![]).decide(&proposal, |_, _, _| true).mode, Mode::Block);
    }
}
