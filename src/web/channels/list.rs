//! The list of channels, and making a new one.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::time::{Clock, Timestamp};
use crate::service::channels::{ChannelSummary, Channels};
use crate::service::inbox::{Glimpse, Inbox};
use crate::web::channels::head::{Flag, flags, open_to_anyone};
use crate::web::frame::answers::html;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::guards::SignedIn;
use crate::web::frame::page::Pages;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;
use crate::web::words::curl;
use crate::web::words::format::{Mark, Unread, When, channel_name, count, size};

/// Channels on one page.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "channels/list.html")]
struct ChannelsPage {
    c: Chrome,
    count: usize,
    channels: Vec<ChannelRow>,
    more: Option<String>,
    curl: String,
}

struct ChannelRow {
    id: String,
    name: String,
    mark: Mark,
    unread: Unread,
    flags: Vec<Flag>,
    open: Option<&'static str>,
    messages: String,
    tokens: String,
    size: String,
    last: Option<When>,
    head: i64,
}

/// Which part of a long list.
#[derive(Deserialize)]
pub struct Part {
    /// The place of the last channel of the page before.
    #[serde(default)]
    after: String,
}

/// A channel's place in the list: the last message counts, then the channel's age. Unlike a position it stays true when
/// channels come and go between two pages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    newest: Option<Timestamp>,
    row: i64,
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let (newest, row) = text.split_once('.')?;
        let newest = match newest {
            "" => None,
            millis => Some(Timestamp::from_millis(millis.parse().ok()?)),
        };
        Some(Self { newest, row: row.parse().ok()? })
    }

    fn to_address(self) -> String {
        let newest = self.newest.map(|newest| newest.as_millis().to_string()).unwrap_or_default();
        format!("?after={newest}.{}", self.row)
    }
}

#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    part: web::Query<Part>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
    inbox: web::Data<Inbox>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let mut listed = channels.summaries(me.owner()).await?;
    let unread = inbox.unread_by_channel(me.owner()).await?;
    let of = |one: &ChannelSummary| unread.get(&one.channel.row.0).copied();
    let place = |one: &ChannelSummary| Place {
        newest: of(one).and_then(|unread| unread.newest),
        row: one.channel.row.0,
    };
    listed.sort_by_key(|one| std::cmp::Reverse(place(one)));
    let all = listed.len();
    if let Some(after) = Place::read(&part.after) {
        listed.retain(|one| place(one) < after);
    }
    let c = pages.chrome(&request, &me.0, "channels").await?;
    let now = clock.now();
    let user = c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default();
    let curl = curl::create_channel(&site.api(&request), me.owner().account().0, &user);
    let more = listed.get(PAGE).and_then(|_| listed.get(PAGE - 1)).map(|last| place(last).to_address());
    let rows = listed.iter().take(PAGE).map(|one| row(one, &site, of(one), now));
    html(&ChannelsPage { c, count: all, channels: rows.collect(), more, curl })
}

fn row(one: &ChannelSummary, site: &Site, unread: Option<Glimpse>, now: Timestamp) -> ChannelRow {
    let channel = &one.channel;
    let name = channel_name(&channel.label, channel.id.as_str());
    ChannelRow {
        id: channel.id.as_str().to_owned(),
        mark: Mark::new(channel.row.0, &name),
        name,
        unread: unread.map(|unread| Unread(unread.count)).unwrap_or_default(),
        flags: flags(channel),
        open: open_to_anyone(channel, site),
        messages: count(channel.messages, "message"),
        tokens: count(one.tokens, "token"),
        size: size(channel.bytes),
        last: unread.and_then(|unread| unread.newest).map(|newest| When::new(newest, now)),
        head: channel.head.0,
    }
}
