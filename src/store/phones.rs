//! Which registered devices have to be told next, and how far they were told. The messages themselves are the queue.

use crate::crypto::blind_index::Blind;
use crate::domain::id::{ChannelRow, RegistrationId, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::phone::{Phone, PhoneState, Verdict};
use crate::domain::receiver::{After, AtWork, Receiver, Watched};
use crate::domain::time::Timestamp;
use crate::store::columns::{author_column, open_text};
use crate::store::error::StoreError;
use crate::store::receivers::AtWorkSql;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{channel_access, channels, push, receivers};

/// So many messages of the device's own token are passed over without a note.
const OWN: i64 = 256;

/// What a device is told next, or up to where its own token wrote so much that it is worth remembering.
pub type Found = receivers::Found<Due, Sequence>;

/// What is to be told: that there is a message, the newest of those that it was not told of.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: RegistrationId,
    pub device: String,
    pub channel: String,
    pub sequence: Sequence,
    pub received: Timestamp,
    pub tries: u32,
    pub failing_since: Option<Timestamp>,
}

/// What a try came to.
#[derive(Debug, Clone)]
pub struct Tried {
    pub id: RegistrationId,
    /// Up to where it was told.
    pub told: Sequence,
    pub at: Timestamp,
    pub status: Option<u16>,
    pub outcome: Outcome,
}

/// What it makes of the device.
#[derive(Debug, Clone)]
pub enum Outcome {
    Taken,
    Failed(Verdict),
    /// The device is no more, whichever token it is registered with.
    Gone {
        device: String,
    },
}

macro_rules! select_at_work {
    ($which:literal) => {
        concat!(
            "select push_registration.id, channel_id, account_id, iif(tries > 0, next_at, null)
               from push_registration
               join token on token.id = token_id and secret is not null
               join channel on channel.id = channel_id
              where ",
            $which
        )
    };
}

/// All that are at work, or those of one channel.
pub fn at_work(tx: &ReadTx<'_>, only: Option<ChannelRow>) -> Result<Vec<AtWork>, StoreError> {
    const ALL: &str = select_at_work!("push_registration.state = 0");
    const OF_CHANNEL: &str = select_at_work!("push_registration.state = 0 and channel_id = ?1");
    let sql = AtWorkSql { all: ALL, of_one: OF_CHANNEL };
    let receiver = |id| Receiver::Phone(RegistrationId(id));
    receivers::at_work(tx, &sql, only.map(|one| one.0), receiver, |id| Watched::Channel(ChannelRow(id)))
}

/// What a device is told next.
pub fn next(tx: &ReadTx<'_>, id: RegistrationId) -> Result<Found, StoreError> {
    receivers::if_readable(find_next(tx, id))
}

struct Registration {
    token: TokenId,
    blind: Blind,
    device: Vec<u8>,
    told: Sequence,
    tries: u32,
    next_try: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    channel: ChannelRow,
    ends: Option<Timestamp>,
}

fn find_next(tx: &ReadTx<'_>, id: RegistrationId) -> Result<Found, StoreError> {
    let Some(one) = registration(tx, id)?.filter(|one| one.ends.is_none_or(|end| end > tx.now())) else {
        return Ok(Found::Nothing(After::Gone));
    };
    if let Some(next) = one.next_try.filter(|next| *next > tx.now()) {
        return Ok(Found::Nothing(After::At(next)));
    }
    // Absent where the account is disabled.
    let Some(access) = channel_access::load(tx, one.channel)? else {
        return Ok(Found::Nothing(After::Message));
    };
    let Some((sequence, received)) = newest_of_others(tx, &one)? else {
        let head = channels::head(tx, one.channel)?.unwrap_or(one.told);
        let has_much = head.0 - one.told.0 >= OWN;
        return Ok(if has_much { Found::Over(head) } else { Found::Nothing(After::Message) });
    };
    let device = open_text(tx.keyring().root(), push::place(one.token, &one.blind), &one.device)?;
    let channel = access.id.as_str().to_owned();
    let Registration { tries, failing_since, .. } = one;
    Ok(Found::Something(Due { id, device, channel, sequence, received, tries, failing_since }))
}

