//! Messages: writing and reading. The rules of sequencing, locking and quota live here.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::access::{Reader, Writer};
use crate::config::LimitsConfig;
use crate::domain::channel::ChannelState;
use crate::domain::id::ChannelRow;
use crate::domain::message::{Author, Message, NewMessage, Sequence, Side};
use crate::domain::read_state::{ReaderId, Selection};
use crate::domain::time::Sleep;
use crate::events::{Event, Written};
use crate::service::error::Error;
use crate::service::quota;
use crate::service::remembered::Remembered;
use crate::store::error::StoreError;
use crate::store::reservations::{self, Reserved};
use crate::store::right::Right;
use crate::store::tx::{CheckTx, WriteTx};
use crate::store::viewpoint::Viewpoint;
use crate::store::{Store, channels, envelopes, idempotency, messages, read_states};

pub use crate::store::messages::Slice;

/// Whoever only writes never marks, so every so many messages the cursors are moved over what is read anyway. Looks for
/// unread messages begin at the cursor.
const CURSORS_FOLLOW_EVERY: i64 = 64;

/// How long a write is remembered by its Idempotency-Key.
pub const IDEMPOTENCY_FOR: Duration = Duration::from_hours(24);

/// What happens to messages.
#[derive(Clone)]
pub struct Messages {
    pub(super) store: Store,
    /// Bytes that an account may store; 0 is unlimited.
    pub(super) quota: i64,
    heads: Arc<Heads>,
}

/// The head of a channel for a reader.
type Heads = Remembered<(ChannelRow, Option<ReaderId>), Sequence>;

/// Heads that are remembered.
const HEADS: usize = 10_000;

impl Messages {
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        Self { store, quota: quota::of_config(limits), heads: Arc::new(Remembered::new(HEADS)) }
    }

    /// Writes a message; it is on disk when this returns.
    ///
    /// With an idempotency key, a repetition within [`IDEMPOTENCY_FOR`] gets the first answer again and writes nothing.
    /// Keys belong to a token; without one they are ignored, because strangers would use up each other's.
    pub async fn write(
        &self,
        writer: &Writer,
        new: NewMessage,
        idempotency_key: Option<String>,
    ) -> Result<Message, Error> {
        let room = Allowance { quota: self.quota, beside: 0 };
        let key = idempotency_key.filter(|_| writer.author() != Author::Anonymous);
        self.store
            .write_checked(writer.clone(), move |tx, writer| accept(tx, writer, new, key, room), carry_out)
            .await
    }

    /// The next part of what the reader selected. Small answers are read on the spot.
    pub fn read(&self, reader: &Reader, selection: Selection) -> Result<Slice, Error> {
        Ok(self.store.read_now(|tx| messages::slice(tx, reader.channel(), reader.viewpoint(), selection))?)
    }

    /// The same for the further parts of a long answer: on a blocking thread, and only while the right stands.
    pub async fn read_on(&self, reader: &Reader, selection: Selection) -> Result<Slice, Error> {
        let reader = reader.clone();
        self.store
            .read(move |tx| {
                reader.require(tx)?;
                Ok(messages::slice(tx, reader.channel(), reader.viewpoint(), selection)?)
            })
            .await
    }

    /// Which side wrote each message of a part, for the reader; `None` where it was deleted meanwhile.
    pub fn sides(&self, reader: &Reader, slice: &Slice) -> Result<Vec<Option<Side>>, Error> {
        let channel = reader.channel().row;
        self.store.read_now(|tx| {
            let side = |message: &Message| {
                let found = envelopes::find(tx, channel, message.sequence)?;
                Ok(found.map(|(_received, author)| reader.side_of(author)))
            };
            slice.messages.iter().map(side).collect()
        })
    }

    /// Refuses a reader whose right has ended, for those who wait.
    pub fn require_valid(&self, reader: &Reader) -> Result<(), Error> {
        Ok(self.store.read_now(|tx| reader.require(tx))?)
    }

    /// A pause on the store's clock.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.store.clock().sleep(duration)
    }

    /// The highest message that the reader can see; what a sequenced channel answers with its messages.
    pub fn highest_visible(&self, reader: &Reader) -> Result<Option<Sequence>, Error> {
        let since = reader.viewpoint().map_or(Sequence::NONE, |viewpoint| viewpoint.since);
        Ok(self.store.read_now(|tx| envelopes::highest_visible(tx, reader.channel().row, since))?)
    }

    /// The last message that was written to the reader's channel, whoever may see it and whether it is still there.
    pub fn newest(&self, reader: &Reader) -> Result<Sequence, Error> {
        self.store.read_now(|tx| channels::head(tx, reader.channel().row))?.ok_or(Error::ChannelNotFound)
    }

    /// The highest undeleted message that the reader did not write, however old; 0 when there is none.
    ///
    /// Clients poll this, so it is remembered until anything is committed.
    pub fn head(&self, reader: &Reader) -> Result<Sequence, Error> {
        let key = (reader.channel().row, reader.viewpoint().map(|viewpoint| viewpoint.reader));
        let mark = reader.proved_at().unwrap_or_else(|| self.store.change_mark());
        if let Some(head) = self.heads.get(&key, mark) {
            return Ok(head);
        }
        let head =
            self.store.peek(|tx| envelopes::highest_foreign(tx, reader.channel().row, reader.viewpoint()))?;
        self.heads.keep(&key, mark, head);
        Ok(head)
    }

    /// One message that the reader can see.
    pub fn get(&self, reader: &Reader, sequence: Sequence) -> Result<Message, Error> {
        if reader.viewpoint().is_some_and(|viewpoint| sequence <= viewpoint.since) {
            return Err(Error::MessageNotFound);
        }
        self.store
            .read_now(|tx| messages::find(tx, reader.channel(), sequence))?
            .ok_or(Error::MessageNotFound)
    }
}

