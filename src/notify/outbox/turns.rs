//! Whose turn it is: one call at a time to each receiver, a few to those of one account, and a few in all.

use std::collections::{BTreeSet, HashMap};

use crate::domain::id::{AccountId, ChannelRow, WebhookId};
use crate::domain::time::Timestamp;
use crate::store::outbox::AtWork;

/// Calls under way at once, and of one account: its dead receivers hold nobody else up.
const MOST: usize = 32;
const MOST_OF_ACCOUNT: usize = 4;

/// What is known of the webhooks that are at work.
#[derive(Default)]
pub(super) struct Turns {
    webhooks: HashMap<WebhookId, Known>,
    channels: HashMap<ChannelRow, Vec<WebhookId>>,
    /// Those that wait for their turn, by when it comes.
    waiting: BTreeSet<(Timestamp, WebhookId)>,
    under_way: HashMap<AccountId, usize>,
}

struct Known {
    channel: ChannelRow,
    account: AccountId,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There is nothing to tell.
    Idle,
    Waiting(Timestamp),
    /// It is being called. With word of more to tell, which came meanwhile.
    UnderWay {
        again: bool,
    },
    /// The same, and it is gone or stopped.
    Leaving,
}

/// A turn that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) id: WebhookId,
    pub(super) channel: ChannelRow,
    account: AccountId,
}

impl Turns {
    /// Takes in what there is, of all channels or of this one. Whatever is new or changed has its turn soon.
    pub(super) fn take_in(&mut self, found: &[AtWork], only: Option<ChannelRow>, now: Timestamp) {
        let known = self.webhooks.iter().filter(|(_, known)| only.is_none_or(|only| known.channel == only));
        let gone: Vec<_> =
            known.map(|(id, _)| *id).filter(|id| !found.iter().any(|one| one.id == *id)).collect();
        for id in gone {
            self.leave(id);
        }
        for one in found {
            let at = one.next_try.unwrap_or(now);
            match self.webhooks.get(&one.id).map(|known| known.phase) {
                Some(Phase::UnderWay { .. } | Phase::Leaving) => {
                    self.set(one.id, Phase::UnderWay { again: true });
                }
                Some(Phase::Idle | Phase::Waiting(_)) => self.set(one.id, Phase::Waiting(at)),
                None => {
                    let known = Known { channel: one.channel, account: one.account, phase: Phase::Idle };
                    self.webhooks.insert(one.id, known);
                    self.channels.entry(one.channel).or_default().push(one.id);
                    self.set(one.id, Phase::Waiting(at));
                }
            }
        }
    }

    /// Whether anybody is told of what comes to the channel. Each that waits for nothing else has its turn then.
    pub(super) fn come_to(&mut self, channel: ChannelRow, now: Timestamp) -> bool {
        let Some(ids) = self.channels.get(&channel) else { return false };
        for id in ids.clone() {
            match self.webhooks.get(&id).map(|known| known.phase) {
                Some(Phase::Idle) => self.set(id, Phase::Waiting(now)),
                Some(Phase::UnderWay { .. }) => self.set(id, Phase::UnderWay { again: true }),
                _ => {}
            }
        }
        true
    }

