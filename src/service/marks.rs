//! Marking messages as read and unread, each reader alone.

use crate::auth::access::{Owner, Reader};
use crate::domain::message::Sequence;
use crate::domain::read_state::{MarkScope, ReadState, UnreadCount};
use crate::domain::time::Timestamp;
use crate::events::Event;
use crate::service::acted::{self, Acted};
use crate::service::error::Error;
use crate::service::messages::Messages;
use crate::service::quota;
use crate::store::noted::{self, NotedSide};
use crate::store::older_marks::{self, Unmarking};
use crate::store::range_marks::{self, RangeMark, Span};
use crate::store::tx::WriteTx;
use crate::store::undo::{Aspect, UndoRange};
use crate::store::viewpoint::Viewpoint;
use crate::store::{channels, envelopes, read_states};

/// What the holder does with single messages in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageAction {
    Read,
    /// What is unread is in the inbox.
    Unread,
    Archive,
    ToInbox,
    Star,
    Unstar,
    /// Out of the inbox until then; it comes back unread.
    Snooze(Timestamp),
}

impl MessageAction {
    fn aspects(self) -> Vec<Aspect> {
        let (read, unread) = (Aspect::Marked(ReadState::Read), Aspect::Marked(ReadState::Unread));
        match self {
            Self::Read => vec![read],
            Self::Unread => vec![unread, Aspect::Archived(false)],
            Self::Archive => vec![read, Aspect::Archived(true), Aspect::Snoozed(None)],
            Self::ToInbox => vec![Aspect::Archived(false), Aspect::Snoozed(None)],
            Self::Star => vec![Aspect::Starred(true)],
            Self::Unstar => vec![Aspect::Starred(false)],
            Self::Snooze(until) => vec![read, Aspect::Archived(true), Aspect::Snoozed(Some(until))],
        }
    }
}

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
                let done = quota::within(tx, account, quota, || part(tx, reader, viewpoint))?;
                tx.emit(Event::ReadStateChanged { account });
                Ok(done)
            })
            .await
    }

    /// Changes what the holder noted of messages of several channels, at once; answers how many there are. What is gone
    /// meanwhile is passed over. Only what is `undoable` can be taken back.
    pub async fn note_each(
        &self,
        owner: &Owner,
        chosen: Vec<(Reader, Vec<Sequence>)>,
        change: MessageAction,
        undoable: bool,
    ) -> Result<Acted<u64>, Error> {
        let (account, quota) = (owner.account(), self.quota);
        let acted = self
            .store
            .write(owner.clone(), move |tx, owner| {
                let (mut outcome, mut parts) = (0, Vec::new());
                let aspects = change.aspects();
                let undo = quota::within(tx, account, quota, || {
                    for (reader, sequences) in &chosen {
                        let channel = reader.channel();
                        let side = NotedSide::of(channel.row, channel.owner_token);
                        for sequence in sequences {
                            outcome += u64::from(envelopes::find(tx, channel.row, *sequence)?.is_some());
                            for &aspect in &aspects {
                                let was = noted::put(tx, &side, *sequence, aspect)?;
                                parts.extend(was.map(|was| UndoRange::one(channel.row, *sequence, was)));
                            }
                        }
                    }
                    if undoable { acted::remember(tx, owner, &parts) } else { Ok(None) }
                })?;
                tx.emit(Event::ReadStateChanged { account });
                Ok::<_, Error>(Acted { outcome, undo })
            })
            .await?;
        if matches!(change, MessageAction::Snooze(_)) {
            self.store.note_due();
        }
        Ok(acted)
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
                let unread = Aspect::Marked(ReadState::Unread);
                let undo =
                    acted::remember(tx, owner, &changes(tx, &viewpoint, (Sequence(1), up_to), unread)?)?;
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
        let side = NotedSide::of(reader.channel().row, reader.channel().owner_token);
        let (account, quota) = (owner.account(), self.quota);
        let (stretch, undo) = self
            .store
            .write(owner.clone(), move |tx, owner| {
                let head = channels::head(tx, side.reading.channel)?.ok_or(Error::ChannelNotFound)?;
                if from <= Sequence::NONE || from > head {
                    return Err(Error::MessageNotFound);
                }
                let mut parts = changes(tx, &side.reading, (from, head), Aspect::Marked(ReadState::Read))?;
                parts.extend(changes(tx, &side.archive, (from, head), Aspect::Archived(true))?);
                Ok(((from, head), acted::remember(tx, owner, &parts)?))
            })
            .await?;
        for viewpoint in [side.reading, side.archive] {
            let mut begun = None;
            loop {
                begun = self
                    .store
                    .write(owner.clone(), move |tx, _owner| {
                        let rest = quota::within(tx, account, quota, || {
                            let mark = match begun {
                                Some(mark) => mark,
                                None => RangeMark::begin(tx, &viewpoint, stretch, ReadState::Unread)?,
                            };
                            Ok(mark.go_on(tx, &viewpoint)?)
                        })?;
                        tx.emit(Event::ReadStateChanged { account });
                        Ok::<_, Error>(rest)
                    })
                    .await?;
                if begun.is_none() {
                    break;
                }
            }
        }
        Ok(Acted { outcome: (), undo })
    }
}

/// What marking a stretch will change, where it is now as told.
fn changes(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    stretch: Span,
    was: Aspect,
) -> Result<Vec<UndoRange>, Error> {
    let marked = match was {
        Aspect::Marked(ReadState::Unread) | Aspect::Archived(false) => ReadState::Read,
        _ => ReadState::Unread,
    };
    let changed = range_marks::changed(tx, viewpoint, stretch, marked)?.into_iter();
    Ok(changed.map(|(first, last)| UndoRange { channel: viewpoint.channel, first, last, was }).collect())
}
