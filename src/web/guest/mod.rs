//! The page of a counterparty, who has a link and no account. It is the same for every channel, also for none.

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;
use askama::Template;

use crate::web::frame::answers::html;
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::routes::{Endpoint, get, register};

const TABLE: &[Endpoint] = &[get("/c/{channel}", |r| r.to(show))];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}

#[derive(Template)]
#[template(path = "guest/page.html")]
struct GuestPage {
    c: Chrome,
}

/// All that the page shows of a channel comes from the API, with what stands behind the `#` and never comes here.
async fn show(call: AnyCall) -> Result<HttpResponse, Refusal> {
    html(&GuestPage { c: call.open() })
}
