//! What is sent with a message: voice notes are understood, pictures shown to a model that sees, text files read. Only of
//! people who are known; what cannot be used is said.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use luna_model::{Attachment, AttachmentKind, Error, Image, Incoming, Result};

use crate::Luna;
use crate::chat::prompt;

/// Most things of a message that are looked at.
const MOST: usize = 4;
/// Largest of each kind, in bytes. Telegram gives bots 20 MB at most.
const LARGEST_VOICE: usize = 20_000_000;
const LARGEST_IMAGE: usize = 5_000_000;
const LARGEST_FILE: usize = 1_000_000;
/// Most characters of a file that are read.
const LONGEST_TEXT: usize = 20_000;
/// Pictures that models take.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Attached {
    /// What was said in voice notes.
    spoken: Vec<String>,
    /// Files, marked as text from outside.
    files: Vec<String>,
    /// Pictures.
    pub(super) images: Vec<Image>,
    /// Why something could not be used.
    pub(super) trouble: Vec<String>,
}

impl Attached {
    /// The message as Luna hears it; none when there is nothing in it that she could.
    pub(super) fn said(&self, text: &str) -> Option<String> {
        let mut parts: Vec<String> = vec![];
        parts.extend(Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
        parts.extend(self.spoken.iter().cloned());
        if parts.is_empty() && !self.images.is_empty() {
            parts.push("What is in this picture?".into());
        }
        parts.extend(self.files.iter().cloned());
        if parts.is_empty() {
            return None;
        }
        if !self.trouble.is_empty() {
            parts.push(format!("(Could not be used: {}.)", self.trouble.join("; ")));
        }
        Some(parts.join("\n\n"))
    }
}

impl Luna {
    /// Looks at what was sent with a message.
    pub(super) async fn attached(&self, message: &Incoming) -> Attached {
        let mut all = Attached::default();
        for one in message.attachments.iter().take(MOST) {
            if let Err(error) = self.attach(message, one, &mut all).await {
                tracing::info!(kind = ?error.kind, "something that was sent could not be used");
                all.trouble.push(error.message.trim_end_matches('.').to_owned());
            }
        }
        if message.attachments.len() > MOST {
            all.trouble.push(format!("only the first {MOST} things of a message are looked at"));
        }
        all
    }

    async fn attach(&self, message: &Incoming, one: &Attachment, all: &mut Attached) -> Result<()> {
        if one.media_type.starts_with("video/") {
            return Err(Error::invalid("Luna does not watch videos; send a picture, a voice note or words"));
        }
        let load = |most| self.channel_port().attachment(message.channel, one, most);
        match one.kind {
            AttachmentKind::Voice => {
                let heard = self.transcribe(load(LARGEST_VOICE).await?).await?;
                let text = heard.text.trim();
                if text.is_empty() {
                    return Err(Error::invalid("nobody is to be heard in the voice note"));
                }
                all.spoken.push(text.to_owned());
            }
            AttachmentKind::Image if !PICTURES.contains(&one.media_type.as_str()) => {
                return Err(Error::invalid(format!(
                    "pictures of the kind {:?} are not known",
                    one.media_type
                )));
            }
            AttachmentKind::Image => {
                let data = STANDARD.encode(load(LARGEST_IMAGE).await?);
                all.images.push(Image { media_type: one.media_type.clone(), data });
            }
            AttachmentKind::File => {
                let bytes = load(LARGEST_FILE).await?;
                let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
                let text = text.ok_or_else(|| Error::invalid(format!("{} is no text", one.name)))?;
                let cut: String = text.chars().take(LONGEST_TEXT).collect();
                all.files.push(prompt::outside(&cut, &format!("the file {}", one.name)));
            }
        }
        Ok(())
    }
}
