//! The certificate that the server fetches by itself: where it is kept.

use zeroize::Zeroizing;

use crate::service::error::Error;
use crate::store::{Store, certificate};

/// Keeps the certificate, sealed.
#[derive(Clone)]
pub struct Certificates {
    store: Store,
}

impl Certificates {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The secret key and the certificates as PEM, where there are any that open.
    pub async fn pem(&self) -> Result<Option<Zeroizing<String>>, Error> {
        self.store.read(|tx| Ok(certificate::pem(tx)?)).await
    }

    /// Keeps a certificate in the place of the one before.
    pub async fn keep_pem(&self, pem: Zeroizing<String>) -> Result<(), Error> {
        self.store.write_without_right(move |tx| Ok(certificate::set_pem(tx, &pem)?)).await
    }

    /// The server's account at the authority.
    pub async fn authority(&self) -> Result<Option<Zeroizing<String>>, Error> {
        self.store.read(|tx| Ok(certificate::authority(tx)?)).await
    }

    /// Keeps that account.
    pub async fn keep_authority(&self, account: Zeroizing<String>) -> Result<(), Error> {
        self.store.write_without_right(move |tx| Ok(certificate::set_authority(tx, &account)?)).await
    }

    /// The authority does not know that account any more.
    pub async fn forget_authority(&self) -> Result<(), Error> {
        self.store.write_without_right(|tx| Ok(certificate::forget_authority(tx)?)).await
    }

    /// Writes down why no certificate came, or that one did.
    pub async fn note_trouble(&self, trouble: Option<String>) -> Result<(), Error> {
        self.store.write_without_right(move |tx| Ok(certificate::set_trouble(tx, trouble.as_deref())?)).await
    }
}