    /// The next turn, if there is one now.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Turn> {
        if self.under_way.values().sum::<usize>() >= MOST {
            return None;
        }
        let due = self.waiting.iter().take_while(|(at, _)| *at <= now);
        let turn =
            due.filter_map(|(_, id)| self.webhooks.get(id).map(|known| (*id, known))).find(|(_, known)| {
                self.under_way.get(&known.account).is_none_or(|calls| *calls < MOST_OF_ACCOUNT)
            });
        let turn = turn.map(|(id, known)| Turn { id, channel: known.channel, account: known.account })?;
        self.set(turn.id, Phase::UnderWay { again: false });
        *self.under_way.entry(turn.account).or_default() += 1;
        Some(turn)
    }

    /// When the next turn comes that has not come yet.
    pub(super) fn next_time(&self, now: Timestamp) -> Option<Timestamp> {
        self.waiting.iter().map(|(at, _)| *at).find(|at| *at > now)
    }

    /// A turn is over; the next one of the same webhook comes at this time, or with the next message.
    pub(super) fn end(&mut self, turn: Turn, next: Option<Timestamp>, now: Timestamp) {
        if let Some(calls) = self.under_way.get_mut(&turn.account) {
            *calls -= 1;
            if *calls == 0 {
                self.under_way.remove(&turn.account);
            }
        }
        match (self.webhooks.get(&turn.id).map(|known| known.phase), next) {
            (Some(Phase::UnderWay { again: false }), None) => self.set(turn.id, Phase::Idle),
            // It looks what there is to tell, and whether it has to wait.
            (Some(Phase::UnderWay { again: true }), _) => self.set(turn.id, Phase::Waiting(now)),
            (Some(Phase::UnderWay { .. }), Some(at)) => self.set(turn.id, Phase::Waiting(at)),
            (Some(Phase::Leaving), _) => self.forget(turn.id),
            _ => {}
        }
    }

    /// It is gone or stopped.
    pub(super) fn leave(&mut self, id: WebhookId) {
        match self.webhooks.get(&id).map(|known| known.phase) {
            Some(Phase::UnderWay { .. } | Phase::Leaving) => self.set(id, Phase::Leaving),
            _ => self.forget(id),
        }
    }

    fn forget(&mut self, id: WebhookId) {
        self.set(id, Phase::Idle);
        let Some(Known { channel, .. }) = self.webhooks.remove(&id) else { return };
        if let Some(ids) = self.channels.get_mut(&channel) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.channels.remove(&channel);
            }
        }
    }

    fn set(&mut self, id: WebhookId, phase: Phase) {
        let Some(known) = self.webhooks.get_mut(&id) else { return };
        if let Phase::Waiting(at) = std::mem::replace(&mut known.phase, phase) {
            self.waiting.remove(&(at, id));
        }
        if let Phase::Waiting(at) = phase {
            self.waiting.insert((at, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn webhook(id: i64, account: i64) -> AtWork {
        AtWork { id: WebhookId(id), channel: ChannelRow(id), account: AccountId(account), next_try: None }
    }

    fn turn(turns: &mut Turns, now: i64) -> Option<i64> {
        turns.next(at(now)).map(|turn| turn.id.0)
    }

    #[test]
    fn each_has_one_call_at_a_time_and_looks_again_when_more_came() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        assert!(turns.come_to(ChannelRow(1), at(0)) && !turns.come_to(ChannelRow(2), at(0)));
        assert_eq!(turn(&mut turns, 0), None);
        turns.end(first, None, at(1));
        let second = turns.next(at(1)).expect("a second look");
        turns.end(second, None, at(1));
        assert_eq!(turn(&mut turns, 1), None);
    }

    #[test]
    fn who_has_to_wait_is_not_called_sooner_for_a_message() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        turns.end(first, Some(at(30)), at(0));
        turns.come_to(ChannelRow(1), at(1));
        assert_eq!((turn(&mut turns, 29), turns.next_time(at(29))), (None, Some(at(30))));
        assert_eq!(turn(&mut turns, 30), Some(1));
    }

    #[test]
    fn one_account_leaves_turns_to_others() {
        let mut turns = Turns::default();
        let mut all: Vec<_> = (1..=40).map(|id| webhook(id, 1)).collect();
        all.push(webhook(50, 2));
        turns.take_in(&all, None, at(0));
        let given: Vec<_> = std::iter::from_fn(|| turn(&mut turns, 0)).collect();
        assert_eq!(given, [1, 2, 3, 4, 50]);
    }

    #[test]
    fn no_more_are_called_at_once_than_there_is_room_for() {
        let mut turns = Turns::default();
        let all: Vec<_> = (1..=100).map(|id| webhook(id, id)).collect();
        turns.take_in(&all, None, at(0));
        assert_eq!(std::iter::from_fn(|| turn(&mut turns, 0)).count(), MOST);
    }

    #[test]
    fn what_is_gone_has_no_turn_any_more() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1), webhook(2, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        turns.take_in(&[], None, at(0));
        turns.end(first, Some(at(0)), at(0));
        assert_eq!(turn(&mut turns, 9), None);
        assert!(turns.webhooks.is_empty() && turns.channels.is_empty() && turns.waiting.is_empty());
        turns.take_in(&[webhook(1, 1)], Some(ChannelRow(1)), at(9));
        assert_eq!(turn(&mut turns, 9), Some(1), "it came back");
    }
}
