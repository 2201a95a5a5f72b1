//! What this server hands out to browsers, for whoever compares it. Anybody may ask: counterparties have no account.

use actix_web::HttpResponse;
use askama::Template;

use crate::web::frame::answers::html;
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::script_hashes::{HashedScript, hash_of, lines, scripts};

#[derive(Template)]
#[template(path = "help/about.html")]
struct AboutPage {
    c: Chrome,
    version: &'static str,
    scripts: Vec<HashedScript>,
    lines: String,
    all: String,
}

pub async fn show(call: AnyCall) -> Result<HttpResponse, Refusal> {
    let scripts = scripts();
    let lines = lines(&scripts);
    html(&AboutPage {
        c: call.gate(),
        version: env!("CARGO_PKG_VERSION"),
        all: hash_of(&lines),
        scripts,
        lines,
    })
}
