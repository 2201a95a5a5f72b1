//! The works that are measured: what a file holds beforehand, what is asked again and again, what it is compared with.

use std::fmt::Write as _;

use crate::block_on;
use crate::drive::Requests;
use crate::prepare::{Channel, Filling, Holder, Holding};
use crate::process::{Data, Process};

const OLDER_MESSAGES: usize = 100_000;
const INBOX_MESSAGES: usize = 100_000;
const INBOX_CHANNELS: usize = 200;
const MANY_TOKENS: usize = 1000;
const MANY_CHANNELS: usize = 1000;
/// A backup of them takes longer than a sample.
const BACKED_UP_MESSAGES: usize = 300_000;
/// Webhooks of others, who hear nothing of what is written.
const SUBSCRIPTIONS: usize = 1000;

/// Whether company in a commit helps shows with more than one number.
const FEW_AND_MANY: &[u32] = &[32, 128];
/// One that waits for the disk alone suffers most from others there.
const FEWER_AND_MANY: &[u32] = &[1, 32, 128];
/// Enough where the number of connections is not the question.
const MANY: &[u32] = &[128];

/// One kind of request.
pub struct Work {
    pub name: &'static str,
    pub connections: &'static [u32],
    pub filling: Filling,
    pub other: Other,
    /// Whether every flush to the disk takes a millisecond more.
    pub slow_sync: bool,
    method: &'static str,
    body_bytes: usize,
    path: fn(&Channel) -> String,
    credentials: Credentials,
}

/// What peerbox is compared with.
pub enum Other {
    /// The bare server.
    Bare,
    /// Peerbox over another file, and what the table calls that.
    File(&'static str, Filling),
    /// Peerbox over the same file, driven by one connection: every write then is a commit of its own, as in a server
    /// without group commit.
    OneConnection,
    /// Peerbox over the same file, of which no backup is made meanwhile.
    WithoutBackup,
    Nothing,
}

#[derive(Clone, Copy)]
enum Credentials {
    Token(Holder),
    Account,
    /// The cookie of somebody who signed in to the pages.
    Session,
}

/// All of them, in the order of the table. `million` is how many messages the full file of `write-million` holds.
pub fn all(million: usize) -> Vec<Work> {
    let shared = Filling::channels(64);
    let unread = Filling { unread: 10, ..Filling::channels(1) };
    let older = Filling { messages: OLDER_MESSAGES, read: true, ..unread };
    vec![
        write("write-1k", 1024, FEW_AND_MANY),
        Work { filling: Filling::channels(1), ..write("write-1k-one", 1024, MANY) },
        Work { filling: Filling::channels(MANY_CHANNELS), ..write("write-1k-thousand", 1024, MANY) },
        write("write-32k", 32 * 1024, FEW_AND_MANY),
        Work {
            filling: Filling { messages: million, ..shared },
            other: Other::File("empty file", shared),
            ..write("write-million", 1024, MANY)
        },
        Work {
            filling: Filling { counterparties: MANY_TOKENS - 1, ..shared },
            other: Other::File("one token", Filling { counterparties: 0, ..shared }),
            ..write("write-tokens", 1024, MANY)
        },
        Work {
            filling: Filling { subscribed_elsewhere: SUBSCRIPTIONS, ..shared },
            other: Other::File("none", shared),
            ..write("write-elsewhere", 1024, MANY)
        },
        Work {
            filling: Filling { subscribed: true, ..Filling::channels(1) },
            other: Other::File("none", Filling::channels(1)),
            ..write("write-subscribed", 1024, MANY)
        },
        Work {
            filling: Filling { messages: BACKED_UP_MESSAGES, ..shared },
            other: Other::WithoutBackup,
            ..write("write-backup", 1024, FEWER_AND_MANY)
        },
        Work { slow_sync: true, other: Other::OneConnection, ..write("write-slow-sync", 1024, MANY) },
        read("read-10", Filling { unread: 10, ..shared }, FEW_AND_MANY),
        Work { other: Other::File("none older", unread), ..read("read-10-old", older, MANY) },
        Work {
            method: "HEAD",
            path: Channel::path,
            ..read("head", Filling { unread: 1, ..shared }, FEW_AND_MANY)
        },
        Work {
            path: |channel| format!("/api/v1/account/1/channel/{}", channel.id),
            ..manage("account", 64, MANY)
        },
        manage("list-100", 100, FEW_AND_MANY),
        Work {
            name: "inbox-page",
            connections: &[1],
            filling: Filling {
                messages: INBOX_MESSAGES,
                author: Holder::Counterparty,
                ..Filling::channels(INBOX_CHANNELS)
            },
            other: Other::Nothing,
            slow_sync: false,
            method: "GET",
            body_bytes: 0,
            path: |_| "/inbox".to_owned(),
            credentials: Credentials::Session,
        },
    ]
}

/// Owners write to their channels, which are 64 and empty.
fn write(name: &'static str, body_bytes: usize, connections: &'static [u32]) -> Work {
    Work {
        name,
        connections,
        filling: Filling::channels(64),
        other: Other::Bare,
        slow_sync: false,
        method: "POST",
        body_bytes,
        path: Channel::path,
        credentials: Credentials::Token(Holder::Owner),
    }
}

/// Counterparties read what is unread.
fn read(name: &'static str, filling: Filling, connections: &'static [u32]) -> Work {
    Work {
        filling,
        method: "GET",
        path: |channel| format!("{}?unread=true", channel.path()),
        credentials: Credentials::Token(Holder::Counterparty),
        ..write(name, 0, connections)
    }
}

/// The account holder looks at channels that have their owner's token only.
fn manage(name: &'static str, channels: usize, connections: &'static [u32]) -> Work {
    Work {
        path: |_| "/api/v1/account/1/channel/list".to_owned(),
        credentials: Credentials::Account,
        ..read(name, Filling { counterparties: 0, ..Filling::channels(channels) }, connections)
    }
}

impl Work {
    /// Whether it changes the file.
    pub fn writes(&self) -> bool {
        self.method == "POST"
    }

    /// Its requests to a server that has these channels.
    pub fn requests(&self, server: &Process, channels: &[Channel]) -> Requests {
        let header: Box<dyn Fn(&Channel) -> String> = match self.credentials {
            Credentials::Token(holder) => {
                Box::new(move |channel| format!("Authorization Bearer {}", channel.token(holder)))
            }
            Credentials::Account => {
                let plain = format!("{}:{}", Data::USER, Data::PASSWORD);
                let basic = base64_simd::STANDARD.encode_to_string(plain);
                Box::new(move |_| format!("Authorization Basic {basic}"))
            }
            Credentials::Session => {
                let cookie = block_on(Holding::new(&server.address).sign_in(Data::USER));
                Box::new(move |_| format!("Cookie {cookie}"))
            }
        };
        let mut targets = String::new();
        for channel in channels {
            writeln!(targets, "{} {}", (self.path)(channel), header(channel)).expect("memory");
        }
        Requests { method: self.method, body_bytes: self.body_bytes, targets }
    }
}
