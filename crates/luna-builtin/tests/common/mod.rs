//! A request as the core makes one, with every tool that the grammar can call.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use luna_model::{ModelEvent, ModelRequest, ToolCall, ToolSpec, Turn};
use serde_json::{Value, json};

/// Wednesday 11 March 2026, ten in the morning, in Berlin.
pub(crate) fn now() -> jiff::Zoned {
    "2026-03-11T10:00:00+01:00[Europe/Berlin]".parse().unwrap()
}

/// Every tool by name, with its needed and its optional arguments.
pub(crate) fn tools() -> Vec<ToolSpec> {
    let level = json!({"type": "integer", "minimum": 0, "maximum": 100});
    let text = json!({"type": "string", "minLength": 1});
    let stamp = json!({"type": "string", "format": "date-time", "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[+-]\\d\\d:\\d\\d$"});
    let one_of = |names: &[&str]| json!({"type": "string", "enum": names});
    let tool = |name: &str, needed: &[(&str, &Value)], optional: &[(&str, &Value)]| {
        let properties: serde_json::Map<String, Value> = needed
            .iter()
            .chain(optional)
            .map(|(name, schema)| ((*name).to_owned(), (*schema).clone()))
            .collect();
        let required: Vec<&str> = needed.iter().map(|(name, _)| *name).collect();
        ToolSpec {
            name: name.into(),
            description: String::new(),
            input_schema: json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false}),
        }
    };
    let priority = one_of(&["low", "medium", "high"]);
    let reach = one_of(&["this", "following", "all"]);
    let recurrence = one_of(&["daily", "weekly", "monthly", "yearly"]);
    vec![
        tool("remember", &[("content", &text)], &[]),
        tool("recall", &[("query", &text)], &[]),
        tool("forget", &[("query", &text)], &[]),
        tool("web_search", &[("query", &text)], &[]),
        tool("web_fetch", &[("url", &text)], &[]),
        tool("read_file", &[("path", &text)], &[]),
        tool("write_file", &[("path", &text), ("content", &text)], &[]),
        tool("edit_file", &[("path", &text), ("old", &text), ("new", &text)], &[]),
        tool("list_files", &[], &[("path", &text)]),
        tool("search_files", &[("query", &text)], &[("path", &text)]),
        tool("run_command", &[("command", &text)], &[]),
        tool("plan_commands", &[("words", &text)], &[]),
        tool("explain_command", &[("command", &text)], &[]),
        tool("create_agent_task", &[("title", &text), ("description", &text)], &[]),
        tool("get_system_info", &[], &[]),
        tool("get_clipboard", &[], &[]),
        tool("set_clipboard", &[("text", &text)], &[]),
        tool("launch_app", &[("app", &text)], &[]),
        tool("list_apps", &[], &[]),
        tool("browser_open", &[("url", &text)], &[]),
        tool("get_volume", &[], &[]),
        tool("set_volume", &[("level", &level)], &[]),
        tool("mute_audio", &[], &[]),
        tool("unmute_audio", &[], &[]),
        tool("get_brightness", &[], &[]),
        tool("set_brightness", &[("level", &level)], &[]),
        tool("lock_screen", &[], &[]),
        tool("display_off", &[], &[]),
        tool("sleep_computer", &[], &[]),
        tool("less_of_this", &[], &[]),
        tool("spotify_play", &[], &[("query", &text), ("device", &text)]),
        tool("spotify_pause", &[], &[]),
        tool("spotify_next", &[], &[]),
        tool("spotify_prev", &[], &[]),
        tool("spotify_queue", &[("query", &text)], &[]),
        tool("spotify_status", &[], &[]),
        tool("spotify_volume", &[("level", &level)], &[]),
        tool("spotify_devices", &[], &[]),
        tool("spotify_transfer", &[("device", &text)], &[]),
        tool("vision", &[], &[("source", &text)]),
        tool("watch_window", &[], &[("window", &text)]),
        tool("stop_watching", &[], &[("window", &text)]),
        tool("show_scene", &[("description", &text)], &[]),
        tool("speak", &[("text", &text)], &[]),
        tool("create_task", &[("title", &text)], &[("due", &stamp), ("priority", &priority)]),
        tool("list_tasks", &[], &[]),
        tool("complete_task", &[("query", &text)], &[]),
        tool(
            "create_event",
            &[("title", &text), ("start", &stamp), ("end", &stamp)],
            &[
                ("recurrence", &recurrence),
                ("remind_minutes_before", &json!({"type": "integer", "minimum": 0})),
            ],
        ),
        tool("list_events", &[], &[("from", &stamp), ("to", &stamp), ("query", &text)]),
        tool(
            "update_event",
            &[("query", &text)],
            &[
                ("on", &text),
                ("title", &text),
                ("start", &text),
                ("shift", &text),
                ("longer", &text),
                ("length", &text),
                ("reach", &reach),
            ],
        ),
        tool("delete_event", &[("query", &text)], &[("on", &text), ("reach", &reach)]),
        tool("create_reminder", &[("text", &text), ("at", &stamp)], &[]),
        tool("list_reminders", &[], &[]),
        tool(
            "update_reminder",
            &[("query", &text)],
            &[("on", &text), ("text", &text), ("at", &text), ("shift", &text)],
        ),
        tool("delete_reminder", &[("query", &text)], &[("on", &text)]),
        tool(
            "update_task",
            &[("query", &text)],
            &[("on", &text), ("title", &text), ("due", &text), ("shift", &text)],
        ),
        tool("delete_task", &[("query", &text)], &[("on", &text)]),
        tool("search_conversations", &[("query", &text)], &[]),
        tool("undo", &[], &[]),
    ]
}

/// A request in which the user says this.
pub(crate) fn request(text: &str) -> ModelRequest {
    ModelRequest {
        turns: vec![Turn::User { content: text.into(), images: vec![] }],
        tools: tools(),
        now: Some(now()),
        ..ModelRequest::default()
    }
}

/// The calls among what was answered.
pub(crate) fn calls(events: &[ModelEvent]) -> Vec<ToolCall> {
    events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::ToolCall(call) => Some(call.clone()),
            _ => None,
        })
        .collect()
}

/// All that was said.
pub(crate) fn said(events: &[ModelEvent]) -> String {
    events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
