//! Whose turn it is: one call at a time to each receiver, a few to those of one account, and a few in all. Receivers that
//! are slow or fail have places of their own, so that they hold up only each other; mailboxes too, as all have one relay.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::id::AccountId;
use crate::domain::receiver::{After, AtWork, Receiver, Watched};
use crate::domain::time::Timestamp;
use crate::notify::outbox::noting::{Ended, Tried};
use crate::notify::outbox::places::{Kept, Places};

/// Calls under way at once to receivers that are known to be quick, and as many to all others; and of one account.
const MOST: usize = 16;
const MOST_OF_ACCOUNT: usize = 4;

/// E-mails under way at once, all of them to the same relay; and of one account.
const MOST_MAILS: usize = 4;
const MOST_MAILS_OF_ACCOUNT: usize = 2;

/// How many quick calls in a row make a receiver count as quick: of a new one, and of one that was slow or failed.
const FROM_NEW: u8 = 1;
const FROM_SLOW: u8 = 3;

/// Places of the slow lane that are kept free for new receivers. Without them, the first delivery of a new one would wait
/// until many slow ones have timed out.
const LEFT_TO_NEW: Kept = Kept { of_all: 4, of_account: 1 };

/// What is known of the receivers that are at work.
pub(super) struct Turns {
    receivers: HashMap<Receiver, Known>,
    watchers: HashMap<Watched, Vec<Receiver>>,
    /// Those that wait for their turn, by when it comes.
    waiting: BTreeSet<(Timestamp, Receiver)>,
    quick: Places,
    slow: Places,
    mail: Places,
}

/// Which places a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Quick,
    Slow,
    Mail,
}

struct Known {
    watched: Watched,
    account: AccountId,
    phase: Phase,
    /// Quick calls until it counts as quick.
    to_be_quick: u8,
    unnoted: Option<Box<Tried>>,
}

impl Known {
    fn leaves(&self) -> Kept {
        if self.to_be_quick > FROM_NEW { LEFT_TO_NEW } else { Kept::default() }
    }

    fn lane(&self, id: Receiver) -> Lane {
        match (id, self.to_be_quick) {
            (Receiver::Mailbox(_), _) => Lane::Mail,
            (_, 0) => Lane::Quick,
            _ => Lane::Slow,
        }
    }
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
    pub(super) receiver: Receiver,
    pub(super) watched: Watched,
    /// What was told in the last turn and is still to be noted.
    pub(super) unnoted: Option<Box<Tried>>,
    account: AccountId,
    lane: Lane,
}

impl Default for Turns {
    fn default() -> Self {
        let places = || Places::new(MOST, MOST_OF_ACCOUNT);
        let (receivers, watchers, waiting) = (HashMap::new(), HashMap::new(), BTreeSet::new());
        let mail = Places::new(MOST_MAILS, MOST_MAILS_OF_ACCOUNT);
        Self { receivers, watchers, waiting, quick: places(), slow: places(), mail }
    }
}

impl Turns {
    /// Takes in what there is, of everything or of this. Whatever is new or changed has its turn soon.
    pub(super) fn take_in(&mut self, found: &[AtWork], only: Option<Watched>, now: Timestamp) {
        let known = self.receivers.iter().filter(|(_, known)| only.is_none_or(|only| known.watched == only));
        let there: HashSet<_> = found.iter().map(|one| one.receiver).collect();
        let gone: Vec<_> = known.map(|(id, _)| *id).filter(|id| !there.contains(id)).collect();
        for id in gone {
            self.leave(id);
        }
        for one in found {
            let at = one.next_try.unwrap_or(now);
            match self.receivers.get(&one.receiver).map(|known| known.phase) {
                Some(Phase::UnderWay { .. } | Phase::Leaving) => {
                    self.set(one.receiver, Phase::UnderWay { again: true });
                }
                Some(Phase::Idle | Phase::Waiting(_)) => self.set(one.receiver, Phase::Waiting(at)),
                None => {
                    let known = Known {
                        watched: one.watched,
                        account: one.account,
                        phase: Phase::Idle,
                        // After a start all are met again; who has to wait did not take the last one.
                        to_be_quick: if one.next_try.is_some() { FROM_SLOW } else { FROM_NEW },
                        unnoted: None,
                    };
                    self.receivers.insert(one.receiver, known);
                    self.watchers.entry(one.watched).or_default().push(one.receiver);
                    self.set(one.receiver, Phase::Waiting(at));
                }
            }
        }
    }

