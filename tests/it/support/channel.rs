//! A channel as its owner holds it, from which token holders are made.

use serde_json::{Value, json};

use crate::support::bearer::Bearer;
use crate::support::owner::Owner;
use crate::support::reply::Reply;

#[derive(Clone)]
pub struct Channel {
    pub id: String,
    pub owner: Owner,
    first_token: Value,
}

impl Channel {
    pub fn from_answer(owner: &Owner, answer: &Value) -> Self {
        let id = answer["id"].as_str().expect("a channel id").to_owned();
        Self { id, owner: owner.clone(), first_token: answer["access_tokens"][0].clone() }
    }

    /// The holder of the token that came with the channel.
    pub fn owner_token(&self) -> Bearer {
        self.bearer(&self.first_token)
    }

    /// The holder of the token in this answer.
    pub fn bearer(&self, token: &Value) -> Bearer {
        let text = |member: &str| token[member].as_str().expect("text in a token").to_owned();
        Bearer {
            site: self.owner.site.clone(),
            channel: self.id.clone(),
            id: text("id"),
            secret: text("token"),
        }
    }

    /// Issues a token; these members over a description.
    pub async fn issue(&self, can_read: bool, can_write: bool) -> Bearer {
        let body = json!({"description": "a counterparty", "can_read": can_read, "can_write": can_write});
        self.bearer(&self.owner.issue(&self.id, &body).await.ok())
    }

    pub async fn two_way(&self) -> Bearer {
        self.issue(true, true).await
    }

    pub async fn read_only(&self) -> Bearer {
        self.issue(true, false).await
    }

    pub async fn write_only(&self) -> Bearer {
        self.issue(false, true).await
    }

    pub async fn get(&self) -> Reply {
        self.owner.get(&self.id).await
    }

    pub async fn amend(&self, body: &Value) -> Reply {
        self.owner.amend(&self.id, body).await
    }

    pub async fn lock(&self) {
        self.amend(&json!({"public_read": false, "public_write": false, "locked": true})).await.is(200);
    }

    pub async fn delete(&self) -> Reply {
        self.owner.delete(&self.id).await
    }

    pub async fn revoke(&self, bearer: &Bearer) -> Reply {
        self.owner.revoke(&self.id, &bearer.id).await
    }

    /// `/api/v1/channel/{channelid}` and what follows.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/channel/{}{rest}", self.id)
    }
}
