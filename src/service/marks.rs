//! Marking messages as read and unread, each reader alone.

use crate::auth::access::{Owner, Reader};
use crate::domain::id::UndoId;
use crate::domain::message::Sequence;
use crate::domain::read_state::{MarkScope, ReadState, UnreadCount};
use crate::events::Event;
use crate::service::acted::{self, Acted};
use crate::service::error::Error;
use crate::service::messages::{Messages, require_space};
use crate::store::older_marks::{self, Unmarking};
use crate::store::range_marks::{self, RangeMark, Stretch};
use crate::store::tx::WriteTx;
use crate::store::undo::{Part, Was};
use crate::store::viewpoint::Viewpoint;
use crate::store::{channels, counters, envelopes, read_states};

impl Messages {
    /// Marks a message, and perhaps all older ones, as read or unread for this reader alone. Many are marked a part at a
    /// time: others see some of them marked before this returns, and a refusal for want of room leaves those marked.
    ///
    /// A message that was deleted since it was delivered is marked without effect, as in the reference: somebody else's
    /// deletion must not fail a client that tells how far it has read.
    pub async fn mark(
        &self,
        reader: &Reader,
        sequence: Sequence,
        scope: MarkScope,
        state: ReadState,
    ) -> Result<(), Error> {
        match (scope, state) {
            (MarkScope::Only, state) => {
                self.mark_part(reader, sequence, move |tx, reader, viewpoint| {
                    if let Some((_, author)) = envelopes::find(tx, viewpoint.channel, sequence)? {
                        read_states::mark_one(tx, viewpoint, sequence, reader.wrote(author), state)?;
                    }
                    Ok(())
                })
                .await
            }
            (MarkScope::AndOlder, ReadState::Read) => {
                while !self
                    .mark_part(reader, sequence, move |tx, _, viewpoint| {
                        Ok(older_marks::mark_read(tx, viewpoint, sequence)?)
                    })
                    .await?
                {}
                Ok(())
            }
            (MarkScope::AndOlder, ReadState::Unread) => {
                let mut rest = self
                    .mark_part(reader, sequence, move |tx, _, viewpoint| {
                        Ok(Unmarking::begin(tx, viewpoint, sequence)?.go_on(tx, viewpoint)?)
                    })
                    .await?;
                while let Some(unmarking) = rest {
                    let part = move |tx: &WriteTx<'_>, _: &Reader, viewpoint: &Viewpoint| {
                        Ok(unmarking.go_on(tx, viewpoint)?)
                    };
                    rest = self.mark_part(reader, sequence, part).await?;
                }
                Ok(())
            }
        }
    }

    /// One change of marks up to a sequence, refused when the account has no room for it.
    async fn mark_part<T: Send + 'static>(
        &self,
        reader: &Reader,
        sequence: Sequence,
        part: impl FnOnce(&WriteTx<'_>, &Reader, &Viewpoint) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let quota = self.quota;
        self.store
            .write(reader.clone(), move |tx, reader| {
                let viewpoint = reader.viewpoint().ok_or(Error::MessageNotFound)?;
                let head = channels::head(tx, viewpoint.channel)?.ok_or(Error::ChannelNotFound)?;
                if sequence <= viewpoint.since || sequence > head {
                    return Err(Error::MessageNotFound);
                }
                let account = reader.channel().account;
                let before = counters::of_account(tx, account)?;
                let done = part(tx, reader, viewpoint)?;
                require_space(tx, account, before, quota)?;
                tx.emit(Event::ReadStateChanged { account });
                Ok(done)
            })
            .await
    }

    /// Marks messages of several of the owner's channels in one change; answers how many of them there are. What is gone
    /// meanwhile is passed over. Only what is `undoable` can be taken back.
    pub async fn mark_each(
        &self,
        owner: &Owner,
        chosen: Vec<(Reader, Vec<Sequence>)>,
        state: ReadState,
        undoable: bool,
    ) -> Result<Acted<u64>, Error> {
        let (account, quota) = (owner.account(), self.quota);
        self.store
            .write(owner.clone(), move |tx, owner| {
                let before = counters::of_account(tx, account)?;
                let (mut marked, mut parts) = (0, Vec::new());
                for (reader, sequences) in &chosen {
                    let viewpoint = reader.viewpoint().ok_or(Error::MessageNotFound)?;
                    for sequence in sequences {
                        let Some((_, author)) = envelopes::find(tx, viewpoint.channel, *sequence)? else {
                            continue;
                        };
                        let own = reader.wrote(author);
                        let was = read_states::state_of(tx, viewpoint, *sequence, own)?;
                        if was != state {
                            parts.push(Part::one(viewpoint.channel, *sequence, Was::Marked(was)));
                        }
                        read_states::mark_one(tx, viewpoint, *sequence, own, state)?;
                        marked += 1;
                    }
                }
                let undo = if undoable { acted::remember(tx, owner, &parts)? } else { None };
                require_space(tx, account, before, quota)?;
                tx.emit(Event::ReadStateChanged { account });
                Ok(Acted { outcome: marked, undo })
            })
            .await
    }

    /// Marks every message up to that one as read; answers how many were unread.
    pub async fn mark_read_up_to(
        &self,
        owner: &Owner,
        reader: &Reader,
        up_to: Sequence,
    ) -> Result<Acted<UnreadCount>, Error> {
        let viewpoint = *reader.viewpoint().ok_or(Error::MessageNotFound)?;
        let (up_to, acted) = self
            .store
            .write(owner.clone(), move |tx, owner| {
                let head = channels::head(tx, viewpoint.channel)?.ok_or(Error::ChannelNotFound)?;
                let up_to = up_to.min(head);
                let outcome = read_states::count_unread(tx, &viewpoint, up_to)?;
                let undo = remember(tx, owner, &viewpoint, (Sequence(1), up_to), ReadState::Read)?;
                Ok::<_, Error>((up_to, Acted { outcome, undo }))
            })
            .await?;
        if up_to > viewpoint.since {
            self.mark(reader, up_to, MarkScope::AndOlder, ReadState::Read).await?;
        }
        Ok(acted)
    }

    /// Marks a message of others and every newer one as unread.
    pub async fn mark_unread_from(
        &self,
        owner: &Owner,
        reader: &Reader,
        from: Sequence,
    ) -> Result<Acted<()>, Error> {
        let viewpoint = *reader.viewpoint().ok_or(Error::MessageNotFound)?;
        let (account, quota) = (owner.account(), self.quota);
        let (mut rest, undo) = self
            .store
            .write(owner.clone(), move |tx, owner| {
                let head = channels::head(tx, viewpoint.channel)?.ok_or(Error::ChannelNotFound)?;
                if from <= Sequence::NONE || from > head {
                    return Err(Error::MessageNotFound);
                }
                let undo = remember(tx, owner, &viewpoint, (from, head), ReadState::Unread)?;
                Ok((Some(RangeMark::begin(tx, &viewpoint, (from, head), ReadState::Unread)?), undo))
            })
            .await?;
        while let Some(mark) = rest {
            rest = self
                .store
                .write(owner.clone(), move |tx, _owner| {
                    let before = counters::of_account(tx, account)?;
                    let rest = mark.go_on(tx, &viewpoint)?;
                    require_space(tx, account, before, quota)?;
                    tx.emit(Event::ReadStateChanged { account });
                    Ok::<_, Error>(rest)
                })
                .await?;
        }
        Ok(Acted { outcome: (), undo })
    }
}

/// Remembers what marking a stretch of messages will change.
fn remember(
    tx: &WriteTx<'_>,
    owner: &Owner,
    viewpoint: &Viewpoint,
    stretch: Stretch,
    state: ReadState,
) -> Result<Option<UndoId>, Error> {
    let was = match state {
        ReadState::Read => ReadState::Unread,
        ReadState::Unread => ReadState::Read,
    };
    let changed = range_marks::changed(tx, viewpoint, stretch, state)?.into_iter();
    let part = |(first, last)| Part { channel: viewpoint.channel, first, last, was: Was::Marked(was) };
    acted::remember(tx, owner, &changed.map(part).collect::<Vec<_>>())
}
