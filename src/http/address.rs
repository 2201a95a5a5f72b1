//! Addresses: whose request this is, and what the world calls this server. Forwarded headers count only from trusted
//! proxies.

use std::net::IpAddr;

use actix_web::http::header::{HOST, HeaderMap};
use actix_web::http::uri::Authority;
use actix_web::{HttpMessage, HttpRequest};

use crate::config::{BaseUrl, ClientIpHeader, ServerConfig};

/// Among the extensions of a request that came to us over TLS.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// What is needed to judge addresses.
#[derive(Debug, Clone)]
pub struct Addresses {
    base_url: Option<BaseUrl>,
    other_urls: Vec<BaseUrl>,
    trusted_proxies: Vec<ipnet::IpNet>,
    header: ClientIpHeader,
}

impl Addresses {
    pub fn new(config: &ServerConfig) -> Self {
        Self {
            base_url: config.base_url.clone(),
            other_urls: config.other_urls.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            header: config.client_ip_header,
        }
    }

    /// The path under which everything is served; empty for the root.
    pub fn base_path(&self) -> &str {
        self.base_url.as_ref().map_or("", BaseUrl::path)
    }

    /// The address that people and programs use, where the configuration says one.
    pub fn base_url(&self) -> Option<&BaseUrl> {
        self.base_url.as_ref()
    }

    /// Whether the configuration says that people come by an address like this; by none where it says nothing.
    pub fn is_own(&self, is_it: impl Fn(&BaseUrl) -> bool) -> bool {
        self.base_url.iter().chain(&self.other_urls).any(is_it)
    }

    /// The client's address. Each trusted hop, from the peer on, names the one before it; the first that is not trusted is
    /// the client. A hop that names nobody ends the walk: what lies behind it may be made up, so the request counts as
    /// that hop's own.
    pub fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
        let mut client = request.peer_addr().map(|address| address.ip().to_canonical());
        for named in hops(request.headers(), self.header) {
            if !self.is_trusted(client) {
                break;
            }
            let Some(address) = named else { break };
            client = Some(address);
        }
        client
    }

    /// Scheme, host and base path, without a trailing slash: what links and channel addresses begin with.
    pub fn public_url(&self, request: &HttpRequest) -> String {
        if let Some(base_url) = &self.base_url {
            return base_url.to_string();
        }
        let headers = request.headers();
        let trusted = self.is_trusted(request.peer_addr().map(|address| address.ip().to_canonical()));
        let forwarded = |name: &str| {
            // The last value of the last line is what the nearest proxy wrote.
            let value = headers.get_all(name).next_back().filter(|_| trusted)?.to_str().ok()?;
            value.rsplit(',').next().map(str::trim)
        };
        let over_tls = request.extensions().contains::<OverTls>();
        let own_scheme = if over_tls { "https" } else { "http" };
        // Both go into addresses that are handed on, so neither is taken for what it is not.
        let scheme = forwarded("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
        let scheme = scheme.unwrap_or(own_scheme);
        let is_host = |text: &&str| Authority::try_from(*text).is_ok();
        let host = forwarded("x-forwarded-host")
            .filter(is_host)
            .or_else(|| headers.get(HOST)?.to_str().ok().filter(is_host))
            .or_else(|| request.uri().authority().map(Authority::as_str))
            .unwrap_or("localhost");
        format!("{scheme}://{host}")
    }

    /// Whether what this address says of its clients is believed.
    pub fn is_trusted(&self, address: Option<IpAddr>) -> bool {
        address.is_some_and(|address| {
            self.trusted_proxies.iter().any(|network| network.contains(&address.to_canonical()))
        })
    }
}

/// Whom each hop names, the nearest first; `None` where that cannot be read.
fn hops(headers: &HeaderMap, header: ClientIpHeader) -> impl Iterator<Item = Option<IpAddr>> {
    let lines: Vec<_> = headers.get_all(header.as_str()).collect();
    lines.into_iter().rev().flat_map(move |line| {
        // Byte by byte: a client's own garbage must not hide what the proxy wrote behind it.
        let elements = line.as_bytes().rsplit(|byte| *byte == b',');
        elements.map(move |element| {
            let element = str::from_utf8(element).ok()?;
            match header {
                ClientIpHeader::Forwarded => forwarded_for(element),
                ClientIpHeader::XForwardedFor | ClientIpHeader::XRealIp | ClientIpHeader::CfConnectingIp => {
                    address(element)
                }
            }
        })
    })
}

/// The `for` of one element of a Forwarded header (RFC 7239), which has only one.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut values = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    let value = values.next().filter(|_| values.next().is_none())?;
    let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    address(unquoted.unwrap_or(value))
}

/// An address, perhaps in brackets, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Some(address.ip().to_canonical());
    }
    let bracketed: IpAddr = text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?;
    Some(bracketed.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn every_name_of_the_certificate_is_our_own_unless_one_address_was_named() {
        let check = |more: &str, origin: &str, expect: bool| {
            let config = Config::from_toml(&format!("data.dir = 'd'\ntls.domains = ['a.b', 'c.d']\n{more}"));
            let addresses = Addresses::new(&config.expect("usable").server);
            assert_eq!(addresses.is_own(|url| url.origin() == origin), expect, "{origin} {more}");
        };
        check("", "https://a.b", true);
        check("", "https://c.d", true);
        check("", "https://e.f", false);
        check("server.base_url = 'https://a.b'", "https://c.d", false);
    }

    #[test]
    fn reads_the_forms_that_proxies_write() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            (" 192.0.2.1:8080", Some("192.0.2.1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("[::ffff:192.0.2.1]", Some("192.0.2.1")),
            ("unknown", None),
            ("unix:", None),
            ("", None),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), expected, "{text}");
        }
        assert_eq!(
            forwarded_for("proto=https; For=\"[2001:db8::1]:4711\"").map(|address| address.to_string()),
            Some("2001:db8::1".to_owned())
        );
        for element in ["for=192.0.2.1;for=192.0.2.2", "for=\"192.0.2.1", "for=_hidden", "by=192.0.2.1", ""] {
            assert_eq!(forwarded_for(element), None, "{element}");
        }
    }
}
