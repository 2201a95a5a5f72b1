//! Reading what an export holds, a part at a time. Each part is of its own moment, so that an export may take long.
//!
//! What is damaged is left out and named, and takes nothing else along.

use std::mem;

use rusqlite::Row;

use crate::crypto::field::{Field, Place};
use crate::domain::channel::ChannelLabel;
use crate::domain::exported::{
    ExportedAuthor, ExportedChannel, ExportedKey, ExportedMessage, ExportedSecret, ExportedToken,
    ExportedWebhook, LeftOut,
};
use crate::domain::id::{AccountId, ChannelRow};
use crate::domain::key::AccountKey;
use crate::domain::message::{Author, Sequence};
use crate::domain::reception::Greeting;
use crate::domain::secret::BearerToken;
use crate::domain::time::Timestamp;
use crate::domain::token::{Description, Note, WrappedLink};
use crate::domain::webhook::Webhook;
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::columns::{DAMAGED, author_value, open_text, shown_optional_text, shown_text, value};
use crate::store::contacts;
use crate::store::error::{StoreError, readable};
use crate::store::export_source::{ReadersOfMessages, Source, SourceToken};
use crate::store::noted::NotedSide;
use crate::store::tokens::permitted;
use crate::store::tx::ReadTx;
use crate::store::{account_keys, channels, letters, messages, pictures, read_cursor, webhooks};

/// Tokens that are read at once.
const TOKENS: u32 = 100;

/// The account's keys, oldest first.
pub fn keys(
    tx: &ReadTx<'_>,
    account: AccountId,
    left_out: &mut LeftOut,
) -> Result<Vec<ExportedKey>, StoreError> {
    let keys = account_keys::list(tx, account)?;
    for _damaged in keys.len()..usize::try_from(account_keys::count(tx, account)?).unwrap_or(usize::MAX) {
        left_out.push("a key of the account".to_owned());
    }
    let exported = |key: AccountKey| ExportedKey {
        public: key.public,
        copy: key.copy,
        created: key.created,
        retired: key.retired,
    };
    Ok(keys.into_iter().rev().map(exported).collect())
}

/// Begins with a channel; `None` when it is gone, or does not open.
pub fn begin(
    tx: &ReadTx<'_>,
    account: AccountId,
    row: ChannelRow,
    left_out: &mut LeftOut,
) -> Result<Option<(ExportedChannel, Source)>, StoreError> {
    match opened(tx, account, row, left_out) {
        Err(error) if error.is_damage() => {
            left_out.push(name(tx, row)?);
            Ok(None)
        }
        outcome => outcome,
    }
}

/// What a channel is called whose key does not open.
fn name(tx: &ReadTx<'_>, row: ChannelRow) -> Result<String, StoreError> {
    const SQL: &str = "select public_id from channel where id = ?1";
    let sealed: Vec<u8> = tx.one(SQL, [row], value)?;
    Ok(match channel_access::public_id_value(tx.keyring().root(), row.0, &sealed) {
        Ok(id) => format!("channel {}", id.as_str()),
        Err(_damaged) => format!("a channel whose id does not open, in row {},", row.0),
    })
}

fn opened(
    tx: &ReadTx<'_>,
    account: AccountId,
    row: ChannelRow,
    left_out: &mut LeftOut,
) -> Result<Option<(ExportedChannel, Source)>, StoreError> {
    let Some(mut channel) = channels::load(tx, row)?.filter(|channel| channel.account == account) else {
        return Ok(None);
    };
    // Also of an account that is disabled.
    let Some(key) = channel_access::key(tx, account, row)? else { return Ok(None) };
    let access = ChannelAccess {
        row,
        account,
        id: channel.id.clone(),
        key,
        public: channel.public,
        sequencing: channel.sequencing,
        owner_token: channel.owner_token,
    };
    let side = NotedSide::of(row, channel.owner_token);
    let upto = |viewpoint| Ok::<_, StoreError>(read_cursor::cursor(tx, viewpoint)?.min(channel.head));
    let greeting = channels::greeting(tx, row)?.map(|(greeting, _state)| greeting).unwrap_or_default();
    let of = |what| format!("{what} of channel {}", channel.id.as_str());
    let greeting = unless_damaged(greeting, || of("the greeting"), left_out);
    let label = unless_damaged(mem::take(&mut channel.label), || of("the label"), left_out);
    if channel.arrangement.group.as_str() == DAMAGED {
        left_out.push(of("the group"));
        channel.arrangement.group = ChannelLabel::default();
    }
    let picture = pictures::find(tx, &access)?;
    if picture.is_none() && pictures::exists(tx, row)? {
        left_out.push(of("the picture"));
    }
    let reply = letters::reply(tx, row)?;
    // One that is damaged is empty.
    if reply.as_ref().is_some_and(|reply| reply.as_str().is_empty()) {
        left_out.push(of("the wrapped key for answers"));
    }
    let webhooks = webhooks(tx, row, || of("a webhook"), left_out)?;
    channel.label = label;
    let exported = ExportedChannel {
        settings: channel.settings(),
        greeting: Greeting::new(&greeting).unwrap_or_default(),
        picture,
        reply: reply.filter(|reply| !reply.as_str().is_empty()),
        letters: letters::last_number(tx, row)?,
        read_upto: upto(&side.reading)?,
        archived_upto: upto(&side.archive)?,
        webhooks,
        id: channel.id,
        created: channel.created,
        sequencing: channel.sequencing,
        head: channel.head,
        arrangement: channel.arrangement,
    };
    Ok(Some((exported, Source { access, head: channel.head, tokens: Vec::new() })))
}

