//! The API, with commands that carry one's own ids.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::http::api_document::ApiDocument;
use crate::service::channels::Channels;
use crate::web::frame::answers::html;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::guards::SignedIn;
use crate::web::frame::page::Pages;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;
use crate::web::help::operations::{Ids, Section, sections};

#[derive(Template)]
#[template(path = "help/api.html")]
struct ApiPage {
    c: Chrome,
    api: String,
    has_channel: bool,
    sections: Vec<Section>,
}

pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
    document: web::Data<ApiDocument>,
) -> Result<HttpResponse, Refusal> {
    let c = pages.chrome(&request, &me.0, "help").await?;
    let newest =
        channels.summaries(me.owner()).await?.pop().map(|newest| newest.channel.id.as_str().to_owned());
    let user = c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default();
    let server = site.public_url(&request);
    let ids = Ids { server: &server, account: me.owner().account(), user: &user, channel: newest.as_deref() };
    let sections = sections(&document, &ids);
    html(&ApiPage { c, api: site.api(&request), has_channel: newest.is_some(), sections })
}
