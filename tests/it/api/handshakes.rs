//! Opening sockets for notifications: who may, and what becomes of a connection that is no socket.

use std::time::Duration;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::raw::{Raw, handshake};
use crate::support::socket::Socket;

#[tokio::test]
async fn case_135_handshakes_are_refused_like_requests() {
    let app = App::start().await;
    let (channel, other) = (app.channel().await, app.channel().await);
    let t = channel.two_way().await;
    let status = async |path: String| Socket::open(&app.site, &path, &[]).await.err();
    assert_eq!(status(t.path("/notify")).await, Some(401));
    assert_eq!(status(t.path("/notify?token=")).await, Some(401));
    assert_eq!(t.presenting("bad").connect().await.err(), Some(401));
    assert_eq!(t.at(&other).connect().await.err(), Some(403));
    assert_eq!(status(format!("/api/v1/channel/unknown/notify?token={}", t.secret)).await, Some(403));
    assert_eq!(status(format!("{}&token={}", t.notify_path(), t.secret)).await, Some(401));
    channel.revoke(&t).await.empty(204);
    assert_eq!(t.connect().await.err(), Some(401));
}

#[tokio::test]
async fn case_136_a_bearer_header_works_without_a_query() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let headers = [("authorization", t.authorization())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut socket = Socket::open(&app.site, &t.path("/notify"), &headers).await.expect("a socket");
    channel.owner_token().wrote("one").await;
    assert_eq!(socket.sequence().await, 1);
}

#[tokio::test]
async fn case_137_a_plain_get_with_a_valid_token_is_400() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    app.anonymous().get(&t.notify_path()).await.is(400);
    app.anonymous().get(&t.path("/notify")).await.refused(401);
}

#[tokio::test]
async fn case_138_a_write_only_token_cannot_listen() {
    let app = App::start().await;
    assert_eq!(app.channel().await.write_only().await.connect().await.err(), Some(401));
}

#[tokio::test]
async fn case_165_a_ticket_opens_one_socket_within_half_a_minute() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let other = app.channel().await.two_way().await;
    let open = async |of: &Bearer, ticket: &str| {
        Socket::open(&of.site, &of.path(&format!("/notify?ticket={ticket}")), &[]).await
    };

    let ticket = t.ticket().await;
    assert_eq!(open(&other, &ticket).await.err(), Some(403));
    assert_eq!(open(&t, &ticket).await.err(), Some(401), "it was used");
    let ticket = t.ticket().await;
    let posing = Bearer { secret: ticket.clone(), ..t.clone() };
    posing.read("").await.empty(401);
    assert_eq!(open(&t, &format!("{ticket}&token={}", t.secret)).await.err(), Some(401));
    let mut socket = open(&t, &ticket).await.expect("a socket");
    assert_eq!(open(&t, &ticket).await.err(), Some(401));
    o.wrote("for whoever has a ticket").await;
    assert_eq!(socket.sequence().await, 1);

    let late = t.ticket().await;
    app.advance(Duration::from_secs(30));
    assert_eq!(open(&t, &late).await.err(), Some(401));
    let (mut tickets, others) = (Vec::new(), other.ticket().await);
    for _ in 0..9 {
        tickets.push(t.ticket().await);
    }
    assert_eq!(open(&t, &tickets[0]).await.err(), Some(401), "made room");
    open(&t, &tickets[1]).await.expect("a socket");
    open(&other, &others).await.expect("a socket");

    channel.write_only().await.call("POST", "/notify-ticket", &[], "").await.empty(401);
    let revoked = t.ticket().await;
    channel.revoke(&t).await.empty(204);
    assert_eq!(open(&t, &revoked).await.err(), Some(401));
}

#[tokio::test]
async fn frames_that_come_with_the_handshake_are_heard() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    let mut impatient = Raw::connect(&app.site).await;
    let masked_close = [0x88, 0x80, 0, 0, 0, 0];
    impatient.send([handshake(&t.notify_path()).as_bytes(), &masked_close].concat()).await;
    let answer = impatient.rest().await;
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", answer.escape_ascii());
    let close_with_code_1000 = b"\r\n\r\n\x88\x02\x03\xe8";
    assert!(answer.ends_with(close_with_code_1000), "{}", answer.escape_ascii());
}

#[tokio::test]
async fn a_broken_handshake_is_refused_and_takes_no_place() {
    let app = App::with("limits.sockets_per_token = 1").await;
    let t = app.channel().await.two_way().await;
    let asked = handshake(&t.notify_path());
    for broken in [
        asked.replace("version: 13", "version: 12"),
        asked.replace("sec-websocket-key", "another-key"),
        asked.replace("connection: upgrade", "connection: keep-alive"),
        asked.replace("upgrade: websocket", "upgrade: other"),
        asked.replace("GET", "HEAD"),
    ] {
        let mut raw = Raw::connect(&app.site).await;
        raw.send(&broken).await;
        let status = raw.status_line().await;
        assert!(status.starts_with("HTTP/1.1 4"), "{status} to {broken}");
    }
    eventually("a free slot", async || t.connect().await.is_ok()).await;
}

#[tokio::test]
async fn an_upgrade_of_what_is_no_socket_is_an_ordinary_request() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let mut raw = Raw::connect(&app.site).await;
    // As Java's client asks for HTTP/2, as nginx is usually told to pass sockets on, and as nobody should.
    for (number, upgrade) in [
        "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAB",
        "connection: upgrade",
        "Upgrade: websocket",
        "connection: keep-alive, upgrade\r\nupgrade: websocket",
    ]
    .into_iter()
    .enumerate()
    {
        let (path, authorization) = (o.path(""), o.authorization());
        let common = format!("HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\n{upgrade}\r\n");
        raw.send(format!("POST {path} {common}content-type: a/b\r\ncontent-length: 3\r\n\r\ntwo")).await;
        let reply = raw.reply().await;
        assert_eq!(reply.header("connection"), None, "{upgrade}");
        assert_eq!(reply.header("upgrade"), None, "{upgrade}");
        assert_eq!(reply.ok()["sequence"], number + 1, "{upgrade}");
        raw.send(format!("GET {path} {common}\r\n")).await;
        assert_eq!(raw.reply().await.ok().as_array().map(Vec::len), Some(number + 1), "{upgrade}");
    }
}
