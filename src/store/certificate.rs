//! The certificate that the server got from an authority, and its account there.

use zeroize::Zeroizing;

use crate::crypto::field::{Field, Place};
use crate::store::columns::{open_text, seal_text, value};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

const ROW: i64 = 1;

/// The account at the authority, as text that says all about it, its secret key included.
pub fn authority(tx: &ReadTx<'_>) -> Result<Option<Zeroizing<String>>, StoreError> {
    column(tx, "select authority from certificate", Field::CertificateAuthority)
}

/// The secret key and the certificates, as PEM.
pub fn pem(tx: &ReadTx<'_>) -> Result<Option<Zeroizing<String>>, StoreError> {
    column(tx, "select pem from certificate", Field::CertificatePem)
}

/// Keeps the account at the authority.
pub fn set_authority(tx: &WriteTx<'_>, text: &str) -> Result<(), StoreError> {
    const SQL: &str = "insert into certificate (id, authority) values (?1, ?2)
                       on conflict (id) do update set authority = excluded.authority";
    let sealed = seal_text(tx.keyring().root(), Place::row(Field::CertificateAuthority, ROW), text);
    tx.change(SQL, (ROW, sealed))?;
    Ok(())
}

/// Forgets it.
pub fn forget_authority(tx: &WriteTx<'_>) -> Result<(), StoreError> {
    tx.change("update certificate set authority = null", [])?;
    Ok(())
}

/// Keeps a certificate in the place of the one before.
pub fn set_pem(tx: &WriteTx<'_>, pem: &str) -> Result<(), StoreError> {
    const SQL: &str = "insert into certificate (id, pem) values (?1, ?2)
                       on conflict (id) do update set pem = excluded.pem";
    let sealed = seal_text(tx.keyring().root(), Place::row(Field::CertificatePem, ROW), pem);
    tx.change(SQL, (ROW, sealed))?;
    Ok(())
}

/// Why no other certificate came since the last one did; absent while nothing is wrong.
pub fn trouble(tx: &ReadTx<'_>) -> Result<Option<Zeroizing<String>>, StoreError> {
    column(tx, "select trouble from certificate", Field::CertificateTrouble)
}

/// Writes that down.
pub fn set_trouble(tx: &WriteTx<'_>, trouble: Option<&str>) -> Result<(), StoreError> {
    const SQL: &str = "insert into certificate (id, trouble) values (?1, ?2)
                       on conflict (id) do update set trouble = excluded.trouble";
    let place = Place::row(Field::CertificateTrouble, ROW);
    let sealed = trouble.map(|trouble| seal_text(tx.keyring().root(), place, trouble));
    tx.change(SQL, (ROW, sealed))?;
    Ok(())
}

fn column(tx: &ReadTx<'_>, sql: &'static str, field: Field) -> Result<Option<Zeroizing<String>>, StoreError> {
    let sealed: Option<Vec<u8>> = tx.first(sql, [], value)?.flatten();
    let open = |sealed: Vec<u8>| open_text(tx.keyring().root(), Place::row(field, ROW), &sealed);
    sealed.map(open).transpose().map(|text| text.map(Zeroizing::new))
}
