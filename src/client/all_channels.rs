//! All channels of an account, over one socket: each channel's bell is rung when something comes there.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use serde::Deserialize;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use crate::client::account::{Account, AccountChannel};
use crate::client::error::ClientError;
use crate::client::outage::Outage;
use crate::client::socket::Socket;
use crate::client::wire::Pauses;

/// A channel that was found.
pub struct Found {
    pub channel: AccountChannel,
    /// Rung when something comes.
    pub bell: Rc<Notify>,
    /// Whether it was there when this began.
    pub was_there: bool,
}

/// Who hears of an account.
pub struct AllChannels<'a> {
    account: &'a Account,
    found: UnboundedSender<Found>,
    known: RefCell<HashMap<String, Known>>,
    sockets: Outage,
    /// The highest number that was told; what came behind it is asked for with the next socket.
    after: Cell<u64>,
    /// Whether the channels were ever looked at.
    has_begun: Cell<bool>,
    /// Whether the channels have to be looked at before anything else.
    is_behind: Cell<bool>,
}

/// A channel that was told of.
struct Known {
    bell: Rc<Notify>,
    /// The highest number when it was last looked at.
    head: u64,
}

#[derive(Deserialize)]
struct Frame {
    id: u64,
    #[serde(default)]
    missed: bool,
    channel_id: Option<String>,
}

impl<'a> AllChannels<'a> {
    /// Tells of each channel once.
    pub fn new(account: &'a Account, found: UnboundedSender<Found>) -> Self {
        Self {
            account,
            found,
            known: RefCell::default(),
            sockets: account.sockets(),
            after: Cell::new(0),
            has_begun: Cell::new(false),
            is_behind: Cell::new(true),
        }
    }

    /// Hears until the server refuses. While no socket opens, or none tells anything, it looks now and then.
    pub async fn hear(&self) -> ClientError {
        let mut pauses = Pauses::default();
        loop {
            let outcome = match self.account.socket(self.after.get()).await {
                Ok(socket) => {
                    self.sockets.ends(|| "the account's socket is open again".to_owned());
                    self.follow(socket).await
                }
                // The look tells it.
                Err(ClientError::Unreachable { .. }) => Ok(false),
                Err(error) => {
                    let words = "no socket of the account opens, so its channels are asked for now and then";
                    self.sockets.begins(|| format!("{words}: {error}"));
                    Ok(false)
                }
            };
            let outcome = match outcome {
                Ok(false) => self.look().await,
                outcome => outcome,
            };
            let pause = match outcome {
                Ok(is_news) => {
                    pauses = if is_news { Pauses::default() } else { pauses };
                    pauses.next_pause()
                }
                Err(error) if error.is_passing() => {
                    self.account.tries_again(&error);
                    pauses.pause_after(&error)
                }
                Err(error) => return error,
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes what a socket tells until its end, and says whether it told anything.
    async fn follow(&self, mut socket: Socket) -> Result<bool, ClientError> {
        let mut has_told = false;
        while let Some(text) = socket.next_text().await {
            let Ok(frame) = serde_json::from_str::<Frame>(&text) else { continue };
            self.take(frame).await?;
            has_told = true;
        }
        Ok(has_told)
    }

    async fn take(&self, frame: Frame) -> Result<(), ClientError> {
        self.is_behind.set(self.is_behind.get() || frame.missed);
        let bell = frame.channel_id.and_then(|id| Some(Rc::clone(&self.known.borrow().get(&id)?.bell)));
        match bell {
            Some(bell) if !self.is_behind.get() => bell.notify_one(),
            // The first frame says that nothing was missed.
            None if !self.is_behind.get() && self.after.get() == frame.id => {}
            _ => {
                self.look().await?;
            }
        }
        self.is_behind.set(false);
        self.after.set(self.after.get().max(frame.id));
        Ok(())
    }

    /// Finds channels that are new, rings where something was written, and says whether there was any of it.
    async fn look(&self) -> Result<bool, ClientError> {
        let channels = self.account.channels().await?;
        let was_there = !self.has_begun.replace(true);
        let mut known = self.known.borrow_mut();
        let mut is_news = false;
        let mut gone = std::mem::take(&mut *known);
        for channel in channels {
            let id = channel.id.clone();
            if let Some(mut one) = gone.remove(&id) {
                if one.head != channel.head {
                    (one.head, is_news) = (channel.head, true);
                    one.bell.notify_one();
                }
                known.insert(id, one);
                continue;
            }
            is_news = true;
            let bell = Rc::new(Notify::new());
            known.insert(id, Known { bell: Rc::clone(&bell), head: channel.head });
            // Nobody takes them any more once it is at its end.
            let _gone = self.found.send(Found { channel, bell, was_there });
        }
        // Who listens there finds that the channel is gone.
        for one in gone.values() {
            one.bell.notify_one();
        }
        Ok(is_news)
    }
}
