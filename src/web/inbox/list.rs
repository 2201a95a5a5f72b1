//! The inbox: messages of all channels, newest first, with search and filters.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::zone::Zone;
use crate::service::first_steps::FirstSteps;
use crate::service::inbox::Inbox;
use crate::service::inbox_page::{Page, Walk, Wanted};
use crate::service::search::{Criteria, Noted};
use crate::web::frame::answers::html;
use crate::web::frame::call::{AnyCall, Call};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::guards::session_of;
use crate::web::frame::refusal::Refusal;
use crate::web::inbox::first_steps::{self, FirstStep};
use crate::web::inbox::query::{Condition, InboxQuery, Understood};
use crate::web::inbox::rows::{MessageRow, by_day};
use crate::web::words::days::Day;
use crate::web::words::format::{Now, When, channel_name, count, number};

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
    chips: Vec<Condition>,
    /// How many there are, where the list is not empty for having read all.
    summary: String,
    shown: usize,
    notices: Vec<String>,
    steps: Vec<FirstStep>,
    looked: String,
    /// Whether this is only what was found as far as the search has looked.
    stopped: bool,
    last_message: Option<When>,
    days: Vec<Day<MessageRow>>,
    /// The first page, where that is not the one before this.
    newest: Option<String>,
    newer: Option<String>,
    older: Option<String>,
    picking: bool,
    /// Whether whatever comes stands at its top.
    shows_new: bool,
    /// What the holder's browser looks for in what it has opened itself.
    looks_for: LooksFor,
}

/// A search as far as a browser can make it: words, which are folded, and the one channel.
struct LooksFor {
    words: Vec<String>,
    without: Vec<String>,
    channel: String,
    /// It asks for more than that.
    more: bool,
}

impl LooksFor {
    fn of(criteria: &Criteria) -> Self {
        let texts = |negated| {
            let words = criteria.words.iter().filter(move |word| word.negated == negated);
            words.map(|word| word.text.clone()).collect()
        };
        let rest = Criteria { words: Vec::new(), channel: None, ..criteria.clone() };
        Self {
            words: texts(false),
            without: texts(true),
            channel: criteria.channel.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
            more: rest.any(),
        }
    }
}

/// The start page.
pub async fn start(call: AnyCall) -> Result<HttpResponse, Refusal> {
    let signed_in = session_of(&call.request).await?.is_some();
    Ok(call.redirect(if signed_in { "/inbox" } else { "/login" }))
}

pub async fn show(
    call: Call,
    query: web::Query<InboxQuery>,
    inbox: web::Data<Inbox>,
    first: web::Data<FirstSteps>,
) -> Result<HttpResponse, Refusal> {
    let query = query.into_inner();
    let mut list = List::of(&query, call.now().zone);
    let page = inbox.page(call.owner(), list.wanted(&query));
    if query.part {
        let found = page.await?;
        return html(&inbox_page(call.part(), &query, list, &found, call.now()));
    }
    let (mut c, (found, steps)) = call.page(list.section(), page.and(first.of(call.owner()))).await?;
    list.name_channel(&found);
    c.search.clone_from(&query.q);
    c.beside = query.beside();
    c.query = query.newest().to_address();
    if c.searches.iter().any(|(_, saved)| *saved == c.query) {
        c.section = "search";
    }
    let is_start = list.view == "inbox" && list.understood.parts.is_empty();
    let steps = if is_start { first_steps::list(&call, steps) } else { Vec::new() };
    html(&InboxPage { steps, ..inbox_page(c, &query, list, &found, call.now()) })
}

/// A list that a query asks for.
pub struct List {
    pub view: &'static str,
    walk: Walk,
    understood: Understood,
}

