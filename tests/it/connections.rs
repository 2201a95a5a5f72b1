//! What one connection may ask for at a time, and what a client that takes nothing costs.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use h2::client::SendRequest;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::app::{App, temporary_folder};
use crate::support::process::{Installation, Process};
use crate::support::raw::Raw;
use crate::support::soon;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_client_that_takes_no_answers_is_read_no_further() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    server.owner().list().await.ok();
    let before = resident(&server);
    let requests = "GET /login HTTP/1.1\r\nhost: x\r\n\r\n".repeat(30_000);
    let mut hostile = join_all((0..30).map(async |_| {
        let mut raw = Raw::connect(&server.site).await;
        raw.send(&requests).await;
        raw
    }))
    .await;
    // Its answer has begun, so the server has seen what the connection sent.
    join_all(hostile.iter_mut().map(Raw::begun)).await;
    for _ in 0..100 {
        server.owner().list().await.ok();
    }
    let grown = resident(&server).saturating_sub(before);
    assert!(grown < 16 * MIB, "{grown} bytes for 30 connections");
}

#[tokio::test]
async fn requests_that_come_together_are_answered_in_their_order() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let request = |body: &str| {
        format!(
            "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: a/b\r\ncontent-length: {}\r\n\r\n{body}",
            o.path(""),
            o.authorization(),
            body.len()
        )
    };
    let mut raw = Raw::connect(&app.site).await;
    raw.send((0..50).map(|number| request(&number.to_string())).collect::<String>()).await;
    let answers = raw.replies(50).await;
    let numbers: Vec<_> = answers.into_iter().map(|answer| answer.ok()["sequence"].clone()).collect();
    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_head_has_to_come_in_time() {
    let app = App::with("server.header_timeout = \"1s\"").await;
    let mut raw = Raw::connect(&app.site).await;
    for _ in 0..3 {
        raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        raw.reply().await.is(200);
    }
    raw.send("GET /healthz HTTP/1.1\r\nhost: ").await;
    raw.reply().await.is(408);
    assert!(!raw.ended().await);
}

#[tokio::test]
async fn a_handshake_of_tls_has_to_come_in_time() {
    let folder = temporary_folder();
    write_certificate(folder.path());
    let app = App::with(&format!("server.header_timeout = \"1s\"\n{}", tls(folder.path()))).await;
    let mut raw = Raw::connect(&app.site).await;
    raw.send([0x16, 0x03, 0x01]).await;
    assert!(!raw.ended().await);
}

#[tokio::test]
async fn a_head_without_an_end_is_refused() {
    let app = App::start().await;
    let mut raw = Raw::connect(&app.site).await;
    raw.send(format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {}", "x".repeat(32 * 1024))).await;
    let reply = raw.reply().await.is(431);
    assert_eq!(reply.header("connection"), Some("close"));
    let mut raw = Raw::connect(&app.site).await;
    raw.send(format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(30 * 1024))).await;
    raw.reply().await.is(200);
}

#[tokio::test]
async fn a_body_that_nobody_asked_for_does_not_become_the_next_request() {
    let app = App::start().await;
    let path = app.channel().await.path("");
    let hidden = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let head = |length: usize| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\ncontent-length: {length}\r\n\r\n")
    };
    let mut raw = Raw::connect(&app.site).await;
    raw.send(head(hidden.len())).await;
    raw.reply().await.refused(401);
    raw.send(format!("{hidden}GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    assert_eq!(raw.reply().await.is(200).body, "ready");
    // So much is not read for nothing.
    let mut raw = Raw::connect(&app.site).await;
    raw.send(head(10 * MIB)).await;
    assert_eq!(raw.reply().await.refused(401).header("connection"), Some("close"));
    assert!(!raw.ended().await);
}

#[tokio::test]
async fn who_waits_to_be_asked_for_a_body_is_not_asked_when_it_is_not_wanted() {
    let app = App::start().await;
    let path = app.channel().await.path("");
    let mut raw = Raw::connect(&app.site).await;
    raw.send(format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n"
    ))
    .await;
    assert_eq!(raw.reply().await.refused(401).header("connection"), Some("close"));
}

#[tokio::test]
async fn a_connection_of_http_2_keeps_few_answers_that_are_not_taken() {
    let folder = temporary_folder();
    let certificate = write_certificate(folder.path());
    let installation = Installation::with_account();
    let server = installation.serve(&tls(folder.path())).await;
    let (mut before, mut connections) = (0, Vec::new());
    for number in 0..=20 {
        let mut client = streams(&server.site.authority(), &certificate, 0).await;
        let mut answers = Vec::new();
        for _ in 0..MOST_STREAMS {
            client = soon("a stream", client.ready()).await.expect("a free stream");
            answers.push(client.send_request(get("/login"), true).expect("a stream").0);
        }
        // Those that have their turn are begun, and no others.
        soon("an answer", &mut answers[0]).await.expect("an answer").status();
        connections.push((client, answers));
        if number == 0 {
            // Without what the first of all requests needs.
            before = resident(&server);
        }
    }
    let grown = resident(&server).saturating_sub(before);
    assert!(grown < 8 * MIB, "{grown} bytes for 20 connections");
}

