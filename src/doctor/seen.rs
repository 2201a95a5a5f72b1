//! How a request came to the server, as that saw it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Where a server answers how a request came to it. To whoever shows no proof of having its keys there is no such page.
pub const PATH: &str = "/probe";

/// The same below the path of the API, to be posted to as programs post their reports.
pub const API_PATH: &str = "/api/probe";

/// The same, with a name by which the server knows that a connection may become a WebSocket.
pub const SOCKET_PATH: &str = "/probe/notify";

/// Where it answers with two events, of which the second comes a while later.
pub const EVENTS_PATH: &str = "/probe/events";

/// The header with the proof.
pub const PROOF: &str = "x-peerbox-proof";

/// What the server saw.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    /// The name that it was asked by.
    pub host: String,
    /// Who connected; absent on a unix socket.
    pub peer: Option<IpAddr>,
    /// Who that counts as, after the headers of proxies.
    pub client: Option<IpAddr>,
    /// The headers of proxies that it had.
    pub forwarded: Vec<String>,
    /// Whether whoever connected is believed what it says in them.
    pub trusted: bool,
    /// Whether it asked to become a WebSocket.
    pub upgrade: bool,
    /// Files and connections that the server may have open at once.
    pub descriptors: Option<u64>,
}
