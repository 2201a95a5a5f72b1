//! The only client that calls addresses which people typed in. Each call is one connection to one address that was judged:
//! a name that leads elsewhere a moment later changes nothing. Time, size and where it goes are bounded; no redirect is
//! followed.

pub mod call;
mod exchange;
pub mod mail;
mod reach;
mod tls;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use url::Host;

use crate::config::PushConfig;
use crate::domain::host::is_this_machine;
use crate::domain::web_address::WebAddress;
use crate::outbound::call::{Answer, PATIENCE, Post, SendError, in_time};
use crate::outbound::tls::Tls;
pub use crate::outbound::tls::{believed, roots};

/// How long one address of several may take to be connected to.
const CONNECTING: Duration = Duration::from_secs(4);

/// Addresses of a name that are tried.
const MOST_ADDRESSES: usize = 3;

/// A cheap handle to the client.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    allowed: Vec<IpNet>,
    tls: Tls,
}

impl Client {
    pub fn new(config: PushConfig) -> Self {
        Self { shared: Arc::new(Shared { allowed: config.allow_private, tls: Tls::new(config.root_file) }) }
    }

    /// Sends it once and gives the answer, whatever its status.
    ///
    /// # Errors
    /// When the address may not be called, or does not answer in time in HTTP.
    pub async fn post(&self, post: Post) -> Result<Answer, SendError> {
        let until = Instant::now() + PATIENCE;
        let io = in_time(until, self.connected(&post.to)).await?;
        if post.to.is_https() {
            let io = in_time(until, self.shared.tls.over(io, &post.to)).await?;
            exchange::over(io, post, until).await
        } else {
            exchange::over(io, post, until).await
        }
    }

    /// Refuses an address that is never called, as far as it says so itself. What another name leads to shows only when it
    /// is called, and may change.
    ///
    /// # Errors
    /// [`SendError::NotPublic`].
    pub fn may_call(&self, to: &WebAddress) -> Result<(), SendError> {
        let address: IpAddr = match to.host() {
            Host::Ipv4(address) => address.into(),
            Host::Ipv6(address) => address.into(),
            Host::Domain(name) if is_this_machine(name) => Ipv4Addr::LOCALHOST.into(),
            Host::Domain(_) => return Ok(()),
        };
        let is_permitted = reach::is_permitted(address, &self.shared.allowed, &reach::here());
        if is_permitted { Ok(()) } else { Err(SendError::NotPublic(to.host().to_string())) }
    }

    async fn connected(&self, to: &WebAddress) -> Result<TcpStream, SendError> {
        let addresses = permitted(addresses(to).await?, &self.shared.allowed, &reach::here())
            .ok_or_else(|| SendError::NotPublic(to.host().to_string()))?;
        connected(&addresses).await
    }
}

/// Whether an address is one of the public internet, wherever this machine is.
pub fn is_public(address: IpAddr) -> bool {
    reach::is_permitted(address, &[], &[])
}

/// All that the host is known as.
async fn addresses(to: &WebAddress) -> Result<Vec<SocketAddr>, SendError> {
    let port = to.port();
    match to.host() {
        Host::Ipv4(address) => Ok(vec![(address, port).into()]),
        Host::Ipv6(address) => Ok(vec![(address, port).into()]),
        Host::Domain(name) => match lookup_host((name, port)).await {
            Ok(found) => Ok(found.collect()),
            Err(_) => Err(SendError::NoAddress(name.to_owned())),
        },
    }
    .and_then(
        |found: Vec<_>| if found.is_empty() { Err(SendError::NoAddress(to.authority())) } else { Ok(found) },
    )
}

/// Those that may be called, if there are any.
fn permitted(mut addresses: Vec<SocketAddr>, allowed: &[IpNet], here: &[IpNet]) -> Option<Vec<SocketAddr>> {
    addresses.retain(|address| reach::is_permitted(address.ip(), allowed, here));
    addresses.truncate(MOST_ADDRESSES);
    (!addresses.is_empty()).then_some(addresses)
}

/// A connection to the first of these that takes one. Nothing is looked up again.
async fn connected(addresses: &[SocketAddr]) -> Result<TcpStream, SendError> {
    let mut last = SendError::Silent;
    for address in addresses {
        match timeout(CONNECTING, TcpStream::connect(address)).await {
            Ok(Ok(io)) => return Ok(io),
            Ok(Err(error)) => last = SendError::Unreachable(error.to_string()),
            Err(_late) => last = SendError::Unreachable("nobody answers there".to_owned()),
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refusal_does_not_tell_what_a_name_leads_to() {
        let client = Client::new(PushConfig::default());
        for address in ["http://localhost:1/", "http://127.0.0.1:1/"] {
            let to = WebAddress::parse(address).expect("an address");
            let refused = client.post(Post { to, headers: Vec::new(), body: bytes::Bytes::new() }).await;
            let words = refused.map_err(|error| error.to_string()).expect_err("a refusal");
            let typed_in = address.trim_start_matches("http://").trim_end_matches(":1/");
            assert!(words.starts_with(&format!("{typed_in} leads into a private network")), "{words}");
            assert!(!words[typed_in.len()..].contains("127.0.0.1"), "{words}");
        }
    }

    #[test]
    fn of_a_name_only_addresses_that_may_be_called_are_left() {
        let all =
            |texts: &[&str]| texts.iter().map(|text| text.parse().expect("an address")).collect::<Vec<_>>();
        let mixed = all(&["127.0.0.1:80", "8.8.8.8:80", "[::ffff:10.0.0.1]:80", "[::1]:80"]);
        assert_eq!(permitted(mixed, &[], &[]).expect("one"), all(&["8.8.8.8:80"]));
        assert!(permitted(all(&["10.0.0.1:80", "[::1]:80"]), &[], &[]).is_none());
        let many = all(&["1.1.1.1:1", "1.1.1.2:1", "1.1.1.3:1", "1.1.1.4:1"]);
        assert_eq!(permitted(many, &[], &[]).expect("some").len(), MOST_ADDRESSES);
    }
}
