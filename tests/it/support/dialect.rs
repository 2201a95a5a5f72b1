//! A server that speaks the reference's dialect and nothing else: no extensions, bare strings as frames, its statuses.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;

const PATH: &str = "/api/v1/channel/a-channel";
const TOKEN: &str = "mine";

/// A channel with one token, `mine`, and somebody else who writes into it.
#[derive(Clone)]
pub struct Dialect {
    port: u16,
    state: Arc<Mutex<State>>,
    written: broadcast::Sender<()>,
}

#[derive(Default)]
struct State {
    messages: Vec<Value>,
    /// Numbers that the token wrote or marked.
    read: BTreeSet<u64>,
    refuse: Option<u16>,
    break_off: bool,
    /// What is answered instead of a socket.
    sockets: Option<u16>,
}

impl Dialect {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, state: Arc::default(), written: broadcast::Sender::new(64) };
        let serving = server.clone();
        // The commands block the test's own thread.
        std::thread::spawn(move || {
            listener_loop(&serving, listener.into_std().expect("a listener"));
        });
        server
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Somebody else writes.
    pub fn wrote(&self, text: &str) {
        self.store(text.as_bytes(), "text/plain", false);
    }

    pub fn refuse_next(&self, status: u16) {
        self.state().refuse = Some(status);
    }

    pub fn break_next(&self) {
        self.state().break_off = true;
    }

    /// As behind a proxy that lets no sockets through.
    pub fn refuse_sockets(&self, status: u16) {
        self.state().sockets = Some(status);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    fn store(&self, body: &[u8], content_type: &str, own: bool) -> Value {
        let mut state = self.state();
        let sequence = state.messages.len() as u64 + 1;
        let message = json!({
            "sequence": sequence, "received": "2026-03-01T18:43:00.12Z", "content_type": content_type,
            "payload": base64_simd::STANDARD.encode_to_string(body),
        });
        state.messages.push(message.clone());
        if own {
            state.read.insert(sequence);
        }
        drop(state);
        let _ = self.written.send(());
        message
    }

    async fn serve(&self, mut stream: TcpStream) {
        loop {
            let mut first = [0; 2048];
            let Ok(length) = stream.peek(&mut first).await else { return };
            if length == 0 {
                return;
            }
            let head = String::from_utf8_lossy(&first[..length]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            if path == format!("{PATH}/notify?token={TOKEN}") && self.state().sockets.is_none() {
                return self.notify(stream).await;
            }
            let Some((head, body)) = request(&mut stream).await else { return };
            let Some(answer) = self.answer(&head, &body) else { return };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn notify(&self, stream: TcpStream) {
        let mut written = self.written.subscribe();
        let mut socket = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
        while written.recv().await.is_ok() {
            if socket.send(Message::text("\"New message arrived.\"")).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, head: &str, body: &[u8]) -> Option<String> {
        let mut words = head.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
            line.split_once(':').map(|(_, value)| value.trim().to_owned())
        };
        if path.ends_with("/notify") {
            return Some(answered(self.state().sockets.unwrap_or(401), "", ""));
        }
        if path.ends_with("/key") {
            return Some(answered(405, "", ""));
        }
        if header("authorization").as_deref() != Some("Bearer mine") {
            return Some(answered(401, "", ""));
        }
        match (method, path.strip_prefix(PATH)?) {
            ("HEAD", "") => {
                let state = self.state();
                let head = state.messages.len();
                Some(answered(200, &format!("ETag: {head}\r\n"), ""))
            }
            ("GET", "") => {
                let state = self.state();
                let unread = query.split('&').any(|pair| pair == "unread=true");
                let is_wanted = |message: &&Value| {
                    !unread || !state.read.contains(&message["sequence"].as_u64().unwrap_or_default())
                };
                let listed: Vec<_> = state.messages.iter().filter(is_wanted).collect();
                Some(answered(200, "", &serde_json::to_string(&listed).expect("JSON")))
            }
            ("POST", "") => {
                let mut state = self.state();
                if let Some(status) = state.refuse.take() {
                    let to = "Location: https://elsewhere.example/api/v1/channel/a-channel?token=mine\r\n";
                    return Some(answered(status, if status == 308 { to } else { "" }, ""));
                }
                if std::mem::take(&mut state.break_off) {
                    return None;
                }
                drop(state);
                Some(answered(200, "", &self.store(body, &header("content-type")?, true).to_string()))
            }
            ("POST", rest) => {
                let sequence: u64 = rest.strip_prefix('/')?.parse().ok()?;
                self.state().read.insert(sequence);
                Some(answered(200, "", ""))
            }
            _ => Some(answered(404, "", "")),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn listener_loop(server: &Dialect, listener: std::net::TcpListener) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        let server = server.clone();
        tokio::spawn(async move { server.serve(stream).await });
    }
}

fn answered(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json; charset=utf-8\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The head of a request and its body.
async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            return Some((head, bytes[end + 4..].to_vec()));
        }
    }
}
