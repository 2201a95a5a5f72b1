//! The calls of one channel: those that every server has, and ours where there are any.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ETAG, HeaderMap};
use serde::Deserialize;

use crate::client::address::Address;
use crate::client::contact::Contact;
use crate::client::error::ClientError;
use crate::client::outage::Outage;
use crate::client::refusal::Silence;
use crate::client::socket::Socket;
use crate::client::wire::{Answer, Asked, Pauses, Way, Wire, bearer, secret_header, typed};
use crate::crypto::random;
use crate::domain::key::PublicKey;
use crate::domain::secret::BearerToken;

/// How many messages are asked for at once.
pub const PAGE: usize = 16;

/// A channel at its server, with what opens it.
pub struct Channel {
    wire: Rc<Wire>,
    address: Address,
    token: Option<BearerToken>,
    is_ours: bool,
}

/// What our servers tell whoever comes.
#[derive(Debug, Clone, Deserialize)]
pub struct Reception {
    pub key: Option<String>,
    #[serde(default)]
    pub older_keys: Vec<String>,
    #[serde(default)]
    pub name: String,
    /// Whether it is our own channel, and its key ours.
    #[serde(default)]
    pub is_holder: bool,
}

impl Reception {
    /// The keys to seal with, the newest first.
    pub fn keys(&self) -> impl Iterator<Item = PublicKey> {
        self.key.iter().chain(&self.older_keys).filter_map(|key| PublicKey::parse(key))
    }
}

/// A message as it came.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "`received` is the protocol's own name for when it came")]
pub struct Received {
    pub sequence: u64,
    pub received: String,
    pub content_type: String,
    pub payload: Vec<u8>,
    /// Which side wrote it, where the server says: `holder`, `own` or `other`.
    pub author: Option<String>,
    /// Whether the server lost what was written. The payload is empty then.
    pub is_damaged: bool,
}

#[derive(Deserialize)]
struct MessageJson {
    sequence: u64,
    received: String,
    content_type: String,
    payload: String,
    author: Option<String>,
    #[serde(default)]
    damaged: bool,
}

/// A message that the server has.
#[derive(Debug, Clone, Deserialize)]
pub struct Stored {
    pub sequence: u64,
    pub received: String,
}

/// What to write.
pub struct Outgoing {
    pub content_type: String,
    pub body: Bytes,
    /// The same key again writes nothing a second time, where the server knows of keys.
    pub key: String,
    /// Whether it does.
    pub knows_keys: bool,
}

impl Outgoing {
    /// Bytes as they are, under a key of their own.
    pub fn of(content_type: &str, body: impl Into<Bytes>, knows_keys: bool) -> Self {
        let key = base64_simd::URL_SAFE_NO_PAD.encode_to_string(random::bytes::<24>());
        Self { content_type: content_type.to_owned(), body: body.into(), key, knows_keys }
    }
}

impl Channel {
    /// The channel of a contact.
    pub fn new(contact: &Contact, way: &Way) -> Result<Self, ClientError> {
        Ok(Self::over(Rc::new(Wire::new(contact.address.server(), way)?), contact))
    }

    /// The same over connections to its server that others use too.
    pub fn over(wire: Rc<Wire>, contact: &Contact) -> Self {
        let (address, token) = (contact.address.clone(), contact.token.clone());
        Self { wire, address, token, is_ours: contact.is_ours }
    }

    /// The highest number that others wrote.
    pub async fn head(&self) -> Result<u64, ClientError> {
        let answer = self.ask(Method::HEAD, "").await?;
        let head =
            answer.headers.get(ETAG).and_then(|value| value.to_str().ok()?.trim_matches('"').parse().ok());
        head.ok_or_else(|| self.wire.strange("no number of the last message"))
    }

