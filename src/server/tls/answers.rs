//! What an authority is answered that asks whether a name is ours: over plain http (RFC 8555) or over TLS (RFC 8737).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;

use crate::config::Domain;
use crate::server::tls::TlsError;

/// The answers of one order at a time; there is one for each of its names.
#[derive(Debug, Clone, Default)]
pub(in crate::server) struct Answers(Arc<Mutex<Given>>);

#[derive(Debug, Default)]
struct Given {
    over_http: HashMap<String, String>,
    over_tls: HashMap<String, Arc<CertifiedKey>>,
}

impl Answers {
    /// What belongs at `/.well-known/acme-challenge/{token}`.
    pub(in crate::server) fn over_http(&self, token: &str) -> Option<String> {
        self.given().over_http.get(token).cloned()
    }

    /// The certificate for whoever asks by TLS for a name of ours.
    pub(super) fn over_tls(&self, server_name: &str) -> Option<Arc<CertifiedKey>> {
        self.given().over_tls.get(server_name).cloned()
    }

    pub(super) fn give_over_http(&self, token: String, answer: String) {
        self.given().over_http.insert(token, answer);
    }

    /// `digest` is that of the answer, by SHA-256.
    pub(super) fn give_over_tls(&self, domain: &Domain, digest: &[u8]) -> Result<(), TlsError> {
        let failed = |error: &dyn std::error::Error| TlsError::Setup(error.to_string());
        let mut parameters = CertificateParams::new([domain.to_string()]).map_err(|error| failed(&error))?;
        parameters.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate().map_err(|error| failed(&error))?;
        let certificate = parameters.self_signed(&key).map_err(|error| failed(&error))?;
        let secret = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|error| TlsError::Setup(error.to_owned()))?;
        // Not by `from_der`, which takes the extension for one that it would have to understand.
        let secret = ring::default_provider().key_provider.load_private_key(secret);
        let key = CertifiedKey::new(vec![certificate.der().clone()], secret.map_err(|error| failed(&error))?);
        self.given().over_tls.insert(asked_for(domain), Arc::new(key));
        Ok(())
    }

    /// Nobody asks any more.
    pub(super) fn clear(&self) {
        *self.given() = Given::default();
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name by which TLS asks for it. An address has none, so it is asked for by that of its reverse look-up (RFC 8738).
fn asked_for(domain: &Domain) -> String {
    match domain {
        Domain::Name(name) => name.clone(),
        Domain::Address(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Domain::Address(IpAddr::V6(address)) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            let digits: Vec<_> = nibbles.map(|nibble| format!("{nibble:x}")).collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_asked_for_by_their_reverse_names() {
        let check = |address: &str, expect: &str| {
            assert_eq!(asked_for(&Domain::Address(address.parse().expect("an address"))), expect);
        };
        check("203.0.113.7", "7.113.0.203.in-addr.arpa");
        check("2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    }

    #[test]
    fn answers_are_for_one_order() {
        let answers = Answers::default();
        answers.give_over_http("token".to_owned(), "answer".to_owned());
        answers.give_over_tls(&Domain::Name("box.example.org".to_owned()), &[7; 32]).expect("a certificate");
        assert_eq!(answers.over_http("token").as_deref(), Some("answer"));
        assert!(answers.over_tls("box.example.org").is_some());
        assert!(answers.over_tls("other.example.org").is_none());
        answers.clear();
        assert!(answers.over_http("token").is_none() && answers.over_tls("box.example.org").is_none());
    }
}
