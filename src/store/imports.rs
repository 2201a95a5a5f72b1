//! Rows that come from elsewhere, with the numbers and times that they had there.

use bytes::Bytes;

use crate::crypto::field::{Field, Place};
use crate::crypto::random;
use crate::domain::channel::NewChannel;
use crate::domain::exported::{ExportedChannel, ExportedKey, ExportedSecret, ExportedToken, ExportedWebhook};
use crate::domain::id::{AccountId, ChannelRow, KeyId, TokenId};
use crate::domain::key::KeyUse;
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::read_state::ReadState;
use crate::domain::secret::{BearerToken, WebhookSecret};
use crate::domain::time::Timestamp;
use crate::domain::token::{History, NewToken};
use crate::domain::webhook::WebhookState;
use crate::store::channel_access::{ChannelAccess, id_blind};
use crate::store::columns::{seal_text, value};
use crate::store::error::StoreError;
use crate::store::noted::NotedSide;
use crate::store::tokens::TokenRow;
use crate::store::tx::WriteTx;
use crate::store::viewpoint::Viewpoint;
use crate::store::{
    account_keys, channels, contacts, counters, envelopes, letters, messages, news, noted, pictures, push,
    read_cursor, read_states, tokens, webhooks,
};

/// Adds a key, unless the account has it. True when it was added.
pub fn key(tx: &WriteTx<'_>, account: AccountId, key: &ExportedKey) -> Result<bool, StoreError> {
    const TIMES: &str = "update account_key set created_at = ?2, retired_at = ?3 where id = ?1";
    if account_keys::find(tx, account, &key.public)?.is_some() {
        return Ok(false);
    }
    let KeyId(id) = account_keys::insert(tx, account, &key.public, KeyUse::Seals)?;
    if let Some(copy) = &key.copy {
        account_keys::set_copy(tx, account, KeyId(id), copy)?;
    }
    let retired = key.retired;
    tx.change(TIMES, (id, key.created, retired))?;
    Ok(true)
}

/// Adds a channel under its id, which must be free. It has no messages yet.
pub fn channel(
    tx: &WriteTx<'_>,
    account: AccountId,
    exported: &ExportedChannel,
) -> Result<ChannelAccess, StoreError> {
    const IDENTITY: &str =
        "update channel set id_blind = ?2, public_id = ?3, created_at = ?4, head = ?5 where id = ?1";
    let settings = &exported.settings;
    let new = NewChannel {
        label: settings.label.clone(),
        direction: settings.direction,
        public: settings.amendment.public,
        sequencing: exported.sequencing,
        retention: settings.retention,
    };
    let mut access = channels::insert(tx, account, &new)?;
    access.id = exported.id.clone();
    let row = access.row;
    let public_id = seal_text(tx.keyring().root(), Place::row(Field::ChannelId, row.0), exported.id.as_str());
    let (blind, created) = (id_blind(tx, &exported.id), exported.created);
    tx.change(IDENTITY, (row, blind, public_id, created, exported.head))?;
    channels::amend(tx, row, settings.amendment)?;
    channels::arrange(tx, row, &exported.arrangement)?;
    channels::set_greeting(tx, row, &exported.greeting)?;
    pictures::set(tx, &access, exported.picture.as_ref())?;
    if let Some(reply) = &exported.reply {
        letters::set_reply(tx, row, reply)?;
    }
    letters::use_number(tx, row, exported.letters)?;
    Ok(access)
}

/// Adds a webhook. One whose secret is not known gets a new one, and waits for its holder to start it.
pub fn webhook(tx: &WriteTx<'_>, channel: ChannelRow, exported: &ExportedWebhook) -> Result<(), StoreError> {
    let fresh = WebhookSecret::from_random(&random::bytes());
    let secret = exported.secret.as_ref().unwrap_or(&fresh);
    let id = webhooks::insert(tx, channel, &exported.settings, secret, exported.told)?;
    let state = if exported.secret.is_some() { exported.state } else { WebhookState::Paused };
    webhooks::set_state(tx, id, state)
}

/// Adds a token, under an id of its own or under the next. One whose secret is not known gets a new one.
pub fn token(
    tx: &WriteTx<'_>,
    channel: &mut ChannelAccess,
    id: Option<TokenId>,
    exported: &ExportedToken,
) -> Result<TokenId, StoreError> {
    let id = match id {
        Some(id) => id,
        None => TokenId(tx.next_id("token")?),
    };
    let new = NewToken {
        description: exported.description.clone(),
        permissions: exported.permissions,
        // The row says what it sees.
        history: History::Included,
        expires: exported.expires,
    };
    let fresh = BearerToken::from_random(&random::bytes());
    let secret = match &exported.secret {
        ExportedSecret::Known(secret) => Ok(secret),
        ExportedSecret::Withheld => Ok(&fresh),
        ExportedSecret::Revoked(at) => Err(*at),
    };
    let row = TokenRow { id, secret, since: exported.since, created: exported.created };
    tokens::insert_row(tx, channel, &new, &row)?;
    if let Some(note) = &exported.note {
        contacts::set_note(tx, channel, id, note)?;
    }
    if let Some(link) = &exported.link {
        contacts::set_link(tx, channel, id, link)?;
    }
    if exported.hue.is_some() {
        contacts::set_hue(tx, id, exported.hue)?;
    }
    if let Some(hour) = exported.used {
        contacts::set_used(tx, id, hour)?;
    }
    if exported.is_owner {
        channels::set_owner_token(tx, channel.row, id)?;
        channel.owner_token = Some(id);
    }
    Ok(id)
}