fn registration(tx: &ReadTx<'_>, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
    const SQL: &str = "select token_id, device_blind, device, told, tries, next_at, channel_id, expires_at,
                                failing_since
                         from push_registration r
                         join token on token.id = token_id and secret is not null
                        where r.id = ?1 and r.state = 0";
    tx.first(SQL, [id], |row| {
        Ok(Registration {
            token: row.get(0)?,
            blind: row.get(1)?,
            device: row.get(2)?,
            told: row.get(3)?,
            tries: row.get(4)?,
            next_try: row.get(5)?,
            channel: row.get(6)?,
            ends: row.get(7)?,
            failing_since: row.get(8)?,
        })
    })
}

/// The newest message that the device was not told of and that its token did not write.
fn newest_of_others(
    tx: &ReadTx<'_>,
    one: &Registration,
) -> Result<Option<(Sequence, Timestamp)>, StoreError> {
    const SQL: &str = "select sequence, received_at
                         from envelope
                        where channel_id = ?1 and sequence > ?2 and author <> ?3
                        order by sequence desc
                        limit 1";
    let own = author_column(Author::Token(one.token));
    tx.first(SQL, (one.channel, one.told, own), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Remembers a try, and what it makes of its device.
pub fn note(tx: &WriteTx<'_>, tried: &Tried) -> Result<(), StoreError> {
    const TAKEN: &str = "update push_registration
                            set told = max(told, ?2), tries = 0, next_at = null, failing_since = null,
                                taken_at = ?3, status = ?4
                          where id = ?1";
    // A device that registered again during the try began anew, and is not given up for a failure of before; one that is gone
    // meanwhile stays so.
    const FAILED: &str = "update push_registration
                             set tries = tries + 1, next_at = ?2, state = ?3,
                                 failing_since = coalesce(failing_since, ?4), status = ?5
                           where id = ?1 and state = 0 and (?3 = 0 or tries > 0)";
    let Tried { id, told, at, status, outcome } = tried;
    match outcome {
        Outcome::Taken => {
            tx.change(TAKEN, (id, told, at, status))?;
        }
        Outcome::Failed(verdict) => {
            let (next, state) = match verdict {
                Verdict::Again(next) => (Some(next), PhoneState::AtWork),
                Verdict::GaveUp => (None, PhoneState::GaveUp),
            };
            tx.change(FAILED, (id, next, state_column(state), at, status))?;
        }
        Outcome::Gone { device } => push::note_gone(tx, device, *status)?,
    }
    Ok(())
}

/// Remembers up to where nothing is to be told.
pub fn tell(tx: &WriteTx<'_>, id: RegistrationId, told: Sequence) -> Result<(), StoreError> {
    const SQL: &str = "update push_registration
                          set told = max(told, ?2), tries = 0, next_at = null, failing_since = null
                        where id = ?1";
    tx.change(SQL, (id, told))?;
    Ok(())
}

/// The devices of a channel's tokens, in the order in which they came. Nothing of them is opened.
pub fn of_channel(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<Vec<Phone>, StoreError> {
    const SQL: &str = "select token_id, state, r.created_at, taken_at, failing_since, next_at, status
                         from push_registration r
                         join token on token.id = token_id and secret is not null
                        where channel_id = ?1
                        order by token_id, r.id";
    tx.all(SQL, [channel], |row| {
        Ok(Phone {
            token: row.get(0)?,
            state: state_value(row.get(1)?),
            created: row.get(2)?,
            taken: row.get(3)?,
            failing_since: row.get(4)?,
            next_try: row.get(5)?,
            status: row.get(6)?,
        })
    })
}

fn state_column(state: PhoneState) -> i64 {
    match state {
        PhoneState::AtWork => 0,
        PhoneState::GaveUp => 1,
        PhoneState::Gone => push::GONE,
    }
}

fn state_value(column: i64) -> PhoneState {
    match column {
        0 => PhoneState::AtWork,
        push::GONE => PhoneState::Gone,
        _ => PhoneState::GaveUp,
    }
}
