//! Where the certificate comes from: two files, or an authority that is asked for it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::config::error::Error;
use crate::config::network::{BaseUrl, Listen, Speaks, is_broken_address};
use crate::config::{Config, ServerConfig};

/// As many names as the usual authorities put into one certificate.
const MOST_DOMAINS: usize = 100;

const LONGEST_NAME: usize = 253;

/// Either both files are named or at least one domain is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TlsConfig {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    /// The names that a certificate is fetched for; empty where there are files.
    pub domains: Vec<Domain>,
    /// Where the authority writes to when something is wrong.
    pub acme_contact: Option<String>,
    /// The address at which the authority says what it offers.
    pub acme_directory: String,
    /// A PEM file of whom the authority itself is believed, in the place of the system's list.
    pub acme_root_file: Option<PathBuf>,
}

/// What a certificate can be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    Name(String),
    Address(IpAddr),
}

impl Domain {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Address(address));
        }
        if text.starts_with("*.") {
            return Err(format!(
                "{text:?} stands for many names; write each, since only they can be shown to be yours"
            ));
        }
        if is_broken_address(text) {
            return Err(format!(
                "{text:?} ends in a number, as no name does, and is no address, which has four numbers up to 255; write for \
                 example box.example.org or 203.0.113.7"
            ));
        }
        let label = |label: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(plain)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() <= LONGEST_NAME && text.split('.').all(label) {
            Ok(Self::Name(text.to_ascii_lowercase()))
        } else {
            Err(format!(
                "{text:?} is not a name or an address; write for example box.example.org or 203.0.113.7"
            ))
        }
    }

    /// As it stands in an address that a browser opens.
    fn in_address(&self) -> String {
        match self {
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// `mailto:` is put before an address that has no scheme.
pub(super) fn contact(text: &str) -> Result<String, String> {
    let address = text.strip_prefix("mailto:").unwrap_or(text);
    let usable = address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if usable && !address.contains(|char: char| char.is_whitespace() || char.is_control()) {
        Ok(format!("mailto:{address}"))
    } else {
        Err(format!("{text:?} is not a mail address; write for example anna@example.org"))
    }
}

/// The address of an authority's directory.
pub(super) fn directory(text: &str) -> Result<String, String> {
    if text.starts_with("https://") && BaseUrl::parse(text).is_ok() {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is not an https address; write for example https://acme.example.org/directory"))
    }
}

impl Config {
    /// The rules of certificates: whence, and what each address speaks then.
    pub(super) fn settle_certificate(&mut self) -> Result<(), Error> {
        let together = |why| Err(Error::Together(why));
        if let Some(tls) = &self.tls {
            let files = [&tls.cert_file, &tls.key_file].map(|file| !file.as_os_str().is_empty());
            match (files, tls.domains.len()) {
                ([false, false], 0) => self.tls = None,
                ([true, true], 0) | ([false, false], 1..=MOST_DOMAINS) => {}
                ([false, false], _) => return together("tls.domains: one certificate has at most 100 names"),
                ([true, true], _) => {
                    return together(
                        "tls.domains fetches a certificate and tls.cert_file names one; remove one of the two",
                    );
                }
                _ => return together("tls.cert_file and tls.key_file belong together; set both or none"),
            }
        }
        for listen in &mut self.server.listen {
            let Listen::Tcp(_, speaks) = listen else { continue };
            *speaks = speaks.settled(self.tls.is_some());
            if *speaks != Speaks::Http && self.tls.is_none() {
                return together(
                    "server.listen: https:// and redirect:// need a certificate; set tls.domains, or tls.cert_file \
                     and tls.key_file",
                );
            }
        }
        let has = |speaks| {
            self.server.listen.iter().any(|listen| matches!(listen, Listen::Tcp(_, is) if *is == speaks))
        };
        let is_https_elsewhere = self.server.base_url.as_ref().is_some_and(BaseUrl::is_https);
        if has(Speaks::Redirect) && !has(Speaks::Https) && !is_https_elsewhere {
            return together(
                "server.listen: redirect:// sends everybody to https://, where nothing would answer; add an https:// address, or \
                 set server.base_url to the one of a proxy",
            );
        }
        if self.server.base_url.is_none() && self.server.is_at_usual_https_port() {
            // Whoever fetches a certificate for names is reached by them.
            let domains = self.tls.iter().flat_map(|tls| &tls.domains);
            let mut urls =
                domains.filter_map(|domain| BaseUrl::parse(&format!("https://{}", domain.in_address())).ok());
            self.server.base_url = urls.next();
            self.server.other_urls = urls.collect();
        }
        Ok(())
    }
}

impl ServerConfig {
    /// Whether there is an address over which browsers come without TLS.
    pub fn speaks_plainly(&self) -> bool {
        self.listen.iter().any(|listen| matches!(listen, Listen::Tcp(_, Speaks::Http)))
    }

    /// The addresses by which people come, first the one that links name; none where the configuration says none.
    pub fn own_urls(&self) -> impl Iterator<Item = &BaseUrl> {
        self.base_url.iter().chain(&self.other_urls)
    }

    fn is_at_usual_https_port(&self) -> bool {
        let usual =
            |listen: &Listen| matches!(listen, Listen::Tcp(address, Speaks::Https) if address.port() == 443);
        self.listen.iter().any(usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_certificates() {
        let check = |text: &str, expect: Option<&str>| {
            let domain = Domain::parse(text).ok().map(|domain| domain.in_address());
            assert_eq!(domain.as_deref(), expect, "{text:?}");
        };
        check("Box.Example.org", Some("box.example.org"));
        check("203.0.113.7", Some("203.0.113.7"));
        check("2001:db8::1", Some("[2001:db8::1]"));
        check("[2001:db8::1]", Some("[2001:db8::1]"));
        for text in [
            "*.example.org",
            "box..org",
            "-box.org",
            "box-.org",
            "https://box.org",
            "box.org:443",
            "b\u{f6}x.org",
            "203.0.113.300",
            "box.1",
            "1",
            "",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn certificates_and_addresses_fit_together() {
        let check = |toml: &str, expect: Result<(&str, Option<&str>), &str>| {
            let config = Config::from_toml(&format!("data.dir = 'd'\n{toml}"));
            let shown = config.map_err(|error| error.to_string()).map(|config| {
                let listen: Vec<_> = config.server.listen.iter().map(ToString::to_string).collect();
                (listen.join(" "), config.server.base_url.map(|url| url.to_string()))
            });
            match (shown, expect) {
                (Ok((listen, base)), Ok(expect)) => {
                    assert_eq!((listen.as_str(), base.as_deref()), expect, "{toml}");
                }
                (Err(error), Err(part)) => assert!(error.contains(part), "{toml}: {error}"),
                (shown, _) => panic!("{toml}: {shown:?}"),
            }
        };
        check("", Ok(("http://127.0.0.1:5010", None)));
        check("tls.domains = ['a.b']", Ok(("https://[::]:443 redirect://[::]:80", Some("https://a.b"))));
        check("tls.domains = ['::1']", Ok(("https://[::]:443 redirect://[::]:80", Some("https://[::1]"))));
        check(
            "tls.domains = ['a.b']\nserver.listen = ['127.0.0.1:8443', 'http://127.0.0.1:80']",
            Ok(("https://127.0.0.1:8443 http://127.0.0.1:80", None)),
        );
        check("tls.cert_file = 'a'\ntls.key_file = 'b'", Ok(("https://127.0.0.1:5010", None)));
        let config = Config::from_toml("data.dir = 'd'\ntls.domains = ['a.b', '::1']").expect("usable");
        let urls: Vec<_> = config.server.own_urls().map(ToString::to_string).collect();
        assert_eq!(urls, ["https://a.b", "https://[::1]"]);
        check("tls.domains = ''", Ok(("http://127.0.0.1:5010", None)));
        check("tls.domains = []", Ok(("http://127.0.0.1:5010", None)));
        check("tls.cert_file = 'a'", Err("belong together"));
        check("tls.cert_file = 'a'\ntls.key_file = 'b'\ntls.domains = ['a.b']", Err("remove one of the two"));
        check("server.listen = 'https://127.0.0.1:1'", Err("need a certificate"));
        check("server.listen = 'redirect://127.0.0.1:1'", Err("need a certificate"));
        let certificate = "tls.cert_file = 'a'\ntls.key_file = 'b'\nserver.listen = 'redirect://127.0.0.1:1'";
        check(certificate, Err("where nothing would answer"));
        let proxied = format!("{certificate}\nserver.base_url = 'https://a.b'");
        check(&proxied, Ok(("redirect://127.0.0.1:1", Some("https://a.b"))));
        check("server.listen = 'ftp://127.0.0.1:1'", Err("not an address with a port"));
    }

    #[test]
    fn whom_the_authority_writes_to() {
        assert_eq!(contact("anna@example.org"), Ok("mailto:anna@example.org".to_owned()));
        assert_eq!(contact("mailto:anna@example.org"), Ok("mailto:anna@example.org".to_owned()));
        for text in ["anna", "@example.org", "anna@example", "an na@example.org"] {
            assert!(contact(text).is_err(), "{text}");
        }
    }
}
