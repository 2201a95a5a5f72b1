//! How a page answers: shown, shown again with what is wrong, or on to another page that tells what was done.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use askama::Template;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::domain::id::UndoId;
use crate::web::frame::cookies::Jar;
use crate::web::frame::flash::Done;
use crate::web::frame::refusal::{Refusal, broken};
use crate::web::frame::site::Site;

/// A page as an answer.
pub fn html(template: &impl Template) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(template.render()?))
}

/// The same with a status of its own: a form that is shown again with what is wrong.
pub fn html_again(template: &impl Template) -> Result<HttpResponse, Refusal> {
    let mut response = html(template)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
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

/// Goes on to a page, which tells what was done.
pub fn told(site: &Site, path: &str, done: Done) -> Result<HttpResponse, Refusal> {
    told_with(site, path, done, None)
}

/// The same for what can be taken back.
pub fn told_with(site: &Site, path: &str, done: Done, undo: Option<UndoId>) -> Result<HttpResponse, Refusal> {
    let mut answer = redirect(&site.base, path);
    answer.add_cookie(&done.cookie(site, undo)).map_err(broken)?;
    Ok(answer)
}

/// The answer to somebody whose session has just ended.
pub fn signed_out(site: &Site, done: Done) -> HttpResponse {
    let mut answer = redirect(&site.base, "/login");
    let done = done.cookie(site, None);
    // Names and values of these cookies are ours, so they always fit into a header.
    let _added = answer.add_cookie(&Jar::Session.clear(site)).and_then(|()| answer.add_cookie(&done));
    answer
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
