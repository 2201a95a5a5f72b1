//! What a look into the file brings.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::auth::probes;
use crate::domain::time::Timestamp;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;
use crate::store::{accounts, certificate, channels, envelopes};

/// What was read from the file at one moment.
#[derive(Debug, Clone)]
pub struct Data {
    /// Channels that strangers may use, where they may at all.
    pub(super) open_channels: u64,
    /// When the first account was made.
    pub(super) begun: Option<Timestamp>,
    /// When the newest message was received, of those that came last.
    pub(super) newest: Option<Timestamp>,
    /// The certificate that the server fetched, in DER.
    pub(super) fetched: Option<Vec<u8>>,
    /// Why no other came since.
    pub(super) trouble: Option<String>,
    /// Shows the server that whoever asks has its keys.
    pub(super) proof: String,
}

impl Data {
    /// Reads it.
    pub fn read(tx: &ReadTx<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            open_channels: channels::count_public(tx)?,
            begun: accounts::oldest(tx)?,
            newest: envelopes::newest(tx)?,
            fetched: certificate::pem(tx)?.and_then(|pem| {
                let first = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
                Some(first.as_ref().to_vec())
            }),
            trouble: certificate::trouble(tx)?.map(|trouble| trouble.as_str().to_owned()),
            proof: probes::proof(tx.keyring(), tx.now()),
        })
    }
}
