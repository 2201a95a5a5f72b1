//! Addresses: where to listen, what the world calls this server, which networks are trusted.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

/// One place to accept connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr, Speaks),
    /// A Unix domain socket at this path; always plain http.
    Unix(PathBuf),
}

/// What is spoken at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Nothing was said: https where there is a certificate, else http.
    Usual,
    Http,
    Https,
    /// Plain http that answers a certificate authority's question and sends everybody else to https.
    Redirect,
}

impl Speaks {
    const WRITTEN: [(&str, Self); 3] =
        [("http://", Self::Http), ("https://", Self::Https), ("redirect://", Self::Redirect)];

    /// As a socket is named that is handed over.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Http => "http",
            Self::Https => "https",
            Self::Redirect => "redirect",
        }
    }

    /// What a socket of this name speaks; absent where the name does not say.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Http, Self::Https, Self::Redirect].into_iter().find(|speaks| speaks.name() == name)
    }

    /// What this comes to with a certificate or without.
    #[must_use]
    pub fn settled(self, has_certificate: bool) -> Self {
        match self {
            Self::Usual if has_certificate => Self::Https,
            Self::Usual => Self::Http,
            said => said,
        }
    }
}

impl Listen {
    /// Reads an address as it is displayed, or as people write it; says what is wrong with another.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() {
                Ok(Self::Unix(path))
            } else {
                Err(format!("{text:?} needs an absolute path, such as unix:/run/peerbox/peerbox.sock"))
            };
        }
        let said =
            Speaks::WRITTEN.iter().find_map(|(prefix, speaks)| Some((text.strip_prefix(prefix)?, *speaks)));
        let (place, speaks) = said.unwrap_or((text, Speaks::Usual));
        if let Some(port) = place.strip_prefix("localhost:")
            && let Ok(port) = port.parse()
        {
            return Ok(Self::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), speaks));
        }
        place.parse().map(|address| Self::Tcp(address, speaks)).map_err(|_| {
            format!(
                "{text:?} is not an address with a port; write for example 127.0.0.1:5010, https://[::]:443, \
                 http://127.0.0.1:5010, redirect://[::]:80 or unix:/run/peerbox/peerbox.sock"
            )
        })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address, speaks) => {
                let prefix = Speaks::WRITTEN.iter().find(|(_, written)| written == speaks);
                write!(f, "{}{address}", prefix.map_or("", |(prefix, _)| prefix))
            }
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The server's public address: scheme, host, perhaps a port and a path; never a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin_len: usize,
}

impl BaseUrl {
    /// Reads a full address; says what is wrong with another.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unusable = |why: &str| format!("{text:?} {why}; write for example https://box.example.org/inbox");
        let (scheme, rest) = text.split_once("://").ok_or_else(|| unusable("is not a full address"))?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(unusable("is neither http nor https")),
        };
        if rest.contains(['?', '#']) {
            return Err(unusable("has a query or a fragment"));
        }
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let origin = format!("{scheme}://{}", host_and_port(authority, default_port).map_err(unusable)?);
        let path = path.trim_end_matches('/');
        if !is_plain_path(path) {
            return Err(unusable("has a path of other than letters, digits, - . _ ~ and single slashes"));
        }
        Ok(Self { origin_len: origin.len(), text: origin + path })
    }

    /// Scheme, host and, where it is not the scheme's own, port: what browsers send as `Origin`.
    pub fn origin(&self) -> &str {
        &self.text[..self.origin_len]
    }

    /// The name or address that is connected to, without brackets.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        let end = if authority.starts_with('[') { authority.find(']') } else { authority.find(':') };
        authority[..end.unwrap_or(authority.len())].trim_start_matches('[')
    }

    /// The port that is connected to.
    pub fn port(&self) -> u16 {
        let port = self.authority().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        port.unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// Host and, where it is not the scheme's own, port: what is sent as `Host`.
    pub fn authority(&self) -> &str {
        self.origin().split_once("://").map_or("", |(_, authority)| authority)
    }

    /// The prefix of every path, `/inbox` for example, or nothing.
    pub fn path(&self) -> &str {
        &self.text[self.origin_len..]
    }

    /// Whether people and programs come over TLS, be it that of a proxy.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Normal form of an authority, as browsers write it: lower case and without the scheme's own port.
fn host_and_port(authority: &str, default_port: u16) -> Result<String, &'static str> {
    let port_at = match authority.rfind(']') {
        Some(end) => authority[end..].find(':').map(|at| end + at),
        None => authority.find(':'),
    };
    let (host, port) = match port_at {
        Some(at) => (&authority[..at], Some(&authority[at + 1..])),
        None => (authority, None),
    };
    let host = if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| "has no usable host")?;
        format!("[{address}]")
    } else {
        let usable = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if host.is_empty() || !host.bytes().all(usable) || is_broken_address(host) {
            return Err("has no usable host");
        }
        host.to_ascii_lowercase()
    };
    let Some(port) = port else { return Ok(host) };
    match port.parse::<u16>() {
        Ok(0) | Err(_) => Err("has no usable port"),
        Ok(port) if port == default_port => Ok(host),
        Ok(port) => Ok(format!("{host}:{port}")),
    }
}

