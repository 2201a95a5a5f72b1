//! Requests written byte by byte, for what a well-behaved client never sends.

use bytes::Bytes;
use reqwest::Version;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::document::document;
use crate::support::reply::Reply;
use crate::support::site::Site;
use crate::support::{eventually, soon};

/// A connection on which the test writes HTTP/1.1 by hand.
pub struct Raw {
    stream: TcpStream,
    /// What came behind the answer that was taken last.
    received: Vec<u8>,
}

impl Raw {
    pub async fn connect(site: &Site) -> Self {
        let stream = soon("connecting", TcpStream::connect(site.authority())).await.expect("a connection");
        Self { stream, received: Vec::new() }
    }

    /// A WebSocket of which nothing is read after the handshake.
    pub async fn upgraded(site: &Site, path: &str) -> Self {
        let mut raw = Self::connect(site).await;
        raw.send(handshake(path)).await;
        raw.reply().await.is(101);
        raw
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon("sending", self.stream.write_all(bytes.as_ref())).await.expect("an open connection");
    }

    /// Waits until the server has taken all that was sent from its kernel's buffer.
    pub async fn taken(&self) {
        let own = self.stream.local_addr().expect("an open connection").port();
        let from_here = format!(":{own:04X}");
        eventually("all to be taken", async || {
            let connections = std::fs::read_to_string("/proc/self/net/tcp").expect("connections");
            let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let mut theirs = connections.lines().map(fields).filter(|line| line[2].ends_with(&from_here));
            theirs.any(|line| line[4].ends_with(":00000000"))
        })
        .await;
    }

    /// Sends what the server may refuse to take; tells whether it took all.
    pub async fn try_send(&mut self, bytes: &[u8]) -> bool {
        soon("sending", self.stream.write_all(bytes)).await.is_ok()
    }

    /// Sends nothing more, and still takes what comes.
    pub async fn finish(&mut self) {
        // The server may have ended the connection.
        let _ = self.stream.shutdown().await;
    }

    /// Ends the connection at once, as a client that crashed.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("an open connection");
    }

    /// The answer, once the server has sent the whole of it.
    pub async fn reply(&mut self) -> Reply {
        self.try_reply().await.expect("an answer before the end")
    }

    /// The answer, or `None` when the server ended the connection without one.
    pub async fn try_reply(&mut self) -> Option<Reply> {
        loop {
            if let Some((reply, rest)) = parse(&self.received) {
                self.received = rest;
                return Some(reply);
            }
            let mut buffer = [0; 4096];
            match soon("an answer", self.stream.read(&mut buffer)).await {
                Ok(read) if read > 0 => self.received.extend_from_slice(&buffer[..read]),
                _ => return None,
            }
        }
    }

    /// The head of an answer that has no body, as it came.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.received.drain(..end + 4).collect();
                return String::from_utf8(head).expect("text in headers");
            }
            let mut buffer = [0; 4096];
            let read = soon("a head", self.stream.read(&mut buffer)).await.expect("an open connection");
            assert!(read > 0, "the connection ended");
            self.received.extend_from_slice(&buffer[..read]);
        }
    }

    /// So many answers, in the order in which they came.
    pub async fn replies(&mut self, count: usize) -> Vec<Reply> {
        let mut replies = Vec::new();
        while replies.len() < count {
            replies.push(self.reply().await);
        }
        replies
    }

    /// The first line of the answer to a request whose answer has no body.
    pub async fn status_line(&mut self) -> String {
        let mut received = Vec::new();
        while !received.ends_with(b"\r\n\r\n") {
            received.push(soon("an answer", self.stream.read_u8()).await.expect("an open connection"));
        }
        String::from_utf8_lossy(&received).lines().next().unwrap_or_default().to_owned()
    }

    /// Waits until the server ends the connection, and tells whether it said anything before.
    pub async fn ended(&mut self) -> bool {
        !self.rest().await.is_empty()
    }

    /// Waits for the first byte, and takes it.
    pub async fn begun(&mut self) {
        soon("an answer", self.stream.read_u8()).await.expect("an open connection");
    }

    /// Everything until the server ends the connection.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut received = std::mem::take(&mut self.received);
        // A reset is an end too.
        let _ = soon("the end", self.stream.read_to_end(&mut received)).await;
        received
    }
}

/// A request that was judged and let begin, and of whose body only a half was sent.
pub struct Half {
    raw: Raw,
    rest: String,
}

impl Half {
    /// `headers` are beside those that say how long the body is.
    pub async fn begin(site: &Site, request: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut raw = Raw::connect(site).await;
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let lines = lines.concat();
        raw.send(format!(
            "{request} HTTP/1.1\r\nhost: {}\r\n{lines}content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            site.authority(),
            body.len()
        ))
        .await;
        raw.reply().await.is(100);
        let (first, rest) = body.split_at(body.len() / 2);
        raw.send(first).await;
        Self { raw, rest: rest.to_owned() }
    }

    /// Sends the other half.
    pub async fn finish(mut self) -> Reply {
        self.raw.send(self.rest).await;
        self.raw.reply().await
    }
}

/// What asks for a WebSocket.
pub fn handshake(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// One exchange: a request line, header lines without their line ends, and a body as it goes over the wire.
pub async fn exchange(site: &Site, request: &str, headers: &[&str], body: &[u8]) -> Reply {
    let mut raw = Raw::connect(site).await;
    let host = format!("host: {}", site.authority());
    let mut lines = vec![format!("{request} HTTP/1.1"), "connection: close".to_owned()];
    if !headers.iter().any(|line| line.to_lowercase().starts_with("host:")) {
        lines.push(host);
    }
    lines.extend(headers.iter().map(|line| (*line).to_owned()));
    raw.send(format!("{}\r\n\r\n", lines.join("\r\n"))).await;
    raw.send(body).await;
    let reply = raw.reply().await;
    if let Some((method, path)) = request.split_once(' ') {
        document().await.check(method, path, reply.status, &reply.headers, &reply.body);
    }
    reply
}

/// A body in chunked coding, in chunks of at most 1000 bytes.
pub fn chunked(body: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    for chunk in body.chunks(1000) {
        coded.extend(format!("{:x}\r\n", chunk.len()).bytes());
        coded.extend(chunk);
        coded.extend(b"\r\n");
    }
    coded.extend(b"0\r\n\r\n");
    coded
}

/// The first answer in these bytes, if it is all there, and what follows it.
fn parse(bytes: &[u8]) -> Option<(Reply, Vec<u8>)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..end]).expect("text in headers");
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').expect("a header line");
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        headers.append(name, HeaderValue::from_str(value.trim()).expect("a header value"));
    }
    let rest = &bytes[end + 4..];
    let is_chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
    let (body, rest) = if is_chunked {
        dechunked(rest)?
    } else {
        let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
        let (body, rest) = rest.split_at_checked(length.unwrap_or(0))?;
        (Bytes::copy_from_slice(body), rest)
    };
    Some((Reply { status, headers, version: Version::HTTP_11, body }, rest.to_vec()))
}

fn dechunked(mut rest: &[u8]) -> Option<(Bytes, &[u8])> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        let chunk = rest.get(line + 2..line + 2 + size)?;
        let behind = rest.get(line + 2 + size + 2..)?;
        if size == 0 {
            return Some((body.into(), behind));
        }
        body.extend_from_slice(chunk);
        rest = behind;
    }
}
