//! Rows of links that set a new password.

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::domain::account::LinkBy;
use crate::domain::id::UserId;
use crate::domain::secret::SessionSecret;
use crate::domain::time::Timestamp;
use crate::store::columns;
use crate::store::error::{StoreError, readable};
use crate::store::tx::{ReadTx, WriteTx};

/// Keeps the code of a link that sets a new password; an older link of the user that came the same way stops working.
pub fn insert(tx: &WriteTx<'_>, user: UserId, by: LinkBy, code: &SessionSecret) -> Result<(), StoreError> {
    const SQL: &str = "insert into reset_link (user_id, by_mail, code_blind, created_at, proof)
                       values (?1, ?2, ?3, ?4, ?5)
                       on conflict (user_id, by_mail) do update set code_blind = excluded.code_blind,
                                                                    created_at = excluded.created_at,
                                                                    proof      = excluded.proof";
    let (blind, now) = (code_blind(tx, code), tx.now().as_millis());
    let proof = tx.keyring().root().seal(place(user, by), &[&proof_of(&blind, now)]);
    tx.change(SQL, (user, by_column(by), blind, now, proof))?;
    Ok(())
}

/// Whose link that is, how it came, and when it was made.
pub fn find(
    tx: &ReadTx<'_>,
    code: &SessionSecret,
) -> Result<Option<(UserId, LinkBy, Timestamp)>, StoreError> {
    const SQL: &str = "select user_id, by_mail, created_at, proof from reset_link where code_blind = ?1";
    let blind = code_blind(tx, code);
    let found: Option<(UserId, bool, i64, Vec<u8>)> =
        tx.first(SQL, [blind], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let Some((user, is_mailed, made, proof)) = found else { return Ok(None) };
    let by = by_value(is_mailed);
    let proved = columns::prove(tx.keyring().root(), place(user, by), &proof, &proof_of(&blind, made));
    Ok(readable(proved)?.map(|()| (user, by, Timestamp::from_millis(made))))
}

/// When the user's link was made that came this way.
pub fn made(tx: &ReadTx<'_>, user: UserId, by: LinkBy) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select created_at from reset_link where user_id = ?1 and by_mail = ?2";
    tx.first(SQL, (user, by_column(by)), columns::value)
}

/// Uses the links of the user up, if there are any.
pub fn delete(tx: &WriteTx<'_>, user: UserId) -> Result<(), StoreError> {
    const SQL: &str = "delete from reset_link where user_id = ?1";
    tx.change(SQL, [user])?;
    Ok(())
}

/// Has the link stop working that was sent to the user.
pub fn delete_sent(tx: &WriteTx<'_>, user: UserId) -> Result<(), StoreError> {
    const SQL: &str = "delete from reset_link where user_id = ?1 and by_mail = 1";
    tx.change(SQL, [user])?;
    Ok(())
}

/// The same for the link of this code.
pub fn delete_one(tx: &WriteTx<'_>, code: &SessionSecret) -> Result<(), StoreError> {
    const SQL: &str = "delete from reset_link where code_blind = ?1";
    tx.change(SQL, [code_blind(tx, code)])?;
    Ok(())
}

/// Whether the row of the user's link is as it was written.
pub(super) fn is_proved(tx: &ReadTx<'_>, user: UserId, is_mailed: bool) -> Result<bool, StoreError> {
    const SQL: &str =
        "select code_blind, created_at, proof from reset_link where user_id = ?1 and by_mail = ?2";
    let by = by_value(is_mailed);
    let (blind, made, proof): (Blind, i64, Vec<u8>) =
        tx.one(SQL, (user, by_column(by)), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let proved = columns::prove(tx.keyring().root(), place(user, by), &proof, &proof_of(&blind, made));
    Ok(readable(proved)?.is_some())
}

/// What the code of a link stands for, beside the user and the way in whose place it is sealed.
fn proof_of(code: &Blind, made: i64) -> Vec<u8> {
    [code.as_slice(), &made.to_be_bytes()].concat()
}

fn place(user: UserId, by: LinkBy) -> Place {
    Place::owned(Field::ResetProof, user.0, by_column(by))
}

fn by_column(by: LinkBy) -> i64 {
    match by {
        LinkBy::Operator => 0,
        LinkBy::Mail => 1,
    }
}

fn by_value(is_mailed: bool) -> LinkBy {
    if is_mailed { LinkBy::Mail } else { LinkBy::Operator }
}

fn code_blind(tx: &ReadTx<'_>, code: &SessionSecret) -> Blind {
    tx.keyring().blind().of(BlindColumn::ResetCode, code.expose().as_bytes())
}