/// Whether a host is meant as an address and is none: no name ends in a number, and browsers open none that does.
pub(super) fn is_broken_address(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or(host);
    last.bytes().all(|byte| byte.is_ascii_digit()) && host.parse::<Ipv4Addr>().is_err()
}

fn is_plain_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    path.is_empty()
        || path[1..]
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain))
}

/// Reads a network, a single address, or the shorthands `loopback` and `private`, each of which is several.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let shorthand: &[&str] = match text {
        "loopback" => &["127.0.0.0/8", "::1/128"],
        "private" => &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
        other => &[other],
    };
    shorthand.iter().map(|text| network(text)).collect()
}

fn network(text: &str) -> Result<IpNet, String> {
    let single = text.parse::<IpAddr>().ok().map(IpNet::from);
    single.or_else(|| text.parse::<IpNet>().ok().map(|net| net.trunc())).ok_or_else(|| {
        format!("{text:?} is not a network; write for example 10.0.0.0/8, 192.0.2.7, loopback or private")
    })
}

/// Reads an origin as browsers send it, or `*`.
pub(super) fn origin(text: &str) -> Result<String, String> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    match BaseUrl::parse(text) {
        Ok(url) if url.path().is_empty() => Ok(url.origin().to_owned()),
        _ => Err(format!("{text:?} is not an origin; write for example https://wallet.example.org or *")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_listen() {
        let check = |text: &str, expect: Option<&str>| {
            let listen = Listen::parse(text).ok().map(|listen| listen.to_string());
            assert_eq!(listen.as_deref(), expect, "{text:?}");
        };
        check("127.0.0.1:5010", Some("127.0.0.1:5010"));
        check("localhost:80", Some("127.0.0.1:80"));
        check("[::1]:80", Some("[::1]:80"));
        check("unix:/run/p.sock", Some("unix:/run/p.sock"));
        check("https://[::]:443", Some("https://[::]:443"));
        check("redirect://localhost:80", Some("redirect://127.0.0.1:80"));
        check("http://127.0.0.1:5010", Some("http://127.0.0.1:5010"));
        check("unix:p.sock", None);
        check("http://unix:/run/p.sock", None);
        check(":5010", None);
        check("5010", None);
    }

    #[test]
    fn public_addresses() {
        let check = |text: &str, expect: Option<(&str, &str)>| {
            let url = BaseUrl::parse(text).ok();
            assert_eq!(url.as_ref().map(|url| (url.origin(), url.path())), expect, "{text:?}");
        };
        check("https://box.example.org", Some(("https://box.example.org", "")));
        check("HTTPS://Box.Example.org:443/", Some(("https://box.example.org", "")));
        check("http://10.0.0.1:5010/peer/channels/", Some(("http://10.0.0.1:5010", "/peer/channels")));
        check("https://[2001:DB8::1]:8443/a", Some(("https://[2001:db8::1]:8443", "/a")));
        for text in [
            "box.example.org",
            "ftp://box",
            "https://",
            "https://u@box",
            "https://box:0",
            "https://box:x",
            "https://box?a",
            "https://box/#a",
            "https://box//a",
            "https://box/../a",
            "https://box/a b",
        ] {
            check(text, None);
        }
        assert_eq!(
            BaseUrl::parse("https://box/a/").map(|url| url.to_string()),
            Ok("https://box/a".to_owned())
        );
    }

    #[test]
    fn trusted_networks() {
        let check = |text: &str, expect: Option<usize>| {
            assert_eq!(networks(text).ok().map(|networks| networks.len()), expect, "{text:?}");
        };
        check("loopback", Some(2));
        check("private", Some(4));
        check("10.1.2.3/8", Some(1));
        check("192.0.2.7", Some(1));
        check("::1", Some(1));
        check("localnet", None);
        assert_eq!(networks("10.1.2.3/8").map(|nets| nets[0].to_string()), Ok("10.0.0.0/8".to_owned()));
    }
}
