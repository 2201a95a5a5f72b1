//! No more e-mail, with the link in each message: without signing in, and with one click as RFC 8058 has it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::service::mailboxes::Mailboxes;
use crate::web::frame::answers::html;
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;

#[derive(Template)]
#[template(path = "entry/unsubscribe.html")]
struct UnsubscribePage {
    c: Chrome,
    shown: String,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Asked,
    Done,
    /// The link is none of ours, or of an address that is no more.
    Unknown,
}

/// Only the button does it, as programs open links too.
pub async fn ask(
    call: AnyCall,
    shown: web::Path<String>,
    mailboxes: web::Data<Mailboxes>,
) -> Result<HttpResponse, Refusal> {
    let shown = shown.into_inner();
    let state = if mailboxes.is_known(shown.clone()).await? { State::Asked } else { State::Unknown };
    page(&call, shown, state)
}

/// What programs of mail send has no token of a form: the link is all that it takes, and does nothing else.
pub async fn end(
    call: AnyCall,
    shown: web::Path<String>,
    mailboxes: web::Data<Mailboxes>,
) -> Result<HttpResponse, Refusal> {
    let shown = shown.into_inner();
    let state = if mailboxes.unsubscribe(shown.clone()).await? { State::Done } else { State::Unknown };
    page(&call, shown, state)
}

fn page(call: &AnyCall, shown: String, state: State) -> Result<HttpResponse, Refusal> {
    let is_unknown = state == State::Unknown;
    let mut answer = html(&UnsubscribePage { c: call.gate(), shown, state })?;
    if is_unknown {
        *answer.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(answer)
}
