//! The account API, signed in with Basic credentials.

use serde_json::{Value, json};

use crate::support::channel::Channel;
use crate::support::reply::Reply;
use crate::support::site::Site;

/// A user of an account.
#[derive(Clone)]
pub struct Owner {
    pub site: Site,
    pub account: i64,
    pub authorization: String,
}

/// The header value for these credentials, in UTF-8.
pub fn basic(user: &str, password: &str) -> String {
    basic_bytes(format!("{user}:{password}").as_bytes())
}

/// The header value for credentials in any encoding.
pub fn basic_bytes(credentials: &[u8]) -> String {
    format!("Basic {}", base64_simd::STANDARD.encode_to_string(credentials))
}

impl Owner {
    pub fn new(site: &Site, account: i64, user: &str, password: &str) -> Self {
        Self { site: site.clone(), account, authorization: basic(user, password) }
    }

    /// The same account, with another Authorization header.
    pub fn presenting(&self, authorization: &str) -> Self {
        Self { authorization: authorization.to_owned(), ..self.clone() }
    }

    /// The same credentials, under another account's path.
    pub fn under(&self, account: i64) -> Self {
        Self { account, ..self.clone() }
    }

    /// `/api/v1/account/{accountid}` and what follows.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/account/{}{rest}", self.account)
    }

    pub async fn call(&self, method: &str, path: &str) -> Reply {
        self.site.call(method, path, &[("authorization", &self.authorization)], "").await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: &str) -> Reply {
        let headers = [("authorization", self.authorization.as_str()), ("content-type", content_type)];
        self.site.call("POST", path, &headers, body.to_owned()).await
    }

    /// Posts JSON to a path below the account.
    pub async fn send(&self, rest: &str, body: &Value) -> Reply {
        self.post(&self.path(rest), "application/json", &body.to_string()).await
    }

    pub async fn create(&self, body: &Value) -> Reply {
        self.send("/channel", body).await
    }

    /// A channel with these settings over private, unsequenced and without retention.
    pub async fn channel_with(&self, settings: Value) -> Channel {
        let mut body = settings_of_a_channel();
        let (Some(body_members), Value::Object(settings)) = (body.as_object_mut(), settings) else {
            panic!("settings are an object")
        };
        body_members.extend(settings);
        let created = self.create(&body).await.ok();
        Channel::from_answer(self, &created)
    }

    pub async fn channel(&self) -> Channel {
        self.channel_with(json!({})).await
    }

    pub async fn sequenced_channel(&self) -> Channel {
        self.channel_with(json!({"sequenced": true})).await
    }

    pub async fn list(&self) -> Reply {
        self.call("GET", &self.path("/channel/list")).await
    }

    /// The ids of the account's channels, in the order of the list.
    pub async fn channel_ids(&self) -> Vec<String> {
        let list = self.list().await.ok();
        let channels = list["channels"].as_array().expect("a list of channels");
        channels.iter().map(|channel| channel["id"].as_str().expect("an id").to_owned()).collect()
    }

    pub async fn get(&self, channel: &str) -> Reply {
        self.call("GET", &self.path(&format!("/channel/{channel}"))).await
    }

    pub async fn amend(&self, channel: &str, body: &Value) -> Reply {
        self.send(&format!("/channel/{channel}"), body).await
    }

    pub async fn delete(&self, channel: &str) -> Reply {
        self.call("DELETE", &self.path(&format!("/channel/{channel}"))).await
    }

    pub async fn issue(&self, channel: &str, body: &Value) -> Reply {
        self.send(&format!("/channel/{channel}/api-token"), body).await
    }

    /// Lists tokens; `query` is empty or begins with a question mark.
    pub async fn tokens(&self, channel: &str, query: &str) -> Reply {
        self.call("GET", &self.path(&format!("/channel/{channel}/api-token{query}"))).await
    }

    pub async fn token(&self, channel: &str, token: &str) -> Reply {
        self.call("GET", &self.path(&format!("/channel/{channel}/api-token/{token}"))).await
    }

    pub async fn revoke(&self, channel: &str, token: &str) -> Reply {
        self.call("DELETE", &self.path(&format!("/channel/{channel}/api-token/{token}"))).await
    }
}

/// A body that creates a channel: private, unsequenced, nothing kept from deletion and nothing pruned.
pub fn settings_of_a_channel() -> Value {
    json!({
        "public_read": false,
        "public_write": false,
        "sequenced": false,
        "retention": {"min_age_days": null, "max_age_days": null, "auto_prune": false}
    })
}
