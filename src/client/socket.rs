//! Sockets: a frame for each message that somebody else writes to a channel, or anybody to those of an account. Frames wake
//! whoever waits, who then reads.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::{CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY};
use reqwest::header::{SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use crate::client::error::ClientError;
use crate::client::pace::{Pace, TooSlow};
use crate::client::wire::{Asked, Wire, refusal};

/// Between two signs of life that are asked for; proxies close what is silent for a minute.
const PING: Duration = Duration::from_secs(25);

/// The longest frame that is taken.
const MOST_BYTES: usize = 64 * 1024;

/// An open socket.
pub struct Socket(WebSocketStream<Upgraded>);

/// Why there is no socket.
pub enum NoSocket {
    /// The token does not open the channel any more.
    Refused(ClientError),
    /// Nobody there, or something on the way that lets no sockets through.
    NotNow,
}

impl Socket {
    /// Opens one at an address, with a header that opens the channel where the address does not.
    pub async fn open(wire: &Wire, url: String, mut headers: HeaderMap) -> Result<Self, NoSocket> {
        let key = generate_key();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(&key).map_err(|_| NoSocket::NotNow)?);
        let asked = Asked::get(url, headers);
        let pace = Pace::begin();
        let begun = pace.keep(wire.begin(&asked, &pace)).await.map_err(|TooSlow| NoSocket::NotNow)?;
        let response = begun.map_err(|_broken| NoSocket::NotNow)?;
        let status = response.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(NoSocket::Refused(refusal(status, response.headers(), b"")));
        }
        let is_accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes)
            == Some(derive_accept_key(key.as_bytes()).as_bytes());
        if status != StatusCode::SWITCHING_PROTOCOLS || !is_accepted {
            return Err(NoSocket::NotNow);
        }
        let connection = response.upgrade().await.map_err(|_broken| NoSocket::NotNow)?;
        let bounds = WebSocketConfig::default()
            .max_message_size(Some(MOST_BYTES))
            .max_frame_size(Some(MOST_BYTES))
            .read_buffer_size(4096);
        Ok(Self(WebSocketStream::from_raw_socket(connection, Role::Client, Some(bounds)).await))
    }

    /// Waits for the next frame. Nothing when the connection is at its end, or shows no sign of life.
    pub async fn next_text(&mut self) -> Option<Utf8Bytes> {
        let mut asked = false;
        loop {
            match tokio::time::timeout(PING, self.0.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => return Some(text),
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return None,
                Ok(Some(Ok(_sign_of_life))) => asked = false,
                Err(_silence) if asked => return None,
                Err(_silence) => {
                    asked = true;
                    self.0.send(Message::Ping(Bytes::new())).await.ok()?;
                }
            }
        }
    }
}
