//! What somebody sends from a conversation: a text, files, or both, each a message of its own and none of them twice.

use actix_web::http::StatusCode;

use crate::auth::access::Writer;
use crate::domain::file_name::with_name;
use crate::domain::letter::NewLetter;
use crate::domain::message::{ContentType, NewMessage, Payload, Sequence};
use crate::domain::size::size;
use crate::http::body::BodyLimits;
use crate::http::failure::Failure;
use crate::service::error::Error;
use crate::service::letters::Letters;
use crate::service::messages::Messages;
use crate::web::frame::forms::fields::{Fields, Form, Upload};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;

/// A longer one is none of ours.
const LONGEST_KEY: usize = 64;

/// What somebody is about to send.
#[derive(Default)]
pub struct Outgoing {
    pub text: String,
    pub kind: String,
    pub problems: Problems,
    files: Vec<Upload>,
    /// What the page sealed: the box's content type and the number of the letter. The box and its copy are files of these names.
    letter: Option<(String, Option<i64>)>,
    /// The holder wants this to go out unsealed, where answers are sealed.
    pub unsealed: bool,
    failure: Option<Failure>,
    /// Given with the page, so that a form that is sent twice is written once.
    key: String,
    /// A script sends it, and needs no page.
    pub quiet: bool,
}

impl Form for Outgoing {
    const IS_KEPT: bool = true;
    const HOLDS_MESSAGE: bool = true;
    const HOLDS_FILES: bool = true;

    fn read(fields: &Fields) -> Self {
        Self {
            // Browsers send line ends as two characters; people mean one.
            text: fields.text("text").replace("\r\n", "\n"),
            kind: fields.text("kind"),
            problems: Problems::none(),
            files: fields.files().to_vec(),
            letter: fields.ticked("letter").then(|| (fields.text("type"), fields.text("n").parse().ok())),
            unsealed: fields.ticked("unsealed"),
            failure: fields.failure().cloned(),
            key: fields.text("key"),
            quiet: fields.ticked("quiet"),
        }
    }
}

impl Outgoing {
    /// The messages that it is, or what is wrong with it.
    pub fn judge(&mut self, bodies: &BodyLimits) -> Vec<NewMessage> {
        let mut messages = Vec::new();
        if !self.text.is_empty() || self.files.is_empty() {
            messages.extend(self.judge_text(bodies));
        }
        for upload in std::mem::take(&mut self.files) {
            messages.extend(self.judge_file(upload, bodies));
        }
        if let Some(failure) = &self.failure {
            let why = if failure.status == StatusCode::PAYLOAD_TOO_LARGE {
                "These files are too much for one form."
            } else {
                failure.title.as_deref().unwrap_or("The files did not come.")
            };
            self.problems.add("files", format!("{why} Nothing was sent; choose the files again."));
        }
        messages
    }

    /// Whether the page sealed it.
    pub fn is_letter(&self) -> bool {
        self.letter.is_some()
    }

    /// The letter that it is, or what is wrong with it.
    pub fn judge_letter(&mut self) -> Option<NewLetter> {
        let (content_type, number) = self.letter.take()?;
        let mut files = std::mem::take(&mut self.files);
        let mut part = |name: &str| {
            let at = files.iter().position(|upload| upload.file.name == name)?;
            files.swap_remove(at).bytes
        };
        let parts = (part("box").and_then(Payload::new), part("copy"), ContentType::new(&content_type));
        let (Some(payload), Some(copy), Ok(content_type)) = parts else {
            self.problems.add("", "What was sealed is too large, or did not come whole. Nothing was sent.");
            return None;
        };
        Some(NewLetter { message: NewMessage { content_type, payload }, copy, number })
    }

    /// Writes a letter; answers its number in the channel.
    pub async fn send_letter(
        &self,
        letters: &Letters,
        writer: &Writer,
        letter: NewLetter,
    ) -> Result<Sequence, Stopped> {
        let key = self.key_of(0, &letter.message);
        let written = letters.write(writer, letter, key).await;
        Ok(written.map_err(|error| Stopped { sent: 0, error })?.sequence)
    }

    fn judge_text(&mut self, bodies: &BodyLimits) -> Option<NewMessage> {
        let content_type = match self.kind.as_str() {
            "json" => {
                if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&self.text) {
                    self.problems
                        .add("text", format!("This is not JSON: {error}. Choose Text to send it as it is."));
                    return None;
                }
                "application/json"
            }
            _ => "text/plain; charset=utf-8",
        };
        if self.text.len() > bodies.bytes {
            let most = size(bodies.bytes as u64);
            self.problems
                .add("text", format!("The message is larger than {most}, the most this server takes."));
            return None;
        }
        let payload = Payload::new(bodies.room.count(self.text.clone().into_bytes()));
        if payload.is_none() {
            self.problems.add("text", "Write something first, or choose a file.");
        }
        Some(NewMessage { content_type: ContentType::new(content_type).ok()?, payload: payload? })
    }

    fn judge_file(&mut self, upload: Upload, bodies: &BodyLimits) -> Option<NewMessage> {
        let name = &upload.file.name;
        let Some(bytes) = upload.bytes else {
            let most = size(bodies.bytes as u64);
            self.problems.add("files", format!("{name} is larger than {most}, the most this server takes."));
            return None;
        };
        let Some(payload) = Payload::new(bytes) else {
            self.problems.add("files", format!("{name} has nothing in it, and a message is never empty."));
            return None;
        };
        let told = upload.file.content_type.as_str();
        let media = if ContentType::new(told).is_ok() { told } else { "application/octet-stream" };
        Some(NewMessage { content_type: ContentType::new(&with_name(media, name)).ok()?, payload })
    }

    /// By which the store knows a message that it has: the form's, the message's place in it, and what it says, because a
    /// page that a browser brings back may send something else with the same key.
    fn key_of(&self, place: usize, message: &NewMessage) -> Option<String> {
        let is_ours = |key: &str| key.len() <= LONGEST_KEY && key.bytes().all(|byte| byte.is_ascii_graphic());
        if self.key.is_empty() || !is_ours(&self.key) {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(message.content_type.as_str().as_bytes())
            .update(&[0])
            .update(message.payload.as_bytes());
        Some(format!("page {} {place} {}", self.key, hasher.finalize().to_hex()))
    }

    /// Writes them in their order; answers the last.
    pub async fn send(
        &self,
        messages: &Messages,
        writer: &Writer,
        all: Vec<NewMessage>,
    ) -> Result<Option<Sequence>, Stopped> {
        let mut last = None;
        for (sent, message) in all.into_iter().enumerate() {
            let key = self.key_of(sent, &message);
            let written = messages.write(writer, message, key).await;
            last = Some(written.map_err(|error| Stopped { sent, error })?.sequence);
        }
        Ok(last)
    }

    /// Says why it stopped. A text that was sent is not there to be sent again.
    pub fn was_stopped(&mut self, Stopped { sent, error }: Stopped) -> Result<(), Refusal> {
        let why = match error {
            Error::Locked => "The channel was locked meanwhile",
            Error::SequencingConflict => "Something new came meanwhile and must be read first",
            Error::StorageFull => "The account's storage is full; delete messages to make room",
            error => return Err(error.into()),
        };
        let what = if sent == 0 { "nothing was sent".to_owned() } else { format!("only {sent} were sent") };
        self.problems.add("", format!("{why}; {what}."));
        if sent > 0 {
            self.text.clear();
        }
        Ok(())
    }
}

/// Sending ended early: how many were written, and why no more.
pub struct Stopped {
    sent: usize,
    pub error: Error,
}
