//! Programs that reach over the network: what they fetch, send, or run elsewhere.

use luna_model::Risk;

use crate::command::{Call, join};
use crate::findings::Deed;
use crate::flow::Flow;
use crate::places::Place;
use crate::reader::Reader;
use crate::word::Word;

impl Reader<'_> {
    /// A command on another machine is judged as it would be here; it never fits a rule about commands here.
    pub(crate) fn ssh(&mut self, call: &Call<'_>) -> Flow {
        self.found.lasting = true;
        for (_, value) in call.entry.values(call.words, "-o") {
            if let Some((_, command)) = value
                .as_ref()
                .and_then(|v| v.text.split_once('='))
                .filter(|(n, _)| n.to_lowercase().ends_with("command"))
            {
                self.inner_script(command);
            }
        }
        let mut at = 0;
        while at < call.words.len() && call.words[at].text.starts_with('-') {
            at += 1 + usize::from(call.entry.takes_next(&call.words[at].text));
        }
        let inner = call.words.get(at + 1..).unwrap_or_default();
        if inner.is_empty() {
            if let Flow::Text(text) = self.stdin.clone() {
                return self.inner_script(&text);
            }
            return Flow::Unknown;
        }
        let text = join(inner);
        self.script_of(
            &Word { text, remote: inner.iter().any(|w| w.remote), ..Word::default() },
            call.shown,
            true,
        )
    }

    pub(crate) fn downloads(&mut self, call: &Call<'_>) -> Flow {
        self.found.lasting = true;
        for word in call.words {
            let sent = word.text.split_once('@').filter(|(name, _)| name.is_empty() || name.ends_with('='));
            let place = sent.map(|(_, file)| {
                let below_home = usize::from(file.starts_with("~/"));
                self.place_of(&word.with_text(&file.replacen('~', self.home, below_home)))
            });
            if matches!(place, Some(Place::Startup | Place::Critical | Place::System)) {
                let why = "sends a file with keys or of the system away";
                self.found.say(Risk::Dangerous, false, call.shown, why);
            }
        }
        let saved = std::mem::replace(&mut self.stdin, Flow::Remote);
        let saves = self.written_files(call);
        self.stdin = saved;
        let to_output = call
            .entry
            .values(call.words, "-O")
            .iter()
            .any(|(_, v)| v.as_ref().is_some_and(|v| v.text == "-"));
        let by_name = call.name == "wget" || call.entry.has(call.words, "-O|--remote-name|--remote-name-all");
        if by_name && !saves && !to_output {
            for word in
                self.operands(call).into_iter().filter(|w| w.text.contains('.') || w.text.contains('/'))
            {
                let name = word
                    .text
                    .split(['?', '#'])
                    .next()
                    .unwrap_or_default()
                    .rsplit('/')
                    .next()
                    .unwrap_or_default();
                let target = Word {
                    opaque: word.opaque,
                    ..Word::plain(if name.is_empty() { "index.html" } else { name })
                };
                self.change(Deed::Write, &target, call.shown, false);
                for path in self.paths(&target.text) {
                    self.files.insert(path, Flow::Remote);
                }
            }
        }
        Flow::Remote
    }

    pub(crate) fn netcat(&mut self, call: &Call<'_>) -> Flow {
        self.found.lasting = true;
        let runs = match call.name {
            "socat" => call.words.iter().any(|w| {
                let text = w.text.to_lowercase();
                text.starts_with("exec:") || text.starts_with("system:") || text.starts_with("shell:")
            }),
            _ => call.entry.has(call.words, "-e|-c|--exec|--sh-exec|--lua-exec"),
        };
        if runs {
            self.found.block(call.shown, "gives a program to whoever is at the other end of a connection");
        }
        Flow::Remote
    }
}
