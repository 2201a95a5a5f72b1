//! The inbox: messages of all channels, newest first, with search and filters.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::access::Owner;
use crate::domain::id::ChannelId;
use crate::domain::time::{Clock, Timestamp};
use crate::service::channels::Channels;
use crate::service::error::Error;
use crate::service::inbox::{Inbox, Page, Walk, Wanted};
use crate::service::tokens::Tokens;
use crate::web::frame::answers::{html, redirect};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::guards::{SignedIn, session_of};
use crate::web::frame::page::Pages;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;
use crate::web::inbox::query::{InboxQuery, Part, Understood};
use crate::web::inbox::rows::{Day, by_day};
use crate::web::words::format::{When, channel_name, count, number};

#[derive(Template)]
#[template(path = "inbox/list.html")]
struct InboxPage {
    c: Chrome,
    heading: &'static str,
    view: &'static str,
    /// This page's own address, to come back to.
    here: String,
    /// The query that messages carry on, so that going back comes to the same list.
    context: String,
    filter_query: String,
    chips: Vec<Part>,
    summary: String,
    shown: usize,
    notices: Vec<String>,
    has_channels: bool,
    looked: String,
    /// Whether this is only what was found as far as the search has looked.
    stopped: bool,
    last_message: Option<When>,
    days: Vec<Day>,
    newer: Option<String>,
    older: Option<String>,
    picking: bool,
}

/// The start page.
pub async fn start(request: HttpRequest, site: web::Data<Site>) -> Result<HttpResponse, Refusal> {
    let path = if session_of(&request).await?.is_some() { "/inbox" } else { "/login" };
    Ok(redirect(&site.base, path))
}

#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    query: web::Query<InboxQuery>,
    pages: web::Data<Pages>,
    inbox: web::Data<Inbox>,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let query = query.into_inner();
    let list = list(me.owner(), &query, &inbox, &channels, &tokens).await?;
    let mut c = pages.chrome(&request, &me.0, list.section()).await?;
    c.search.clone_from(&query.q);
    let now = clock.now();
    html(&inbox_page(c, &query, list, now))
}

/// A list that a query asks for.
pub struct List {
    pub view: &'static str,
    pub page: Page,
    understood: Understood,
}

impl List {
    pub fn heading(&self) -> &'static str {
        match (self.understood.parts.is_empty(), self.view) {
            (false, _) => "Search",
            (true, "all") => "All messages",
            (true, "sent") => "Sent",
            (true, _) => "Inbox",
        }
    }

    /// Its place in the navigation.
    pub fn section(&self) -> &'static str {
        match self.view {
            "unread" => "inbox",
            view => view,
        }
    }
}

/// The messages that a query asks for.
pub async fn list(
    owner: &Owner,
    query: &InboxQuery,
    inbox: &Inbox,
    channels: &Channels,
    tokens: &Tokens,
) -> Result<List, Refusal> {
    let channel = channel_of(owner, query, channels).await?;
    let mut understood = query.understand(&channel);
    if let Some(author) = &understood.author {
        understood.criteria.authors = Some(tokens.described(owner, author).await?);
    }
    let (view, walk) = match query.view.as_str() {
        "all" => ("all", Walk::Everything),
        "sent" => ("sent", Walk::Own),
        // A search that says nothing of read or unread looks everywhere.
        "" if !understood.parts.is_empty() => ("all", Walk::Everything),
        _ => ("unread", Walk::Unread),
    };
    let wanted = Wanted { walk, criteria: understood.criteria.clone(), before: query.older.parse().ok() };
    let page = inbox.page(owner, wanted).await?;
    Ok(List { view, page, understood })
}

async fn channel_of(owner: &Owner, query: &InboxQuery, channels: &Channels) -> Result<String, Refusal> {
    let Ok(id) = query.channel.parse::<ChannelId>() else { return Ok(String::new()) };
    match channels.find(owner, &id).await {
        Ok(channel) => Ok(channel_name(&channel.label, id.as_str())),
        Err(Error::ChannelNotFound) => Ok("not one of yours".to_owned()),
        Err(error) => Err(error.into()),
    }
}

fn inbox_page(c: Chrome, query: &InboxQuery, list: List, now: Timestamp) -> InboxPage {
    let shown = list.page.rows.len();
    let searching = !list.understood.parts.is_empty();
    let stopped = searching && list.page.looked_back_to.is_some();
    let summary = match list.view {
        _ if searching && shown == 0 && stopped => "Nothing found so far".to_owned(),
        _ if searching && shown == 0 => "Nothing found".to_owned(),
        _ if searching => format!("{} found on this page", count(shown as u64, "message")),
        "unread" if shown > 0 => format!("{} of {} unread", number(shown as u64), c.unread),
        "unread" if c.unread.any() => format!("0 of {} unread", c.unread),
        "unread" => "Nothing unread".to_owned(),
        _ => count(shown as u64, "message"),
    };
    let looked = match list.page.looked_back_to {
        Some(back) => format!("Looked back to {}.", When::new(back, now).full),
        None if searching => "Looked through everything.".to_owned(),
        None => "That is everything.".to_owned(),
    };
    let context = InboxQuery { older: query.older.clone(), ..query.clone() }.to_address();
    InboxPage {
        heading: list.heading(),
        view: list.view,
        here: format!("/inbox{context}"),
        context,
        filter_query: query.with_older("").to_address(),
        summary,
        stopped,
        shown,
        has_channels: c.channels > 0,
        looked,
        last_message: c.newest.map(|newest| When::new(newest, now)),
        days: by_day(&list.page.rows, now),
        newer: (!query.older.is_empty()).then(|| query.with_older("").to_address()),
        older: list.page.next.map(|next| query.with_older(&next.to_string()).to_address()),
        chips: list.understood.parts,
        notices: list.understood.notices,
        picking: true,
        c,
    }
}
