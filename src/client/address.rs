//! Addresses of servers and channels, below whatever path a server stands.

use std::fmt;

use reqwest::Url;

use crate::domain::host::is_this_machine;

/// What stands between a server's own path and a channel's id: for programs, and on the page for people.
const PROGRAMS: &str = "/api/v1/channel/";
const PEOPLE: &str = "/c/";

/// Where the calls of a server begin.
const CALLS: &str = "/api/v1";

/// The public address of a server, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress(String);

/// The address of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    server: ServerAddress,
    channel: String,
}

/// What is no address of a server or channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    #[error("this is no address: it has to begin with https:// or http://")]
    NoUrl,
    #[error("an address names no user and no password")]
    Credentials,
    #[error("this is no address of a channel: it has to contain /api/v1/channel/ and the channel's id")]
    NoChannel,
}

impl ServerAddress {
    /// The address of a server as somebody typed it.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        Self::with_account(text).map(|(server, _)| server)
    }

    /// The same, and the id of the account where it is the address of one: where its calls begin is no part of the server's.
    pub fn with_account(text: &str) -> Result<(Self, Option<u64>), InvalidAddress> {
        let url = parsed(text)?;
        let path = url.path();
        let end = path
            .rfind(CALLS)
            .filter(|end| matches!(path.as_bytes().get(end + CALLS.len()), None | Some(b'/')));
        let (before, calls) = path.split_at(end.unwrap_or(path.len()));
        let account =
            calls.trim_start_matches(CALLS).strip_prefix("/account/").map(|rest| rest.trim_end_matches('/'));
        Ok((Self::of(&url, before), account.and_then(|id| id.parse().ok())))
    }

    fn of(url: &Url, path: &str) -> Self {
        Self(format!("{}{}", url.origin().ascii_serialization(), path.trim_end_matches('/')))
    }

    /// The address of something of this server; `path` begins with a slash.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether it is http without TLS.
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http:")
    }

    /// Whether everybody on the way can read along: http to anywhere but this machine.
    pub fn is_open_to_all(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else { return true };
        self.is_plain() && !url.host_str().is_some_and(is_this_machine)
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Address {
    /// The address for programs, or that of the page for people. What stands behind `?` and `#` is no part of it.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let url = parsed(text)?;
        for between in [PROGRAMS, PEOPLE] {
            let Some((before, channel)) = url.path().rsplit_once(between) else { continue };
            let channel = channel.trim_end_matches('/');
            if !channel.is_empty() && !channel.contains('/') {
                let server = ServerAddress::of(&url, before);
                return Ok(Self { server, channel: channel.to_owned() });
            }
        }
        Err(InvalidAddress::NoChannel)
    }

    /// Whose channel it is.
    pub fn server(&self) -> &ServerAddress {
        &self.server
    }

    /// The channel's id, as it stands in addresses.
    pub fn channel(&self) -> &str {
        &self.channel
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{PROGRAMS}{}", self.server, self.channel)
    }
}

fn parsed(text: &str) -> Result<Url, InvalidAddress> {
    let url = Url::parse(text.trim()).map_err(|_| InvalidAddress::NoUrl)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(InvalidAddress::NoUrl);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidAddress::Credentials);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_found_below_any_path() {
        for (given, expected) in [
            ("https://a.example/api/v1/channel/abc", "https://a.example/api/v1/channel/abc"),
            (
                "https://a.example:8443/p/q/api/v1/channel/abc/",
                "https://a.example:8443/p/q/api/v1/channel/abc",
            ),
            ("https://a.example/c/abc#t.f.s", "https://a.example/api/v1/channel/abc"),
            ("https://a.example/c/c/abc?x", "https://a.example/c/api/v1/channel/abc"),
            (" HTTP://A.example:80/api/v1/channel/a-_b== ", "http://a.example/api/v1/channel/a-_b=="),
        ] {
            assert_eq!(Address::parse(given).expect(given).to_string(), expected, "{given}");
        }
        for (given, expected) in [
            ("", InvalidAddress::NoUrl),
            ("ftp://a/api/v1/channel/a", InvalidAddress::NoUrl),
            ("https://u:p@a/api/v1/channel/a", InvalidAddress::Credentials),
            ("https://a.example/", InvalidAddress::NoChannel),
            ("https://a.example/api/v1/channel/", InvalidAddress::NoChannel),
            ("https://a.example/api/v1/channel/a/notify", InvalidAddress::NoChannel),
        ] {
            assert_eq!(Address::parse(given), Err(expected), "{given}");
        }
    }

    #[test]
    fn a_server_is_found_in_the_address_of_its_account() {
        for (given, server, account) in [
            ("https://a.example/", "https://a.example", None),
            ("https://a.example/p/api/v1", "https://a.example/p", None),
            ("https://a.example/api/v1/account/3/", "https://a.example", Some(3)),
            ("https://a.example/api/v1/account/x", "https://a.example", None),
            ("https://a.example/api/v10", "https://a.example/api/v10", None),
        ] {
            let (found, id) = ServerAddress::with_account(given).expect(given);
            assert_eq!((found.to_string().as_str(), id), (server, account), "{given}");
        }
    }

    #[test]
    fn http_is_for_this_machine() {
        for (address, open) in [
            ("https://a.example", false),
            ("http://127.0.0.7:1/p", false),
            ("http://[::1]:1", false),
            ("http://localhost", false),
            ("http://localhost.example", true),
            ("http://10.0.0.1", true),
        ] {
            assert_eq!(ServerAddress::parse(address).expect(address).is_open_to_all(), open, "{address}");
        }
    }
}
