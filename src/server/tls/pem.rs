//! Certificates and keys as PEM text.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use crate::config::TlsConfig;
use crate::domain::text;
use crate::server::tls::TlsError;

/// Reads the files that the configuration names.
pub(super) fn read(files: &TlsConfig) -> Result<CertifiedKey, TlsError> {
    let unreadable = |path: &PathBuf, error: &dyn std::error::Error| TlsError::Unreadable {
        path: path.clone(),
        reason: error.to_string(),
    };
    let pem = |path: &PathBuf| fs::read(path).map(Zeroizing::new).map_err(|error| unreadable(path, &error));
    let (cert, key) = (pem(&files.cert_file)?, pem(&files.key_file)?);
    let chain = chain(&text_of(&cert)).map_err(|error| unreadable(&files.cert_file, &error))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate { path: files.cert_file.clone() });
    }
    let key = PrivateKeyDer::from_pem_slice(text_of(&key).as_bytes())
        .map_err(|error| unreadable(&files.key_file, &error))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| TlsError::Mismatch {
        cert: files.cert_file.clone(),
        key: files.key_file.clone(),
        reason: error.to_string(),
    })
}

/// Reads one text with the secret key and the certificates, as an authority's are kept.
pub(super) fn parse(pem: &str) -> Result<CertifiedKey, TlsError> {
    let unusable = |error: &dyn std::error::Error| TlsError::Fetched(error.to_string());
    let chain = chain(pem).map_err(|error| unusable(&error))?;
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| unusable(&error))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| unusable(&error))
}

fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect()
}

/// PEM is text; what stands between its parts may be in whatever encoding.
fn text_of(pem: &[u8]) -> Cow<'_, str> {
    text::decode(pem).unwrap_or_else(|| String::from_utf8_lossy(pem))
}
