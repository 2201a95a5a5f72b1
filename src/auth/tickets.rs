//! Tickets for a socket: a browser cannot send a header with a handshake, and a token does not belong into an address.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::auth::access::{Owner, Reader};
use crate::crypto::random;
use crate::domain::id::{AccountId, UserId};
use crate::domain::read_state::ReaderId;
use crate::domain::secret::BearerToken;
use crate::domain::time::{Clock, Timestamp};

/// How long a ticket may be used.
const LIFETIME: Duration = Duration::from_secs(30);

/// Tickets that wait to be used, of all tokens and users. The oldest of the account that has most make room.
const MOST: usize = 4096;

/// Of one token or user, so that who has it takes no room from others.
const MOST_OF_ONE: usize = 8;

/// What a ticket stands for.
#[derive(Debug, Clone)]
pub enum Ticketed {
    /// A socket of one channel.
    Reader(Reader),
    /// A socket of an account.
    Owner(Owner),
}

/// Gives tickets, each for one use.
pub struct Tickets {
    clock: Arc<dyn Clock>,
    /// Oldest first.
    waiting: Mutex<VecDeque<Ticket>>,
}

struct Ticket {
    secret: BearerToken,
    right: Ticketed,
    made: Timestamp,
}

impl Tickets {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, waiting: Mutex::new(VecDeque::new()) }
    }

    /// A fresh ticket, with which a socket may be opened once within half a minute by that right.
    pub fn issue(&self, right: Ticketed) -> BearerToken {
        let secret = BearerToken::from_random(&random::bytes());
        let now = self.clock.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|ticket| now.is_within(LIFETIME, ticket.made));
        let is_of_same = |ticket: &Ticket| ticket.right.id() == right.id();
        if waiting.iter().filter(|ticket| is_of_same(ticket)).count() >= MOST_OF_ONE
            && let Some(oldest) = waiting.iter().position(is_of_same)
        {
            waiting.remove(oldest);
        }
        if waiting.len() >= MOST {
            make_room(&mut waiting);
        }
        waiting.push_back(Ticket { secret: secret.clone(), right, made: now });
        secret
    }

    /// The right for which the ticket was given, which is to be judged again; `None` when it was used or is too old.
    pub fn redeem(&self, secret: &BearerToken) -> Option<Ticketed> {
        let now = self.clock.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // All are compared, each in constant time.
        let found = (0..waiting.len()).fold(None, |found, at| {
            let is_it = waiting.get(at).is_some_and(|ticket| ticket.secret == *secret);
            if is_it { Some(at) } else { found }
        });
        let ticket = waiting.remove(found?)?;
        now.is_within(LIFETIME, ticket.made).then_some(ticket.right)
    }
}

/// Drops a ticket of the account that has most of them, its oldest, so that nobody takes the room of others.
fn make_room(waiting: &mut VecDeque<Ticket>) {
    let account_of = |ticket: &Ticket| ticket.right.account();
    let most = named_most(waiting.iter().map(account_of));
    if let Some(oldest) = waiting.iter().position(|ticket| Some(account_of(ticket)) == most) {
        waiting.remove(oldest);
    }
}

fn named_most(accounts: impl Iterator<Item = AccountId>) -> Option<AccountId> {
    let mut counts = HashMap::new();
    for account in accounts {
        *counts.entry(account).or_insert(0_usize) += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(account, _)| account)
}

impl Ticketed {
    fn account(&self) -> AccountId {
        match self {
            Self::Reader(reader) => reader.channel().account,
            Self::Owner(owner) => owner.account(),
        }
    }

    /// Who has it.
    fn id(&self) -> (Option<ReaderId>, Option<UserId>) {
        match self {
            Self::Reader(reader) => (reader.viewpoint().map(|viewpoint| viewpoint.reader), None),
            Self::Owner(owner) => (None, Some(owner.user())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_by_whoever_has_most() {
        let most = |accounts: &[i64]| named_most(accounts.iter().copied().map(AccountId));
        assert_eq!(most(&[1, 2, 2, 3, 2, 1]), Some(AccountId(2)));
        assert_eq!(most(&[]), None);
    }
}
