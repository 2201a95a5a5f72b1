//! Walking the messages of many channels at once.

use std::collections::{BinaryHeap, VecDeque};

use crate::domain::message::Sequence;
use crate::service::error::Error;
use crate::store::inbox::{self, Envelope, Glance, Walk};
use crate::store::tx::ReadTx;

/// Messages of a channel that are found with one statement, once a few were taken one by one.
const FOUND_AT_ONCE: usize = 256;

/// Walks many channels at once, newest message first.
pub(super) struct Merge<'a> {
    glances: &'a [Glance],
    walk: Walk,
    /// The next message of each channel that has one, the newest on top.
    heads: BinaryHeap<(i64, usize)>,
    channels: Vec<Lookahead>,
}

/// The messages of a channel that were found and not yet taken.
#[derive(Clone)]
struct Lookahead {
    envelopes: VecDeque<Envelope>,
    /// How many to look for next: more each time, as most channels of an inbox give a page few or none.
    at_once: usize,
}

impl<'a> Merge<'a> {
    /// Begins with the newest message that is early enough.
    pub(super) fn start(
        tx: &ReadTx<'_>,
        glances: &'a [Glance],
        walk: Walk,
        early: impl Fn(&Envelope) -> bool + Copy,
    ) -> Result<Self, Error> {
        let mut merge = Self {
            glances,
            walk,
            heads: BinaryHeap::new(),
            channels: vec![Lookahead { envelopes: VecDeque::new(), at_once: 1 }; glances.len()],
        };
        for (index, glance) in glances.iter().enumerate() {
            let Some(newest) = glance.newest else { continue };
            let below = if early(&newest) {
                Sequence(newest.sequence.0 + 1)
            } else {
                inbox::boundary(tx, glance, early)?
            };
            merge.look(tx, index, below)?;
        }
        Ok(merge)
    }

    /// The next message, with the place of its channel.
    pub(super) fn next(&mut self, tx: &ReadTx<'_>) -> Result<Option<(usize, Envelope)>, Error> {
        let Some((_, index)) = self.heads.pop() else { return Ok(None) };
        let Some(envelope) = self.channels[index].envelopes.pop_front() else { return Ok(None) };
        match self.channels[index].envelopes.front() {
            Some(next) => self.heads.push((next.id, index)),
            None => self.look(tx, index, envelope.sequence)?,
        }
        Ok(Some((index, envelope)))
    }

    /// What tells whether there is another.
    pub(super) fn peek(&self) -> Option<&(i64, usize)> {
        self.heads.peek()
    }

    /// Takes nothing more of a channel.
    pub(super) fn leave(&mut self, index: usize) {
        self.heads.retain(|(_, channel)| *channel != index);
    }

    fn look(&mut self, tx: &ReadTx<'_>, index: usize, below: Sequence) -> Result<(), Error> {
        let channel = &mut self.channels[index];
        let found = inbox::next_below(tx, &self.glances[index], self.walk, below, channel.at_once)?;
        channel.at_once = (channel.at_once * 2).min(FOUND_AT_ONCE);
        channel.envelopes.extend(found);
        if let Some(next) = channel.envelopes.front() {
            self.heads.push((next.id, index));
        }
        Ok(())
    }
}
