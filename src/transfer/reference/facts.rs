//! What is to be known of all rows before the first is taken in: where each message belongs, and what became of it.
//!
//! This is held in memory, some 50 bytes for each message and each token, whatever their sizes.

use std::collections::HashMap;
use std::io::{BufRead, Seek};

use crate::domain::message::Sequence;
use crate::domain::time::Timestamp;
use crate::transfer::error::TransferError;
use crate::transfer::reference::dump::Dump;
use crate::transfer::reference::row::Row;
use crate::transfer::reference::table::Table;

/// All facts.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) channels: HashMap<i64, ChannelFacts>,
    pub(super) tokens: HashMap<i64, TokenFacts>,
    pub(super) messages: HashMap<i64, MessageFacts>,
}

#[derive(Debug, Default)]
pub(super) struct ChannelFacts {
    /// The highest sequence, also of deleted messages.
    pub(super) head: Sequence,
    /// The first token, which was made with the channel, and when.
    pub(super) first_token: Option<(i64, Option<Timestamp>)>,
}

#[derive(Debug)]
pub(super) struct TokenFacts {
    pub(super) channel: i64,
    /// The first message of which the token was told.
    lowest: Option<Sequence>,
}

#[derive(Debug)]
pub(super) struct MessageFacts {
    pub(super) channel: i64,
    pub(super) sequence: Sequence,
    /// The token that wrote it.
    pub(super) author: i64,
    standing: Standing,
}

/// What the rows about a message's readers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// There are none.
    Unsaid,
    There,
    /// All say that it is deleted.
    Deleted,
}

impl Facts {
    /// Looks through tokens, messages and what readers think of these.
    pub(super) fn of<R: BufRead + Seek>(dump: &mut Dump<R>) -> Result<Self, TransferError> {
        let mut facts = Self::default();
        dump.each(Table::Token, |row| {
            let (id, channel, issued) = (row.id(0)?, row.id(1)?, row.time(6)?);
            if facts.tokens.insert(id, TokenFacts { channel, lowest: None }).is_some() {
                return Err(row.wrong("the token is there a second time"));
            }
            let first = &mut facts.channels.entry(channel).or_default().first_token;
            if first.is_none_or(|(first, _)| id < first) {
                *first = Some((id, issued));
            }
            Ok(())
        })?;
        dump.each(Table::Message, |row| {
            let (id, author, channel, sequence) = (row.id(0)?, row.id(1)?, row.id(2)?, Sequence(row.id(3)?));
            let head = &mut facts.channels.entry(channel).or_default().head;
            *head = sequence.max(*head);
            let message = MessageFacts { channel, sequence, author, standing: Standing::Unsaid };
            match facts.messages.insert(id, message) {
                Some(_) => Err(row.wrong("the message is there a second time")),
                None => Ok(()),
            }
        })?;
        dump.each(Table::Status, |row| {
            let (message, token, deleted) = (row.id(0)?, row.id(1)?, row.flag(3)?);
            let message = facts.messages.get_mut(&message);
            let message = message.ok_or_else(|| row.wrong("there is no such message"))?;
            message.standing = match message.standing {
                Standing::There => Standing::There,
                _ if !deleted => Standing::There,
                _ => Standing::Deleted,
            };
            let token = facts.tokens.get_mut(&token).ok_or_else(|| row.wrong("there is no such token"))?;
            let sequence = message.sequence;
            token.lowest = Some(token.lowest.map_or(sequence, |lowest| lowest.min(sequence)));
            Ok(())
        })?;
        Ok(facts)
    }

    /// What is known of the message of a row.
    pub(super) fn message(&self, row: &Row<'_>) -> Result<&MessageFacts, TransferError> {
        self.messages.get(&row.id(0)?).ok_or_else(|| row.wrong("the dump was changed while it was read"))
    }

    /// The token sees only sequences above this one: those of which it was told.
    pub(super) fn since(&self, token: i64) -> Sequence {
        let Some(token) = self.tokens.get(&token) else { return Sequence::NONE };
        match token.lowest {
            Some(lowest) => Sequence(lowest.0 - 1),
            None => self.channels.get(&token.channel).map_or(Sequence::NONE, |channel| channel.head),
        }
    }
}

impl MessageFacts {
    /// Whether it was deleted for everybody.
    pub(super) fn is_deleted(&self) -> bool {
        self.standing == Standing::Deleted
    }
}
