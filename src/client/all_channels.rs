//! All channels of an account, over one socket: each channel's bell is rung when something comes there.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use serde::Deserialize;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use crate::client::account::{Account, AccountChannel};
use crate::client::error::ClientError;
use crate::client::socket::NoSocket;
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
    bells: RefCell<HashMap<String, Rc<Notify>>>,
    /// The highest number that was told; what came behind it is asked for with the next socket.
    after: Cell<u64>,
    /// Whether the channels have to be looked at before anything else.
    is_behind: Cell<bool>,
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
        Self { account, found, bells: RefCell::default(), after: Cell::new(0), is_behind: Cell::new(true) }
    }

    /// Hears until the server refuses.
    pub async fn hear(&self) -> ClientError {
        let mut pauses = Pauses::default();
        loop {
            match self.account.socket(self.after.get()).await {
                Ok(mut socket) => {
                    while let Some(text) = socket.next_text().await {
                        let Ok(frame) = serde_json::from_str::<Frame>(&text) else { continue };
                        match self.take(frame).await {
                            Ok(()) => pauses = Pauses::default(),
                            Err(error) if error.is_passing() => break,
                            Err(error) => return error,
                        }
                    }
                }
                Err(NoSocket::Refused(error)) => return error,
                Err(NoSocket::NotNow) => {}
            }
            tokio::time::sleep(pauses.next_pause()).await;
        }
    }

    async fn take(&self, frame: Frame) -> Result<(), ClientError> {
        self.is_behind.set(self.is_behind.get() || frame.missed);
        let bell = frame.channel_id.and_then(|id| self.bells.borrow().get(&id).cloned());
        match bell {
            Some(bell) if !self.is_behind.get() => bell.notify_one(),
            // The first frame says that nothing was missed.
            None if !self.is_behind.get() && self.after.get() == frame.id => {}
            _ => self.look().await?,
        }
        self.is_behind.set(false);
        self.after.set(self.after.get().max(frame.id));
        Ok(())
    }

    /// Finds channels that are new, and rings at all.
    async fn look(&self) -> Result<(), ClientError> {
        let channels = self.account.channels().await?;
        let was_there = self.after.get() == 0;
        for channel in channels {
            let mut bells = self.bells.borrow_mut();
            if let Some(bell) = bells.get(&channel.id) {
                bell.notify_one();
                continue;
            }
            let bell = Rc::new(Notify::new());
            bells.insert(channel.id.clone(), Rc::clone(&bell));
            // Nobody takes them any more once it is at its end.
            let _gone = self.found.send(Found { channel, bell, was_there });
        }
        Ok(())
    }
}
