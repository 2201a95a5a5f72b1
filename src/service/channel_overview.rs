//! The list of channels: in groups, in one of several orders, each channel with its last message.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use crate::auth::access::Owner;
use crate::domain::channel::Channel;
use crate::domain::folded::folded;
use crate::domain::id::ChannelRow;
use crate::domain::message::{Message, Sequence};
use crate::domain::read_state::UnreadCount;
use crate::service::Reading;
use crate::service::authors::{AuthorName, Authors};
use crate::service::error::Error;
use crate::service::inbox::{Inbox, last_use};
use crate::store::inbox::{self, Glance, Walk};
use crate::store::tx::ReadTx;
use crate::store::{channel_access, channels, messages, tokens};

/// Channels on one page.
const PAGE: usize = 100;

/// Which channel comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The one with the newest message.
    Activity,
    Name,
    /// The one with the most unread messages.
    Unread,
}

/// A page of the list.
#[derive(Debug)]
pub struct ChannelPage {
    pub rows: Vec<ListedChannel>,
    /// How many channels there are.
    pub all: usize,
    /// The last channel of this page, when there are more.
    pub more: Option<ChannelRow>,
}

/// A channel in the list.
#[derive(Debug)]
pub struct ListedChannel {
    pub channel: Channel,
    pub tokens: u64,
    pub unread: UnreadCount,
    pub last: Option<(AuthorName, Message)>,
}

impl Inbox {
    /// The account's channels: the pinned ones first, then those of one group together, and the others last. The page begins
    /// after a channel; should that be gone, it is the first.
    pub fn channels(&self, owner: &Owner, order: Order, after: Option<ChannelRow>) -> Reading<ChannelPage> {
        let (account, known) = (owner.account(), Arc::clone(&self.glances));
        self.store.reading(move |tx| {
            let glances = known.of(tx, account)?;
            let glances: HashMap<ChannelRow, &Glance> =
                glances.iter().map(|glance| (glance.channel, glance)).collect();
            let mut counts = tokens::counts(tx, account)?;
            let mut listed = Vec::new();
            for channel in channels::list(tx, account)? {
                listed.extend(glances.get(&channel.row).map(|glance| (channel, *glance)));
            }
            sort(&mut listed, order);
            let all = listed.len();
            let start = after.and_then(|after| listed.iter().position(|(channel, _)| channel.row == after));
            let start = start.map_or(0, |at| at + 1);
            let more = listed.get(start + PAGE).and_then(|_| listed.get(start + PAGE - 1));
            let more = more.map(|(channel, _)| channel.row);
            let rows = listed.into_iter().skip(start).take(PAGE).map(|(channel, glance)| {
                Ok::<_, Error>(ListedChannel {
                    tokens: counts.remove(&channel.row).unwrap_or(0),
                    unread: glance.unread,
                    last: last(tx, glance)?,
                    channel,
                })
            });
            Ok(ChannelPage { rows: rows.collect::<Result<_, _>>()?, all, more })
        })
    }
}

fn sort(listed: &mut [(Channel, &Glance)], order: Order) {
    let group = |channel: &Channel| {
        let pinned = channel.arrangement.pinned;
        let name = if pinned { String::new() } else { folded(channel.arrangement.group.as_str()) };
        (!pinned, name.is_empty(), name)
    };
    match order {
        Order::Activity => {
            listed.sort_by_cached_key(|(channel, glance)| (group(channel), Reverse(last_use(glance))));
        }
        Order::Name => listed.sort_by_cached_key(|(channel, _)| {
            let name = folded(&channel.label);
            (group(channel), name.is_empty(), name, channel.row.0)
        }),
        Order::Unread => listed.sort_by_cached_key(|(channel, glance)| {
            (group(channel), Reverse(glance.unread.number), Reverse(last_use(glance)))
        }),
    }
}

/// The channel's newest message.
fn last(tx: &ReadTx<'_>, glance: &Glance) -> Result<Option<(AuthorName, Message)>, Error> {
    let Some(envelope) = inbox::newest_below(tx, glance, Walk::Everything, Sequence(i64::MAX))? else {
        return Ok(None);
    };
    let Some(access) = channel_access::load(tx, glance.channel)? else { return Ok(None) };
    let Some(message) = messages::of_envelope(tx, &access, &envelope)? else { return Ok(None) };
    Ok(Some((Authors::default().name(tx, &access, envelope.author)?, message)))
}
