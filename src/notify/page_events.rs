//! Live updates of open pages: the last change of each account, told to the pages of that account and to no others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::auth::session::Session;
use crate::domain::id::{AccountId, SessionId};
use crate::domain::time::Timestamp;
use crate::events::Event;
use crate::store::error::StoreError;

/// Accounts without an open page of which the last change is remembered, for browsers that come back.
const REMEMBERED: usize = 2048;

/// A cheap handle: told of every event, followed by open pages.
#[derive(Clone)]
pub struct PageEvents {
    state: Arc<Mutex<State>>,
}

struct State {
    /// The number of the first change of this run, and of the last one.
    first: u64,
    last: u64,
    /// Of an account that is not among those below, changes up to this one are not known.
    forgotten: u64,
    accounts: HashMap<AccountId, Followed>,
    next_page: u64,
    stopped: bool,
}

#[derive(Default)]
struct Followed {
    latest: Latest,
    pages: Vec<OpenPage>,
}

/// The last change of an account. It carries nothing of a message: the page asks for what it shows.
#[derive(Debug, Clone, Copy, Default)]
struct Latest {
    id: u64,
    /// The last one that was a message.
    message: u64,
}

struct OpenPage {
    id: u64,
    session: Session,
    told: watch::Sender<Notice>,
}

#[derive(Debug, Clone, Copy)]
struct Notice {
    latest: Latest,
    end: Option<CloseReason>,
}

/// Why a page is told nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    Session,
    /// The server stops; the page comes back in a moment.
    Restart,
}

/// What changed since a page was last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Rises with every change, also over restarts.
    pub id: u64,
    /// Whether a message came, and not only read states, channels or tokens changed.
    pub message: bool,
}

/// An open page, until dropped.
pub struct Following {
    events: PageEvents,
    account: AccountId,
    page: u64,
    seen: u64,
    told: watch::Receiver<Notice>,
}

impl PageEvents {
    /// Numbers begin at the time of the start, so that those of an earlier run are all lower.
    pub fn starting_at(now: Timestamp) -> Self {
        let first = u64::try_from(now.as_millis()).unwrap_or(0);
        let state = State {
            first,
            last: first,
            forgotten: first,
            accounts: HashMap::new(),
            next_page: 0,
            stopped: false,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Tells the pages of the event's account.
    pub fn tell(&self, event: &Event) {
        match event {
            Event::MessageWritten(written) => self.state().change(written.account, true),
            Event::ReadStateChanged { account }
            | Event::TokenRevoked { account, .. }
            | Event::ChannelChanged { account }
            | Event::ChannelDeleted { account, .. } => self.state().change(*account, false),
            // They end pages or are for others, and change nothing that pages show.
            Event::SessionsEnded | Event::ReceiversChanged(_) => {}
        }
    }

    /// Tells every page that the server stops.
    pub fn restart(&self) {
        self.state().stopped = true;
        self.close_all();
    }

    /// Ends every page that is open; it comes back in a moment.
    pub fn close_all(&self) {
        for page in self.state().accounts.values().flat_map(|account| &account.pages) {
            page.end(CloseReason::Restart);
        }
    }

    /// Ends the pages of sessions that have ended. `keep_invalid` gets all sessions, and answers with those that have ended.
    pub fn close_invalid(
        &self,
        keep_invalid: impl FnOnce(Vec<Session>) -> Result<Vec<Session>, StoreError>,
    ) -> Result<(), StoreError> {
        let sessions: HashMap<SessionId, Session> = {
            let state = self.state();
            let pages = state.accounts.values().flat_map(|account| &account.pages);
            pages.map(|page| (page.session.id(), page.session.clone())).collect()
        };
        for ended in keep_invalid(sessions.into_values().collect())? {
            if let Some(account) = self.state().accounts.get(&ended.owner().account()) {
                for page in account.pages.iter().filter(|page| page.session.id() == ended.id()) {
                    page.end(CloseReason::Session);
                }
            }
        }
        Ok(())
    }

    /// How many pages are open.
    pub fn pages(&self) -> usize {
        self.state().accounts.values().map(|account| account.pages.len()).sum()
    }

    /// The number of the last change.
    pub fn latest(&self) -> u64 {
        self.state().last
    }

    /// Follows the session's account from the change after that one. With a number when it cannot be known what changed
    /// since: the page has to look anew, and goes on after that number.
    ///
    /// The session may have ended just before: whoever follows has to ask for it once more.
    pub fn follow(&self, session: &Session, after: u64) -> (Following, Option<u64>) {
        let account = session.owner().account();
        let mut state = self.state();
        let gap = state.is_gap(account, after).then_some(state.last);
        state.next_page += 1;
        let (page, end) = (state.next_page, state.stopped.then_some(CloseReason::Restart));
        let entry = state.remember(account);
        let (sender, told) = watch::channel(Notice { latest: entry.latest, end });
        entry.pages.push(OpenPage { id: page, session: session.clone(), told: sender });
        let seen = gap.unwrap_or(after);
        (Following { events: self.clone(), account, page, seen, told }, gap)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn change(&mut self, account: AccountId, message: bool) {
        self.last += 1;
        let id = self.last;
        let Followed { latest, pages } = self.remember(account);
        latest.id = id;
        if message {
            latest.message = id;
        }
        for page in pages {
            page.told.send_modify(|told| told.latest = *latest);
        }
    }

    fn is_gap(&self, account: AccountId, after: u64) -> bool {
        let unknown = !self.accounts.contains_key(&account) && after < self.forgotten;
        after < self.first || after > self.last || unknown
    }

    /// The account's entry. For a new one those are forgotten that nobody follows, when they are many.
    fn remember(&mut self, account: AccountId) -> &mut Followed {
        if self.accounts.len() >= REMEMBERED && !self.accounts.contains_key(&account) {
            self.accounts.retain(|_, account| !account.pages.is_empty());
            self.forgotten = self.last;
        }
        self.accounts.entry(account).or_default()
    }
}

impl OpenPage {
    fn end(&self, why: CloseReason) {
        self.told.send_modify(|told| told.end = Some(why));
    }
}

impl Following {
    /// Completes when something changed, or with why nothing will be told any more.
    pub async fn changed(&mut self) -> Option<CloseReason> {
        let seen = self.seen;
        let told = self.told.wait_for(|told| told.end.is_some() || told.latest.id > seen).await;
        // Its sender lives as long as this.
        told.map_or(Some(CloseReason::Restart), |told| told.end)
    }

    /// Whether something changed that was not taken yet.
    pub fn is_behind(&self) -> bool {
        self.told.borrow().latest.id > self.seen
    }

    /// All that changed since the last call; nothing when `changed` did not say so.
    pub fn take(&mut self) -> Change {
        let Notice { latest, .. } = *self.told.borrow();
        let change = Change { id: latest.id.max(self.seen), message: latest.message > self.seen };
        self.seen = change.id;
        change
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(account) = self.events.state().accounts.get_mut(&self.account) {
            account.pages.retain(|page| page.id != self.page);
        }
    }
}