impl List {
    pub fn of(query: &InboxQuery, zone: &Zone) -> Self {
        let understood = query.understand(zone);
        let (view, walk) = match query.view.as_str() {
            "all" => ("all", Walk::Everything),
            "sent" => ("sent", Walk::Own),
            "unread" => ("unread", Walk::Unread),
            "starred" => ("starred", Walk::Starred),
            "snoozed" => ("snoozed", Walk::Snoozed),
            // A search that says nothing of where to look looks everywhere; what is few is not looked for among all.
            "" if understood.criteria.noted.contains(&Noted::Starred) => ("all", Walk::Starred),
            "" if understood.criteria.noted.contains(&Noted::Snoozed) => ("all", Walk::Snoozed),
            "" if !understood.parts.is_empty() => ("all", Walk::Everything),
            _ => ("inbox", Walk::Inbox),
        };
        Self { view, walk, understood }
    }

    /// The page of it that is to be read.
    pub fn wanted(&self, query: &InboxQuery) -> Wanted {
        let criteria = self.understood.criteria.clone();
        Wanted { walk: self.walk, criteria, before: query.older.parse().ok() }
    }

    /// Says on its chip which channel it is.
    fn name_channel(&mut self, found: &Page) {
        let Some(id) = &self.understood.criteria.channel else { return };
        let name = found.channel.as_ref().map(|label| channel_name(label, id.as_str()));
        let name = name.unwrap_or_else(|| "not one of yours".to_owned());
        self.understood.name_channel(&name);
    }

    pub fn heading(&self) -> &'static str {
        match (self.understood.parts.is_empty(), self.view) {
            (false, _) => "Search",
            (true, "all") => "All messages",
            (true, "sent") => "Sent",
            (true, "starred") => "Starred",
            (true, "snoozed") => "Snoozed",
            (true, _) => "Inbox",
        }
    }

    /// The words that are looked for.
    pub fn words(&self) -> Vec<String> {
        self.understood.criteria.wanted_words()
    }

    /// Its place in the navigation.
    pub fn section(&self) -> &'static str {
        match self.view {
            "all" => "all",
            "sent" => "sent",
            "starred" => "starred",
            _ => "inbox",
        }
    }
}

/// How many were found: more than the page shows, as far as was counted.
fn found_words(found: &Page) -> String {
    let (shown, all) = (found.rows.len() as u64, found.found as u64);
    match found.counted_back_to {
        Some(_) => format!("{} of at least {} found", number(shown), number(all)),
        None if all > shown => format!("{} of {} found", number(shown), number(all)),
        None if found.looked_back_to.is_some() => format!("{} found so far", count(shown, "message")),
        None => format!("{} found", count(shown, "message")),
    }
}

fn inbox_page(c: Chrome, query: &InboxQuery, list: List, found: &Page, now: Now<'_>) -> InboxPage {
    let shown = found.rows.len();
    let searching = !list.understood.parts.is_empty();
    let stopped = searching && found.looked_back_to.is_some();
    let summary = match list.view {
        _ if searching && shown == 0 && stopped => "Nothing found so far".to_owned(),
        _ if searching && shown == 0 => "Nothing found".to_owned(),
        _ if searching => found_words(found),
        "inbox" => String::new(),
        "unread" if shown > 0 => format!("{} of {} unread", number(shown as u64), c.unread),
        _ => count(shown as u64, "message"),
    };
    let looked = match found.looked_back_to.or(found.counted_back_to) {
        Some(back) => format!("Looked back to {}.", When::new(back, now).full),
        None if searching => "Looked through everything.".to_owned(),
        None => "That is everything.".to_owned(),
    };
    let context = query.to_address();
    InboxPage {
        heading: list.heading(),
        view: list.view,
        here: format!("/inbox{context}"),
        context,
        filter_query: query.newest().to_address(),
        summary,
        stopped,
        shown,
        steps: Vec::new(),
        looked,
        last_message: c.newest.map(|newest| When::new(newest, now)),
        days: by_day(&found.rows, &list.words(), now),
        newest: (!query.trail.is_empty()).then(|| query.newest().to_address()),
        newer: query.nearer().map(|page| page.to_address()),
        older: found.next.map(|next| query.further(next).to_address()),
        looks_for: LooksFor::of(&list.understood.criteria),
        chips: list.understood.parts,
        notices: list.understood.notices,
        picking: true,
        shows_new: query.older.is_empty() && !searching && ["inbox", "unread", "all"].contains(&list.view),
        c,
    }
}
