//! Whose turn it is: one call at a time to each receiver, a few to those of one account, and a few in all. Receivers that
//! are slow or fail have places of their own, so that they hold up only each other.

use std::collections::{BTreeSet, HashMap};

use crate::domain::id::{AccountId, ChannelRow, WebhookId};
use crate::domain::time::Timestamp;
use crate::notify::outbox::places::Places;
use crate::store::outbox::{AtWork, Tried};

/// Calls under way at once to receivers that are known to be quick, and as many to all others; and of one account.
const MOST: usize = 16;
const MOST_OF_ACCOUNT: usize = 4;

/// After how many quick calls in a row a receiver counts as quick: one that is new, and one that was slow or failed.
const FROM_NEW: u8 = 1;
const FROM_SLOW: u8 = 3;

/// What is known of the webhooks that are at work.
pub(super) struct Turns {
    webhooks: HashMap<WebhookId, Known>,
    channels: HashMap<ChannelRow, Vec<WebhookId>>,
    /// Those that wait for their turn, by when it comes.
    waiting: BTreeSet<(Timestamp, WebhookId)>,
    quick: Places,
    slow: Places,
}

struct Known {
    channel: ChannelRow,
    account: AccountId,
    phase: Phase,
    /// Quick calls until it counts as quick.
    to_be_quick: u8,
    unnoted: Option<Box<Tried>>,
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
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) id: WebhookId,
    pub(super) channel: ChannelRow,
    /// What was told in the last turn and is still to be noted.
    pub(super) unnoted: Option<Box<Tried>>,
    account: AccountId,
    in_quick: bool,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) after: After,
    /// `None` when nobody was called.
    pub(super) is_quick: Option<bool>,
}

/// When the same webhook has its next turn.
#[derive(Debug, Clone, Copy)]
pub(super) enum After {
    At(Timestamp),
    /// When something comes.
    Message,
    /// It is gone or stopped, unless it was changed meanwhile.
    Gone,
}

impl Default for Turns {
    fn default() -> Self {
        let places = || Places::new(MOST, MOST_OF_ACCOUNT);
        let (webhooks, channels, waiting) = (HashMap::new(), HashMap::new(), BTreeSet::new());
        Self { webhooks, channels, waiting, quick: places(), slow: places() }
    }
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
                    let known = Known {
                        channel: one.channel,
                        account: one.account,
                        phase: Phase::Idle,
                        to_be_quick: FROM_NEW,
                        unnoted: None,
                    };
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

