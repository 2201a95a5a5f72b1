//! The calls of an account: its channels and their tokens, at any server.

use std::rc::Rc;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::address::ServerAddress;
use crate::client::channel::{Channel, Reception};
use crate::client::contact::Contact;
use crate::client::error::ClientError;
use crate::client::outage::Outage;
use crate::client::refusal::Silence;
use crate::client::socket::Socket;
use crate::client::wire::{Answer, Asked, Way, Wire, bearer, secret_header, typed};
use crate::domain::secret::{BearerToken, Password};

/// An account at its server, as one of its users sees it.
pub struct Account {
    wire: Rc<Wire>,
    server: ServerAddress,
    base: String,
    authorization: HeaderValue,
}

/// A channel of the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "members of an answer, each a fact of its own")]
pub struct AccountChannel {
    pub id: String,
    pub public_read: bool,
    pub public_write: bool,
    pub sequenced: bool,
    pub locked: bool,
    pub head: u64,
    pub access_tokens: Vec<AccountToken>,
}

/// A token of such a channel, its secret included.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountToken {
    pub id: String,
    pub token: String,
    pub description: String,
    pub can_read: bool,
    pub can_write: bool,
}

#[derive(Deserialize)]
struct Channels {
    channels: Vec<AccountChannel>,
}

impl Account {
    /// What a user's name and password open.
    pub fn new(
        server: &ServerAddress,
        account: u64,
        user: &str,
        password: &Password,
        way: &Way,
    ) -> Result<Self, ClientError> {
        let both = BearerToken::new(format!("{user}:{}", password.expose()));
        let basic = base64_simd::STANDARD.encode_to_string(both.expose());
        Ok(Self {
            wire: Rc::new(Wire::new(server, way)?),
            server: server.clone(),
            base: server.path(&format!("/api/v1/account/{account}")),
            authorization: secret_header(&format!("Basic {basic}"))?,
        })
    }

    /// The address of one of its channels.
    pub fn address_of(&self, channel: &str) -> String {
        self.server.path(&format!("/api/v1/channel/{channel}"))
    }

    /// All channels.
    pub async fn channels(&self) -> Result<Vec<AccountChannel>, ClientError> {
        Ok(self.told::<Channels>(Method::GET, "/channel/list", None).await?.channels)
    }

    /// One channel.
    pub async fn channel(&self, channel: &str) -> Result<AccountChannel, ClientError> {
        self.told(Method::GET, &format!("/channel/{}", id(channel)?), None).await
    }

    /// A channel of this server by what opens it, over the same connections.
    pub fn opened(&self, contact: &Contact) -> Channel {
        Channel::over(Rc::clone(&self.wire), contact)
    }

    /// Our own token of a channel that may read: the first that it had, as long as nobody revoked it. To any other token our own
    /// messages are those of somebody else.
    pub async fn own_token(&self, channel: &AccountChannel) -> Result<Option<BearerToken>, ClientError> {
        let Some(first) = channel.access_tokens.first().filter(|token| token.can_read) else {
            return Ok(None);
        };
        let token = BearerToken::new(&first.token);
        let headers = HeaderMap::from_iter([bearer(&token)?]);
        let asked = Asked::get(format!("{}/key", self.address_of(&channel.id)), headers);
        let answer = self.wire.ask(&asked).await?;
        Ok(self.understood::<Reception>(&answer)?.is_holder.then_some(token))
    }

    /// Makes a channel.
    pub async fn create(&self, settings: &Value) -> Result<AccountChannel, ClientError> {
        self.told(Method::POST, "/channel", Some(settings)).await
    }

    /// Deletes one with all that is in it.
    pub async fn delete(&self, channel: &str) -> Result<(), ClientError> {
        self.ask(Method::DELETE, &format!("/channel/{}", id(channel)?), None).await.map(drop)
    }

    /// The tokens of a channel.
    pub async fn tokens(&self, channel: &str) -> Result<Vec<AccountToken>, ClientError> {
        self.told(Method::GET, &format!("/channel/{}/api-token", id(channel)?), None).await
    }

    /// Makes a token.
    pub async fn issue(&self, channel: &str, settings: &Value) -> Result<AccountToken, ClientError> {
        self.told(Method::POST, &format!("/channel/{}/api-token", id(channel)?), Some(settings)).await
    }

    /// Revokes one.
    pub async fn revoke(&self, channel: &str, token: &str) -> Result<(), ClientError> {
        self.ask(Method::DELETE, &format!("/channel/{}/api-token/{}", id(channel)?, id(token)?), None)
            .await
            .map(drop)
    }

    /// The socket that tells of all its channels, and whether anything came behind that number.
    pub async fn socket(&self, after: u64) -> Result<Socket, ClientError> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, self.authorization.clone())]);
        Socket::open(&self.wire, format!("{}/notify?after={after}", self.base), headers, Silence::OF_ACCOUNT)
            .await
    }

    /// Whether sockets open.
    pub fn sockets(&self) -> Outage {
        self.wire.sockets()
    }

    /// Says once why something is tried again.
    pub fn tries_again(&self, error: &ClientError) {
        self.wire.tries_again(error);
    }

    async fn told<T: DeserializeOwned>(
        &self,
        method: Method,
        rest: &str,
        body: Option<&Value>,
    ) -> Result<T, ClientError> {
        self.understood(&self.ask(method, rest, body).await?)
    }

    fn understood<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, ClientError> {
        serde_json::from_slice(&answer.body).map_err(|_| self.wire.strange("it is not what was asked for"))
    }

    async fn ask(&self, method: Method, rest: &str, body: Option<&Value>) -> Result<Answer, ClientError> {
        let mut headers = HeaderMap::from_iter([(AUTHORIZATION, self.authorization.clone())]);
        if body.is_some() {
            typed(&mut headers, "application/json")?;
        }
        // What makes something would make it twice.
        let is_repeatable = body.is_none();
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        self.wire
            .ask(&Asked {
                method,
                url: format!("{}{rest}", self.base),
                headers,
                body,
                is_repeatable,
                silence: Silence::OF_ACCOUNT,
            })
            .await
    }
}

/// An id as it stands in a path. Anything else could name something else: `..` is the channel of a token.
fn id(text: &str) -> Result<&str, ClientError> {
    let is_id =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_id { Ok(text) } else { Err(ClientError::Id(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_stands_in_a_path() {
        assert_eq!(id("Zm9v-_1").ok(), Some("Zm9v-_1"));
        for other in ["", ".", "..", "a/b", "a?b", "a#b", "%2e%2e", "ä"] {
            assert!(id(other).is_err(), "{other:?}");
        }
    }
}
