//! The page that asks for the password again, with the form that waits for it.

use askama::Template;

use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::carried::Carried;
use crate::web::frame::problems::Problems;
use crate::web::frame::site::{Site, own_path};
use crate::web::words::format::count;

/// Its form goes to `/step-up`, with the fields of the one that waits.
#[derive(Template)]
#[template(path = "frame/step_up.html")]
pub struct StepUpPage {
    c: Chrome,
    next: String,
    back: String,
    user: String,
    minutes: String,
    carried: Option<Carried>,
    problems: Problems,
}

impl StepUpPage {
    /// For the user of that name. The chrome has the token of the session's forms.
    pub fn new(
        c: Chrome,
        site: &Site,
        user: String,
        next: &str,
        carried: Option<Carried>,
        problems: Problems,
    ) -> Self {
        let next = own_path(next).to_owned();
        // Cancelling goes to the channel, profile or server that the action belongs to, which asks for nothing.
        let path = next.split(['?', '#']).next().unwrap_or_default();
        let back = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["", "channels", channel, ..] => format!("/channels/{channel}"),
            ["", "profile", ..] => "/profile".to_owned(),
            ["", "admin", ..] => "/admin".to_owned(),
            _ => "/inbox".to_owned(),
        };
        let minutes = count(site.step_up.as_secs() / 60, "minute");
        Self { c, next, back, user, minutes, carried, problems }
    }
}
