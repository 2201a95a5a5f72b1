//! The top of every page about one channel, and what is said of a channel wherever it is named.

use crate::domain::channel::{Channel, ChannelState, Direction, PublicAccess, Sequencing};
use crate::domain::size::size;
use crate::web::frame::call::Call;
use crate::web::frame::guards::Guard;
use crate::web::frame::site::Site;
use crate::web::words::format::{Mark, When, channel_name, count, kept};

/// The top of every page about one channel.
pub struct Head {
    pub id: String,
    pub name: String,
    pub mark: Mark,
    pub flags: Vec<Flag>,
    pub open: Option<&'static str>,
    pub pinned: bool,
    pub muted: bool,
    /// Whether programs report here what became of transactions.
    pub has_transactions: bool,
    pub tab: &'static str,
    /// The highest sequence ever written.
    pub highest: i64,
    pub messages: String,
    pub size: String,
    pub tokens: u64,
    pub created: When,
    pub kept: String,
    pub address: String,
}

impl Head {
    pub fn new<G: Guard>(call: &Call<G>, channel: &Channel, tokens: u64, tab: &'static str) -> Self {
        let id = channel.id.as_str().to_owned();
        let name = channel_name(&channel.label, &id);
        Self {
            mark: Mark::new(channel.row.0, &name),
            name,
            flags: flags(channel),
            open: open_to_anyone(channel, &call.site),
            pinned: channel.arrangement.pinned,
            muted: channel.arrangement.muted,
            has_transactions: channel.direction == Direction::Callbacks,
            tab,
            highest: channel.head.0,
            messages: count(channel.messages, "message"),
            size: size(channel.bytes),
            tokens,
            created: When::new(channel.created, call.now()),
            kept: kept(&channel.retention),
            address: call.site.channel_address(&call.request, &id),
            id,
        }
    }

    /// The address of its conversation, which is not the first that is shown of a channel with transactions.
    pub fn talk(&self) -> String {
        let view = if self.has_transactions { "?view=messages" } else { "" };
        format!("/channels/{}{view}", self.id)
    }

    /// The address of the page that this is the top of.
    pub fn here(&self) -> String {
        if self.tab == "talk" { self.talk() } else { format!("/channels/{}/{}", self.id, self.tab) }
    }
}

/// Something about a channel that its holder should see at a glance.
pub struct Flag {
    pub icon: &'static str,
    pub word: &'static str,
}

/// What is unusual about a channel.
pub fn flags(channel: &Channel) -> Vec<Flag> {
    let mut flags = Vec::new();
    if channel.state == ChannelState::Locked {
        flags.push(Flag { icon: "lock", word: "Locked" });
    }
    if channel.sequencing == Sequencing::Sequenced {
        flags.push(Flag { icon: "check", word: "Read before writing" });
    }
    flags
}

/// What anyone who knows the address may do without a token: nothing on a server that does not heed it.
pub fn of_anyone(channel: &Channel, site: &Site) -> PublicAccess {
    if site.public_access { channel.public } else { PublicAccess::default() }
}

/// The same in words. `None` where that is nothing.
pub fn open_to_anyone(channel: &Channel, site: &Site) -> Option<&'static str> {
    let PublicAccess { read, write } = of_anyone(channel, site);
    match (read, write) {
        (true, true) => Some("Anyone with the address can read and write"),
        (true, false) => Some("Anyone with the address can read"),
        (false, true) => Some("Anyone with the address can write"),
        (false, false) => None,
    }
}
