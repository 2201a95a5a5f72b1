//! A question before something that cannot be undone.

use askama::Template;

use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::problems::Problems;

/// The page that asks. Its form goes to the same path with `sure=yes`.
#[derive(Template)]
#[template(path = "frame/confirm.html")]
pub struct ConfirmPage {
    pub c: Chrome,
    pub heading: String,
    pub action: String,
    /// Fields that the confirmed form carries on.
    pub carried: Vec<(&'static str, String)>,
    pub consequences: Vec<String>,
    /// A name that must be typed; nothing when a button is enough.
    pub typed: String,
    pub word: &'static str,
    pub back: String,
    pub problems: Problems,
}

/// The name that was typed into the question.
pub struct Typed(pub String);

impl Form for Typed {
    fn read(fields: &Fields) -> Self {
        Self(fields.line("typed"))
    }
}