#[tokio::test]
async fn streams_that_are_reset_while_they_wait_cost_nothing() {
    const AT_ONCE: usize = 8;
    let folder = temporary_folder();
    let certificate = write_certificate(folder.path());
    let installation = Installation::with_account();
    let server = installation.serve(&tls(folder.path())).await;
    let connection = connect(&server.site.authority(), &certificate).await;
    let handshake = h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(connection);
    let (mut client, mut connection) = soon("a handshake", handshake).await.expect("a handshake");
    let mut pings = connection.ping_pong().expect("the only one");
    tokio::spawn(connection);
    let mut kept = Vec::new();
    for _ in 0..AT_ONCE {
        client = soon("a stream", client.ready()).await.expect("a free stream");
        kept.push(client.send_request(get("/login"), true).expect("a stream").0);
    }
    for answer in &mut kept {
        soon("an answer", answer).await.expect("an answer");
    }
    let before = resident(&server);
    for _ in 0..250 {
        let mut waiting = Vec::new();
        for _ in AT_ONCE..MOST_STREAMS {
            client = soon("a stream", client.ready()).await.expect("a free stream");
            waiting.push(client.send_request(get("/login"), true).expect("a stream"));
        }
        // The server has them all before they are reset.
        soon("a pong", pings.ping(h2::Ping::opaque())).await.expect("a pong");
        drop(waiting);
        soon("a pong", pings.ping(h2::Ping::opaque())).await.expect("a pong");
    }
    let grown = resident(&server).saturating_sub(before);
    assert!(grown < 8 * MIB, "{grown} bytes for 23 000 streams");
}

#[tokio::test]
async fn a_stream_that_takes_nothing_is_reset() {
    let folder = temporary_folder();
    let certificate = write_certificate(folder.path());
    let app = App::with(&format!("server.body_timeout = \"1s\"\n{}", tls(folder.path()))).await;
    let client = streams(&app.site.authority(), &certificate, 0).await;
    let mut client = soon("a stream", client.ready()).await.expect("a free stream");
    let (answer, _) = client.send_request(get("/login"), true).expect("a stream");
    let mut body = soon("an answer", answer).await.expect("an answer").into_body();
    let end = soon("the end of the stream", body.data()).await.expect("an end");
    assert_eq!(end.expect_err("no data").reason(), Some(h2::Reason::CANCEL));
}

#[tokio::test]
async fn a_connection_of_http_2_is_told_how_many_streams_it_may_open() {
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    let folder = temporary_folder();
    let certificate = write_certificate(folder.path());
    let app = App::with(&tls(folder.path())).await;
    let mut connection = connect(&app.site.authority(), &certificate).await;
    let empty_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &empty_settings].concat();
    soon("sending", connection.write_all(&preface)).await.expect("an open connection");
    let mut head = [0; 9];
    soon("a frame", connection.read_exact(&mut head)).await.expect("a frame");
    assert_eq!(head[3], 4, "its first frame has its settings");
    let mut settings = vec![0; usize::from(head[2])];
    soon("a frame", connection.read_exact(&mut settings)).await.expect("a frame");
    let most = settings.chunks(6).find(|one| u16::from_be_bytes([one[0], one[1]]) == MAX_CONCURRENT_STREAMS);
    let most = most.expect("a limit");
    assert_eq!(u32::from_be_bytes([most[2], most[3], most[4], most[5]]) as usize, MOST_STREAMS);
}

/// What the server allows a connection of HTTP/2.
const MOST_STREAMS: usize = 100;

/// Opens a connection of HTTP/2 that takes so many bytes of each answer.
async fn streams(authority: &str, certificate: &CertificateDer<'static>, window: u32) -> SendRequest<Bytes> {
    let tls = connect(authority, certificate).await;
    let handshake = h2::client::Builder::new().initial_window_size(window).handshake(tls);
    let (client, connection) = soon("a handshake", handshake).await.expect("a handshake");
    tokio::spawn(async {
        // It ends with the server.
        let _ended = connection.await;
    });
    client
}

/// A connection over TLS on which HTTP/2 is agreed.
async fn connect(authority: &str, certificate: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("a certificate");
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let tcp = soon("connecting", TcpStream::connect(authority)).await.expect("a connection");
    let name = ServerName::try_from("127.0.0.1").expect("an address");
    soon("a handshake", connector.connect(name, tcp)).await.expect("a handshake")
}

fn get(path: &str) -> http::Request<()> {
    http::Request::get(format!("https://127.0.0.1{path}")).body(()).expect("a request")
}

fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    std::fs::write(folder.join("cert.pem"), cert.pem()).expect("space");
    std::fs::write(folder.join("key.pem"), KeyPair::serialize_pem(&signing_key)).expect("space");
    cert.der().clone()
}

fn tls(folder: &Path) -> String {
    let folder = folder.display();
    format!("tls.cert_file = '{folder}/cert.pem'\ntls.key_file = '{folder}/key.pem'\n")
}

/// The memory that the process holds, in bytes.
fn resident(server: &Process) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id)).expect("a running process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a figure");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number") * 1024
}
