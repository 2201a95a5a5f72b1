//! Taking a dump of the reference in: its accounts, users, channels, tokens, messages, read states and devices.

use std::collections::HashSet;
use std::io::{BufRead, Seek};
use std::mem;

use base64_simd::STANDARD;
use zeroize::Zeroizing;

use crate::domain::account::{AccountName, UserName};
use crate::domain::channel::{
    Amendment, Arrangement, ChannelLabel, ChannelState, Direction, PublicAccess, Retention, Sequencing,
    Settings,
};
use crate::domain::exported::{ExportedChannel, ExportedSecret, ExportedToken};
use crate::domain::id::{AccountId, ChannelId, TokenId};
use crate::domain::message::{ContentType, Message, Payload, Sequence};
use crate::domain::reception::Greeting;
use crate::domain::secret::Password;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::domain::token::{Description, MAX_DESCRIPTION_CHARS, OWNER_DESCRIPTION, Permissions};
use crate::service::known_channel::DumpedMessage;
use crate::service::moving_in::MovingIn;
use crate::transfer::error::TransferError;
use crate::transfer::items::secret_value;
use crate::transfer::reference::dump::Dump;
use crate::transfer::reference::facts::Facts;
use crate::transfer::reference::row::Row;
use crate::transfer::reference::table::Table;

/// What messages are whose content type cannot be kept.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// How many names that cannot be taken in are told together.
const MOST_REFUSED: usize = 1000;

/// The longest name of a device, in bytes.
const MAX_DEVICE_BYTES: usize = 4096;

/// Takes everything in that is not here yet.
pub fn take_in<R: BufRead + Seek>(
    dump: &mut Dump<R>,
    moving: &mut MovingIn<'_>,
) -> Result<(), TransferError> {
    let facts = Facts::of(dump)?;
    let mut refused = RefusedNames::default();
    dump.each(Table::Account, |row| {
        let outcome = account(row, moving);
        if outcome.is_err() {
            refused.accounts.extend(row.id(0).ok());
        }
        refused.note(outcome)
    })?;
    dump.each(Table::Credential, |row| {
        let is_of_refused = row.id(0).is_ok_and(|account| refused.accounts.contains(&account));
        if is_of_refused { Ok(()) } else { refused.note(user(row, moving)) }
    })?;
    refused.end()?;
    dump.each(Table::Channel, |row| channel(row, &facts, moving))?;
    if moving.knows_channels() {
        compare(dump, &facts, moving)?;
    }
    dump.each(Table::Token, |row| token(row, &facts, moving))?;
    dump.each(Table::Message, |row| message(row, &facts, moving))?;
    dump.each(Table::Status, |row| state(row, &facts, moving))?;
    dump.each(Table::Device, |row| device(row, moving))
}

/// Accounts and users that cannot be taken in, collected so that they are told together.
#[derive(Default)]
struct RefusedNames {
    accounts: HashSet<i64>,
    errors: Vec<TransferError>,
}

impl RefusedNames {
    /// Goes on after what is wrong with one row, as long as there are not too many.
    fn note(&mut self, outcome: Result<(), TransferError>) -> Result<(), TransferError> {
        match outcome {
            Err(error @ (TransferError::Wrong { .. } | TransferError::Exists { .. })) => {
                self.errors.push(error);
                if self.errors.len() < MOST_REFUSED {
                    return Ok(());
                }
                Err(TransferError::Several { errors: mem::take(&mut self.errors), are_all: false })
            }
            outcome => outcome,
        }
    }

    fn end(mut self) -> Result<(), TransferError> {
        match self.errors.len() {
            0 => Ok(()),
            1 => Err(self.errors.remove(0)),
            _ => Err(TransferError::Several { errors: self.errors, are_all: true }),
        }
    }
}

/// Looks which of the channels that are here already can get what is new in the dump.
fn compare<R: BufRead + Seek>(
    dump: &mut Dump<R>,
    facts: &Facts,
    moving: &mut MovingIn<'_>,
) -> Result<(), TransferError> {
    dump.each(Table::Token, |row| {
        let known = (&secret(row)?, row.time(6)?);
        moving.compare_token(row.id(1)?, TokenId(row.id(0)?), known).map_err(|refusal| row.refused(refusal))
    })?;
    dump.each(Table::Message, |row| {
        let known = facts.message(row)?;
        if row.bytes(6)?.is_empty() {
            return Ok(());
        }
        let message = DumpedMessage {
            sequence: known.sequence,
            author: TokenId(known.author),
            received: received(row)?,
            is_there: !known.is_deleted(),
        };
        moving.compare_message(known.channel, &message).map_err(|refusal| row.refused(refusal))
    })?;
    moving.judge();
    Ok(())
}

fn account(row: &Row<'_>, moving: &mut MovingIn<'_>) -> Result<(), TransferError> {
    let name = AccountName::wanted(row.text(1)?).map_err(|error| row.wrong(error.to_string()))?;
    moving.account(AccountId(row.id(0)?), &name).map_err(|refusal| row.refused(refusal))
}

fn user(row: &Row<'_>, moving: &mut MovingIn<'_>) -> Result<(), TransferError> {
    if !row.text(1)?.eq_ignore_ascii_case("basic") {
        moving.pass_over_credential();
        return Ok(());
    }
    let decoded = STANDARD.decode_to_vec(row.text(2)?).ok().map(Zeroizing::new);
    let decoded = decoded.as_ref().and_then(|bytes| text::decode(bytes));
    let (name, password) = decoded
        .as_deref()
        .and_then(|text| text.split_once(':'))
        .ok_or_else(|| row.wrong("the credential is not the base64 of a name, a colon and a password"))?;
    let name = UserName::wanted(name).map_err(|error| row.wrong(error.to_string()))?;
    let added = moving.user(AccountId(row.id(0)?), &name, &Password::new(password));
    added.map_err(|refusal| row.refused(refusal))
}

