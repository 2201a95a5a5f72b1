//! Deleting messages. The rules of who may, and of the minimum age, live here.

use crate::auth::access::{Owner, Writer};
use crate::domain::id::ChannelRow;
use crate::domain::message::{Author, Sequence};
use crate::events::Event;
use crate::service::acted::{self, Acted};
use crate::service::error::Error;
use crate::service::messages::Messages;
use crate::store::channel_access::ChannelAccess;
use crate::store::tx::WriteTx;
use crate::store::undo::{Aspect, UndoRange};
use crate::store::{channels, counters, deleted, envelopes, messages, noted, read_states, tokens};

impl Messages {
    /// Deletes a message for everybody, once it has the channel's minimum age. A writer may delete its own, and those of
    /// others unless its token was issued without that right.
    pub async fn delete(&self, writer: &Writer, sequence: Sequence) -> Result<(), Error> {
        self.store
            .write(writer.clone(), move |tx, writer| {
                let channel = writer.channel();
                require_deletable(tx, writer, sequence)?;
                delete(tx, channel, sequence)?;
                tx.emit(Event::ReadStateChanged { account: channel.account });
                Ok(())
            })
            .await
    }

    /// Deletes messages of several of the owner's channels in one change, so that it can be taken back for a minute. What
    /// is gone meanwhile is passed over.
    ///
    /// Where it has to make room, or is more than is kept, it is gone at once.
    pub async fn delete_each(
        &self,
        owner: &Owner,
        chosen: Vec<(Writer, Vec<Sequence>)>,
    ) -> Result<Acted<Deleted>, Error> {
        let (account, store) = (owner.account(), self.store.clone());
        let acted = self
            .store
            .write(owner.clone(), move |tx, owner| {
                let messages = || {
                    chosen.iter().flat_map(|(writer, sequences)| {
                        sequences.iter().map(|sequence| (writer.channel(), *sequence))
                    })
                };
                let mut room = deleted::room(tx, account)?;
                for (channel, sequence) in messages() {
                    room -= deleted::kept_bytes(tx, channel.row, sequence)?.unwrap_or(0);
                }
                let (mut outcome, mut parts) = (Deleted::default(), Vec::new());
                outcome.for_good = room < 0 || store.is_short_of_room();
                for (channel, sequence) in messages() {
                    let done = if outcome.for_good {
                        delete(tx, channel, sequence)
                    } else {
                        hide(tx, channel, sequence)
                    };
                    match done {
                        Ok(()) => outcome.gone += 1,
                        Err(Error::RetentionNotExpired) => {
                            outcome.kept += 1;
                            continue;
                        }
                        Err(Error::MessageNotFound | Error::ChannelNotFound) => continue,
                        Err(error) => return Err(error),
                    }
                    if !outcome.for_good {
                        parts.push(UndoRange::one(channel.row, sequence, Aspect::Undeleted));
                    }
                }
                tx.emit(Event::ReadStateChanged { account });
                Ok(Acted { outcome, undo: acted::remember(tx, owner, &parts)? })
            })
            .await?;
        self.store.note_due();
        Ok(acted)
    }
}

/// What became of messages that were to be deleted together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deleted {
    pub gone: u64,
    /// Not deleted: younger than their channel's minimum age.
    pub kept: u64,
    /// Those that were deleted are gone for good.
    pub for_good: bool,
}

/// Fails for a message of somebody else where the writer's token deletes only its own.
fn require_deletable(tx: &WriteTx<'_>, writer: &Writer, sequence: Sequence) -> Result<(), Error> {
    let Author::Token(token) = writer.author() else { return Ok(()) };
    let (_, author) = envelopes::find(tx, writer.channel().row, sequence)?.ok_or(Error::MessageNotFound)?;
    let may = author == writer.author()
        || tokens::permissions(tx, token)?.is_some_and(|permissions| permissions.delete);
    if may { Ok(()) } else { Err(Error::NotOwnMessage) }
}

/// Fails for a message that is not there or is too young.
fn require_age(tx: &WriteTx<'_>, row: ChannelRow, sequence: Sequence) -> Result<(), Error> {
    let (received, _) = envelopes::find(tx, row, sequence)?.ok_or(Error::MessageNotFound)?;
    let retention = channels::retention(tx, row)?.ok_or(Error::ChannelNotFound)?;
    if !retention.allows_deletion(received, tx.now()) {
        return Err(Error::RetentionNotExpired);
    }
    Ok(())
}

/// Deletes for good. Refuses before it changes anything.
fn delete(tx: &WriteTx<'_>, channel: &ChannelAccess, sequence: Sequence) -> Result<(), Error> {
    let row = channel.row;
    require_age(tx, row, sequence)?;
    remove(tx, channel, sequence)
}

/// The same whatever its age.
pub(super) fn remove(tx: &WriteTx<'_>, channel: &ChannelAccess, sequence: Sequence) -> Result<(), Error> {
    let row = channel.row;
    let bytes = messages::delete(tx, row, sequence)?.ok_or(Error::MessageNotFound)?;
    read_states::forget_message(tx, row, sequence)?;
    noted::forget(tx, row, sequence)?;
    counters::shrink(tx, row, channel.account, 1, bytes)?;
    Ok(())
}

/// The same for a minute.
fn hide(tx: &WriteTx<'_>, channel: &ChannelAccess, sequence: Sequence) -> Result<(), Error> {
    require_age(tx, channel.row, sequence)?;
    // One whose payload is missing in a damaged file cannot come back.
    deleted::kept_bytes(tx, channel.row, sequence)?.ok_or(Error::MessageNotFound)?;
    Ok(deleted::hide(tx, channel, sequence)?)
}
