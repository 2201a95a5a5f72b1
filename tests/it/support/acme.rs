//! An authority that certificates are asked of, whose answers a case decides.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::tls::Authority;

/// It listens until it is dropped.
pub struct Acme {
    port: u16,
    identity: Authority,
    serving: JoinHandle<()>,
}

/// Status, further headers (each with its end of line), and body.
pub type Answer = (u16, &'static str, String);

impl Acme {
    /// What `answer` says to a path counts; to others it answers as if all were well, up to an order that waits.
    pub async fn start(answer: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let identity = Authority::new();
        let acceptor = identity.acceptor("127.0.0.1");
        let answer = Arc::new(answer);
        let serving = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, answer) = (acceptor.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut io = BufReader::new(acceptor.accept(tcp).await?);
                    let mut line = String::new();
                    io.read_line(&mut line).await?;
                    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                    let (status, headers, body) = answer(&path).unwrap_or_else(|| usual(port, &path));
                    let mut length = 0;
                    while line != "\r\n" {
                        line.clear();
                        io.read_line(&mut line).await?;
                        let named = line.to_ascii_lowercase();
                        if let Some(value) = named.strip_prefix("content-length: ") {
                            length = value.trim().parse().unwrap_or_default();
                        }
                    }
                    io.read_exact(&mut vec![0; length]).await?;
                    let place = format!("https://127.0.0.1:{port}{path}/1");
                    let head = format!(
                        "HTTP/1.1 {status} so\r\nreplay-nonce: once\r\nlocation: {place}\r\n{headers}\
                         content-length: {}\r\nconnection: close\r\n\r\n",
                        body.len()
                    );
                    io.write_all(head.as_bytes()).await?;
                    io.write_all(body.as_bytes()).await?;
                    io.shutdown().await
                });
            }
        });
        Self { port, identity, serving }
    }

    /// The configuration of a server that asks it.
    pub fn settings(&self) -> String {
        format!(
            "server.listen = ['https://127.0.0.1:0', 'http://127.0.0.1:0']\ntls.domains = 'localhost'\n\
             tls.acme_directory = 'https://127.0.0.1:{}/directory'\ntls.acme_root_file = '{}'\n",
            self.port,
            self.identity.root_file().display()
        )
    }
}

impl Drop for Acme {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn usual(port: u16, path: &str) -> Answer {
    let at = |path: &str| format!("\"https://127.0.0.1:{port}/{path}\"");
    let (status, body) = match path {
        "/directory" => {
            let places = ["newNonce", "newAccount", "newOrder", "revokeCert", "keyChange"];
            let places = places.map(|place| format!("\"{place}\":{}", at(place)));
            (200, format!("{{{}}}", places.join(",")))
        }
        "/newNonce" => (200, String::new()),
        "/newAccount" => (201, "{\"status\":\"valid\"}".to_owned()),
        "/seen" => {
            let name = "{\"type\":\"dns\",\"value\":\"localhost\"}";
            (200, format!("{{\"identifier\":{name},\"status\":\"valid\",\"challenges\":[]}}"))
        }
        _ => {
            let (seen, finalize) = (at("seen"), at("finalize"));
            (201, format!("{{\"status\":\"pending\",\"authorizations\":[{seen}],\"finalize\":{finalize}}}"))
        }
    };
    (status, "", body)
}
