//! Addresses of e-mail.

use lettre::Address;

/// The longest that SMTP takes.
const LONGEST: usize = 254;

/// An address that a relay takes without extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress(Address);

/// Why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This is not an e-mail address, such as anna@example.org.")]
pub struct InvalidMailAddress;

impl MailAddress {
    /// Reads what somebody typed.
    pub fn parse(typed: &str) -> Result<Self, InvalidMailAddress> {
        let typed = typed.trim();
        let is_plain = typed.is_ascii() && typed.len() <= LONGEST && !typed.contains(['"', '[', '%']);
        let address: Option<Address> = typed.parse().ok().filter(|_| is_plain);
        address.filter(|address| address.domain().contains('.')).map(Self).ok_or(InvalidMailAddress)
    }

    /// As the library of e-mail has it.
    pub fn get(&self) -> &Address {
        &self.0
    }

    /// The same for all ways to write it.
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_relay_takes_is_one() {
        for right in ["anna@example.org", " a.b+c@mail.example.org ", "o'neil@example.org"] {
            assert_eq!(MailAddress::parse(right).expect(right).as_str(), right.trim());
        }
        let long = format!("{}@example.org", "a".repeat(250));
        let with_more = "anna@example.org\r\nBcc: all@example.org";
        for wrong in [
            "",
            "anna",
            "anna@",
            "@example.org",
            "anna@localhost",
            "a b@example.org",
            "änna@example.org",
            &long,
            with_more,
            "\"a b\"@example.org",
            "anna@[127.0.0.1]",
            "anna@example.org,bob@example.org",
        ] {
            assert!(MailAddress::parse(wrong).is_err(), "{wrong}");
        }
    }
}
