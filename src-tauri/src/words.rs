//! What the program says outside its window: tray, notifications, window titles. The window's own words are in ui/src/i18n.

/// Words in one language. A new field does not compile until every language has it.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) open: &'static str,
    pub(crate) ask: &'static str,
    pub(crate) talk: &'static str,
    pub(crate) hush: &'static str,
    pub(crate) listens: &'static str,
    pub(crate) run: &'static str,
    pub(crate) quiet: &'static str,
    pub(crate) settings: &'static str,
    pub(crate) quit: &'static str,
    pub(crate) no_questions: &'static str,
    pub(crate) one_question: &'static str,
    pub(crate) questions: &'static str,
    pub(crate) wants: &'static str,
    pub(crate) allow: &'static str,
    pub(crate) deny: &'static str,
    pub(crate) look: &'static str,
    pub(crate) later: &'static str,
    pub(crate) task_done: &'static str,
    pub(crate) task_failed: &'static str,
    pub(crate) still_here: &'static str,
    pub(crate) still_here_how: &'static str,
    pub(crate) saved: &'static str,
    pub(crate) quick_title: &'static str,
    /// Before the line of the next event, and the day before its time.
    pub(crate) next: &'static str,
    pub(crate) tomorrow: &'static str,
    pub(crate) nothing_next: &'static str,
}

static ENGLISH: Words = Words {
    open: "Open Luna",
    ask: "Ask…",
    talk: "Talk",
    hush: "Stop",
    listens: "Luna listens",
    run: "Run a command…",
    quiet: "Do not disturb",
    settings: "Settings",
    quit: "Quit",
    no_questions: "No question waits",
    one_question: "1 question waits",
    questions: "questions wait",
    wants: "Luna asks",
    allow: "Allow once",
    deny: "Deny",
    look: "Show",
    later: "In 10 minutes",
    task_done: "Task finished",
    task_failed: "Task failed",
    still_here: "Luna is still there",
    still_here_how: "She stays in the tray. To bring the window back, start Luna again or press",
    saved: "Saved",
    quick_title: "Ask Luna",
    next: "Next:",
    tomorrow: "tomorrow ",
    nothing_next: "Nothing until tomorrow night",
};

static GERMAN: Words = Words {
    open: "Luna öffnen",
    ask: "Fragen …",
    talk: "Sprechen",
    hush: "Aufhören",
    listens: "Luna hört zu",
    run: "Befehl ausführen …",
    quiet: "Nicht stören",
    settings: "Einstellungen",
    quit: "Beenden",
    no_questions: "Keine Frage wartet",
    one_question: "1 Frage wartet",
    questions: "Fragen warten",
    wants: "Luna fragt",
    allow: "Einmal erlauben",
    deny: "Ablehnen",
    look: "Anzeigen",
    later: "In 10 Minuten",
    task_done: "Aufgabe fertig",
    task_failed: "Aufgabe fehlgeschlagen",
    still_here: "Luna ist noch da",
    still_here_how: "Sie bleibt im Infobereich. Das Fenster kommt zurück, wenn Sie Luna noch einmal starten, oder mit",
    saved: "Gespeichert",
    quick_title: "Luna fragen",
    next: "Als Nächstes:",
    tomorrow: "morgen ",
    nothing_next: "Nichts bis morgen Abend",
};

/// The words of a language as the settings name it: a tag, or `system`.
pub(crate) fn words(language: &str) -> &'static Words {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| std::env::var(name).ok());
    let tag = if language == "system" { named.unwrap_or_default() } else { language.to_owned() };
    if tag.starts_with("de") { &GERMAN } else { &ENGLISH }
}
