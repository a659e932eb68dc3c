//! Modules: what of Luna can be switched off. Models are not told of the tools of a module that is off and may not use
//! them, and its work in the background rests. What the user does by hand still works.

use std::collections::BTreeSet;

use luna_model::{Capabilities, Settings, ToolSpec};

use crate::Luna;
use crate::house::{House, WITHOUT};

/// A part of Luna that can be switched off.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Its name in the settings.
    pub name: &'static str,
    /// Its tools.
    pub tools: &'static [&'static str],
}

/// Remembering: recalling for an answer, and learning from what was said.
pub(crate) const MEMORY: &str = "memory";

/// All modules.
pub const MODULES: &[Module] = &[
    Module { name: MEMORY, tools: &["remember", "recall", "forget", "search_conversations"] },
    Module {
        name: "files",
        tools: &[
            "read_file",
            "write_file",
            "edit_file",
            "list_files",
            "search_files",
            "code_search",
            "create_artifact",
            "update_artifact",
        ],
    },
    Module { name: "commands", tools: &["run_command", "plan_commands", "explain_command"] },
    Module {
        name: "web",
        tools: &["web_search", "web_fetch", "browser_open", "get_weather", "get_news", "get_prices"],
    },
    Module {
        name: "desktop",
        tools: &[
            "get_system_info",
            "get_clipboard",
            "set_clipboard",
            "launch_app",
            "list_apps",
            "get_volume",
            "set_volume",
            "mute_audio",
            "unmute_audio",
            "get_brightness",
            "set_brightness",
            "lock_screen",
            "display_off",
            "sleep_computer",
            "get_app_volumes",
            "set_app_volume",
        ],
    },
    Module {
        name: "music",
        tools: &[
            "spotify_play",
            "spotify_pause",
            "spotify_next",
            "spotify_prev",
            "spotify_queue",
            "spotify_status",
            "spotify_volume",
            "spotify_devices",
            "spotify_transfer",
        ],
    },
    Module { name: "vision", tools: &["vision", "watch_window", "stop_watching", "show_scene"] },
    Module { name: "voice", tools: &["speak"] },
    Module { name: "tasks", tools: &["create_agent_task", "spawn_agent", "wait_agents"] },
    Module {
        name: crate::schedule::MODULE,
        tools: &["create_schedule", "list_schedules", "delete_schedule", "less_of_this"],
    },
];

/// The module of this name.
#[must_use]
pub fn module(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|module| module.name == name)
}

/// Whether a module is off: the user does not want it, or a business does without.
fn is_off(module: &Module, settings: &Settings, house: Option<&House>) -> bool {
    settings.modules_off.contains(module.name) || (house.is_some() && WITHOUT.contains(&module.name))
}

/// The tools of the modules that are off.
pub(crate) fn tools_off(settings: &Settings, house: Option<&House>) -> BTreeSet<String> {
    let off = MODULES.iter().filter(|module| is_off(module, settings, house));
    off.flat_map(|module| module.tools).map(|tool| (*tool).to_owned()).collect()
}

/// What a package must have been allowed before its instructions may lead to a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Network,
    Shell,
    Files,
}

impl Need {
    /// What is not among this, in words; none when it is.
    pub(crate) fn missing(self, allowed: &Capabilities) -> Option<&'static str> {
        match self {
            Self::Network => (!allowed.network).then_some("reach the network"),
            Self::Shell => (!allowed.shell).then_some("run commands"),
            Self::Files => allowed.files.is_empty().then_some("touch files"),
        }
    }
}

/// What a tool needs; none for what is a permission of its own only.
pub(crate) fn needs(tool: &str) -> Option<Need> {
    match tool {
        "run_command" | "plan_commands" => Some(Need::Shell),
        "web_search" | "web_fetch" | "browser_open" => Some(Need::Network),
        "read_file" | "write_file" | "edit_file" | "list_files" | "search_files" | "code_search" => {
            Some(Need::Files)
        }
        _ => None,
    }
}

impl Luna {
    /// Whether a module is on.
    #[must_use]
    pub fn has_module(&self, name: &str) -> bool {
        module(name).is_none_or(|module| !is_off(module, &self.settings().current(), self.house()))
    }

    /// The tools that models are told of.
    pub(crate) fn offered_tools(&self) -> Vec<ToolSpec> {
        let off = tools_off(&self.settings().current(), self.house());
        let offered = self.tools().iter().filter(|tool| !off.contains(&tool.spec.name));
        offered.map(|tool| tool.spec.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_of_a_module_exists_and_is_in_one_only() {
        let tools = crate::tools::Tools::all().unwrap();
        let mut seen = BTreeSet::new();
        for tool in MODULES.iter().flat_map(|module| module.tools) {
            assert!(tools.get(tool).is_some(), "{tool}");
            assert!(seen.insert(tool), "{tool} is in two modules");
        }
    }

    #[test]
    fn what_needs_a_capability_is_a_tool() {
        let tools = crate::tools::Tools::all().unwrap();
        let needing = tools.iter().filter(|t| needs(&t.spec.name).is_some()).count();
        assert_eq!(needing, 11, "a name in `needs` is no tool any more");
    }

    #[test]
    fn what_is_off_takes_its_tools_along() {
        let settings = Settings { modules_off: ["web".to_owned()].into(), ..Settings::default() };
        let off = tools_off(&settings, None);
        assert!(off.contains("web_fetch") && !off.contains("read_file"));
    }

    #[test]
    fn a_business_does_without_what_reaches_for_the_machine() {
        assert!(WITHOUT.iter().all(|name| module(name).is_some()));
        let off = tools_off(&Settings::default(), Some(&House::default()));
        for tool in ["run_command", "launch_app", "spotify_play", "vision", "speak", "lock_screen"] {
            assert!(off.contains(tool), "{tool}");
        }
        assert!(!off.contains("remember") && !off.contains("web_fetch"));
    }
}
