//! A WebSocket whose every wait has a deadline.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::document::document;
use crate::support::site::Site;
use crate::support::soon;

#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Connects, or tells the status of the refusal.
    pub async fn open(site: &Site, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let url = format!("{}{path}", site.base().replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("a WebSocket address");
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_str(value).expect("a header"));
        }
        match soon("handshake", Box::pin(connect_async(request))).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => {
                let status = response.status().as_u16();
                let body = response.body().as_deref().unwrap_or_default();
                document().await.check("GET", path, status, response.headers(), body);
                Err(status)
            }
            Err(error) => panic!("no answer to the handshake: {error}"),
        }
    }

    /// The next frame of any kind; `None` at the end of the connection.
    pub async fn frame(&mut self) -> Option<Message> {
        match soon("a frame", self.stream.next()).await? {
            Ok(frame) => Some(frame),
            Err(Error::ConnectionClosed | Error::Io(_) | Error::Protocol(_)) => None,
            Err(error) => panic!("a broken frame: {error}"),
        }
    }

    /// The text of the next notification.
    pub async fn text(&mut self) -> String {
        loop {
            match self.frame().await {
                Some(Message::Text(text)) => return text.as_str().to_owned(),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("not a notification: {other:?}"),
            }
        }
    }

    /// The next notification as JSON.
    pub async fn notification(&mut self) -> Value {
        serde_json::from_str(&self.text().await).expect("JSON in a notification")
    }

    /// The sequence of the next notification. Frames come in order, so a wrong one before it shows here.
    pub async fn sequence(&mut self) -> u64 {
        let notification = self.notification().await;
        notification["sequence"].as_u64().unwrap_or_else(|| panic!("a sequence in {notification}"))
    }

    /// Reads to the end and tells the close code, if there was one. A notification on the way is a failure.
    pub async fn closed(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some(frame) = self.frame().await {
            match frame {
                Message::Close(reason) => code = reason.map(|reason| u16::from(reason.code)),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("instead of closing: {other:?}"),
            }
        }
        code
    }

    /// The next frame is a ping.
    pub async fn pinged(&mut self) {
        let frame = self.frame().await;
        assert!(matches!(frame, Some(Message::Ping(_))), "instead of a ping: {frame:?}");
    }

    pub async fn send(&mut self, text: &str) {
        soon("sending", self.stream.send(Message::text(text))).await.expect("an open socket");
    }

    /// Closes as a client should, and tells whether the server answered with a close of its own.
    pub async fn close(mut self) -> bool {
        soon("closing", self.stream.send(Message::Close(None))).await.expect("an open socket");
        let mut answered = false;
        while let Some(frame) = self.frame().await {
            answered |= frame.is_close();
        }
        answered
    }
}