    /// Who is at the other end; `None` from servers that have nothing of the kind.
    pub async fn reception(&self) -> Result<Option<Reception>, ClientError> {
        match self.ask(Method::GET, "/key").await {
            Ok(answer) => Ok(serde_json::from_slice(&answer.body).ok()),
            Err(ClientError::Refused { status: 400 | 404 | 405, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Messages above a number, and whether there may be more. Other servers than ours give all at once.
    pub async fn page(&self, after: u64, only_unread: bool) -> Result<(Vec<Received>, bool), ClientError> {
        self.page_of(after, PAGE, only_unread).await
    }

    /// The same with so many at most.
    pub async fn page_of(
        &self,
        after: u64,
        most: usize,
        only_unread: bool,
    ) -> Result<(Vec<Received>, bool), ClientError> {
        let unread = if only_unread { "&unread=true" } else { "" };
        let answer =
            self.ask(Method::GET, &format!("?after={after}&limit={most}&authors=true{unread}")).await?;
        let listed: Vec<MessageJson> = serde_json::from_slice(&answer.body)
            .map_err(|_| self.wire.strange("what should be a list of messages is none"))?;
        let is_whole = listed.len() != most;
        let mut messages = Vec::with_capacity(listed.len());
        for message in listed.into_iter().filter(|message| message.sequence > after) {
            let payload = base64_simd::STANDARD.decode_to_vec(&message.payload);
            messages.push(Received {
                sequence: message.sequence,
                received: message.received,
                content_type: message.content_type,
                payload: payload.map_err(|_| self.wire.strange("a payload that is no base64"))?,
                author: message.author,
                is_damaged: message.damaged,
            });
        }
        let more = !is_whole && !messages.is_empty();
        Ok((messages, more))
    }

    /// Waits until there is something unread, or so long; at once where the server does not know how to wait.
    pub async fn wait(&self, longest: Duration) -> Result<(), ClientError> {
        self.ask(Method::GET, &format!("?unread=true&limit=1&wait={}", longest.as_secs())).await.map(drop)
    }

    /// The socket that tells of what others write. The reference takes the token in the address alone.
    pub async fn socket(&self) -> Result<Socket, ClientError> {
        let (query, headers) = match &self.token {
            Some(token) if !self.is_ours => (format!("?token={}", token.expose()), HeaderMap::new()),
            _ => (String::new(), self.headers()?),
        };
        let silence = self.silence(Silence::OF_READING);
        Socket::open(&self.wire, format!("{}/notify{query}", self.address), headers, silence).await
    }

    /// Writes a message.
    pub async fn write(&self, outgoing: &Outgoing) -> Result<Stored, ClientError> {
        let mut headers = self.headers()?;
        typed(&mut headers, &outgoing.content_type)?;
        headers.insert("idempotency-key", secret_header(&outgoing.key)?);
        let answer = self
            .wire
            .ask(&Asked {
                method: Method::POST,
                url: self.address.to_string(),
                headers,
                body: outgoing.body.clone(),
                is_repeatable: outgoing.knows_keys,
                silence: self.silence(Silence::OF_WRITING),
            })
            .await?;
        serde_json::from_slice(&answer.body).map_err(|_| self.wire.strange("no number for the message"))
    }

    /// Marks a message as read, and with it all before it if so wished.
    pub async fn mark(&self, sequence: u64, older: bool) -> Result<(), ClientError> {
        let mut headers = self.headers()?;
        typed(&mut headers, "application/json")?;
        let older = if older { "?older=true" } else { "" };
        let url = format!("{}/{sequence}{older}", self.address);
        let body = Bytes::from_static(br#"{"read":true}"#);
        let silence = self.silence(Silence::OF_READING);
        let asked = Asked { method: Method::POST, url, headers, body, is_repeatable: true, silence };
        self.wire.ask(&asked).await.map(drop)
    }

    /// The same, tried until the server says something.
    pub async fn mark_however_long(&self, sequence: u64) -> Result<(), ClientError> {
        let mut pauses = Pauses::default();
        loop {
            match self.mark(sequence, false).await {
                Err(error) if error.is_passing() => {
                    self.tries_again(&error);
                    tokio::time::sleep(pauses.pause_after(&error)).await;
                }
                // Somebody deleted it meanwhile, which is as good.
                Err(ClientError::Refused { status: 404, .. }) => return Ok(()),
                outcome => return outcome,
            }
        }
    }

    /// Deletes a message for everybody.
    pub async fn delete(&self, sequence: u64) -> Result<(), ClientError> {
        self.ask(Method::DELETE, &format!("/{sequence}")).await.map(drop)
    }

    /// The number of the last message, whoever wrote it, as far as the server says.
    pub async fn last(&self) -> Result<u64, ClientError> {
        if self.is_ours {
            return self.head().await;
        }
        let (page, _) = self.page(0, false).await?;
        Ok(page.last().map_or(0, |message| message.sequence))
    }

    /// Whether sockets open.
    pub fn sockets(&self) -> Outage {
        self.wire.sockets()
    }

    /// Says once why something is tried again.
    pub fn tries_again(&self, error: &ClientError) {
        self.wire.tries_again(error);
    }

    async fn ask(&self, method: Method, rest: &str) -> Result<Answer, ClientError> {
        let url = format!("{}{rest}", self.address);
        let (headers, silence) = (self.headers()?, self.silence(Silence::OF_READING));
        let asked = Asked { method, url, headers, body: Bytes::new(), is_repeatable: true, silence };
        self.wire.ask(&asked).await
    }

    /// What a refusal without words means.
    fn silence(&self, of: Silence) -> Silence {
        if self.token.is_some() { of } else { Silence::WITHOUT_TOKEN }
    }

    fn headers(&self) -> Result<HeaderMap, ClientError> {
        self.token.iter().map(bearer).collect()
    }
}
