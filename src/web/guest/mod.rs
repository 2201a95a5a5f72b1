//! The page of a counterparty, who has a link and no account. It is the same for every channel, also for none; only of a
//! channel that everybody may write to it says what link previews show.

mod page;
mod plain;

use actix_web::guard::GuardContext;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, HeaderValue, LOCATION};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Route, guard};

use crate::domain::id::ChannelId;
use crate::web::frame::routes::{PageRoute, get, post, register};

const TABLE: &[PageRoute] =
    &[get("/c/{channel}", |r| r.to(page::show)), post("/c/{channel}", |r| r.to(plain::write))];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}

/// Sends a browser in which somebody opened a channel's API address, which is what people are given by programs, on to
/// the page. To be tried before the API's own routes of that address, which answer every other client.
pub fn route_for_people() -> Route {
    web::route().guard(guard::fn_guard(is_person)).to(to_page)
}

/// Whether somebody looks at this address in a browser: programs ask for no HTML, and send credentials.
fn is_person(request: &GuardContext<'_>) -> bool {
    let head = request.head();
    if head.method != Method::GET {
        return false;
    }
    let wants = head.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    wants.is_some_and(|accept| accept.trim_start().starts_with("text/html"))
        && !head.headers().contains_key(AUTHORIZATION)
}

/// A relative address, so that it holds below any path. What stands behind the `#` goes along.
async fn to_page(request: HttpRequest) -> HttpResponse {
    let named = request.match_info().get("channel").and_then(|text| text.parse::<ChannelId>().ok());
    let page = format!("../../../c/{}", named.as_ref().map_or("-", ChannelId::as_str));
    HttpResponse::SeeOther()
        .insert_header((LOCATION, HeaderValue::from_str(&page).unwrap_or(HeaderValue::from_static("/"))))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}
