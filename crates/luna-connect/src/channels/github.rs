//! GitHub: events of a repository as a line each, passed on to where the user reads.

use luna_core::ports::{Delivery, Received};
use luna_model::{Channel, Error, Recipient, Result, Secret};
use serde_json::{Value, json};

use super::{ServicesConfig, signatures};

/// Most characters of a title or comment in a line.
const QUOTED: usize = 120;

pub(super) fn read(secret: &Secret, delivery: &Delivery, config: &ServicesConfig) -> Result<Received> {
    let given = delivery.header("x-hub-signature-256").unwrap_or_default();
    signatures::hmac_sha256(secret, &[&delivery.body], given.strip_prefix("sha256=").unwrap_or_default())?;
    let event = delivery.header("x-github-event").unwrap_or_default();
    let body: Value = serde_json::from_slice(&delivery.body).map_err(|e| {
        Error::invalid(format!("this is no event; set its content type to application/json ({e})"))
    })?;
    if event == "ping" {
        return Ok(Received { answer: json!({ "ok": true, "zen": body["zen"] }), ..Received::default() });
    }
    let told = worth_telling(event, &body);
    let summary = told.clone().unwrap_or_else(|| in_passing(event, &body));
    let recipient = |channel, place: &Option<String>| {
        place.clone().map(|place| Recipient { channel, place, thread: None })
    };
    let to = [
        recipient(Channel::Slack, &config.notify_slack),
        recipient(Channel::Telegram, &config.notify_telegram),
    ];
    let forward = told.map_or(vec![], |text| to.into_iter().flatten().map(|to| (to, text.clone())).collect());
    Ok(Received {
        answer: json!({ "ok": true, "event": event, "summary": summary }),
        incoming: vec![],
        forward,
    })
}

/// An event in a line, if it is worth telling of by itself.
pub(super) fn worth_telling(event: &str, body: &Value) -> Option<String> {
    let text = |path: &str| body.pointer(path).and_then(Value::as_str);
    let who = text("/sender/login").unwrap_or("somebody");
    let repo = text("/repository/full_name").or_else(|| text("/organization/login")).unwrap_or("GitHub");
    let action = text("/action").unwrap_or_default();
    let number = |path: &str| body.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    let title = |path: &str| quoted(text(path).unwrap_or_default());
    let said = match event {
        "push" => {
            let branch = text("/ref")?.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
            let commits = body["commits"].as_array().map_or(0, Vec::len);
            if body["deleted"] == true {
                format!("{who} deleted {repo}/{branch}")
            } else if commits == 0 {
                format!("{who} pushed {repo}/{branch}")
            } else {
                let s = if commits == 1 { "" } else { "s" };
                let last = quoted(text("/head_commit/message").unwrap_or_default());
                format!("{who} pushed {commits} commit{s} to {repo}/{branch}: {last}")
            }
        }
        "pull_request" => {
            let verb = match action {
                "closed" if body.pointer("/pull_request/merged") == Some(&true.into()) => "merged",
                "opened" | "closed" | "reopened" => action,
                "ready_for_review" => "marked ready",
                _ => return None,
            };
            let (number, title) = (number("/pull_request/number"), title("/pull_request/title"));
            format!("{who} {verb} pull request #{number} in {repo}: {title}")
        }
        "issues" if matches!(action, "opened" | "closed" | "reopened") => {
            format!("{who} {action} issue #{} in {repo}: {}", number("/issue/number"), title("/issue/title"))
        }
        "issue_comment" if action == "created" => {
            format!("{who} commented on #{} in {repo}: {}", number("/issue/number"), title("/comment/body"))
        }
        "release" if action == "published" => {
            let name =
                text("/release/name").filter(|n| !n.is_empty()).or_else(|| text("/release/tag_name"))?;
            format!("{who} released {name} of {repo}")
        }
        "workflow_run" if action == "completed" => {
            let (name, end) =
                (text("/workflow_run/name")?, text("/workflow_run/conclusion").unwrap_or("over"));
            format!("{name} of {repo} is over: {end}")
        }
        "star" if action == "created" => format!("{who} starred {repo}"),
        "fork" => format!("{who} forked {repo}"),
        _ => return None,
    };
    Some(format!("[GitHub] {said}"))
}

/// What says what an event is about, the most telling first.
const ABOUT: [&str; 26] = [
    "/comment/body",
    "/review/body",
    "/pull_request/title",
    "/issue/title",
    "/discussion/title",
    "/milestone/title",
    "/release/name",
    "/label/name",
    "/team/name",
    "/project/name",
    "/project_card/note",
    "/project_column/name",
    "/check_run/name",
    "/workflow_job/name",
    "/workflow_run/name",
    "/workflow/name",
    "/alert/rule/description",
    "/security_advisory/summary",
    "/package/name",
    "/deployment/environment",
    "/key/title",
    "/rule/name",
    "/member/login",
    "/pages/0/title",
    "/context",
    "/ref",
];

/// Any event in a line, in GitHub's own words: "label created in owner/repo by alice: bug".
pub(super) fn in_passing(event: &str, body: &Value) -> String {
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let words = |name: &str| quoted(&name.replace(['_', '-'], " "));
    let mut said = format!("[GitHub] {}", words(event));
    if let Some(action) = text("/action") {
        said.push_str(&format!(" {}", words(action)));
    }
    if let Some(place) = text("/repository/full_name").or_else(|| text("/organization/login")) {
        said.push_str(&format!(" in {}", quoted(place)));
    }
    if let Some(who) = text("/sender/login") {
        said.push_str(&format!(" by {}", quoted(who)));
    }
    if let Some(about) = ABOUT.iter().find_map(|path| text(path)) {
        said.push_str(&format!(": {}", quoted(about)));
    }
    said
}

/// The first line of a text, not too long.
fn quoted(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    if line.chars().count() <= QUOTED {
        line.to_owned()
    } else {
        format!("{}…", line.chars().take(QUOTED - 1).collect::<String>())
    }
}