/// A text that is not the one which is shown in place of what does not open.
fn unless_damaged(text: String, what: impl FnOnce() -> String, left_out: &mut LeftOut) -> String {
    if text != DAMAGED {
        return text;
    }
    left_out.push(what());
    String::new()
}

fn webhooks(
    tx: &ReadTx<'_>,
    row: ChannelRow,
    what: impl Fn() -> String,
    left_out: &mut LeftOut,
) -> Result<Vec<ExportedWebhook>, StoreError> {
    let mut exported = Vec::new();
    for listed in webhooks::list(tx, row)? {
        let secret = readable(webhooks::secret(tx, row, listed.id))?;
        let (Some(webhook), Some(secret)) = (listed.webhook, secret) else {
            left_out.push(what());
            continue;
        };
        let Webhook { settings, state, told, .. } = webhook;
        exported.push(ExportedWebhook { settings, secret: Some(secret), state, told });
    }
    Ok(exported)
}

/// The next of the channel's tokens; none after the last.
pub fn next_tokens(
    tx: &ReadTx<'_>,
    source: &mut Source,
    left_out: &mut LeftOut,
) -> Result<Vec<ExportedToken>, StoreError> {
    const SQL: &str =
        "select id, secret, description, can_read, can_write, can_delete, since, created_at, revoked_at,
                              note, hue, expires_at, link
                         from token
                        where channel_id = ?1 and id > ?2
                        order by id
                        limit ?3";
    let after = source.tokens.last().map_or(0, |token| token.id.0);
    let mut statement = tx.prepare(SQL)?;
    let mut rows = statement.query((source.access.row, after, TOKENS))?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        let known = SourceToken {
            id: row.get(0)?,
            since: row.get::<_, Sequence>(6)?.min(source.head),
            is_revoked: row.get::<_, Option<i64>>(8)?.is_some(),
        };
        tokens.push(token(tx, source, known, row, left_out)?);
        source.tokens.push(known);
    }
    Ok(tokens)
}

fn token(
    tx: &ReadTx<'_>,
    source: &Source,
    known: SourceToken,
    row: &Row<'_>,
    left_out: &mut LeftOut,
) -> Result<ExportedToken, StoreError> {
    let (key, id) = (&source.access.key, known.id);
    let place = |field| Place::row(field, id.0);
    let secret: Option<Vec<u8>> = row.get(1)?;
    let revoked: Option<i64> = row.get(8)?;
    let link: Option<Vec<u8>> = row.get(12)?;
    let of = |what| format!("{what} of token {} of channel {}", id.0, source.access.id.as_str());
    let mut open = |field, what, sealed: Vec<u8>| {
        let opened = readable(open_text(key, place(field), &sealed))?;
        if opened.is_none() {
            left_out.push(of(what));
        }
        Ok::<_, StoreError>(opened)
    };
    let link = link.map(|sealed| open(Field::TokenLink, "the link", sealed)).transpose()?.flatten();
    let secret = secret.map(|sealed| open(Field::TokenSecret, "the value", sealed)).transpose()?;
    let description = shown_text(key, place(Field::TokenDescription), &row.get::<_, Vec<u8>>(2)?);
    let note = shown_optional_text(key, place(Field::TokenNote), row.get(9)?);
    Ok(ExportedToken {
        secret: match secret {
            Some(Some(secret)) => ExportedSecret::Known(BearerToken::new(secret)),
            Some(None) => ExportedSecret::Withheld,
            None => ExportedSecret::Revoked(Timestamp::from_millis(revoked.unwrap_or(0))),
        },
        is_owner: source.access.owner_token == Some(id),
        description: Description::stored(unless_damaged(description, || of("the description"), left_out)),
        permissions: permitted(row, 3)?,
        since: known.since,
        created: row.get(7)?,
        expires: row.get(11)?,
        note: Note::new(&unless_damaged(note, || of("the note"), left_out)).ok(),
        hue: row.get(10)?,
        link: link.and_then(|text| WrappedLink::new(&text)),
        used: contacts::used(tx, id)?,
        read_upto: read_cursor::cursor(tx, &source.viewpoint(known))?.min(source.head),
    })
}

