//! TLS of the calls to elsewhere: whom the system believes, and a root that the operator named.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use crate::domain::time::Timestamp;
use crate::domain::web_address::WebAddress;
use crate::outbound::call::SendError;

/// Made at the first call, because the system's roots are many.
pub(super) struct Tls {
    root_file: Option<PathBuf>,
    connector: OnceCell<TlsConnector>,
}

impl Tls {
    pub(super) fn new(root_file: Option<PathBuf>) -> Self {
        Self { root_file, connector: OnceCell::new() }
    }

    /// TLS over a connection, with whoever shows to be the host of the address.
    pub(super) async fn over(
        &self,
        io: TcpStream,
        to: &WebAddress,
    ) -> Result<TlsStream<TcpStream>, SendError> {
        let connector = self.connector.get_or_try_init(|| self.made()).await?;
        let name = match to.host() {
            Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(told)?,
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(address)),
        };
        connector.connect(name, io).await.map_err(told)
    }

    async fn made(&self) -> Result<TlsConnector, SendError> {
        let root_file = self.root_file.clone();
        let made = tokio::task::spawn_blocking(move || {
            let roots = root_file.as_deref().map_or_else(|| Ok(Vec::new()), roots);
            let provider = Arc::new(ring::default_provider());
            let verifier = Verifier::new_with_extra_roots(roots.map_err(told)?, Arc::clone(&provider));
            let mut config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(told)?
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier.map_err(told)?))
                .with_no_client_auth();
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Ok(TlsConnector::from(Arc::new(config)))
        });
        made.await.map_err(told)?
    }
}

/// The certificates in a file of roots; why there are none, in words.
pub fn roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(roots) if roots.is_empty() => Err("it holds no certificate".to_owned()),
        read => read.map_err(|error| error.to_string()),
    }
}

/// Whether whoever believes what this system believes takes these certificates for those of a host; why not, in words.
///
/// # Errors
/// When it does not.
pub fn believed(first: &[u8], others: &[Vec<u8>], host: &str, now: Timestamp) -> Result<(), String> {
    let verifier = Verifier::new(Arc::new(ring::default_provider())).map_err(|error| error.to_string())?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let others: Vec<_> = others.iter().map(|other| CertificateDer::from(other.as_slice())).collect();
    let since = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or_default());
    let now = UnixTime::since_unix_epoch(since);
    match verifier.verify_server_cert(&CertificateDer::from(first), &others, &name, &[], now) {
        Ok(_) => Ok(()),
        Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            Err("no authority that systems know stands behind it, or an intermediate certificate is missing"
                .to_owned())
        }
        Err(other) => Err(other.to_string()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(error: impl ToString) -> SendError {
    SendError::Tls(error.to_string())
}
