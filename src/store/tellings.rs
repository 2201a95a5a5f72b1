//! The last tries to tell a browser or a mailbox, of which a few are kept.

use crate::crypto::field::{Field, Place};
use crate::domain::telling::{TELLINGS_KEPT, Telling};
use crate::store::columns::{count_value, seal_text, shown_text};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::webhooks::{outcome_column, outcome_value};

/// Where those of one kind of receiver are kept. Its statements have the same columns and parameters.
pub(super) struct Tellings {
    pub(super) table: &'static str,
    pub(super) field: Field,
    /// Id, time, messages, outcome, status and answer of those of `?1`, the newest first.
    pub(super) list: &'static str,
    /// Keeps `?1` of the receiver `?2`, and its time, messages, outcome, status and answer; not where that is gone.
    pub(super) insert: &'static str,
    /// Forgets those of `?1` but for the newest `?2`.
    pub(super) forget: &'static str,
}

impl Tellings {
    /// Those of a receiver, the newest first.
    pub(super) fn of(&self, tx: &ReadTx<'_>, receiver: i64) -> Result<Vec<Telling>, StoreError> {
        tx.all(self.list, [receiver], |row| {
            let place = Place::owned(self.field, row.get(0)?, receiver);
            Ok(Telling {
                at: row.get(1)?,
                messages: count_value(row.get(2)?)?,
                outcome: outcome_value(row.get(3)?),
                status: row.get(4)?,
                answer: shown_text(tx.keyring().root(), place, &row.get::<_, Vec<u8>>(5)?),
            })
        })
    }

    /// Remembers one; not at all when the receiver is gone.
    pub(super) fn remember(
        &self,
        tx: &WriteTx<'_>,
        receiver: i64,
        telling: &Telling,
    ) -> Result<(), StoreError> {
        let row = tx.next_id(self.table)?;
        let place = Place::owned(self.field, row, receiver);
        let answer = seal_text(tx.keyring().root(), place, &telling.answer);
        let messages = i64::try_from(telling.messages).unwrap_or(i64::MAX);
        let outcome = outcome_column(telling.outcome);
        tx.change(self.insert, (row, receiver, telling.at, messages, outcome, telling.status, answer))?;
        tx.change(self.forget, (receiver, TELLINGS_KEPT))?;
        Ok(())
    }
}
