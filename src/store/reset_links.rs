//! Rows of links that set a new password.

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::domain::id::UserId;
use crate::domain::secret::SessionSecret;
use crate::domain::time::Timestamp;
use crate::store::columns;
use crate::store::error::{StoreError, readable};
use crate::store::tx::{ReadTx, WriteTx};

/// Keeps the code of a link that sets a new password; an older link of the user stops working.
pub fn insert(tx: &WriteTx<'_>, user: UserId, code: &SessionSecret) -> Result<(), StoreError> {
    const SQL: &str = "insert into reset_link (user_id, code_blind, created_at, proof)
                       values (?1, ?2, ?3, ?4)
                       on conflict (user_id) do update set code_blind = excluded.code_blind,
                                                           created_at = excluded.created_at,
                                                           proof      = excluded.proof";
    let (blind, now) = (code_blind(tx, code), tx.now().as_millis());
    let proof = tx.keyring().root().seal(Place::row(Field::ResetProof, user.0), &[&proof_of(&blind, now)]);
    tx.change(SQL, (user, blind, now, proof))?;
    Ok(())
}

/// Whose link that is and when it was made.
pub fn find(tx: &ReadTx<'_>, code: &SessionSecret) -> Result<Option<(UserId, Timestamp)>, StoreError> {
    const SQL: &str = "select user_id, created_at, proof from reset_link where code_blind = ?1";
    let blind = code_blind(tx, code);
    let found: Option<(i64, i64, Vec<u8>)> =
        tx.first(SQL, [blind], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let Some((user, made, proof)) = found else { return Ok(None) };
    let proved = columns::prove(
        tx.keyring().root(),
        Place::row(Field::ResetProof, user),
        &proof,
        &proof_of(&blind, made),
    );
    Ok(readable(proved)?.map(|()| (UserId(user), Timestamp::from_millis(made))))
}

/// Uses the link of the user up, if there is one.
pub fn delete(tx: &WriteTx<'_>, user: UserId) -> Result<(), StoreError> {
    const SQL: &str = "delete from reset_link where user_id = ?1";
    tx.change(SQL, [user])?;
    Ok(())
}

/// Whether the row of the user's link is as it was written.
pub(super) fn is_proved(tx: &ReadTx<'_>, user: UserId) -> Result<bool, StoreError> {
    const SQL: &str = "select code_blind, created_at, proof from reset_link where user_id = ?1";
    let (blind, made, proof): (Blind, i64, Vec<u8>) =
        tx.one(SQL, [user], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let proved = columns::prove(
        tx.keyring().root(),
        Place::row(Field::ResetProof, user.0),
        &proof,
        &proof_of(&blind, made),
    );
    Ok(readable(proved)?.is_some())
}

/// What the code of a link stands for, beside the user in whose place it is sealed.
fn proof_of(code: &Blind, made: i64) -> Vec<u8> {
    [code.as_slice(), &made.to_be_bytes()].concat()
}

fn code_blind(tx: &ReadTx<'_>, code: &SessionSecret) -> Blind {
    tx.keyring().blind().of(BlindColumn::ResetCode, code.expose().as_bytes())
}
