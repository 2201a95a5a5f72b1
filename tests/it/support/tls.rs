//! A certificate for servers of a case, and clients that trust it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, date_time_ymd, generate_simple_self_signed,
};
use reqwest::Certificate;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::support::app::temporary_folder;
use crate::support::site::Site;
use crate::support::soon;

/// A certificate for 127.0.0.1 in files, which the configuration names.
pub struct Tls {
    folder: TempDir,
    pub certificate: CertificateDer<'static>,
}

impl Tls {
    pub fn new() -> Self {
        let folder = temporary_folder();
        let mut tls = Self { folder, certificate: CertificateDer::from_slice(&[]) };
        tls.renew();
        tls
    }

    /// Makes another certificate and writes it over the first.
    pub fn renew(&mut self) {
        let names = ["127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
        std::fs::write(self.certificate_file(), cert.pem()).expect("space");
        std::fs::write(self.key_file(), KeyPair::serialize_pem(&signing_key)).expect("space");
        self.certificate = cert.der().clone();
    }

    /// Makes another one for this name and until the end of this year, and writes it over the one before.
    pub fn exchange(&mut self, name: &str, end: i32) {
        let mut about = CertificateParams::new([name.to_owned()]).expect("a name");
        about.not_after = date_time_ymd(end, 12, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = about.self_signed(&key).expect("a certificate");
        std::fs::write(self.certificate_file(), certificate.pem()).expect("space");
        std::fs::write(self.key_file(), key.serialize_pem()).expect("space");
        self.certificate = certificate.der().clone();
    }

    pub fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// The lines of configuration with which a server uses it.
    pub fn settings(&self) -> String {
        let (certificate, key) = (self.certificate_file(), self.key_file());
        format!("tls.cert_file = '{}'\ntls.key_file = '{}'\n", certificate.display(), key.display())
    }

    /// A connection on which HTTP/2 is agreed.
    pub async fn connect(&self, site: &Site) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a certificate");
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        let tcp = soon("connecting", TcpStream::connect(site.authority())).await.expect("a connection");
        let name = ServerName::try_from("127.0.0.1").expect("an address");
        soon("a handshake", connector.connect(name, tcp)).await.expect("a handshake")
    }

    /// A connection of HTTP/2 that takes so many bytes of each answer.
    pub async fn streams(&self, site: &Site, window: u32) -> SendRequest<Bytes> {
        let connection = self.connect(site).await;
        let handshake = Builder::new().initial_window_size(window).handshake(connection);
        let (client, connection) = soon("a handshake", handshake).await.expect("a handshake");
        tokio::spawn(async {
            // It ends with the server.
            let _ended = connection.await;
        });
        client
    }
}

/// Whoever issues certificates that others believe.
pub struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let folder = temporary_folder();
        let mut about = CertificateParams::default();
        about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = about.self_signed(&key).expect("a certificate");
        std::fs::write(folder.path().join("root.pem"), root.pem()).expect("space");
        Self { folder, issuer: Issuer::new(about, key) }
    }

    pub fn root_file(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// Writes a certificate for this name into the files of another, issued by one in between, and that too if it is
    /// to be shown.
    pub fn issue(&self, name: &str, into: &Tls, with_chain: bool) {
        let mut between = CertificateParams::default();
        between.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        between.distinguished_name.push(DnType::CommonName, "in between");
        let key = KeyPair::generate().expect("a key");
        let shown = between.signed_by(&key, &self.issuer).expect("a certificate").pem();
        let issuer = Issuer::new(between, key);
        let key = KeyPair::generate().expect("a key");
        let last = server(name).signed_by(&key, &issuer).expect("a certificate").pem();
        let chain = if with_chain { last + &shown } else { last };
        std::fs::write(into.certificate_file(), chain).expect("space");
        std::fs::write(into.key_file(), key.serialize_pem()).expect("space");
    }

    /// What takes connections as the host of this name.
    pub fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let certificate = server(name).signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certificate.der().clone()], key).expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// What the certificate of a server says.
fn server(name: &str) -> CertificateParams {
    let mut about = CertificateParams::new([name.to_owned()]).expect("a name");
    // Not longer than verifiers of some systems allow, and around the machine's own time.
    let now = OffsetDateTime::now_utc();
    (about.not_before, about.not_after) = (now - Duration::from_hours(24), now + Duration::from_hours(240));
    about.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    about
}

/// The same site over TLS, for clients that trust this certificate.
pub fn secure(site: &Site, certificate: &CertificateDer<'static>) -> Site {
    Site::trusting(&format!("https://{}", site.authority()), [trusted(certificate)])
}

pub fn trusted(certificate: &CertificateDer<'static>) -> Certificate {
    Certificate::from_der(certificate).expect("a certificate")
}