fn channel(row: &Row<'_>, facts: &Facts, moving: &mut MovingIn<'_>) -> Result<(), TransferError> {
    let id = row.id(0)?;
    let known = facts.channels.get(&id);
    let issued = known.and_then(|known| known.first_token).and_then(|(_token, issued)| issued);
    let public_id: ChannelId =
        row.text(2)?.parse().map_err(|_| row.wrong("the externalid cannot be a part of an address"))?;
    let channel = ExportedChannel {
        id: public_id,
        created: issued.unwrap_or_else(|| moving.now()),
        settings: Settings {
            label: ChannelLabel::default(),
            direction: Direction::TwoWay,
            amendment: Amendment {
                public: PublicAccess { read: row.flag(3)?, write: row.flag(4)? },
                state: if row.flag(5)? { ChannelState::Locked } else { ChannelState::Open },
            },
            retention: Retention::new(row.days(7)?, row.days(8)?, row.flag(9)?)
                .map_err(|error| row.wrong(error.to_string()))?,
        },
        sequencing: if row.flag(6)? { Sequencing::Sequenced } else { Sequencing::Free },
        head: known.map_or(Sequence::NONE, |known| known.head),
        arrangement: Arrangement::default(),
        greeting: Greeting::default(),
        picture: None,
        reply: None,
        letters: 0,
        read_upto: Sequence::NONE,
        archived_upto: Sequence::NONE,
        webhooks: Vec::new(),
    };
    let added = moving.channel(id, AccountId(row.id(1)?), &channel);
    added.map_err(|refusal| row.refused(refusal))
}

fn token(row: &Row<'_>, facts: &Facts, moving: &mut MovingIn<'_>) -> Result<(), TransferError> {
    let (id, channel) = (row.id(0)?, row.id(1)?);
    let first = facts.channels.get(&channel).and_then(|known| known.first_token);
    let is_owner = first.is_some_and(|(first, _issued)| first == id);
    let description = match row.optional_text(3)?.filter(|text| !text.trim().is_empty()) {
        Some(text) if text.chars().count() > MAX_DESCRIPTION_CHARS => {
            return Err(row.wrong("the description is too long"));
        }
        Some(text) => text.to_owned(),
        None if is_owner => OWNER_DESCRIPTION.to_owned(),
        None => format!("Token {id}"),
    };
    let since = facts.since(id);
    let token = ExportedToken {
        secret: secret(row)?,
        is_owner,
        description: Description::stored(description),
        // Whoever writes deletes there.
        permissions: Permissions { read: row.flag(4)?, write: row.flag(5)?, delete: true },
        since,
        created: row.time(6)?.unwrap_or_else(|| moving.now()),
        expires: None,
        note: None,
        hue: None,
        link: None,
        used: None,
        read_upto: since,
    };
    moving.token(channel, TokenId(id), &token).map_err(|refusal| row.refused(refusal))
}

fn secret(row: &Row<'_>) -> Result<ExportedSecret, TransferError> {
    Ok(match row.time(7)? {
        Some(revoked) => ExportedSecret::Revoked(revoked),
        None => ExportedSecret::Known(secret_value(row.text(2)?).map_err(|why| row.wrong(why))?),
    })
}

fn message(row: &Row<'_>, facts: &Facts, moving: &mut MovingIn<'_>) -> Result<(), TransferError> {
    let id = row.id(0)?;
    let known = facts.message(row)?;
    if known.is_deleted() {
        return moving.deleted(known.channel, known.sequence).map_err(|refusal| row.refused(refusal));
    }
    let Some(payload) = Payload::new(row.bytes(6)?) else {
        moving.pass_over_empty(known.channel, known.sequence);
        return Ok(());
    };
    let content_type = row.optional_text(5)?.and_then(|text| ContentType::new(text).ok());
    if content_type.is_none() {
        moving.leave_untyped(known.channel, known.sequence);
    }
    let message = Message {
        sequence: known.sequence,
        received: received(row)?,
        content_type: content_type.unwrap_or_else(|| ContentType::stored(UNKNOWN_TYPE.to_owned())),
        payload,
    };
    let added = moving.message(known.channel, id, TokenId(known.author), &message);
    added.map_err(|refusal| row.refused(refusal))
}

fn received(row: &Row<'_>) -> Result<Timestamp, TransferError> {
    Ok(row.time(4)?.unwrap_or_else(|| Timestamp::from_millis(0)))
}

fn state(row: &Row<'_>, facts: &Facts, moving: &mut MovingIn<'_>) -> Result<(), TransferError> {
    let (message, token) = (row.id(0)?, row.id(1)?);
    let Some(known) = facts.messages.get(&message).filter(|known| !known.is_deleted()) else {
        return Ok(());
    };
    let read = row.flag(2)?;
    let which = (known.sequence, TokenId(known.author));
    moving.state(known.channel, TokenId(token), which, read).map_err(|refusal| row.refused(refusal))
}

fn device(row: &Row<'_>, moving: &mut MovingIn<'_>) -> Result<(), TransferError> {
    let device = row.text(1)?;
    if device.is_empty() || device.len() > MAX_DEVICE_BYTES {
        return Err(row.wrong("the name of the device is empty or too long"));
    }
    if row.flag(2)? {
        moving.device(TokenId(row.id(0)?), device).map_err(|refusal| row.refused(refusal))?;
    }
    Ok(())
}