/// What a message may take of its account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// Bytes that an account without a quota of its own may store; 0 is unlimited.
    pub(super) quota: i64,
    /// Bytes that come with the message, beside its own.
    pub(super) beside: i64,
}

/// What is to be done for a write that is not refused.
pub(super) enum Accepted {
    /// It was written before.
    Answered(Message),
    New {
        message: NewMessage,
        number: Reserved,
        /// The Idempotency-Key under which the answer is remembered.
        key: Option<String>,
    },
}

/// Refuses what may not be written. What was written before under the same Idempotency-Key is answered as it was then.
pub(super) fn accept(
    tx: &CheckTx<'_>,
    writer: &Writer,
    message: NewMessage,
    key: Option<String>,
    room: Allowance,
) -> Result<Accepted, Error> {
    match key {
        None => accept_new(tx, writer, message, None, room),
        Some(key) => accept_once(tx, writer, message, key, room),
    }
}

fn accept_new(
    tx: &CheckTx<'_>,
    writer: &Writer,
    message: NewMessage,
    key: Option<String>,
    room: Allowance,
) -> Result<Accepted, Error> {
    let channel = writer.channel();
    let offer = reservations::ask(tx, channel.row, channel.account)?.ok_or(Error::ChannelNotFound)?;
    if offer.state == ChannelState::Locked {
        return Err(Error::Locked);
    }
    if let Some(viewpoint) = writer.blocked_by()
        && read_states::has_unread(tx, viewpoint)?
    {
        return Err(Error::SequencingConflict);
    }
    let beside = room.beside + if key.is_some() { idempotency::ANSWER_BYTES } else { 0 };
    let bytes = messages::sealed_bytes(&message) + beside;
    let quota = offer.account_quota.unwrap_or(room.quota);
    if quota != 0 && offer.account_bytes.saturating_add(bytes) > quota {
        return Err(Error::StorageFull);
    }
    Ok(Accepted::New { message, number: offer.reserve(beside), key })
}

fn accept_once(
    tx: &CheckTx<'_>,
    writer: &Writer,
    message: NewMessage,
    key: String,
    room: Allowance,
) -> Result<Accepted, Error> {
    let (channel, author) = (writer.channel().row, writer.author());
    let oldest = tx.now().before(IDEMPOTENCY_FOR);
    match idempotency::find(tx, channel, author, &key, &message, oldest)? {
        Some(answered) if !answered.same_body => Err(Error::IdempotencyConflict),
        Some(answered) => Ok(Accepted::Answered(Message {
            sequence: answered.sequence,
            received: answered.received,
            content_type: message.content_type,
            payload: message.payload,
        })),
        None => accept_new(tx, writer, message, Some(key), room),
    }
}

pub(super) fn carry_out(
    tx: &WriteTx<'_>,
    writer: &Writer,
    accepted: Accepted,
) -> Result<Message, StoreError> {
    let (new, number, key) = match accepted {
        Accepted::Answered(message) => return Ok(message),
        Accepted::New { message, number, key } => (message, number, key),
    };
    let (channel, author) = (writer.channel(), writer.author());
    let (sequence, arrival) = messages::insert(tx, channel, number, author, &new)?;
    if let Some(key) = key {
        idempotency::insert(tx, channel.row, author, &key, &new, sequence)?;
    }
    if sequence.0 % CURSORS_FOLLOW_EVERY == 0 {
        if let Some(viewpoint) = writer.viewpoint() {
            read_states::follow(tx, viewpoint)?;
        }
        read_states::follow(tx, &Viewpoint::of_owner_side(channel.row, channel.owner_token))?;
    }
    tx.emit(Event::MessageWritten(Arc::new(Written {
        account: channel.account,
        channel: channel.row,
        arrival,
        sequence,
        author,
        received: tx.now(),
        content_type: new.content_type.clone(),
    })));
    Ok(Message { sequence, received: tx.now(), content_type: new.content_type, payload: new.payload })
}
