//! TLS: a certificate from PEM files, exchanged under running connections when it is renewed.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use crate::config::TlsConfig;
use crate::domain::text;

/// What a client says that speaks HTTP/2.
pub(super) const HTTP_2: &[u8] = b"h2";

/// The files and what they held when last read.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    files: TlsConfig,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path} is not readable as PEM: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("{path} holds no certificate")]
    NoCertificate { path: PathBuf },
    #[error("certificate {cert} and key {key} do not fit: {reason}")]
    Mismatch { cert: PathBuf, key: PathBuf, reason: String },
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

impl Certificate {
    pub(super) fn load(files: &TlsConfig) -> Result<Self, TlsError> {
        let current = Arc::new(Current(ArcSwap::from_pointee(read(files)?)));
        Ok(Self { files: files.clone(), current })
    }

    /// Reads the files again; when they are at fault the certificate in use stays.
    pub(super) fn reload(&self) -> Result<(), TlsError> {
        self.current.0.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    pub(super) fn rustls_config(&self) -> Result<ServerConfig, TlsError> {
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(&self.current) as _;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Setup(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn read(files: &TlsConfig) -> Result<CertifiedKey, TlsError> {
    let unreadable = |path: &PathBuf, error: &dyn std::error::Error| TlsError::Unreadable {
        path: path.clone(),
        reason: error.to_string(),
    };
    let pem = |path: &PathBuf| fs::read(path).map(Zeroizing::new).map_err(|error| unreadable(path, &error));
    let (cert, key) = (pem(&files.cert_file)?, pem(&files.key_file)?);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(text_of(&cert).as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(&files.cert_file, &error))?;
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

/// PEM is text; what stands between its parts may be in whatever encoding.
fn text_of(pem: &[u8]) -> Cow<'_, str> {
    text::decode(pem).unwrap_or_else(|| String::from_utf8_lossy(pem))
}
