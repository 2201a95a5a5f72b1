//! The search form, for whoever does not want to type operators, and searches that are kept under a name.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::channel::ChannelLabel;
use crate::service::channels::Channels;
use crate::service::saved_searches::{SavedSearch, SavedSearches};
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Choice, Fields, Form, choices};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::Refusal;
use crate::web::inbox::query::InboxQuery;
use crate::web::words::format::channel_name;

/// Where it is looked, as an address and as people read it.
const VIEWS: [(&str, &str); 6] = [
    ("all", "All messages"),
    ("inbox", "Inbox"),
    ("unread", "Unread"),
    ("starred", "Starred"),
    ("snoozed", "Snoozed"),
    ("sent", "Sent"),
];

#[derive(Template)]
#[template(path = "inbox/search.html")]
struct SearchPage {
    c: Chrome,
    filter: InboxQuery,
    channels: Vec<Choice>,
    views: Vec<Choice>,
    saved: Vec<SavedSearch>,
}

pub async fn show(
    call: Call,
    query: web::Query<InboxQuery>,
    channels: web::Data<Channels>,
    searches: web::Data<SavedSearches>,
) -> Result<HttpResponse, Refusal> {
    let filter = query.into_inner();
    let shown = channels.summaries(call.owner()).and(searches.list(call.owner()));
    let (c, (channels, saved)) = call.page("search", shown).await?;
    let channels = channels.into_iter().map(|one| {
        let id = one.channel.id.as_str().to_owned();
        let word = channel_name(&one.channel.label, &id);
        Choice { chosen: id == filter.channel, value: id, word }
    });
    let views = choices(&VIEWS, &filter.view);
    html(&SearchPage { c, channels: channels.collect(), views, saved, filter })
}

/// A search to be kept, and its name.
pub struct ToSave {
    name: String,
    query: String,
}

impl Form for ToSave {
    fn read(fields: &Fields) -> Self {
        Self { name: fields.line("name"), query: fields.text("query") }
    }
}

pub async fn save(
    Submitted(form): Submitted<ToSave>,
    call: Call,
    searches: web::Data<SavedSearches>,
) -> Result<HttpResponse, Refusal> {
    let query = web::Query::<InboxQuery>::from_query(form.query.trim_start_matches('?'));
    let query = query.map_or_else(|_| InboxQuery::default(), web::Query::into_inner).newest().to_address();
    let name = ChannelLabel::new(&form.name).ok().filter(|name| !name.as_str().is_empty());
    let saved = match name {
        Some(name) => searches.save(call.owner(), name, query.clone()).await?,
        None => false,
    };
    let done = if saved { Done::SearchSaved } else { Done::SearchNotSaved };
    call.told(&format!("/inbox{query}"), done)
}

/// The saved search that is to go.
pub struct ToForget(Option<i64>);

impl Form for ToForget {
    fn read(fields: &Fields) -> Self {
        Self(fields.text("id").parse().ok())
    }
}

pub async fn forget(
    Submitted(form): Submitted<ToForget>,
    call: Call,
    searches: web::Data<SavedSearches>,
) -> Result<HttpResponse, Refusal> {
    if let Some(id) = form.0 {
        searches.delete(call.owner(), id).await?;
    }
    call.told("/search", Done::SearchForgotten)
}
