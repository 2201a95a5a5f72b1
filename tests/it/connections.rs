//! What one connection may ask for at a time, and what a client that takes nothing costs.

use futures_util::future::join_all;

use crate::support::app::App;
use crate::support::process::Installation;
use crate::support::raw::Raw;
use crate::support::tls::Tls;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_client_that_takes_no_answers_is_read_no_further() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    server.owner().list().await.ok();
    let before = server.resident();
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
    let grown = server.resident().saturating_sub(before);
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
    let tls = Tls::new();
    let app = App::with(&format!("server.header_timeout = \"1s\"\n{}", tls.settings())).await;
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
async fn a_body_that_nobody_asked_for_has_to_come_in_time_too() {
    let app = App::with("server.header_timeout = \"1h\"\nserver.body_timeout = \"1s\"").await;
    let path = app.channel().await.path("");
    let mut raw = Raw::connect(&app.site).await;
    raw.send(format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\ncontent-length: 9\r\n\r\n"))
        .await;
    raw.reply().await.refused(401);
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
