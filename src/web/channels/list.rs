//! The list of channels.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::content::Content;
use crate::domain::id::ChannelRow;
use crate::domain::size::size;
use crate::service::channel_overview::{ListedChannel, Order};
use crate::service::inbox::Inbox;
use crate::web::channels::head::{Flag, flags, open_to_anyone};
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::words::curl;
use crate::web::words::format::{Mark, Unread, When, author_words, channel_name, count};
use crate::web::words::snippet::snippet;

#[derive(Template)]
#[template(path = "channels/list.html")]
struct ChannelsPage {
    c: Chrome,
    count: usize,
    orders: Vec<Ordering>,
    groups: Vec<Group>,
    /// What of this address stays when something was done on the page.
    here: String,
    more: Option<String>,
    curl: String,
}

/// A way to sort the list.
struct Ordering {
    word: &'static str,
    value: &'static str,
    chosen: bool,
}

/// Channels that stand together.
struct Group {
    /// They do because they are pinned.
    is_pinned: bool,
    /// Empty where there are no groups.
    name: String,
    channels: Vec<ChannelItem>,
}

struct ChannelItem {
    id: String,
    name: String,
    mark: Mark,
    unread: Unread,
    pinned: bool,
    muted: bool,
    flags: Vec<Flag>,
    open: Option<&'static str>,
    messages: String,
    tokens: String,
    size: String,
    last: Option<LastMessage>,
}

struct LastMessage {
    author: String,
    line: String,
    received: When,
}

/// Which part of a long list, and in which order.
#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    sort: String,
    /// The last channel of the page before.
    #[serde(default)]
    after: String,
}

const ORDERS: [(&str, &str, Order); 3] = [
    ("activity", "Last message", Order::Activity),
    ("name", "Name", Order::Name),
    ("unread", "Unread", Order::Unread),
];

pub async fn show(
    call: Call,
    wanted: web::Query<ListQuery>,
    inbox: web::Data<Inbox>,
) -> Result<HttpResponse, Refusal> {
    let known = ORDERS.iter().find(|(value, _, _)| *value == wanted.sort);
    let (sort, _, order) = known.unwrap_or(&ORDERS[0]);
    let after = wanted.after.parse().ok().map(ChannelRow);
    let listed = inbox.channels(call.owner(), *order, after);
    let (c, page) = call.page("channels", listed).await?;
    let user = c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default();
    let curl = curl::create_channel(&call.site.api(&call.request), call.owner().account().0, &user);
    let here = match after {
        Some(after) => format!("/channels?sort={sort}&after={}", after.0),
        None => format!("/channels?sort={sort}"),
    };
    html(&ChannelsPage {
        c,
        count: page.all,
        orders: ORDERS.map(|(value, word, _)| Ordering { word, value, chosen: value == *sort }).into(),
        groups: groups(page.rows, &call),
        here,
        more: page.more.map(|last| format!("?sort={sort}&after={}", last.0)),
        curl,
    })
}

fn groups(rows: Vec<ListedChannel>, call: &Call) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for one in rows {
        let arrangement = &one.channel.arrangement;
        let is_pinned = arrangement.pinned;
        let name = if is_pinned { "Pinned" } else { arrangement.group.as_str() }.to_owned();
        let item = item(one, call);
        match groups.last_mut() {
            Some(group) if (group.is_pinned, &group.name) == (is_pinned, &name) => group.channels.push(item),
            _ => groups.push(Group { is_pinned, name, channels: vec![item] }),
        }
    }
    // The others have names, so the last one says what it is.
    if let [before @ .., last] = groups.as_mut_slice()
        && last.name.is_empty()
        && !before.is_empty()
    {
        let are_grouped = before.iter().any(|group| !group.is_pinned);
        let word = if are_grouped { "Without a group" } else { "Not pinned" };
        word.clone_into(&mut last.name);
    }
    groups
}

fn item(one: ListedChannel, call: &Call) -> ChannelItem {
    let channel = one.channel;
    let name = channel_name(&channel.label, channel.id.as_str());
    ChannelItem {
        id: channel.id.as_str().to_owned(),
        mark: Mark::new(channel.row.0, &name),
        name,
        unread: Unread(one.unread),
        pinned: channel.arrangement.pinned,
        muted: channel.arrangement.muted,
        flags: flags(&channel),
        open: open_to_anyone(&channel, &call.site),
        messages: count(channel.messages, "message"),
        tokens: count(one.tokens, "token"),
        size: size(channel.bytes),
        last: one.last.map(|(author, message)| {
            let content = Content::of(message.content_type.as_str(), message.payload.as_bytes());
            LastMessage {
                author: author_words(&author),
                line: snippet(&message, content),
                received: When::new(message.received, call.now()),
            }
        }),
    }
}
