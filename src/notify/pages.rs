//! Live updates of open pages: committed events, numbered, the last ones kept for browsers that come back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;

use crate::domain::id::AccountId;
use crate::domain::time::Timestamp;
use crate::events::Event;

/// Events kept for browsers that come back; whoever missed more starts over.
const KEPT: usize = 2048;

/// What an open page is told. It carries nothing of a message: the page asks for what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Message,
    /// Read states, channels or tokens.
    Other,
    /// Sessions were ended; each page finds out whether it was its own.
    Sessions,
    /// The server stops; the page comes back in a moment.
    Restart,
}

/// A numbered change in an account.
#[derive(Debug, Clone, Copy)]
pub struct PageEvent {
    /// Rises with every event, also over restarts.
    pub id: u64,
    account: Option<AccountId>,
    pub change: Change,
}

/// A cheap handle: told of every event, followed by open pages.
#[derive(Clone)]
pub struct PageEvents {
    shared: Arc<Shared>,
}

struct Shared {
    kept: Mutex<Kept>,
    sender: broadcast::Sender<PageEvent>,
}

struct Kept {
    last: u64,
    events: VecDeque<PageEvent>,
}

/// The events of one account, from some event on.
pub struct Following {
    account: AccountId,
    missed: VecDeque<PageEvent>,
    receiver: broadcast::Receiver<PageEvent>,
}

/// What comes next to a page.
#[derive(Debug, Clone, Copy)]
pub enum Next {
    Event(PageEvent),
    /// Events were lost; the page cannot know what changed.
    Gap(u64),
    Ended,
}

impl PageEvents {
    /// Numbers begin at the time of the start, so that those of an earlier run are all lower.
    pub fn starting_at(now: Timestamp) -> Self {
        let last = u64::try_from(now.as_millis()).unwrap_or(0);
        let (sender, _) = broadcast::channel(KEPT);
        let kept = Mutex::new(Kept { last, events: VecDeque::new() });
        Self { shared: Arc::new(Shared { kept, sender }) }
    }

    /// Tells the pages of a committed event.
    pub fn tell(&self, event: &Event) {
        let (account, change) = match event {
            Event::MessageWritten(written) => (written.account, Change::Message),
            Event::ReadStateChanged { account }
            | Event::TokenRevoked { account, .. }
            | Event::ChannelChanged { account }
            | Event::ChannelDeleted { account, .. } => (*account, Change::Other),
            Event::SessionsEnded { account } => (*account, Change::Sessions),
        };
        self.push(Some(account), change);
    }

    /// Tells every page that the server stops.
    pub fn restart(&self) {
        self.push(None, Change::Restart);
    }

    /// The number of the last event.
    pub fn latest(&self) -> u64 {
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// Follows an account from the event after that one.
    pub fn follow(&self, account: AccountId, after: u64) -> (Following, Option<u64>) {
        let kept = self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.shared.sender.subscribe();
        let oldest = kept.events.front().map_or(kept.last, |event| event.id - 1);
        let gap = (after < oldest || after > kept.last).then_some(kept.last);
        let missed = match gap {
            Some(_) => VecDeque::new(),
            None => kept
                .events
                .iter()
                .filter(|event| event.id > after && event.is_for(account))
                .copied()
                .collect(),
        };
        (Following { account, missed, receiver }, gap)
    }

    fn push(&self, account: Option<AccountId>, change: Change) {
        let mut kept = self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let event = PageEvent { id: kept.last, account, change };
        if kept.events.len() == KEPT {
            kept.events.pop_front();
        }
        kept.events.push_back(event);
        // Nobody may be listening, which is fine. Sent under the lock, so that numbers arrive in order.
        let _listeners = self.shared.sender.send(event);
    }
}

impl Following {
    /// The next event of the account.
    pub async fn next(&mut self) -> Next {
        if let Some(event) = self.missed.pop_front() {
            return Next::Event(event);
        }
        loop {
            match self.receiver.recv().await {
                Ok(event) if event.is_for(self.account) => return Next::Event(event),
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return Next::Gap(0),
                Err(broadcast::error::RecvError::Closed) => return Next::Ended,
            }
        }
    }

    /// What has come already, without waiting.
    pub fn next_now(&mut self) -> Option<PageEvent> {
        if let Some(event) = self.missed.pop_front() {
            return Some(event);
        }
        while let Ok(event) = self.receiver.try_recv() {
            if event.is_for(self.account) {
                return Some(event);
            }
        }
        None
    }
}

impl PageEvent {
    fn is_for(&self, account: AccountId) -> bool {
        self.account.is_none_or(|own| own == account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_comes_back_gets_what_it_missed() {
        let events = PageEvents::starting_at(Timestamp::from_millis(1000));
        let (mine, other) = (AccountId(1), AccountId(2));
        let seen = events.latest();
        events.tell(&Event::SessionsEnded { account: other });
        events.tell(&Event::SessionsEnded { account: mine });
        let (mut following, gap) = events.follow(mine, seen);
        assert_eq!(gap, None);
        assert_eq!(following.next_now().map(|event| event.id), Some(1002));
        assert!(following.next_now().is_none());
        assert_eq!(events.follow(mine, 5).1, Some(1002), "an earlier run is a gap");
    }
}
