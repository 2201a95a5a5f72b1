//! Everything that others write into a channel, one after the other and none left out, however often the server goes away.
//!
//! A socket wakes whoever listens, who then reads. Where no socket comes through, a read waits at the server; where the
//! server does not know how to, it is asked again and again.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::client::channel::{Channel, Received};
use crate::client::error::ClientError;
use crate::client::outage::Outage;
use crate::client::socket::Socket;
use crate::client::wire::Pauses;

/// How long a read waits at the server.
const WAIT: Duration = Duration::from_secs(50);

/// The longest pause between two looks at a server that says nothing by itself.
const LOOK: Duration = Duration::from_secs(5);

/// How many looks there are before a socket is tried again.
const LOOKS: u32 = 12;

/// Somebody who listens to one channel.
pub struct Listener<'a> {
    channel: &'a Channel,
    /// The last number that was given out.
    after: u64,
    only_unread: bool,
    found: VecDeque<Received>,
    socket: Option<Socket>,
    pauses: Pauses,
    /// The highest number that a look found.
    head: u64,
    /// Looks left before a socket is tried.
    looks: u32,
    /// Rung by whoever listens for several channels, instead of a socket.
    bell: Option<Rc<Notify>>,
    sockets: Outage,
}

impl<'a> Listener<'a> {
    /// From a number on; `only_unread` leaves out what was read already.
    pub fn new(channel: &'a Channel, after: u64, only_unread: bool) -> Self {
        Self {
            channel,
            after,
            only_unread,
            found: VecDeque::new(),
            socket: None,
            pauses: Pauses::default(),
            head: 0,
            looks: 0,
            bell: None,
            sockets: channel.sockets(),
        }
    }

    /// Looks when the bell is rung, and opens no socket.
    #[must_use]
    pub fn woken_by(mut self, bell: Rc<Notify>) -> Self {
        self.bell = Some(bell);
        self
    }

    /// The next message. Ends only with a refusal that no waiting mends.
    pub async fn next_message(&mut self) -> Result<Received, ClientError> {
        loop {
            if let Some(message) = self.found.pop_front() {
                self.after = message.sequence;
                return Ok(message);
            }
            // A socket that is open before the read misses nothing that comes after it.
            self.connect().await;
            match self.channel.page(self.after, self.only_unread).await {
                Ok((page, _)) => {
                    let last = page.last().map(|message| message.sequence);
                    self.found.extend(page.into_iter().filter(|one| one.author.as_deref() != Some("own")));
                    if let Some(last) = last {
                        self.pauses = Pauses::default();
                        if self.found.is_empty() {
                            self.after = last;
                        }
                        continue;
                    }
                }
                Err(error) if error.is_passing() => {
                    self.socket = None;
                    self.channel.tries_again(&error);
                    tokio::time::sleep(self.pauses.pause_after(&error)).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.wait().await;
        }
    }

    /// Opens a socket where there is none. One that does not open is done without: if the token was refused, the read tells.
    async fn connect(&mut self) {
        if self.socket.is_some() || self.bell.is_some() || self.looks > 0 {
            self.looks = self.looks.saturating_sub(1);
            return;
        }
        match self.channel.socket().await {
            Ok(socket) => {
                self.sockets.ends(|| "a socket is open again".to_owned());
                self.socket = Some(socket);
            }
            Err(ClientError::Unreachable { .. }) => {}
            Err(error) => {
                self.sockets.begins(|| format!("no socket opens, so the server is asked instead: {error}"));
                self.looks = LOOKS;
            }
        }
    }

    /// Until something may be there.
    async fn wait(&mut self) {
        if let Some(bell) = &self.bell {
            return bell.notified().await;
        }
        if let Some(socket) = &mut self.socket {
            if socket.next_text().await.is_none() {
                self.socket = None;
                // A server that takes sockets and ends them at once is not asked without a pause.
                tokio::time::sleep(self.pauses.next_pause()).await;
            }
            return;
        }
        // Returns at once where something unread is not for us, or where the server does not wait.
        let _asked_again = self.channel.wait(WAIT).await;
        let head = self.channel.head().await.unwrap_or_default();
        if head <= self.after.max(self.head) {
            tokio::time::sleep(self.pauses.next_pause().min(LOOK)).await;
        }
        self.head = head;
    }
}
