//! The pages that give back what was typed and not taken: with the reason, after signing in again, or with the form for that.

use askama::Template;

use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::carried::Carried;
use crate::web::frame::problems::Problems;

/// Signing in, with what is sent along.
#[derive(Template)]
#[template(path = "frame/signed_out.html")]
pub struct SignedOutPage {
    pub c: Chrome,
    pub next: String,
    pub user: &'static str,
    pub remember: bool,
    pub carried: Option<Carried>,
    pub problems: Problems,
}

/// What was typed, once it can be sent.
#[derive(Template)]
#[template(path = "frame/unsent.html")]
pub struct UnsentPage {
    pub c: Chrome,
    /// The form token of the session.
    pub token: String,
    pub carried: Carried,
    pub next: String,
}
