//! Something on the way to a server that refuses some requests, as proxies do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A port of its own, behind which a server stands.
#[derive(Clone)]
pub struct Gate {
    port: u16,
    server: String,
    /// What stands in the first line of requests that are refused, and with which status.
    refused: Arc<Mutex<Option<(String, u16)>>>,
    connections: Arc<AtomicUsize>,
}

impl Gate {
    /// Before the server at `host:port`.
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let gate =
            Self { port, server: server.to_owned(), refused: Arc::default(), connections: Arc::default() };
        let this = gate.clone();
        // The commands block the test's own thread.
        std::thread::spawn(move || this.stand(listener.into_std().expect("a listener")));
        gate
    }

    #[tokio::main(flavor = "current_thread")]
    async fn stand(self, listener: std::net::TcpListener) {
        let listener = TcpListener::from_std(listener).expect("a listener");
        while let Ok((stream, _)) = listener.accept().await {
            self.connections.fetch_add(1, Ordering::Relaxed);
            let this = self.clone();
            tokio::spawn(async move { this.pass(stream).await });
        }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on.
    pub fn refuses(&self, what: &str, status: u16) {
        *self.refused.lock().expect("the gate") = Some((what.to_owned(), status));
    }

    pub fn lets_all_through(&self) {
        *self.refused.lock().expect("the gate") = None;
    }

    /// How many there were until now.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    async fn pass(&self, client: TcpStream) {
        let Ok(server) = TcpStream::connect(&self.server).await else { return };
        let ((mut asks, hears), (mut answers, mut takes)) = (client.into_split(), server.into_split());
        // A client sends a request once the last one is answered, so nothing of the server is in between.
        let hears = tokio::sync::Mutex::new(hears);
        let forth = async {
            let mut bytes = vec![0; 65_536];
            while let Ok(length @ 1..) = asks.read(&mut bytes).await {
                match self.refusal(&bytes[..length]) {
                    Some(status) => {
                        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
                        hears.lock().await.write_all(answer.as_bytes()).await.ok();
                    }
                    None => {
                        if takes.write_all(&bytes[..length]).await.is_err() {
                            return;
                        }
                    }
                }
            }
        };
        let back = async {
            let mut bytes = vec![0; 65_536];
            while let Ok(length @ 1..) = answers.read(&mut bytes).await {
                if hears.lock().await.write_all(&bytes[..length]).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = forth => {}
            () = back => {}
        }
    }

    fn refusal(&self, bytes: &[u8]) -> Option<u16> {
        let refused = self.refused.lock().expect("the gate").clone();
        let (what, status) = refused?;
        let first = String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned();
        first.contains(&what).then_some(status)
    }
}
