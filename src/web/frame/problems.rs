//! What is wrong with a form that was sent, each at its field.

use crate::service::error::Error;
use crate::web::words::format::sentence;

/// In the order in which the page lists them.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

/// One of them.
#[derive(Debug)]
pub struct Problem {
    /// The id of the field, or nothing when it is about the form as a whole.
    pub field: &'static str,
    pub text: String,
}

impl Problems {
    /// Of a form that was not sent yet.
    pub fn none() -> Self {
        Self::default()
    }

    /// Only this.
    pub fn one(field: &'static str, text: impl Into<String>) -> Self {
        Self(vec![Problem { field, text: text.into() }])
    }

    /// What a limit says that was reached; `None` for every other error.
    pub fn of_limit(error: &Error) -> Option<Self> {
        let text = match error {
            Error::TooManyChannels { .. }
            | Error::TooManyTokens { .. }
            | Error::TooManyKeys { .. }
            | Error::TooManyWebhooks
            | Error::TooManyBrowsers { .. }
            | Error::StorageFull => sentence(error),
            _ => return None,
        };
        Some(Self::one("", text))
    }

    /// And this; `field` is the field's id, or empty for the form as a whole.
    pub fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push(Problem { field, text: text.into() });
    }

    /// Whether the form has to be shown again.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// What stands at a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }

    /// All of them, for the top of the form.
    pub fn list(&self) -> &[Problem] {
        &self.0
    }

    /// What stands above them.
    pub fn heading(&self) -> &'static str {
        if self.0.len() == 1 { "That did not work" } else { "Some things need another look" }
    }
}
