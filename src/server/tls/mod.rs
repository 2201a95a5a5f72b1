//! TLS: a certificate from PEM files or from an authority, exchanged under running connections when it is renewed.

mod answers;
mod authority;
mod calls;
mod pem;
mod renewal;

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::TlsConfig;

pub(super) use self::answers::Answers;
pub(super) use self::renewal::Renewal;

/// What a client says that speaks HTTP/2.
pub(super) const HTTP_2: &[u8] = b"h2";

/// What an authority says that asks whether a name is ours (RFC 8737).
pub(super) const QUESTION: &[u8] = b"acme-tls/1";

/// Where the certificate comes from, and the one in use.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    from: TlsConfig,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current {
    /// Absent until the first one was fetched.
    key: ArcSwapOption<CertifiedKey>,
    answers: Answers,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path} is not readable as PEM: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("{path} holds no certificate")]
    NoCertificate { path: PathBuf },
    #[error("certificate {cert} and key {key} do not fit: {reason}")]
    Mismatch { cert: PathBuf, key: PathBuf, reason: String },
    #[error("the certificate that was fetched cannot be used: {0}")]
    Fetched(String),
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

impl Certificate {
    /// Reads the files; a certificate of an authority is put in by its [`Renewal`].
    pub(super) fn load(from: &TlsConfig) -> Result<Self, TlsError> {
        let current = Current { key: ArcSwapOption::empty(), answers: Answers::default() };
        let certificate = Self { from: from.clone(), current: Arc::new(current) };
        certificate.reload()?;
        Ok(certificate)
    }

    /// Reads the files again, where there are some; when they are at fault the certificate in use stays.
    pub(super) fn reload(&self) -> Result<bool, TlsError> {
        let has_files = self.from.domains.is_empty();
        if has_files {
            self.put(pem::read(&self.from)?);
        }
        Ok(has_files)
    }

    /// Exchanges the certificate. Connections that are open keep the old one.
    fn put(&self, key: CertifiedKey) {
        self.current.key.store(Some(Arc::new(key)));
    }

    /// What an authority is answered that asks whether the names are ours.
    pub(super) fn answers(&self) -> &Answers {
        &self.current.answers
    }

    pub(super) fn rustls_config(&self) -> Result<ServerConfig, TlsError> {
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(&self.current) as _;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Setup(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
        if !self.from.domains.is_empty() {
            config.alpn_protocols.push(QUESTION.to_vec());
        }
        Ok(config)
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let is_question =
            hello.alpn().is_some_and(|mut offered| offered.all(|protocol| protocol == QUESTION));
        if is_question { self.answers.over_tls(hello.server_name()?) } else { self.key.load_full() }
    }
}
