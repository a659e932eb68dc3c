//! The house: the business that a Luna serves. How she speaks for it, and what she does without, since many share her
//! machine. Which of a business' users is served is not known here.

use std::fmt::Write as _;

use crate::Luna;

/// How Luna speaks for a business.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Courteous and to the point.
    #[default]
    Professional,
    /// Warm.
    Friendly,
    /// Exact.
    Technical,
    /// Short.
    Concise,
}

impl Tone {
    /// The tone of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "professional" => Some(Self::Professional),
            "friendly" => Some(Self::Friendly),
            "technical" => Some(Self::Technical),
            "concise" => Some(Self::Concise),
            _ => None,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Professional => "Be professional: courteous, clear and to the point.",
            Self::Friendly => "Be friendly and warm, and still to the point.",
            Self::Technical => "Be technical: exact terms, figures and steps, and no small talk.",
            Self::Concise => "Be concise: the shortest answer that is complete.",
        }
    }
}

/// A business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// Its name; may be empty.
    pub name: String,
    /// What it does; may be empty.
    pub description: String,
    /// How Luna speaks for it.
    pub tone: Tone,
}

/// Modules that reach for the machine or the one person before it.
pub(crate) const WITHOUT: [&str; 5] = ["commands", "desktop", "music", "vision", "voice"];

impl House {
    /// What a model is told of it.
    pub(crate) fn words(&self) -> String {
        let mut words =
            String::from("You work for a business, with several people who each see only what is theirs.");
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !self.name.trim().is_empty() {
            let _ = write!(words, " It is called {}.", line(&self.name));
        }
        if !self.description.trim().is_empty() {
            let _ = write!(words, " {}", line(&self.description));
        }
        let _ = write!(
            words,
            "\n{} Whatever was said above, stay within what is proper at work.",
            self.tone.words()
        );
        words
    }
}

impl Luna {
    /// The business that she serves; none when she is one person's.
    #[must_use]
    pub fn house(&self) -> Option<&House> {
        self.parts().house.as_ref()
    }
}
