//! Subscriptions in a file before it is measured: webhooks, which call a server that takes everything at once.

use reqwest::Response;

use crate::prepare::{Channel, Holding, form_token, send};
use crate::process::Data;

/// Webhooks that a channel may have, and channels of an account until it has no more.
const OF_CHANNEL: usize = 10;
const CHANNELS: usize = 5;

/// Somebody at the pages of a running peerbox.
struct Person<'a> {
    holding: &'a Holding,
    cookie: String,
    csrf: String,
}

impl Holding {
    /// Has each channel call that address.
    pub async fn subscribe(&self, channels: &[Channel], address: &str) {
        let person = Person::sign_in(self, Data::USER).await;
        for channel in channels {
            person.subscribe(channel, 1, address).await;
        }
    }

    /// Has so many channels of others call it.
    pub async fn subscribe_elsewhere(&self, data: &Data, webhooks: usize, address: &str) {
        for number in 0..webhooks / (OF_CHANNEL * CHANNELS) {
            let user = format!("other{number}");
            let account = data.add_account(&user);
            let person = Person::sign_in(self, &user).await;
            for _ in 0..CHANNELS {
                let channel = self.make_channel_of(account, &user).await;
                person.subscribe(&channel, OF_CHANNEL, address).await;
            }
        }
    }
}

impl<'a> Person<'a> {
    async fn sign_in(holding: &'a Holding, user: &str) -> Self {
        let cookie = holding.sign_in(user).await;
        let mut person = Self { holding, cookie, csrf: String::new() };
        person.csrf = form_token(person.get("/profile").await).await;
        person
    }

    async fn subscribe(&self, channel: &Channel, times: usize, address: &str) {
        let path = format!("/channels/{}/webhooks", channel.id);
        let address = format!("http://{address}/hook");
        for _ in 0..times {
            let fields = [("csrf", self.csrf.as_str()), ("address", &address), ("form", "standard")];
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let request = self.holding.client.post(format!("{}{path}", self.holding.base));
            let request = request.header("cookie", &self.cookie).header("origin", &self.holding.base);
            let made =
                send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await;
            assert!(made.status().is_redirection(), "the webhook is made");
        }
    }

    async fn get(&self, path: &str) -> Response {
        let request = self.holding.client.get(format!("{}{path}", self.holding.base));
        send(request.header("cookie", &self.cookie)).await
    }
}
