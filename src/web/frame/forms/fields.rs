//! What a form carries, read into a value of its own.

use bytes::Bytes;

use crate::http::failure::Failure;
use crate::http::multipart::{File, Part, Parts};

/// A form's fields as a value.
pub trait Form: Sized {
    /// Whether the form is for people who are not signed in; its token then belongs to their visit.
    const FOR_VISITORS: bool = false;

    /// Whether anybody may send it, with no visit before and no cookie: it does no more than the API does for everybody.
    const FOR_ANYBODY: bool = false;

    /// Whether one of its fields is the text of a message, which may be long.
    const HOLDS_MESSAGE: bool = false;

    /// Whether what was typed into it comes back with any refusal. For forms without secrets.
    const IS_KEPT: bool = false;

    /// Whether another form's fields are sent along with it.
    const CARRIES: bool = false;

    /// Whether it may have files. It is sent in parts then.
    const HOLDS_FILES: bool = false;

    fn read(fields: &Fields) -> Self;
}

/// The fields as they were sent, repeated names included.
#[derive(Default)]
pub struct Fields {
    texts: Vec<(String, String)>,
    files: Vec<Upload>,
    /// Why the form is not whole. Only forms with files are read that far.
    failure: Option<Failure>,
}

/// A file that came with a form.
#[derive(Clone)]
pub struct Upload {
    pub file: File,
    /// `None` for one that is too large.
    pub bytes: Option<Bytes>,
}

impl Fields {
    /// Reads a body of `application/x-www-form-urlencoded`. Every body is one.
    pub fn parse(body: &[u8]) -> Self {
        Self { texts: form_urlencoded::parse(body).into_owned().collect(), ..Self::default() }
    }

    /// Of a form that was sent in parts.
    pub fn of_parts(parts: Parts) -> Self {
        let mut fields = Self { failure: parts.failure, ..Self::default() };
        for Part { field, file, bytes } in parts.list {
            match file {
                // What browsers send for a field in which no file was chosen.
                Some(file) if file.name.is_empty() && bytes.as_ref().is_some_and(Bytes::is_empty) => {}
                Some(file) => fields.files.push(Upload { file, bytes }),
                None => {
                    let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
                    fields.texts.push((field, text));
                }
            }
        }
        fields
    }

    /// Names and values of what is no file.
    pub fn texts(&self) -> &[(String, String)] {
        &self.texts
    }

    /// The files that were chosen.
    pub fn files(&self) -> &[Upload] {
        &self.files
    }

    /// Why the rest of it is missing.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The first value of that name, or nothing.
    pub fn text(&self, name: &str) -> String {
        self.texts.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The same without white space around it.
    pub fn line(&self, name: &str) -> String {
        self.text(name).trim().to_owned()
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.texts.iter().any(|(key, value)| key == name && value == "yes")
    }

    /// All values of that name, in their order.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.texts.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }
}

/// A form that is nothing but a button.
pub struct Pressed;

impl Form for Pressed {
    fn read(_fields: &Fields) -> Self {
        Self
    }
}

/// One entry of a selection.
pub struct Choice {
    pub value: String,
    pub word: String,
    pub chosen: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, word: impl Into<String>, chosen: bool) -> Self {
        Self { value: value.into(), word: word.into(), chosen }
    }
}

/// A selection with all its values and words, one of which is chosen.
pub fn choices(all: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    all.iter().map(|(value, word)| Choice::new(*value, *word, *value == chosen)).collect()
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_repeat() {
        let fields = Fields::parse(b"pick=a.1&pick=b.2&sure=yes&text=%20x+y&empty=");
        assert_eq!(fields.all("pick"), ["a.1", "b.2"]);
        assert!(fields.ticked("sure") && !fields.ticked("pick"));
        assert_eq!((fields.text("text").as_str(), fields.line("text").as_str()), (" x y", "x y"));
        assert_eq!(fields.text("missing"), "");
    }
}
