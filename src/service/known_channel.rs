//! A channel that is here already, compared with what a later dump says of it.
//!
//! What is new there can only come in where nothing was changed here since: numbers that were given here would be given
//! twice. Nobody noted what an earlier dump held, so the channel shows it: every message here stands in the dump, by the same
//! author at the same instant, and every message of the dump that is not newer is here.

use crate::domain::channel::Retention;
use crate::domain::exported::{ExportedChannel, ExportedSecret};
use crate::domain::id::{AccountId, ChannelId, ChannelRow, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::time::Timestamp;
use crate::service::moved_in::{Lacks, LeftChannel};
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::error::StoreError;
use crate::store::tx::WriteTx;
use crate::store::{channels, envelopes, tokens};

/// A message of the dump that has bytes.
#[derive(Debug, Clone, Copy)]
pub struct DumpedMessage {
    pub sequence: Sequence,
    pub author: TokenId,
    pub received: Timestamp,
    /// Not deleted there.
    pub is_there: bool,
}

/// A channel that is here already.
pub(super) struct KnownChannel {
    id: ChannelId,
    row: ChannelRow,
    /// Absent while its account is disabled.
    access: Option<ChannelAccess>,
    retention: Retention,
    /// The highest number that was given here, and there.
    head: Sequence,
    pub(super) head_there: Sequence,
    /// Messages here that were not met in the dump so far.
    unmet: u64,
    was_changed: bool,
    lacks: Lacks,
}

/// What becomes of the channel.
pub(super) enum Verdict {
    /// It gets what is new there: what is above this number.
    Grows(ChannelAccess, Sequence),
    /// The dump has nothing that is not here.
    Stays,
    Left(LeftChannel),
}

impl KnownChannel {
    /// `None` when the account has no such channel.
    pub(super) fn find(
        tx: &WriteTx<'_>,
        account: AccountId,
        channel: &ExportedChannel,
    ) -> Result<Option<Self>, StoreError> {
        let Some(row) = channels::find_row(tx, account, &channel.id)? else { return Ok(None) };
        Ok(Some(Self {
            id: channel.id.clone(),
            row,
            access: channel_access::load(tx, row)?,
            retention: channels::retention(tx, row)?.unwrap_or(channel.settings.retention),
            head: channels::head(tx, row)?.unwrap_or(Sequence::NONE),
            head_there: channel.head,
            unmet: envelopes::count(tx, row)?,
            was_changed: false,
            lacks: Lacks::default(),
        }))
    }

    /// Compares a message of the dump with what is here.
    pub(super) fn compare_message(
        &mut self,
        tx: &WriteTx<'_>,
        message: &DumpedMessage,
    ) -> Result<(), StoreError> {
        let is_lacking = match envelopes::find(tx, self.row, message.sequence)? {
            Some(here) if here == (message.received, Author::Token(message.author)) => {
                self.unmet = self.unmet.saturating_sub(1);
                self.lacks.deletions += u64::from(!message.is_there);
                false
            }
            None if message.sequence > self.head => message.is_there,
            // It was deleted here, or its number was given to another one that was.
            None => message.is_there && !self.retention.has_ended(message.received, tx.now()),
            Some(_another) => message.is_there,
        };
        self.lacks.messages += u64::from(is_lacking);
        self.was_changed |= is_lacking && message.sequence <= self.head;
        Ok(())
    }

    /// Compares a token of the dump with what is here.
    pub(super) fn compare_token(
        &mut self,
        tx: &WriteTx<'_>,
        id: TokenId,
        secret: &ExportedSecret,
        created: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        match tokens::standing(tx, id)? {
            None => self.lacks.tokens += 1,
            Some(here) if here.channel == self.row && created.is_none_or(|at| at == here.created) => {
                let is_new = !here.is_revoked && matches!(secret, ExportedSecret::Revoked(_));
                self.lacks.revocations += u64::from(is_new);
            }
            // Issued here, under an id that was also given there.
            Some(_another) => {
                self.lacks.tokens += 1;
                self.was_changed = true;
            }
        }
        Ok(())
    }

    /// What becomes of it, after everything was compared.
    pub(super) fn judge(self) -> Verdict {
        let was_changed = self.was_changed || self.unmet > 0 || self.head > self.head_there;
        match self.access {
            Some(access) if !was_changed => Verdict::Grows(access, self.head),
            _ if self.lacks.any() => Verdict::Left(LeftChannel { id: self.id, lacks: self.lacks }),
            _ => Verdict::Stays,
        }
    }
}
