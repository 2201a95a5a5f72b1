//! Reading what an export holds, a part at a time. Each part is of its own moment, so that an export may take long.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::Row;

use crate::crypto::field::{Field, Place};
use crate::domain::exported::{
    ExportedAuthor, ExportedChannel, ExportedMessage, ExportedSecret, ExportedToken, ExportedWebhook,
};
use crate::domain::id::{AccountId, ChannelRow, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::read_state::ReadState;
use crate::domain::reception::Greeting;
use crate::domain::secret::BearerToken;
use crate::domain::time::Timestamp;
use crate::domain::token::{Description, Note, WrappedLink};
use crate::domain::webhook::Webhook;
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::columns::{author_value, open_text, shown_optional_text, shown_text};
use crate::store::contacts;
use crate::store::error::{StoreError, readable};
use crate::store::noted::NotedSide;
use crate::store::tokens::permitted;
use crate::store::tx::ReadTx;
use crate::store::viewpoint::Viewpoint;
use crate::store::{channels, letters, messages, pictures, read_cursor, read_states, webhooks};

/// Tokens that are read at once.
const TOKENS: u32 = 100;

/// A channel whose messages are being read.
#[derive(Debug)]
pub struct Source {
    access: ChannelAccess,
    /// Nothing above it is in the export.
    head: Sequence,
    /// The tokens so far, in the order of their numbers.
    tokens: Vec<SourceToken>,
}

#[derive(Debug, Clone, Copy)]
struct SourceToken {
    id: TokenId,
    since: Sequence,
    is_revoked: bool,
}

/// Begins with a channel; `None` when it is gone.
pub fn begin(
    tx: &ReadTx<'_>,
    account: AccountId,
    row: ChannelRow,
) -> Result<Option<(ExportedChannel, Source)>, StoreError> {
    let Some(channel) = channels::load(tx, row)?.filter(|channel| channel.account == account) else {
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
    let exported = ExportedChannel {
        settings: channel.settings(),
        greeting: Greeting::new(&greeting).unwrap_or_default(),
        picture: pictures::find(tx, &access)?,
        // One that is damaged is empty, which is none to take along.
        reply: letters::reply(tx, row)?.filter(|reply| !reply.as_str().is_empty()),
        letters: letters::last_number(tx, row)?,
        read_upto: upto(&side.reading)?,
        archived_upto: upto(&side.archive)?,
        webhooks: webhooks(tx, row)?,
        id: channel.id,
        created: channel.created,
        sequencing: channel.sequencing,
        head: channel.head,
        arrangement: channel.arrangement,
    };
    Ok(Some((exported, Source { access, head: channel.head, tokens: Vec::new() })))
}

/// Those of the channel that are not damaged.
fn webhooks(tx: &ReadTx<'_>, row: ChannelRow) -> Result<Vec<ExportedWebhook>, StoreError> {
    let mut exported = Vec::new();
    for webhook in webhooks::list(tx, row)?.into_iter().filter_map(|listed| listed.webhook) {
        let Some(secret) = readable(webhooks::secret(tx, row, webhook.id))? else { continue };
        let Webhook { settings, state, told, .. } = webhook;
        exported.push(ExportedWebhook { settings, secret: Some(secret), state, told });
    }
    Ok(exported)
}

/// The next of the channel's tokens; none after the last.
pub fn next_tokens(tx: &ReadTx<'_>, source: &mut Source) -> Result<Vec<ExportedToken>, StoreError> {
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
        tokens.push(token(tx, source, known, row)?);
        source.tokens.push(known);
    }
    Ok(tokens)
}

fn token(
    tx: &ReadTx<'_>,
    source: &Source,
    known: SourceToken,
    row: &Row<'_>,
) -> Result<ExportedToken, StoreError> {
    let (key, id) = (&source.access.key, known.id);
    let place = |field| Place::row(field, id.0);
    let secret: Option<Vec<u8>> = row.get(1)?;
    let revoked: Option<i64> = row.get(8)?;
    let link: Option<Vec<u8>> = row.get(12)?;
    // A damaged one goes without, and takes nothing else along.
    let open = |field, sealed: Vec<u8>| readable(open_text(key, place(field), &sealed));
    let link = link.map(|sealed| open(Field::TokenLink, sealed)).transpose()?.flatten();
    Ok(ExportedToken {
        secret: match secret {
            Some(sealed) => match open(Field::TokenSecret, sealed)? {
                Some(secret) => ExportedSecret::Known(BearerToken::new(secret)),
                None => ExportedSecret::Withheld,
            },
            None => ExportedSecret::Revoked(Timestamp::from_millis(revoked.unwrap_or(0))),
        },
        is_owner: source.access.owner_token == Some(id),
        description: Description::stored(shown_text(
            key,
            place(Field::TokenDescription),
            &row.get::<_, Vec<u8>>(2)?,
        )),
        permissions: permitted(row, 3)?,
        since: known.since,
        created: row.get(7)?,
        expires: row.get(11)?,
        note: Note::new(&shown_optional_text(key, place(Field::TokenNote), row.get(9)?)).ok(),
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

/// One message; `None` when it is gone.
pub fn message(
    tx: &ReadTx<'_>,
    source: &Source,
    readers: &mut ReadersOfMessages,
    sequence: Sequence,
) -> Result<Option<ExportedMessage>, StoreError> {
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
    let copy = copy.map(|sealed| source.access.key.open(Place::copy(row_id.0, sequence.0), &sealed));
    let states = readers.of(tx, source)?;
    Ok(Some(ExportedMessage {
        message: messages::message_or_damaged(&source.access, row)?,
        author: match author {
            Author::Anonymous => ExportedAuthor::Anonymous,
            Author::OwnerSide => ExportedAuthor::Holder,
            Author::Token(id) => ExportedAuthor::Token(source.number(id)?),
        },
        copy: copy
            .and_then(|opened| readable(opened.map_err(StoreError::from)).transpose())
            .transpose()?
            .map(Into::into),
        read: states.holder.counts_as_read(tx, sequence, author)?,
        archived: states.archive.counts_as_read(tx, sequence, author)?,
        starred: row.get(5)?,
        snoozed: row.get(6)?,
        read_by: states.tokens_that_read(tx, sequence, author)?,
    }))
}

impl Source {
    fn viewpoint(&self, token: SourceToken) -> Viewpoint {
        Viewpoint::of_token(self.access.row, token.id, token.since)
    }

    /// The number of a token in its channel.
    fn number(&self, id: TokenId) -> Result<u32, StoreError> {
        let position = self.tokens.binary_search_by_key(&id, |token| token.id);
        let position = position.map_err(|_none| StoreError::Malformed("the author of a message"))?;
        Ok(u32::try_from(position + 1).unwrap_or(u32::MAX))
    }
}

/// What readers think of the messages of one moment, as far as it was asked for.
#[derive(Default)]
pub struct ReadersOfMessages(HashMap<ChannelRow, States>);

struct States {
    holder: Standing,
    archive: Standing,
    /// With the number of the token.
    tokens: Vec<(u32, Standing)>,
}

/// Where a reader stands in a channel.
struct Standing {
    viewpoint: Viewpoint,
    cursor: Sequence,
    has_exceptions: bool,
}

impl ReadersOfMessages {
    fn of(&mut self, tx: &ReadTx<'_>, source: &Source) -> Result<&States, StoreError> {
        Ok(match self.0.entry(source.access.row) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(States::of(tx, source)?),
        })
    }
}

impl States {
    fn of(tx: &ReadTx<'_>, source: &Source) -> Result<Self, StoreError> {
        let side = NotedSide::of(source.access.row, source.access.owner_token);
        let mut tokens = Vec::new();
        for (number, token) in (1..).zip(&source.tokens).filter(|(_, token)| !token.is_revoked) {
            tokens.push((number, Standing::of(tx, source.viewpoint(*token))?));
        }
        Ok(Self { holder: Standing::of(tx, side.reading)?, archive: Standing::of(tx, side.archive)?, tokens })
    }

    fn tokens_that_read(
        &self,
        tx: &ReadTx<'_>,
        sequence: Sequence,
        author: Author,
    ) -> Result<Vec<u32>, StoreError> {
        let mut read = Vec::new();
        for (number, standing) in &self.tokens {
            if sequence > standing.viewpoint.since && standing.counts_as_read(tx, sequence, author)? {
                read.push(*number);
            }
        }
        Ok(read)
    }
}

impl Standing {
    fn of(tx: &ReadTx<'_>, viewpoint: Viewpoint) -> Result<Self, StoreError> {
        let cursor = read_cursor::cursor(tx, &viewpoint)?;
        Ok(Self { cursor, has_exceptions: read_states::has_exceptions(tx, &viewpoint)?, viewpoint })
    }

    fn counts_as_read(
        &self,
        tx: &ReadTx<'_>,
        sequence: Sequence,
        author: Author,
    ) -> Result<bool, StoreError> {
        let own = self.viewpoint.wrote(author);
        if !self.has_exceptions {
            return Ok(own || sequence <= self.cursor);
        }
        Ok(read_states::state_of(tx, &self.viewpoint, sequence, own)? == ReadState::Read)
    }
}
