//! The list of channels.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::time::Timestamp;
use crate::service::channels::{ChannelSummary, Channels};
use crate::service::inbox::{Glimpse, Inbox};
use crate::web::channels::head::{Flag, flags, open_to_anyone};
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::words::curl;
use crate::web::words::format::{Mark, Unread, When, channel_name, count, size};

/// Channels on one page.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "channels/list.html")]
struct ChannelsPage {
    c: Chrome,
    count: usize,
    channels: Vec<ChannelItem>,
    more: Option<String>,
    curl: String,
}

struct ChannelItem {
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
pub struct After {
    /// The place of the last channel of the page before.
    #[serde(default)]
    after: String,
}

/// A channel's place in the list: the last message counts, then the channel's age. Unlike a position it stays true when
/// channels come and go between two pages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LastUse {
    newest: Option<Timestamp>,
    row: i64,
}

impl LastUse {
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

pub async fn show(
    call: Call,
    from: web::Query<After>,
    channels: web::Data<Channels>,
    inbox: web::Data<Inbox>,
) -> Result<HttpResponse, Refusal> {
    let listed = channels.summaries(call.owner()).and(inbox.unread_by_channel(call.owner()));
    let (c, (mut listed, unread)) = call.page("channels", listed).await?;
    let of = |one: &ChannelSummary| unread.get(&one.channel.row.0).copied();
    let last_use = |one: &ChannelSummary| LastUse {
        newest: of(one).and_then(|unread| unread.newest),
        row: one.channel.row.0,
    };
    listed.sort_by_key(|one| std::cmp::Reverse(last_use(one)));
    let all = listed.len();
    if let Some(after) = LastUse::read(&from.after) {
        listed.retain(|one| last_use(one) < after);
    }
    let user = c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default();
    let curl = curl::create_channel(&call.site.api(&call.request), call.owner().account().0, &user);
    let more = listed.get(PAGE).and_then(|_| listed.get(PAGE - 1)).map(|last| last_use(last).to_address());
    let rows = listed.iter().take(PAGE).map(|one| row(one, &call, of(one)));
    html(&ChannelsPage { c, count: all, channels: rows.collect(), more, curl })
}

fn row(one: &ChannelSummary, call: &Call, unread: Option<Glimpse>) -> ChannelItem {
    let channel = &one.channel;
    let name = channel_name(&channel.label, channel.id.as_str());
    ChannelItem {
        id: channel.id.as_str().to_owned(),
        mark: Mark::new(channel.row.0, &name),
        name,
        unread: unread.map(|unread| Unread(unread.count)).unwrap_or_default(),
        flags: flags(channel),
        open: open_to_anyone(channel, &call.site),
        messages: count(channel.messages, "message"),
        tokens: count(one.tokens, "token"),
        size: size(channel.bytes),
        last: unread.and_then(|unread| unread.newest).map(|newest| When::new(newest, call.now())),
        head: channel.head.0,
    }
}