    /// Whether anybody is told of what comes there. Each that waits for nothing else has its turn then.
    pub(super) fn come_to(&mut self, watched: Watched, now: Timestamp) -> bool {
        let Some(ids) = self.watchers.get(&watched) else { return false };
        for id in ids.clone() {
            match self.receivers.get(&id).map(|known| known.phase) {
                Some(Phase::Idle) => self.set(id, Phase::Waiting(now)),
                Some(Phase::UnderWay { .. }) => self.set(id, Phase::UnderWay { again: true }),
                _ => {}
            }
        }
        true
    }

    /// The next turn, if there is one now: of the account that has the fewest, and there of whoever waits longest.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Turn> {
        let mut best: Option<(usize, Receiver)> = None;
        for (_, id) in self.waiting.iter().take_while(|(at, _)| *at <= now) {
            let known = self.receivers.get(id)?;
            let room = match known.lane(*id) {
                Lane::Quick => self.quick.room_for(known.account),
                Lane::Slow => self.slow.room_beside(known.leaves(), known.account),
                Lane::Mail => self.mail.room_for(known.account),
            };
            let Some(taken) = room else { continue };
            if best.is_none_or(|(fewest, _)| taken < fewest) {
                best = Some((taken, *id));
            }
            if taken == 0 {
                break;
            }
        }
        let (_, id) = best?;
        self.set(id, Phase::UnderWay { again: false });
        let known = self.receivers.get_mut(&id)?;
        let (watched, account, lane) = (known.watched, known.account, known.lane(id));
        let unnoted = known.unnoted.take();
        self.places(lane).take(account);
        Some(Turn { receiver: id, watched, unnoted, account, lane })
    }

    /// When the next turn comes that has not come yet.
    pub(super) fn next_time(&self, now: Timestamp) -> Option<Timestamp> {
        self.waiting.iter().map(|(at, _)| *at).find(|at| *at > now)
    }

    /// A turn is over.
    pub(super) fn end(&mut self, turn: Turn, ended: Ended, now: Timestamp) {
        self.places(turn.lane).leave(turn.account);
        let Some(known) = self.receivers.get_mut(&turn.receiver) else { return };
        known.unnoted = turn.unnoted;
        match ended.is_quick {
            Some(true) => known.to_be_quick = known.to_be_quick.saturating_sub(1),
            Some(false) => known.to_be_quick = FROM_SLOW,
            None => {}
        }
        match (known.phase, ended.after) {
            (Phase::Leaving, _) | (Phase::UnderWay { again: false }, After::Gone) => {
                self.forget(turn.receiver);
            }
            (Phase::UnderWay { again: false }, After::Message) => self.set(turn.receiver, Phase::Idle),
            (_, After::At(at)) if known.unnoted.is_some() => self.set(turn.receiver, Phase::Waiting(at)),
            // It looks what there is to tell, and whether it has to wait.
            (Phase::UnderWay { again: true }, _) => self.set(turn.receiver, Phase::Waiting(now)),
            (Phase::UnderWay { .. }, After::At(at)) => self.set(turn.receiver, Phase::Waiting(at)),
            (Phase::Idle | Phase::Waiting(_), _) => {}
        }
    }

    fn places(&mut self, lane: Lane) -> &mut Places {
        match lane {
            Lane::Quick => &mut self.quick,
            Lane::Slow => &mut self.slow,
            Lane::Mail => &mut self.mail,
        }
    }

    /// It is gone or stopped.
    fn leave(&mut self, id: Receiver) {
        match self.receivers.get(&id).map(|known| known.phase) {
            Some(Phase::UnderWay { .. } | Phase::Leaving) => self.set(id, Phase::Leaving),
            _ => self.forget(id),
        }
    }

    fn forget(&mut self, id: Receiver) {
        self.set(id, Phase::Idle);
        let Some(Known { watched, .. }) = self.receivers.remove(&id) else { return };
        if let Some(ids) = self.watchers.get_mut(&watched) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.watchers.remove(&watched);
            }
        }
    }

    fn set(&mut self, id: Receiver, phase: Phase) {
        let Some(known) = self.receivers.get_mut(&id) else { return };
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
    use crate::domain::id::{ChannelRow, UserId, WebhookId};

    const QUICK: Ended = Ended { after: After::Message, is_quick: Some(true) };
    const GONE: Ended = Ended { after: After::Gone, is_quick: None };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn channel(id: i64) -> Watched {
        Watched::Channel(ChannelRow(id))
    }

    fn number(receiver: Receiver) -> i64 {
        match receiver {
            Receiver::Webhook(id) => id.0,
            other => panic!("{other:?}"),
        }
    }

    fn webhook(id: i64, account: i64) -> AtWork {
        let (receiver, watched) = (Receiver::Webhook(WebhookId(id)), channel(id));
        AtWork { receiver, watched, account: AccountId(account), next_try: None }
    }

    fn turn(turns: &mut Turns, now: i64) -> Option<i64> {
        turns.next(at(now)).map(|turn| number(turn.receiver))
    }

    fn failed(again: i64) -> Ended {
        Ended { after: After::At(at(again)), is_quick: Some(false) }
    }

    #[test]
    fn each_has_one_call_at_a_time_and_looks_again_when_more_came() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        assert!(turns.come_to(channel(1), at(0)) && !turns.come_to(channel(2), at(0)));
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
        turns.come_to(channel(1), at(1));
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
        assert_eq!((given.len(), given.iter().any(|turn| number(turn.receiver) == 1)), (MOST + 1, true));
        // Once slow, it waits with the others until it was quick for some time.
        let (one, others): (Vec<_>, Vec<_>) = given.into_iter().partition(|turn| number(turn.receiver) == 1);
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
            assert_eq!(one.lane, Lane::Slow);
            turns.end(one, QUICK, at(1));
            turns.come_to(channel(1), at(1));
        }
        assert_eq!(turns.next(at(1)).expect("a turn").lane, Lane::Quick);
    }

    #[test]
    fn those_that_fail_leave_places_to_new_ones_of_their_account_and_of_others() {
        let mut turns = Turns::default();
        let failing = |id, account| AtWork { next_try: Some(at(0)), ..webhook(id, account) };
        let mut all: Vec<_> = (1..=20).map(|id| failing(id, 1)).collect();
        turns.take_in(&all, None, at(0));
        let given = std::iter::from_fn(|| turns.next(at(0))).count();
        assert_eq!(given, MOST_OF_ACCOUNT - LEFT_TO_NEW.of_account, "met again after a start");
        turns.take_in(&[webhook(30, 1)], Some(channel(30)), at(0));
        assert_eq!(turn(&mut turns, 0), Some(30));
        all.extend((100..200).map(|id| failing(id, id)).chain([webhook(30, 1)]));
        turns.take_in(&all, None, at(0));
        let given = given + 1 + std::iter::from_fn(|| turns.next(at(0))).count();
        assert_eq!(given, MOST - LEFT_TO_NEW.of_all);
        turns.take_in(&[webhook(300, 300)], Some(channel(300)), at(0));
        assert_eq!(turn(&mut turns, 0), Some(300));
    }

    #[test]
    fn a_relay_that_is_slow_holds_up_no_other_receiver() {
        let mut turns = Turns::default();
        let mailbox = |id| AtWork { receiver: Receiver::Mailbox(UserId(id)), ..webhook(id, id) };
        let mailboxes: Vec<_> = (1..=100).map(mailbox).collect();
        turns.take_in(&mailboxes, None, at(0));
        let mails = std::iter::from_fn(|| turns.next(at(0))).count();
        turns.take_in(&[webhook(200, 200)], Some(channel(200)), at(0));
        assert_eq!((mails, turn(&mut turns, 0)), (MOST_MAILS, Some(200)));
    }

    #[test]
    fn what_is_gone_has_no_turn_any_more() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1), webhook(2, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        turns.take_in(&[], None, at(0));
        turns.end(first, failed(0), at(0));
        assert_eq!(turn(&mut turns, 9), None);
        assert!(turns.receivers.is_empty() && turns.watchers.is_empty() && turns.waiting.is_empty());
        turns.take_in(&[webhook(1, 1)], Some(channel(1)), at(9));
        assert_eq!(turn(&mut turns, 9), Some(1), "it came back");
    }

    #[test]
    fn who_is_started_again_while_its_end_is_noted_goes_on() {
        let mut turns = Turns::default();
        turns.take_in(&[webhook(1, 1)], None, at(0));
        let first = turns.next(at(0)).expect("a turn");
        turns.take_in(&[webhook(1, 1)], Some(channel(1)), at(0));
        turns.end(first, GONE, at(0));
        assert_eq!(turn(&mut turns, 0), Some(1));
    }
}
