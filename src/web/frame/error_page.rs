//! Refusals as pages: sent to sign in, sent to confirm, or told in plain words with the next step.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, ResponseError};
use askama::Template;

use crate::auth::session::Session;
use crate::http::failure::Failure;
use crate::http::request_id::RequestId;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::carried::Carried;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::come_back_in;

/// Where to go from an error page.
struct Way {
    href: &'static str,
    word: &'static str,
}

#[derive(Template)]
#[template(path = "frame/error.html")]
struct ErrorPage {
    c: Chrome,
    status: u16,
    heading: String,
    text: String,
    facts: Vec<String>,
    way: Way,
    request: String,
    /// What was typed and not taken, with the token to send it again.
    unsent: Option<(Carried, String)>,
}

/// The body of a refusal; `None` for one that only sends elsewhere.
pub fn render(
    chrome: Chrome,
    request: &HttpRequest,
    refusal: &Refusal,
    carried: Option<Carried>,
) -> Option<String> {
    let status = refusal.status_code();
    let (heading, text) = words(refusal)?;
    let facts = match refusal {
        Refusal::Form(refusal) => refusal.facts(),
        _ => Vec::new(),
    };
    let way = match refusal {
        Refusal::Form(_) => Way { href: "/login", word: "To sign in" },
        _ => Way { href: "/inbox", word: "To the inbox" },
    };
    let session = request.extensions().get::<Session>().map(Session::form_token);
    let unsent = carried.zip(session);
    let request = RequestId::of_request(request);
    let page = ErrorPage { c: chrome, status: status.as_u16(), heading, text, facts, way, request, unsent };
    page.render().ok()
}

/// The address that a refusal sends to, below the base path.
pub fn elsewhere(refusal: &Refusal) -> Option<String> {
    let (page, next) = match refusal {
        Refusal::SignIn(next) => ("/login", next),
        Refusal::StepUp(next) => ("/step-up", next),
        _ => return None,
    };
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    Some(format!("{page}?next={next}"))
}

fn words(refusal: &Refusal) -> Option<(String, String)> {
    let (heading, text): (&str, String) = match refusal {
        Refusal::SignIn(_) | Refusal::StepUp(_) => return None,
        Refusal::NotFound => (
            "Nothing is here",
            "The page does not exist, or what it showed was removed. Messages go when their channel's retention \
             ends or when somebody deletes them."
                .to_owned(),
        ),
        Refusal::Form(refusal) => ("The form was not accepted", refusal.text().to_owned()),
        Refusal::Failed(failure) => failed(failure),
    };
    Some((heading.to_owned(), text))
}

fn failed(failure: &Failure) -> (&'static str, String) {
    let said = || failure.title.clone().map(|title| format!("{title}.")).unwrap_or_default();
    match failure.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ("Not allowed", "This account may not do that.".to_owned())
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            ("Not like this", "The address exists but does not take this kind of request.".to_owned())
        }
        StatusCode::GONE => ("Already set up", said()),
        StatusCode::PAYLOAD_TOO_LARGE => ("Too large", said()),
        StatusCode::TOO_MANY_REQUESTS => {
            ("Too many attempts", come_back_in(failure.retry_after.unwrap_or(Duration::from_mins(1))))
        }
        StatusCode::SERVICE_UNAVAILABLE => ("Busy right now", said()),
        StatusCode::INTERNAL_SERVER_ERROR => (
            "Something went wrong here",
            "It is not your fault. The server's log has the cause under the request number below.".to_owned(),
        ),
        _ => ("That did not work", said()),
    }
}
