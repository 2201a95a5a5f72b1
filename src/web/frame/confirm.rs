//! A question before something that cannot be undone.

use askama::Template;

use crate::domain::account::Account;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::problems::Problems;
use crate::web::words::format::count;

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

/// What goes with an account.
pub fn loss_of(account: &Account) -> String {
    format!(
        "{} with {} and every access token are removed, for everyone who uses them. Every user of the account is signed \
         out. This cannot be undone.",
        count(account.channels, "channel"),
        count(account.messages, "message")
    )
}

/// The name that was typed into the question.
pub struct Typed(pub String);

impl Form for Typed {
    fn read(fields: &Fields) -> Self {
        Self(fields.line("typed"))
    }
}
