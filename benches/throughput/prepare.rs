//! What a file holds before it is measured: filled once over HTTP, then copied for every sample.

use std::future::ready;

use futures_util::{StreamExt, stream};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::block_on;
use crate::process::{Data, Pinning, Process};

/// Requests at a time: enough company for each other in a commit.
const AT_ONCE: usize = 128;

/// What is in a file.
#[derive(Clone, Copy)]
pub struct Filling {
    pub channels: usize,
    /// Tokens of every channel beside its owner's.
    pub counterparties: usize,
    /// Messages of 1 KiB in all channels together.
    pub messages: usize,
    pub author: Holder,
    /// Whether the counterparties have marked these messages as read.
    pub read: bool,
    /// Whether every channel has a webhook.
    pub subscribed: bool,
    /// Webhooks of channels of others, to which nobody writes.
    pub subscribed_elsewhere: usize,
    /// Later messages of 1 KiB in every channel, written by the owner and unread.
    pub unread: usize,
}

impl Filling {
    /// Empty channels, each shared with one counterparty.
    pub const fn channels(channels: usize) -> Self {
        Self {
            channels,
            counterparties: 1,
            messages: 0,
            author: Holder::Owner,
            read: false,
            subscribed: false,
            subscribed_elsewhere: 0,
            unread: 0,
        }
    }
}

/// Who has a token.
#[derive(Clone, Copy)]
pub enum Holder {
    Owner,
    /// The first of them, if there are several.
    Counterparty,
}

pub struct Channel {
    pub id: String,
    owner: String,
    counterparty: Option<String>,
}

impl Channel {
    /// A channel that the bare server takes for one of its own.
    pub fn imagined(number: usize) -> Self {
        Self { id: format!("{number:043}"), owner: "x".repeat(43), counterparty: Some("x".repeat(43)) }
    }

    pub fn token(&self, holder: Holder) -> &str {
        match holder {
            Holder::Owner => &self.owner,
            Holder::Counterparty => self.counterparty.as_deref().expect("a counterparty"),
        }
    }

    pub fn path(&self) -> String {
        format!("/api/v1/channel/{}", self.id)
    }
}

/// A file that was filled, and the channels in it, which are those of every copy.
pub struct Prepared {
    data: Data,
    pub channels: Vec<Channel>,
    /// Whom its webhooks call, where it has some.
    _receiver: Option<Process>,
}

impl Prepared {
    pub fn new(filling: &Filling) -> Self {
        let has_webhooks = filling.subscribed || filling.subscribed_elsewhere > 0;
        let (data, receiver) = (Data::new(), has_webhooks.then(|| Process::bare(Pinning::None)));
        let server = data.serve(Pinning::None, None);
        let channels = block_on(async {
            let holding = Holding::new(&server.address);
            let channels = holding.fill(filling).await;
            if let Some(Process { address, .. }) = &receiver {
                holding.subscribe_elsewhere(&data, filling.subscribed_elsewhere, address).await;
                if filling.subscribed {
                    holding.subscribe(&channels, address).await;
                }
            }
            channels
        });
        server.stop();
        Self { data, channels, _receiver: receiver }
    }

    pub fn copy(&self) -> Data {
        self.data.copy()
    }
}

/// The account holder at a running peerbox.
pub struct Holding {
    pub base: String,
    pub client: Client,
}

impl Holding {
    pub fn new(address: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { base: format!("http://{address}"), client }
    }

    /// Writes a message of 1 KiB.
    pub async fn write(&self, channel: &Channel, author: Holder) {
        let request = self.client.post(format!("{}{}", self.base, channel.path()));
        let request = request.bearer_auth(channel.token(author)).header("content-type", "text/plain");
        send(request.body("x".repeat(1024))).await.bytes().await.expect("the message");
    }

    /// Asks for the list of all channels.
    pub async fn list(&self) {
        let url = format!("{}/api/v1/account/1/channel/list", self.base);
        send(as_account(self.client.get(url))).await.bytes().await.expect("the list");
    }

    /// Opens the channel to everybody's reading, or closes it.
    pub async fn amend(&self, channel: &Channel, public_read: bool) {
        let url = format!("{}/api/v1/account/1/channel/{}", self.base, channel.id);
        let body = json!({"public_read": public_read, "public_write": false, "locked": false});
        send(as_account(self.client.post(url)).json(&body)).await;
    }

