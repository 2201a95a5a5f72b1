//! Places for calls that are under way: a few for each account, and a few in all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::id::AccountId;

/// How many places are taken.
pub(super) struct Places {
    most: usize,
    most_of_account: usize,
    taken: HashMap<AccountId, usize>,
}

/// Places that are not to be taken, of all and of those of the account.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kept {
    pub(super) of_all: usize,
    pub(super) of_account: usize,
}

impl Places {
    pub(super) fn new(most: usize, most_of_account: usize) -> Self {
        Self { most, most_of_account, taken: HashMap::new() }
    }

    /// How many the account has, if it may have another.
    pub(super) fn room_for(&self, account: AccountId) -> Option<usize> {
        self.room_beside(Kept::default(), account)
    }

    /// The same while these are to be left to others.
    pub(super) fn room_beside(&self, kept: Kept, account: AccountId) -> Option<usize> {
        let of_account = self.taken.get(&account).copied().unwrap_or_default();
        let has_room = of_account + kept.of_account < self.most_of_account
            && self.taken.values().sum::<usize>() + kept.of_all < self.most;
        has_room.then_some(of_account)
    }

    pub(super) fn take(&mut self, account: AccountId) {
        *self.taken.entry(account).or_default() += 1;
    }

    pub(super) fn leave(&mut self, account: AccountId) {
        if let Some(taken) = self.taken.get_mut(&account) {
            *taken -= 1;
            if *taken == 0 {
                self.taken.remove(&account);
            }
        }
    }
}

/// Places of what people send by hand, at once.
pub(super) struct ByHand(Mutex<Places>);

impl ByHand {
    pub(super) fn new(most: usize, most_of_account: usize) -> Self {
        Self(Mutex::new(Places::new(most, most_of_account)))
    }

    /// A place until it is dropped, if there is one.
    pub(super) fn place(&self, account: AccountId) -> Option<Place<'_>> {
        let mut places = self.places();
        places.room_for(account)?;
        places.take(account);
        Some(Place { of: self, account })
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Place<'a> {
    of: &'a ByHand,
    account: AccountId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.of.places().leave(self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_leaves_places_to_others_and_gives_its_own_back() {
        let by_hand = ByHand::new(5, 2);
        let place = |account| by_hand.place(AccountId(account));
        let (first, second) = (place(1), place(1));
        assert!(first.is_some() && second.is_some() && place(1).is_none());
        let others = [place(2), place(2), place(3)];
        assert!(others.iter().all(Option::is_some) && place(4).is_none());
        drop(first);
        assert!(place(4).is_some());
        assert!(place(1).is_some());
    }
}
