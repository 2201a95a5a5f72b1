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
use crate::client::refusal::{Silence, refusal};
use crate::client::wire::{Asked, Wire};

/// Between two signs of life that are asked for; proxies close what is silent for a minute.
const PING: Duration = Duration::from_secs(25);

/// The longest frame that is taken.
const MOST_BYTES: usize = 64 * 1024;

/// An open socket.
pub struct Socket(WebSocketStream<Upgraded>);

impl Socket {
    /// Opens one at an address, with a header that opens the channel where the address does not. What a refusal means, a read
    /// tells: something on the way may let no sockets through, and say so with any status.
    pub async fn open(
        wire: &Wire,
        url: String,
        mut headers: HeaderMap,
        silence: Silence,
    ) -> Result<Self, ClientError> {
        let key = generate_key();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(&key).map_err(|_| ClientError::Header)?);
        let response = wire.shaken(&Asked::get(url, headers)).await?;
        let status = response.status();
        if status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(refusal(status, response.headers(), b"", silence));
        }
        let no_socket = || wire.strange("what should be a socket is none");
        let is_accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes)
            == Some(derive_accept_key(key.as_bytes()).as_bytes());
        if !is_accepted {
            return Err(no_socket());
        }
        let connection = response.upgrade().await.map_err(|_broken| no_socket())?;
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