/// The channel's next message after a sequence, by its place in the order in which messages of all channels came.
pub fn next_place(
    tx: &ReadTx<'_>,
    source: &Source,
    after: Sequence,
) -> Result<Option<(i64, Sequence)>, StoreError> {
    const SQL: &str = "select message_id, sequence
                         from envelope
                        where channel_id = ?1 and sequence > ?2 and sequence <= ?3
                        order by sequence
                        limit 1";
    let parameters = (source.access.row.0, after.0, source.head.0);
    let found = tx.first(SQL, parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found)
}

/// One message; `None` when it is gone, or nobody knows any more who wrote it. One that does not open is there without
/// its bytes, so that it is known to be missing.
pub fn message(
    tx: &ReadTx<'_>,
    source: &Source,
    readers: &mut ReadersOfMessages,
    sequence: Sequence,
    left_out: &mut LeftOut,
) -> Result<Option<ExportedMessage>, StoreError> {
    let mut tell =
        |what| left_out.push(format!("{what} {} of channel {}", sequence.0, source.access.id.as_str()));
    match found(tx, source, readers, sequence) {
        Ok(Some(Found { message, is_copy_damaged })) => {
            if message.message.payload.is_damaged() {
                tell("message");
            }
            if is_copy_damaged {
                tell("the copy of message");
            }
            Ok(Some(message))
        }
        Ok(None) => Ok(None),
        Err(error) if error.is_damage() => {
            tell("message");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

struct Found {
    message: ExportedMessage,
    is_copy_damaged: bool,
}

fn found(
    tx: &ReadTx<'_>,
    source: &Source,
    readers: &mut ReadersOfMessages,
    sequence: Sequence,
) -> Result<Option<Found>, StoreError> {
    const SQL: &str = "select e.sequence, e.received_at, m.sealed, e.author, m.copy,
                exists (select 1 from star where channel_id = ?1 and sequence = ?2),
                (select until from snooze where channel_id = ?1 and sequence = ?2)
           from envelope e
           join message m on m.id = e.message_id
          where e.channel_id = ?1 and e.sequence = ?2";
    let row_id = source.access.row;
    let mut statement = tx.prepare(SQL)?;
    let mut rows = statement.query((row_id, sequence))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let author = author_value(row.get(3)?);
    let copy: Option<Vec<u8>> = row.get(4)?;
    let open = |sealed: Vec<u8>| source.access.key.open(Place::copy(row_id.0, sequence.0), &sealed);
    let copy = copy.map(|sealed| readable(open(sealed).map_err(StoreError::from))).transpose()?;
    let is_copy_damaged = matches!(copy, Some(None));
    let states = readers.of(tx, source)?;
    let message = ExportedMessage {
        message: messages::message_or_damaged(&source.access, row)?,
        author: match author {
            Author::Anonymous => ExportedAuthor::Anonymous,
            Author::OwnerSide => ExportedAuthor::Holder,
            Author::Token(id) => ExportedAuthor::Token(source.number(id)?),
        },
        copy: copy.flatten().map(Into::into),
        read: states.holder.counts_as_read(tx, sequence, author)?,
        archived: states.archive.counts_as_read(tx, sequence, author)?,
        starred: row.get(5)?,
        snoozed: row.get(6)?,
        read_by: states.tokens_that_read(tx, sequence, author)?,
    };
    Ok(Some(Found { message, is_copy_damaged }))
}
