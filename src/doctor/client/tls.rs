//! TLS of whoever only looks: any certificate is taken, and what there is to say about it is kept. Nothing secret is sent.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};

/// What a server showed of itself.
#[derive(Debug, Clone)]
pub struct ShownCertificate {
    /// The certificate of the server itself.
    pub der: Vec<u8>,
    /// Those that came with it, which lead to one that is known.
    pub others: Vec<Vec<u8>>,
}

/// What was shown during a handshake.
#[derive(Debug)]
pub(super) struct ShownOverTls {
    provider: CryptoProvider,
    certificate: Mutex<Option<ShownCertificate>>,
}

impl ShownOverTls {
    pub(super) fn certificate(&self) -> Option<ShownCertificate> {
        self.certificate.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// TLS over a connection, which is shaken hands on with its first use.
pub(super) fn over(io: impl Read + Write, host: &str) -> io::Result<(impl Read + Write, Arc<ShownOverTls>)> {
    let seen = Arc::new(ShownOverTls { provider: ring::default_provider(), certificate: Mutex::default() });
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&seen) as _)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    Ok((StreamOwned::new(connection, io), seen))
}

impl ServerCertVerifier for ShownOverTls {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let others = others.iter().map(|other| other.to_vec()).collect();
        let shown = ShownCertificate { der: certificate.to_vec(), others };
        *self.certificate.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
