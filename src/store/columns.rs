//! Domain values as columns and back, sealed ones included.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Result as SqlResult, Row};

use crate::crypto::field::Place;
use crate::crypto::seal::{Key, NotAuthentic};
use crate::domain::account::{Role, Standing};
use crate::domain::id::{
    AccountId, ArrivalId, ChannelRow, KeyId, RegistrationId, SessionId, SubscriptionId, TokenId, UndoId,
    UserId, WebhookId,
};
use crate::domain::message::{Author, Sequence};
use crate::domain::read_state::ReaderId;
use crate::domain::time::Timestamp;
use crate::store::error::StoreError;

const ANONYMOUS: i64 = -1;
pub(super) const OWNER_SIDE: i64 = 0;
/// In the place of a reader.
pub(super) const ARCHIVE: i64 = -2;

/// What is shown in the place of a text that does not open.
pub(super) const DAMAGED: &str = "(damaged)";

/// A number in the file that is something of its own in the program.
macro_rules! number_column {
    ($($type:ty: $from:expr, $to:expr;)*) => {$(
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map($from)
            }
        }

        impl ToSql for $type {
            fn to_sql(&self) -> SqlResult<ToSqlOutput<'_>> {
                Ok($to(*self).into())
            }
        }
    )*};
}

number_column! {
    AccountId: Self, |id: Self| id.0;
    ArrivalId: Self, |id: Self| id.0;
    ChannelRow: Self, |row: Self| row.0;
    KeyId: Self, |id: Self| id.0;
    RegistrationId: Self, |id: Self| id.0;
    Sequence: Self, |sequence: Self| sequence.0;
    SessionId: Self, |id: Self| id.0;
    SubscriptionId: Self, |id: Self| id.0;
    Timestamp: Self::from_millis, Self::as_millis;
    TokenId: Self, |id: Self| id.0;
    UndoId: Self, |id: Self| id.0;
    UserId: Self, |id: Self| id.0;
    WebhookId: Self, |id: Self| id.0;
}

/// The first column of a row.
pub(super) fn value<T: FromSql>(row: &Row<'_>) -> Result<T, StoreError> {
    Ok(row.get(0)?)
}

/// The same of a count or a size.
pub(super) fn counted(row: &Row<'_>) -> Result<u64, StoreError> {
    count_value(row.get(0)?)
}

pub(super) fn seal_text(key: &Key, place: Place, text: &str) -> Vec<u8> {
    key.seal(place, &[text.as_bytes()])
}

pub(super) fn open_text(key: &Key, place: Place, sealed: &[u8]) -> Result<String, StoreError> {
    String::from_utf8(key.open(place, sealed)?)
        .map_err(|_| StoreError::Malformed("a sealed text is not UTF-8"))
}

/// A text that is only shown. One that does not open is shown as damaged, and takes nothing else down.
pub(super) fn shown_text(key: &Key, place: Place, sealed: &[u8]) -> String {
    open_text(key, place, sealed).unwrap_or_else(|error| {
        tracing::error!(%error, "a damaged value is shown as such; `peerbox check` names it");
        DAMAGED.to_owned()
    })
}

/// The same where there may be none.
pub(super) fn shown_optional_text(key: &Key, place: Place, sealed: Option<Vec<u8>>) -> String {
    sealed.map(|sealed| shown_text(key, place, &sealed)).unwrap_or_default()
}

/// Refuses unless the sealed proof is this one.
pub(super) fn prove(key: &Key, place: Place, sealed: &[u8], proof: &[u8]) -> Result<(), StoreError> {
    if key.open(place, sealed)? == proof { Ok(()) } else { Err(NotAuthentic.into()) }
}

pub(super) fn author_column(author: Author) -> i64 {
    match author {
        Author::Anonymous => ANONYMOUS,
        Author::OwnerSide => OWNER_SIDE,
        Author::Token(token) => token.0,
    }
}

pub(super) fn author_value(column: i64) -> Author {
    match column {
        ANONYMOUS => Author::Anonymous,
        OWNER_SIDE => Author::OwnerSide,
        token => Author::Token(TokenId(token)),
    }
}

pub(super) fn reader_column(reader: ReaderId) -> i64 {
    match reader {
        ReaderId::OwnerSide => OWNER_SIDE,
        ReaderId::Archive => ARCHIVE,
        ReaderId::Token(token) => token.0,
    }
}

pub(super) fn standing_value(disabled: bool) -> Standing {
    if disabled { Standing::Disabled } else { Standing::Enabled }
}

pub(super) fn role_value(operator: bool) -> Role {
    if operator { Role::Operator } else { Role::Holder }
}

/// Counts and sizes are never negative; a file that says so was altered.
pub(super) fn count_value(column: i64) -> Result<u64, StoreError> {
    u64::try_from(column).map_err(|_| StoreError::Malformed("a count is negative"))
}
