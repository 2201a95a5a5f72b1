//! What a certificate says of itself.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use crate::domain::time::Timestamp;

/// For which names, from when and until when it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    pub names: BTreeSet<String>,
    pub begins: Timestamp,
    pub ends: Timestamp,
}

impl CertificateFacts {
    /// Reads one in DER; absent when it is none.
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let (_, parsed) = parse_x509_certificate(certificate).ok()?;
        let others = parsed.subject_alternative_name().ok()?;
        let names = others.iter().flat_map(|others| &others.value.general_names).filter_map(name).collect();
        let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
        let validity = parsed.validity();
        Some(Self {
            names,
            begins: at(validity.not_before.timestamp()),
            ends: at(validity.not_after.timestamp()),
        })
    }

    /// When two thirds of its time are over, which is when it is due to be renewed if nobody says otherwise.
    pub fn due(&self) -> Timestamp {
        self.begins.after(self.lifetime() * 2 / 3)
    }

    /// From its begin to its end.
    pub fn lifetime(&self) -> Duration {
        self.ends.since(self.begins)
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => {
            let v4 = || <[u8; 4]>::try_from(*bytes).map(IpAddr::from).ok();
            let v6 = || <[u8; 16]>::try_from(*bytes).map(IpAddr::from).ok();
            v4().or_else(v6).map(|address| address.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn names_and_times_are_read() {
        let mut parameters =
            CertificateParams::new(["Box.example.org", "203.0.113.7", "2001:db8::1"].map(str::to_owned))
                .expect("usable names");
        parameters.not_before = date_time_ymd(2026, 1, 1);
        parameters.not_after = date_time_ymd(2026, 1, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        let facts = CertificateFacts::of(certificate.der()).expect("a certificate");
        let names: Vec<_> = facts.names.iter().map(String::as_str).collect();
        assert_eq!(names, ["2001:db8::1", "203.0.113.7", "box.example.org"]);
        assert_eq!(facts.begins.to_string(), "2026-01-01T00:00:00.000Z");
        assert_eq!(facts.ends.to_string(), "2026-01-31T00:00:00.000Z");
        assert_eq!(facts.due().to_string(), "2026-01-21T00:00:00.000Z");
        assert_eq!(CertificateFacts::of(&[1, 2, 3]), None);
    }
}
