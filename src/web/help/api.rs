//! The API, with commands that carry one's own ids.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::http::api_document::ApiDocument;
use crate::service::channels::Channels;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::help::operations::{Chapter, Ids, sections};

#[derive(Template)]
#[template(path = "help/api.html")]
struct ApiPage {
    c: Chrome,
    tab: &'static str,
    api: String,
    has_channel: bool,
    sections: Vec<Chapter>,
}

pub async fn show(
    call: Call,
    channels: web::Data<Channels>,
    document: web::Data<ApiDocument>,
) -> Result<HttpResponse, Refusal> {
    let (c, mut channels) = call.page("help", channels.summaries(call.owner())).await?;
    let newest = channels.pop().map(|newest| newest.channel.id.as_str().to_owned());
    let user = c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default();
    let server = call.site.public_url(&call.request);
    let ids =
        Ids { server: &server, account: call.owner().account(), user: &user, channel: newest.as_deref() };
    let sections = sections(&document, &ids);
    let api = call.site.api(&call.request);
    html(&ApiPage { c, tab: "api", api, has_channel: newest.is_some(), sections })
}
