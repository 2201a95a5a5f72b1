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

/// What was typed or pressed, once it can be sent.
#[derive(Template)]
#[template(path = "frame/unsent.html")]
pub struct UnsentPage {
    c: Chrome,
    title: &'static str,
    heading: &'static str,
    lead: &'static str,
    /// On the button.
    word: &'static str,
    /// The form token of the session.
    token: String,
    carried: Carried,
    next: String,
}

impl UnsentPage {
    /// After signing in again. Whoever that is sees what was written.
    pub fn signed_in(c: Chrome, token: String, carried: Carried, next: String) -> Self {
        Self {
            c,
            title: "Not sent yet",
            heading: "You are signed in again",
            lead: "What you wrote was not sent yet.",
            word: "Send it again",
            token,
            carried,
            next,
        }
    }

    /// After the password was given again.
    pub fn confirmed(c: Chrome, token: String, carried: Carried, next: String) -> Self {
        Self {
            c,
            title: "Not done yet",
            heading: "Nothing was done yet",
            lead: "The password had to be asked first. What you typed or pressed is kept: go on with it.",
            word: "Go on",
            token,
            carried: carried.unseen(),
            next,
        }
    }
}
