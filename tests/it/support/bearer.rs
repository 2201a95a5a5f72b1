//! The message API, with a token.

use reqwest::Body;
use serde_json::{Value, json};

use crate::support::channel::Channel;
use crate::support::reply::Reply;
use crate::support::site::Site;
use crate::support::socket::Socket;

/// The holder of a token.
#[derive(Clone)]
pub struct Bearer {
    pub site: Site,
    pub channel: String,
    pub id: String,
    pub secret: String,
}

impl Bearer {
    /// The same token, used on another channel.
    pub fn at(&self, channel: &Channel) -> Self {
        Self { channel: channel.id.clone(), ..self.clone() }
    }

    /// Another secret, used on the same channel.
    pub fn presenting(&self, secret: &str) -> Self {
        Self { secret: secret.to_owned(), ..self.clone() }
    }

    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.secret)
    }

    /// `/api/v1/channel/{channelid}` and what follows.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/channel/{}{rest}", self.channel)
    }

    /// A request below the channel, with these headers beside the token.
    pub async fn call(
        &self,
        method: &str,
        rest: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let authorization = self.authorization();
        let mut all = vec![("authorization", authorization.as_str())];
        all.extend(headers);
        self.site.call(method, &self.path(rest), &all, body).await
    }

    pub async fn write(&self, text: &str) -> Reply {
        self.write_as("text/plain", text.to_owned()).await
    }

    pub async fn write_as(&self, content_type: &str, body: impl Into<Body>) -> Reply {
        self.call("POST", "", &[("content-type", content_type)], body).await
    }

    /// Writes and tells the sequence that the message got.
    pub async fn wrote(&self, text: &str) -> u64 {
        self.write(text).await.ok()["sequence"].as_u64().expect("a sequence")
    }

    /// A GET of the channel; `query` is empty or begins with a question mark.
    pub async fn read(&self, query: &str) -> Reply {
        self.call("GET", query, &[], "").await
    }

    pub async fn messages(&self, query: &str) -> Vec<Value> {
        match self.read(query).await.ok() {
            Value::Array(messages) => messages,
            other => panic!("not a list: {other}"),
        }
    }

    /// The sequences of everything that this token sees, as listed.
    pub async fn all(&self) -> Vec<u64> {
        sequences(&self.messages("").await)
    }

    /// The sequences of what is unread for this token, as listed.
    pub async fn unread(&self) -> Vec<u64> {
        sequences(&self.messages("?unread=true").await)
    }

    pub async fn head(&self) -> Reply {
        self.call("HEAD", "", &[], "").await
    }

    /// What HEAD says in `ETag`, as sent.
    pub async fn etag(&self) -> String {
        self.head().await.empty(200).header("etag").expect("an ETag").to_owned()
    }

    /// Marks; `target` is the sequence with its query.
    pub async fn mark(&self, target: &str, body: &Value) -> Reply {
        self.call("POST", &format!("/{target}"), &[("content-type", "application/json")], body.to_string())
            .await
    }

    pub async fn mark_read(&self, sequence: u64) {
        self.mark(&sequence.to_string(), &json!({"read": true})).await.empty(200);
    }

    pub async fn mark_unread(&self, sequence: u64) {
        self.mark(&sequence.to_string(), &json!({"read": false})).await.empty(200);
    }

    pub async fn mark_read_up_to(&self, sequence: u64) {
        self.mark(&format!("{sequence}?older=true"), &json!({"read": true})).await.empty(200);
    }

    pub async fn delete(&self, sequence: impl ToString) -> Reply {
        self.call("DELETE", &format!("/{}", sequence.to_string()), &[], "").await
    }

    /// The path of this token's notifications.
    pub fn notify_path(&self) -> String {
        self.path(&format!("/notify?token={}", self.secret))
    }

    /// A ticket for a socket.
    pub async fn ticket(&self) -> String {
        let answer = self.call("POST", "/notify-ticket", &[], "").await.ok();
        answer["ticket"].as_str().expect("a ticket").to_owned()
    }

    pub async fn socket(&self) -> Socket {
        self.connect().await.unwrap_or_else(|status| panic!("the handshake was refused with {status}"))
    }

    /// A socket, or the status of the refusal.
    pub async fn connect(&self) -> Result<Socket, u16> {
        Socket::open(&self.site, &self.notify_path(), &[]).await
    }

    /// Registers a device for pushes.
    pub async fn register(&self, device: &str) -> Reply {
        let headers =
            [("authorization", self.authorization()), ("content-type", "application/json".to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.site
            .call("POST", "/api/v1/pushnotifications", &headers, json!({"token": device}).to_string())
            .await
    }
}

pub fn sequences(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|message| message["sequence"].as_u64().expect("a sequence")).collect()
}

/// The bytes of a message, from strict standard base64.
pub fn payload(message: &Value) -> Vec<u8> {
    let text = message["payload"].as_str().expect("a payload");
    base64_simd::STANDARD.decode_to_vec(text).expect("standard base64 with padding")
}
