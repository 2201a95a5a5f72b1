//! Whoever is called by a webhook: a small HTTP server whose answers a case decides, and which can go away and come back.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::support::channel::Channel;
use crate::support::person::Person;
use crate::support::{eventually, soon};

/// With it, receivers of a case may be called.
pub const LOOPBACK: &str = "push.allow_private = \"loopback\"";

/// Makes a webhook and gives the path of its page.
pub async fn hook(person: &mut Person, channel: &Channel, url: &str, more: &[(&str, &str)]) -> String {
    let path = format!("/channels/{}/webhooks", channel.id);
    person.get(&path).await.is(200);
    let fields = [more, &[("address", url), ("form", "standard")]].concat();
    let made = person.post(&path, &fields).await;
    Person::sent_to(&made).to_owned()
}

/// Waits until its page says so.
pub async fn says(person: &Person, path: &str, words: &str) {
    eventually(words, || async { person.clone().get(path).await.is(200).text().contains(words) }).await;
}

/// What is said besides.
const THANKS: &str = "thank you";

/// A request that came.
#[derive(Debug, Clone)]
pub struct Called {
    /// Method and path.
    pub line: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Called {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The number of the message.
    pub fn sequence(&self) -> i64 {
        self.json()["data"]["sequence"].as_i64().expect("a sequence")
    }
}

/// Head and body of each answer to come.
type Answers = Arc<Mutex<VecDeque<(String, String)>>>;

pub struct Receiver {
    address: SocketAddr,
    /// What is answered, once each; then everything is taken.
    answers: Answers,
    calls: mpsc::UnboundedReceiver<Called>,
    told: mpsc::UnboundedSender<Called>,
    released: Arc<Notify>,
    tls: Option<TlsAcceptor>,
    serving: Option<JoinHandle<()>>,
}

impl Receiver {
    pub async fn start() -> Self {
        Self::on("127.0.0.1:0").await
    }

    pub async fn on(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let (told, calls) = mpsc::unbounded_channel();
        let address = listener.local_addr().expect("an address");
        let (answers, released) = (Arc::default(), Arc::default());
        let mut receiver = Self { address, answers, calls, told, released, tls: None, serving: None };
        receiver.serve(listener);
        receiver
    }

    /// One that is called over TLS.
    pub async fn secure(tls: TlsAcceptor) -> Self {
        let mut receiver = Self::start().await;
        receiver.go_away().await;
        receiver.tls = Some(tls);
        receiver.come_back().await;
        receiver
    }

    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/hook", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers like this once: a status line and perhaps headers. After `never` nothing is answered, and after `held` the rest
    /// is answered at [`Self::release`]. After `open` the body has no end, and after `short` less of it comes than was said;
    /// the connection stays.
    pub fn answers(&self, head: &str) {
        self.answers_with(head, THANKS);
    }

    /// The same with this body.
    pub fn answers_with(&self, head: &str, body: &str) {
        self.answers.lock().expect("no panic").push_back((head.to_owned(), body.to_owned()));
    }

    /// Gives one answer that is held.
    pub fn release(&self) {
        self.released.notify_one();
    }

    /// The next call.
    pub async fn next(&mut self) -> Called {
        soon("a call", self.calls.recv()).await.expect("the sender is kept")
    }

    /// Calls that nobody took yet.
    pub fn waiting(&mut self) -> Vec<Called> {
        std::iter::from_fn(|| self.calls.try_recv().ok()).collect()
    }

    /// Nobody listens there any more.
    pub async fn go_away(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ended = serving.await;
        }
    }

    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("the same port");
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let (answers, told) = (Arc::clone(&self.answers), self.told.clone());
        let (released, tls) = (Arc::clone(&self.released), self.tls.clone());
        self.serving = Some(tokio::spawn(async move {
            while let Ok((io, _)) = listener.accept().await {
                let (answers, told, released) = (Arc::clone(&answers), told.clone(), Arc::clone(&released));
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        None => answer(io, answers, told, released).await,
                        Some(tls) => {
                            // Whoever does not believe us goes away.
                            if let Ok(io) = tls.accept(io).await {
                                answer(io, answers, told, released).await;
                            }
                        }
                    }
                });
            }
        }));
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

async fn answer(
    mut io: impl AsyncRead + AsyncWrite + Unpin,
    answers: Answers,
    told: mpsc::UnboundedSender<Called>,
    released: Arc<Notify>,
) {
    let mut received = Vec::new();
    let called = loop {
        if let Some(called) = parsed(&received) {
            break called;
        }
        match io.read_buf(&mut received).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    };
    let next = answers.lock().expect("no panic").pop_front();
    let (head, body) = next.unwrap_or_else(|| ("200 OK".to_owned(), THANKS.to_owned()));
    let _case_over = told.send(called);
    if head == "never" {
        std::future::pending::<()>().await;
    }
    let head = match head.strip_prefix("held ") {
        Some(head) => {
            released.notified().await;
            head
        }
        None => &head,
    };
    let whole = format!("Content-Length: {}\r\n", body.len());
    let (head, length) = match head.split_once(' ') {
        Some(("open", head)) => (head, String::new()),
        Some(("short", head)) => (head, format!("Content-Length: {}\r\n", body.len() + 10)),
        _ => (head, whole.clone()),
    };
    let answer = format!("HTTP/1.1 {head}\r\n{length}\r\n{body}");
    let _gone = io.write_all(answer.as_bytes()).await;
    if length != whole {
        std::future::pending::<()>().await;
    }
}

fn parsed(received: &[u8]) -> Option<Called> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(received[..end].to_vec()).expect("text");
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let body = received[end + 4..].to_vec();
    (body.len() >= length).then_some(Called { line, headers, body })
}
