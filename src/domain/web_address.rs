//! Addresses on the web that something is sent to.

use std::fmt;

use url::{Host, Url};

/// The longest of them, in bytes.
const LONGEST: usize = 2000;

/// An `http` or `https` address. It may hold a secret in its path, so `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress(Url);

/// A text that is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebAddress {
    #[error("this is not an address; write for example https://example.org/hook")]
    NotAnAddress,
    #[error("the address has to begin with https:// or http://")]
    OtherScheme,
    #[error("the address names a user or password; use the field for a token")]
    NamesUser,
    #[error("the address is longer than {LONGEST} characters")]
    TooLong,
}

impl WebAddress {
    /// Reads one as people type it. A fragment is left out, because nobody is sent it.
    pub fn parse(text: &str) -> Result<Self, InvalidWebAddress> {
        if text.len() > LONGEST {
            return Err(InvalidWebAddress::TooLong);
        }
        let mut url = Url::parse(text).map_err(|_| InvalidWebAddress::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidWebAddress::OtherScheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidWebAddress::NamesUser);
        }
        url.set_fragment(None);
        if url.as_str().len() > LONGEST {
            return Err(InvalidWebAddress::TooLong);
        }
        Ok(Self(url))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same without its query, in which some services want a token.
    #[must_use]
    pub fn without_query(&self) -> Self {
        let mut url = self.0.clone();
        url.set_query(None);
        Self(url)
    }

    /// Whether it is called over TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// What stands for the machine, which decimal, octal and other ways to write an address are read into.
    pub fn host(&self) -> Host<&str> {
        self.0.host().unwrap_or(Host::Domain(""))
    }

    /// The one that is named, or that of the scheme.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(0)
    }

    /// Machine and port, as a request names them.
    pub fn authority(&self) -> String {
        match self.0.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_string(),
        }
    }

    /// Scheme, machine and port.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Path and query, as a request names them.
    pub fn target(&self) -> String {
        match self.0.query() {
            Some(query) => format!("{}?{query}", self.0.path()),
            None => self.0.path().to_owned(),
        }
    }
}

impl fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let check = |text: &str, authority: &str, target: &str, port: u16| {
            let address = WebAddress::parse(text).expect("an address");
            assert_eq!(
                (address.authority().as_str(), address.target().as_str(), address.port()),
                (authority, target, port),
                "{text}"
            );
        };
        check("https://example.org", "example.org", "/", 443);
        check("http://EXAMPLE.org:8080/a b?c=d#e", "example.org:8080", "/a%20b?c=d", 8080);
        check("https://[2001:DB8::1]/x", "[2001:db8::1]", "/x", 443);
        check("http://0x7f.1/", "127.0.0.1", "/", 80);
        check("http://2130706433/", "127.0.0.1", "/", 80);
        check("http://0177.0.0.01/", "127.0.0.1", "/", 80);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (text, expected) in [
            ("", InvalidWebAddress::NotAnAddress),
            ("example.org/hook", InvalidWebAddress::NotAnAddress),
            ("https://", InvalidWebAddress::NotAnAddress),
            ("ftp://example.org/", InvalidWebAddress::OtherScheme),
            ("file:///etc/passwd", InvalidWebAddress::OtherScheme),
            ("https://me:secret@example.org/", InvalidWebAddress::NamesUser),
            ("https://me@example.org/", InvalidWebAddress::NamesUser),
        ] {
            assert_eq!(WebAddress::parse(text), Err(expected), "{text}");
        }
        let long = format!("https://example.org/{}", "a".repeat(LONGEST));
        assert_eq!(WebAddress::parse(&long), Err(InvalidWebAddress::TooLong));
    }
}
