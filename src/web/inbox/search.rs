//! The search form, for whoever does not want to type operators.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::service::channels::Channels;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::fields::Choice;
use crate::web::frame::refusal::Refusal;
use crate::web::inbox::query::InboxQuery;
use crate::web::words::format::channel_name;

#[derive(Template)]
#[template(path = "inbox/search.html")]
struct SearchPage {
    c: Chrome,
    filter: InboxQuery,
    channels: Vec<Choice>,
    views: Vec<Choice>,
}

pub async fn show(
    call: Call,
    query: web::Query<InboxQuery>,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Refusal> {
    let filter = query.into_inner();
    let (c, channels) = call.page("search", channels.summaries(call.owner())).await?;
    let channels = channels.into_iter().map(|one| {
        let id = one.channel.id.as_str().to_owned();
        let word = channel_name(&one.channel.label, &id);
        Choice { chosen: id == filter.channel, value: id, word }
    });
    let views = [("all", "All messages"), ("unread", "Unread"), ("sent", "Sent")].map(|(value, word)| {
        Choice { value: value.to_owned(), word: word.to_owned(), chosen: filter.view == value }
    });
    html(&SearchPage { c, channels: channels.collect(), views: views.into(), filter })
}
