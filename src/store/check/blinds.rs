//! Checking look-up hashes: each belongs to the sealed value beside it. Those of Idempotency-Keys have none, and open
//! nothing.

use rusqlite::Row;

use crate::crypto::blind_index::Blind;
use crate::crypto::field::{Field, Place};
use crate::crypto::random;
use crate::domain::id::ChannelId;
use crate::domain::secret::BearerToken;
use crate::store::check::report::Report;
use crate::store::columns::open_text;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;
use crate::store::{accounts, channel_access, push, reset_links, sessions, subscriptions, tokens, users};

/// A kind of look-up hash.
struct Kind {
    /// Table and column.
    name: &'static str,
    /// Its rows, each beginning with its id and its hash.
    rows: &'static str,
    /// What the hash of a row has to be, as it now is that one; `None` when there can be none.
    right: fn(&ReadTx<'_>, &Row<'_>, &Blind) -> Result<Option<Blind>, StoreError>,
    /// Mends a row that can have none, with its id, where there are such.
    without: Option<&'static str>,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "account.name_blind",
        rows: "select id, name_blind, name from account",
        right: |tx, row, blind| {
            let name = sealed_text(tx, row, Place::row(Field::AccountName, row.get(0)?))?;
            Ok(accounts::right_blind(tx, blind, &name))
        },
        without: None,
    },
    Kind {
        name: "user.name_blind",
        rows: "select id, name_blind, name from user",
        right: |tx, row, blind| {
            let name = sealed_text(tx, row, Place::row(Field::UserName, row.get(0)?))?;
            Ok(users::right_blind(tx, blind, &name))
        },
        without: None,
    },
    Kind {
        name: "channel.id_blind",
        rows: "select id, id_blind, public_id from channel",
        right: |tx, row, _blind| {
            let id = sealed_text(tx, row, Place::row(Field::ChannelId, row.get(0)?))?;
            Ok(id.parse::<ChannelId>().ok().map(|id| channel_access::id_blind(tx, &id)))
        },
        without: None,
    },
    Kind {
        name: "token.secret_blind",
        rows: "select token.id, secret_blind, secret, channel.id, account_id, key
                 from token
                 join channel on channel.id = channel_id
                where secret is not null or secret_blind is not null",
        right: |tx, row, _blind| {
            let key = tx.keyring().open_channel_key(row.get(3)?, row.get(4)?, &row.get::<_, Vec<u8>>(5)?)?;
            let Some(sealed) = row.get::<_, Option<Vec<u8>>>(2)? else { return Ok(None) };
            let secret = open_text(&key, Place::row(Field::TokenSecret, row.get(0)?), &sealed)?;
            Ok(Some(tokens::secret_blind(tx, &BearerToken::new(secret))))
        },
        without: Some("update token set secret_blind = null where id = ?1"),
    },
    Kind {
        name: "push_registration.device_blind",
        rows: "select id, device_blind, device, token_id from push_registration",
        right: |tx, row, blind| {
            let device = sealed_text(tx, row, push::place(row.get(3)?, blind))?;
            Ok(Some(push::device_blind(tx, &device)))
        },
        without: None,
    },
    Kind {
        name: "push_subscription.endpoint_blind",
        rows: "select id, endpoint_blind, endpoint, user_id from push_subscription",
        right: |tx, row, _blind| {
            let place = Place::owned(Field::PushEndpoint, row.get(0)?, row.get(3)?);
            Ok(Some(subscriptions::endpoint_blind(tx, &sealed_text(tx, row, place)?)))
        },
        without: None,
    },
    Kind {
        name: "session.secret_blind",
        rows: "select id, secret_blind from session",
        right: |tx, row, blind| Ok(sessions::is_proved(tx, row.get(0)?)?.then_some(*blind)),
        without: Some("delete from session where id = ?1"),
    },
    Kind {
        name: "reset_link.code_blind",
        rows: "select rowid, code_blind, user_id, by_mail from reset_link",
        right: |tx, row, blind| Ok(reset_links::is_proved(tx, row.get(2)?, row.get(3)?)?.then_some(*blind)),
        without: Some("delete from reset_link where rowid = ?1"),
    },
];

/// Looks at every one. A sealed value that does not open is reported where values are opened.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    for kind in KINDS {
        let looked = kind.each_wrong(tx, |id, _right| {
            report.values.push(format!("{} of row {id} belongs to another value", kind.name));
        });
        report.go_on_after(kind.name, looked)?;
    }
    Ok(())
}

/// Makes every one that of the sealed value beside it.
pub(super) fn mend(tx: &ReadTx<'_>) -> Result<(), StoreError> {
    for kind in KINDS {
        let mut wrong = Vec::new();
        let looked = kind.each_wrong(tx, |id, right| wrong.push((id, right)));
        // What cannot be looked at is named by the check that follows.
        Report::default().go_on_after(kind.name, looked)?;
        let (table, column) = kind.name.split_once('.').unwrap_or_default();
        let put = format!("update {table} set {column} = ?2 where id = ?1");
        // Two may have been exchanged, also with one whose value does not open, and no two rows have the same.
        let free = format!("update {table} set {column} = ?1 where {column} = ?2");
        for (id, right) in wrong.iter().filter_map(|(id, right)| Some((id, right.as_ref()?))) {
            tx.connection().execute(&put, (id, random::bytes::<32>()))?;
            tx.connection().execute(&free, (random::bytes::<32>(), right))?;
        }
        for (id, right) in wrong {
            if let Some(right) = right {
                tx.connection().execute(&put, (id, right))?;
            } else if let Some(without) = kind.without {
                tx.connection().execute(without, [id])?;
            }
        }
    }
    Ok(())
}

impl Kind {
    /// Tells of each row whose hash is not the right one, and which is.
    fn each_wrong(
        &self,
        tx: &ReadTx<'_>,
        mut told: impl FnMut(i64, Option<Blind>),
    ) -> Result<(), StoreError> {
        let mut statement = tx.connection().prepare(self.rows)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            // None, or one of another length, is wrong in any case.
            let Ok(Some(found)) = row.get::<_, Option<Blind>>(1) else {
                told(id, (self.right)(tx, row, &[0; 32]).unwrap_or_default());
                continue;
            };
            match (self.right)(tx, row, &found) {
                Ok(Some(right)) if right == found => {}
                Ok(right) => told(id, right),
                Err(StoreError::NotAuthentic(_) | StoreError::Malformed(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The text that is the third value of a row.
fn sealed_text(tx: &ReadTx<'_>, row: &Row<'_>, place: Place) -> Result<String, StoreError> {
    open_text(tx.keyring().root(), place, &row.get::<_, Vec<u8>>(2)?)
}