/// The last id that a message has; 0 before the first.
pub fn last_message(tx: &WriteTx<'_>) -> Result<i64, StoreError> {
    const SQL: &str = "select coalesce(max(id), 0) from message";
    tx.one(SQL, [], value)
}

/// Adds a message, under an id of its own or after the last, and answers how many bytes it takes. Nothing is counted
/// before [`finish`].
pub fn message(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    id: Option<i64>,
    author: Author,
    message: &Message,
    copy: Option<&Bytes>,
) -> Result<i64, StoreError> {
    const SQL: &str = "insert into message (id, sealed, copy) values (?1, ?2, ?3)";
    let sequence = message.sequence;
    let sealed = messages::seal(channel, sequence, &message.content_type, &message.payload)?;
    let copy = copy.map(|copy| channel.key.seal(Place::copy(channel.row.0, sequence.0), &[copy]));
    let bytes = sealed.len() + copy.as_ref().map_or(0, Vec::len);
    let id = tx.prepare(SQL)?.insert((id, sealed, copy))?;
    envelopes::file(tx, channel.row, sequence, author, message.received, id)?;
    Ok(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// Puts a reader's cursor there.
pub fn read_upto(tx: &WriteTx<'_>, viewpoint: &Viewpoint, upto: Sequence) -> Result<(), StoreError> {
    if upto == viewpoint.since { Ok(()) } else { read_cursor::set_cursor(tx, viewpoint, upto) }
}

/// Says what a reader thinks of a message that was just added, where that is not what the cursor says. True when it is not.
pub fn state(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    upto: Sequence,
    (sequence, author): (Sequence, Author),
    read: bool,
) -> Result<bool, StoreError> {
    const SQL: &str =
        "insert or ignore into read_exception (channel_id, reader, sequence, read) values (?1, ?2, ?3, ?4)";
    if read == (viewpoint.wrote(author) || sequence <= upto) {
        return Ok(false);
    }
    let (channel, reader) = viewpoint.key();
    // Two that contradict each other: the first holds.
    Ok(tx.change(SQL, (channel, reader, sequence, read))? == 1)
}

/// Has a reader of a channel that was here already think of a message as it does elsewhere. True when that is something new.
pub fn learn(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    (sequence, author): (Sequence, Author),
    state: ReadState,
) -> Result<bool, StoreError> {
    let own = viewpoint.wrote(author);
    if read_states::state_of(tx, viewpoint, sequence, own)? == state {
        return Ok(false);
    }
    read_states::mark_one(tx, viewpoint, sequence, own, state)?;
    Ok(true)
}

/// Moves a reader's cursor over what is read, as far as less has to be said of single messages for it.
pub fn move_cursor(tx: &WriteTx<'_>, viewpoint: &Viewpoint) -> Result<(), StoreError> {
    loop {
        let before = read_cursor::cursor(tx, viewpoint)?;
        read_states::follow(tx, viewpoint)?;
        read_cursor::turn(tx, viewpoint, ReadState::Read)?;
        if read_cursor::cursor(tx, viewpoint)? == before {
            return Ok(());
        }
    }
}

/// Says what the holder noted of a message that was just added.
pub fn note(
    tx: &WriteTx<'_>,
    side: &NotedSide,
    sequence: Sequence,
    starred: bool,
    snoozed: Option<Timestamp>,
) -> Result<(), StoreError> {
    if starred {
        noted::set_star(tx, side.reading.channel, sequence, true)?;
    }
    if snoozed.is_some() {
        noted::set_snooze(tx, side.reading.channel, sequence, snoozed)?;
    }
    Ok(())
}

/// Has numbers of a channel that was here already go on after those that were given elsewhere.
pub fn raise_head(tx: &WriteTx<'_>, channel: ChannelRow, head: Sequence) -> Result<(), StoreError> {
    const SQL: &str = "update channel set head = max(head, ?2) where id = ?1";
    tx.change(SQL, (channel, head))?;
    Ok(())
}

/// What was added to a channel.
#[derive(Debug, Default, Clone, Copy)]
pub struct ImportedCounts {
    pub messages: i64,
    /// Of the messages.
    pub bytes: i64,
    /// States that differ from what cursors say.
    pub exceptions: usize,
}

/// Counts in what was added to a channel.
pub fn finish(tx: &WriteTx<'_>, channel: &ChannelAccess, added: ImportedCounts) -> Result<(), StoreError> {
    envelopes::file_authors(tx, channel.row)?;
    read_cursor::count(tx, channel.row, added.exceptions)?;
    if added.messages > 0 {
        counters::note_arrivals(tx, channel.account)?;
        news::pass_over(tx, channel.row)?;
        push::pass_over(tx, channel.row)?;
    }
    counters::shrink(tx, channel.row, channel.account, -added.messages, -added.bytes)
}
