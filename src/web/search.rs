//! The search form, for whoever does not want to type operators.

use actix_web::{HttpRequest, HttpResponse, get, web};
use askama::Template;

use crate::service::channels::Channels;
use crate::web::chrome::{Choice, Chrome};
use crate::web::error_page::Refusal;
use crate::web::format::channel_name;
use crate::web::guards::SignedIn;
use crate::web::page::{Pages, html};
use crate::web::query::InboxQuery;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    c: Chrome,
    filter: InboxQuery,
    channels: Vec<Choice>,
    views: Vec<Choice>,
}

#[get("/search")]
pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    query: web::Query<InboxQuery>,
    pages: web::Data<Pages>,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Refusal> {
    let filter = query.into_inner();
    let c = pages.chrome(&request, &me.0, "search").await?;
    let channels = channels.summaries(me.owner()).await?.into_iter().map(|one| {
        let id = one.channel.id.as_str().to_owned();
        let word = channel_name(&one.channel.label, &id);
        Choice { chosen: id == filter.channel, value: id, word }
    });
    let views = [("all", "All messages"), ("unread", "Unread"), ("sent", "Sent")].map(|(value, word)| {
        Choice { value: value.to_owned(), word: word.to_owned(), chosen: filter.view == value }
    });
    html(&SearchPage { c, channels: channels.collect(), views: views.into(), filter })
}