    /// Waits until a worker answers.
    pub async fn ready(&self) {
        send(self.client.get(format!("{}/readyz", self.base))).await;
    }

    /// Signs in at the form and tells the session's cookie.
    pub async fn sign_in(&self, user: &str) -> String {
        let url = format!("{}/login", self.base);
        let page = send(self.client.get(&url)).await;
        let visit = cookie(&page);
        let csrf = form_token(page).await;
        let fields = [("csrf", csrf.as_str()), ("user", user), ("password", Data::PASSWORD)];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(&url).header("cookie", visit).header("origin", &self.base);
        cookie(&send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await)
    }

    async fn fill(&self, filling: &Filling) -> Vec<Channel> {
        let made = (0..filling.channels).map(|_| self.make_channel(filling.counterparties));
        let channels: Vec<Channel> = stream::iter(made).buffered(AT_ONCE).collect().await;
        finish((0..filling.messages).map(|number| {
            let channel = &channels[number % channels.len()];
            self.write(channel, filling.author)
        }))
        .await;
        if filling.read {
            finish(channels.iter().map(|channel| self.mark_all(channel))).await;
        }
        let unread = channels.iter().flat_map(|channel| std::iter::repeat_n(channel, filling.unread));
        finish(unread.map(|channel| self.write(channel, Holder::Owner))).await;
        channels
    }

    /// Makes a channel that is the account's alone.
    pub async fn make_channel_of(&self, account: u64, user: &str) -> Channel {
        let url = format!("{}/api/v1/account/{account}/channel", self.base);
        let body = json!({"sequenced": false, "retention": {}});
        let request = self.client.post(&url).basic_auth(user, Some(Data::PASSWORD));
        let made = json(request.json(&body)).await;
        let owner = text(&made["access_tokens"][0]["token"]);
        Channel { id: text(&made["id"]), owner, counterparty: None }
    }

    async fn make_channel(&self, counterparties: usize) -> Channel {
        let made = self.make_channel_of(1, Data::USER).await;
        let url = format!("{}/api/v1/account/1/channel/{}/api-token", self.base, made.id);
        let body = json!({"description": "counterparty", "can_read": true, "can_write": true});
        let mut counterparty = None;
        for _ in 0..counterparties {
            let issued = json(as_account(self.client.post(&url)).json(&body)).await;
            counterparty.get_or_insert_with(|| text(&issued["token"]));
        }
        Channel { counterparty, ..made }
    }

    /// Marks everything in the channel as read by the counterparty.
    async fn mark_all(&self, channel: &Channel) {
        let url = format!("{}{}", self.base, channel.path());
        let token = channel.token(Holder::Counterparty);
        let head = send(self.client.head(&url).bearer_auth(token)).await;
        let newest = head.headers()["etag"].to_str().expect("a sequence");
        let mark = self.client.post(format!("{url}/{newest}?older=true")).bearer_auth(token);
        send(mark.json(&json!({"read": true}))).await;
    }
}

fn as_account(request: RequestBuilder) -> RequestBuilder {
    request.basic_auth(Data::USER, Some(Data::PASSWORD))
}

/// The token that the forms of a page carry.
pub async fn form_token(page: Response) -> String {
    let html = page.text().await.expect("a page");
    let (_, rest) = html.split_once("name=\"csrf\" value=\"").expect("a form");
    rest.split('"').next().expect("a form token").to_owned()
}

pub async fn send(request: RequestBuilder) -> Response {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    assert!(status.is_success() || status.is_redirection(), "{status} from {}", response.url());
    response
}

async fn json(request: RequestBuilder) -> Value {
    send(request).await.json().await.expect("JSON")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// The first cookie that an answer sets, as a browser sends it back.
fn cookie(response: &Response) -> String {
    let set = response.headers()["set-cookie"].to_str().expect("a cookie");
    set.split(';').next().expect("its name and value").to_owned()
}

/// Does them all, in no order.
async fn finish(requests: impl Iterator<Item: Future<Output = ()>>) {
    stream::iter(requests).buffer_unordered(AT_ONCE).for_each(ready).await;
}
