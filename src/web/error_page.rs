//! Refusals of pages: sent to sign in, sent to confirm, or told in plain words with the next step.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::auth::error::AuthError;
use crate::http::failure::{Failure, whole_seconds};
use crate::http::request_id::RequestId;
use crate::service::error::Error;
use crate::web::chrome::Chrome;
use crate::web::form_check::FormRefusal;

/// A page that is not shown, or an action that was not done.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// Nobody is signed in; afterwards it goes on at this path.
    SignIn(String),
    /// The password is asked again first.
    StepUp(String),
    NotFound,
    Form(FormRefusal),
    Failed(Failure),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

/// Only carries the refusal to the middleware of the pages, which knows how this site looks.
impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn(_) | Self::StepUp(_) => StatusCode::SEE_OTHER,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Form(_) => StatusCode::FORBIDDEN,
            Self::Failed(failure) => failure.status,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = match self {
            Self::Failed(failure) => failure.error_response(),
            other => HttpResponse::new(other.status_code()),
        };
        // The body comes from the middleware, under the true status: no client of the reference reads pages.
        response.extensions_mut().remove::<Failure>();
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            // On the pages a foreign channel does not exist, and neither does a missing one.
            Error::ChannelNotFound
            | Error::MessageNotFound
            | Error::TokenNotFound
            | Error::TokenRevoked
            | Error::AccountNotFound
            | Error::UserNotFound => Self::NotFound,
            Error::Auth(error) => error.into(),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Forbidden => Self::NotFound,
            // The session ended while the request was under way.
            AuthError::Unauthenticated => Self::SignIn("/inbox".to_owned()),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<askama::Error> for Refusal {
    fn from(error: askama::Error) -> Self {
        let failure = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "");
        Self::Failed(Failure { cause: Some(format!("a page could not be written: {error}")), ..failure })
    }
}

/// Where to go from an error page.
struct Way {
    href: &'static str,
    word: &'static str,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    c: Chrome,
    status: u16,
    heading: String,
    text: String,
    facts: Vec<String>,
    way: Way,
    request: String,
}

/// The body of a refusal; `None` for one that only sends elsewhere.
pub fn render(chrome: Chrome, request: &HttpRequest, refusal: &Refusal) -> Option<String> {
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
    let request = RequestId::of_request(request);
    let page = ErrorPage { c: chrome, status: status.as_u16(), heading, text, facts, way, request };
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

/// Sends to a page.
pub fn redirect(base: &str, path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location(base, path))).finish()
}

/// The address of a page for a header. Whatever the path holds, it becomes characters that addresses have.
pub fn location(base: &str, path: &str) -> HeaderValue {
    const FOREIGN: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    let address = format!("{base}{}", utf8_percent_encode(path, FOREIGN));
    HeaderValue::try_from(address).unwrap_or(HeaderValue::from_static("/"))
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

/// What somebody with too many attempts is told.
pub fn come_back_in(pause: Duration) -> String {
    match whole_seconds(pause) {
        1 => "Try again in a second.".to_owned(),
        seconds @ 0..=90 => format!("Try again in {seconds} seconds."),
        seconds => format!("Try again in {} minutes.", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::location;

    #[test]
    fn any_path_becomes_an_address() {
        for (path, expected) in [
            ("/inbox?view=all&q=a%20b#new", "/box/inbox?view=all&q=a%20b#new"),
            ("/inbox?q=B\u{fc}cher und", "/box/inbox?q=B%C3%BCcher%20und"),
            ("/a\r\nset-cookie: x\0", "/box/a%0D%0Aset-cookie:%20x%00"),
        ] {
            assert_eq!(location("/box", path), expected);
        }
    }
}