    /// The next turn, if there is one now: of the account that has the fewest, and there of whoever waits longest.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Turn> {
        let mut best: Option<(usize, WebhookId)> = None;
        for (_, id) in self.waiting.iter().take_while(|(at, _)| *at <= now) {
            let known = self.webhooks.get(id)?;
            let places = if known.to_be_quick == 0 { &self.quick } else { &self.slow };
            let Some(taken) = places.room_for(known.account) else { continue };
            if best.is_none_or(|(fewest, _)| taken < fewest) {
                best = Some((taken, *id));
            }
            if taken == 0 {
                break;
            }
        }
        let (_, id) = best?;
        self.set(id, Phase::UnderWay { again: false });
        let known = self.webhooks.get_mut(&id)?;
        let (channel, account, in_quick) = (known.channel, known.account, known.to_be_quick == 0);
        let unnoted = known.unnoted.take();
        self.places(in_quick).take(account);
        Some(Turn { id, channel, unnoted, account, in_quick })
    }

    /// When the next turn comes that has not come yet.
    pub(super) fn next_time(&self, now: Timestamp) -> Option<Timestamp> {
        self.waiting.iter().map(|(at, _)| *at).find(|at| *at > now)
    }

    /// A turn is over.
    pub(super) fn end(&mut self, turn: Turn, ended: Ended, now: Timestamp) {
        self.places(turn.in_quick).leave(turn.account);
        let Some(known) = self.webhooks.get_mut(&turn.id) else { return };
        known.unnoted = turn.unnoted;
        match ended.is_quick {
            Some(true) => known.to_be_quick = known.to_be_quick.saturating_sub(1),
            Some(false) => known.to_be_quick = FROM_SLOW,
            None => {}
        }
        match (known.phase, ended.after) {
            (Phase::Leaving, _) | (Phase::UnderWay { again: false }, After::Gone) => self.forget(turn.id),
            (Phase::UnderWay { again: false }, After::Message) => self.set(turn.id, Phase::Idle),
            (_, After::At(at)) if known.unnoted.is_some() => self.set(turn.id, Phase::Waiting(at)),
            // It looks what there is to tell, and whether it has to wait.
            (Phase::UnderWay { again: true }, _) => self.set(turn.id, Phase::Waiting(now)),
            (Phase::UnderWay { .. }, After::At(at)) => self.set(turn.id, Phase::Waiting(at)),
            (Phase::Idle | Phase::Waiting(_), _) => {}
        }
    }

    fn places(&mut self, quick: bool) -> &mut Places {
        if quick { &mut self.quick } else { &mut self.slow }
    }

    /// It is gone or stopped.
    fn leave(&mut self, id: WebhookId) {
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

    const QUICK: Ended = Ended { after: After::Message, is_quick: Some(true) };
    const GONE: Ended = Ended { after: After::Gone, is_quick: None };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn webhook(id: i64, account: i64) -> AtWork {
        AtWork { id: WebhookId(id), channel: ChannelRow(id), account: AccountId(account), next_try: None }
    }

    fn turn(turns: &mut Turns, now: i64) -> Option<i64> {
        turns.next(at(now)).map(|turn| turn.id.0)
    }

    fn failed(again: i64) -> Ended {
        Ended { after: After::At(at(again)), is_quick: Some(false) }
    }

    #[test]
    fn each_has_one_call_at_a_time_and_looks_again_when_more_came() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        assert!(turns.come_to(ChannelRow(1), at(0)) && !turns.come_to(ChannelRow(2), at(0)));
        assert_eq!(turn(&mut turns, 0), None);
        turns.end(first, QUICK, at(1));
        let second = turns.next(at(1)).expect("a second look");
        turns.end(second, QUICK, at(1));
        assert_eq!(turn(&mut turns, 1), None);
    }

    #[test]
    fn who_has_to_wait_is_not_called_sooner_for_a_message() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        turns.end(first, failed(30), at(0));
        turns.come_to(ChannelRow(1), at(1));
        assert_eq!((turn(&mut turns, 29), turns.next_time(at(29))), (None, Some(at(30))));
        assert_eq!(turn(&mut turns, 30), Some(1));
    }

    #[test]
    fn one_account_leaves_turns_to_others_who_come_first_then() {
        let mut turns = Turns::default();
        let mut all: Vec<_> = (1..=40).map(|id| webhook(id, 1)).collect();
        all.extend([webhook(50, 2), webhook(51, 2), webhook(60, 3)]);
        turns.take_in(&all, None, at(0));
        let given: Vec<_> = std::iter::from_fn(|| turn(&mut turns, 0)).collect();
        assert_eq!(given, [1, 50, 60, 2, 51, 3, 4]);
    }

    #[test]
    fn no_more_are_called_at_once_than_there_is_room_for() {
        let mut turns = Turns::default();
        let all: Vec<_> = (1..=100).map(|id| webhook(id, id)).collect();
        turns.take_in(&all, None, at(0));
        assert_eq!(std::iter::from_fn(|| turn(&mut turns, 0)).count(), MOST);
    }

    #[test]
    fn however_many_are_slow_the_quick_have_their_places() {
        let mut turns = Turns::default();
        let all: Vec<_> = (1..=1000).map(|id| webhook(id, id)).collect();
        turns.take_in(&all[..1], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        turns.end(first, QUICK, at(0));
        turns.take_in(&all, None, at(0));
        let given: Vec<_> = std::iter::from_fn(|| turns.next(at(0))).collect();
        assert_eq!((given.len(), given.iter().any(|turn| turn.id.0 == 1)), (MOST + 1, true));
        // Once slow, it waits with the others until it was quick for some time.
        let (one, others): (Vec<_>, Vec<_>) = given.into_iter().partition(|turn| turn.id.0 == 1);
        for one in one {
            turns.end(one, failed(1), at(0));
        }
        assert_eq!(turn(&mut turns, 1), None, "all places of the slow are taken");
        for other in others {
            turns.end(other, GONE, at(1));
        }
        turns.take_in(&all[..1], None, at(1));
        for _ in 0..FROM_SLOW {
            let one = turns.next(at(1)).expect("a turn");
            assert!(!one.in_quick);
            turns.end(one, QUICK, at(1));
            turns.come_to(ChannelRow(1), at(1));
        }
        assert!(turns.next(at(1)).expect("a turn").in_quick);
    }

    #[test]
    fn what_is_gone_has_no_turn_any_more() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1), webhook(2, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        turns.take_in(&[], None, at(0));
        turns.end(first, failed(0), at(0));
        assert_eq!(turn(&mut turns, 9), None);
        assert!(turns.webhooks.is_empty() && turns.channels.is_empty() && turns.waiting.is_empty());
        turns.take_in(&[webhook(1, 1)], Some(ChannelRow(1)), at(9));
        assert_eq!(turn(&mut turns, 9), Some(1), "it came back");
    }

    #[test]
    fn who_is_started_again_while_its_end_is_noted_goes_on() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        turns.take_in(&[webhook(1, 1)], Some(ChannelRow(1)), at(0));
        turns.end(first, GONE, at(0));
        assert_eq!(turn(&mut turns, 0), Some(1));
    }
}
