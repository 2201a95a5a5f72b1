//! An answer of HTTP/1.1, read to its end.

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use crate::doctor::client::tls::ShownCertificate;

/// Headers of an answer; one with more is not read.
const MOST_HEADERS: usize = 100;

/// What a server answered.
#[derive(Debug)]
pub struct DoorAnswer {
    /// Its status.
    pub status: u16,
    /// Its content. What is longer than anything that is asked for is cut.
    pub body: Vec<u8>,
    /// How long it took from the first bytes of the content to the last.
    pub lasted: Duration,
    /// What the server showed, where it was asked over TLS.
    pub certificate: Option<ShownCertificate>,
}

/// Reads to the end; `None` for what is not HTTP.
#[expect(clippy::disallowed_methods, reason = "machine time: how long the network took")]
pub(super) fn read(io: &mut impl Read) -> io::Result<Option<DoorAnswer>> {
    let mut received = Vec::new();
    let mut piece = [0; 4096];
    let mut begun = None;
    loop {
        let length = match io.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // TLS that ends without saying so; what came is judged by itself.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && !received.is_empty() => 0,
            length => length?,
        };
        received.extend_from_slice(&piece[..length]);
        let now = parsed(&received);
        if now.as_ref().is_some_and(|(_, body, _)| !body.is_empty()) {
            begun.get_or_insert_with(Instant::now);
        }
        if length == 0 || now.as_ref().is_some_and(|(_, _, whole)| *whole) {
            let lasted = begun.map(|begun| begun.elapsed()).unwrap_or_default();
            return Ok(now.map(|(status, body, _)| DoorAnswer { status, body, lasted, certificate: None }));
        }
    }
}

/// Status and content, and whether that is all of it.
fn parsed(received: &[u8]) -> Option<(u16, Vec<u8>, bool)> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = head.parse(received) else { return None };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        str::from_utf8(found.value).ok()
    };
    let body = &received[length..];
    if header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        let (content, whole) = joined(body);
        return Some((head.code?, content, whole));
    }
    let all = header("content-length").and_then(|length| length.parse::<usize>().ok());
    Some((head.code?, body.to_vec(), all.is_some_and(|all| body.len() >= all)))
}

/// The content of chunks, and whether the last one came.
fn joined(mut chunks: &[u8]) -> (Vec<u8>, bool) {
    let mut content = Vec::new();
    while let Ok(httparse::Status::Complete((begin, size))) = httparse::parse_chunk_size(chunks) {
        if size == 0 {
            return (content, true);
        }
        let rest = &chunks[begin..];
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        content.extend_from_slice(&rest[..size.min(rest.len())]);
        // The line break after the chunk.
        let Some(next) = size.checked_add(2).and_then(|end| rest.get(end..)) else { break };
        chunks = next;
    }
    (content, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_end_as_they_say() {
        let check = |text: &str, expected: Option<(u16, &str, bool)>| {
            let found = parsed(text.as_bytes());
            let found = found
                .as_ref()
                .map(|(status, body, whole)| (*status, str::from_utf8(body).expect("text"), *whole));
            assert_eq!(found, expected, "{text:?}");
        };
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready", Some((200, "ready", true)));
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nrea", Some((200, "rea", false)));
        check("HTTP/1.0 503 No\r\n\r\nlater", Some((503, "later", false)));
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            Some((200, "abcde", true)),
        );
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", Some((200, "ab", false)));
        check("HTTP/1.1 200 OK\r\nContent-Le", None);
        check("SSH-2.0-OpenSSH_9.2\r\n", None);
        check("", None);
    }
}
