//! Notifications over WebSockets.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::raw::{Raw, handshake};
use crate::support::socket::Socket;
use crate::support::{eventually, soon};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn case_130_ten_writes_are_exactly_ten_frames() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let mut socket = t.socket().await;
    for text in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"] {
        o.wrote(text).await;
    }
    for sequence in 1..=10 {
        assert_eq!(socket.sequence().await, sequence);
    }
    channel.delete().await.empty(204);
    socket.closed().await;
}

#[tokio::test]
async fn case_131_the_writers_own_sockets_stay_silent() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let (mut first, mut second) = (o.socket().await, o.socket().await);
    assert_eq!((o.wrote("own").await, t.wrote("foreign").await), (1, 2));
    assert_eq!((first.sequence().await, second.sequence().await), (2, 2));
}

#[tokio::test]
async fn case_132_every_socket_of_every_other_token_gets_one_frame() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t, r) = (channel.owner_token(), channel.two_way().await, channel.read_only().await);
    let mut sockets = [t.socket().await, t.socket().await, r.socket().await];
    o.wrote("one").await;
    o.wrote("two").await;
    for socket in &mut sockets {
        assert_eq!((socket.sequence().await, socket.sequence().await), (1, 2));
    }
}

#[tokio::test]
async fn case_133_a_frame_is_an_object_that_old_and_new_clients_read() {
    let app = App::with(r#"api.notification_text = "Something came""#).await;
    let channel = app.channel().await;
    let mut socket = channel.two_way().await.socket().await;
    let written = channel.owner_token().write_as("x/y", "one").await.ok();
    let expected = json!({
        "channel_id": channel.id,
        "notification": "Something came",
        "received": written["received"],
        "sequence": 1,
        "content_type": "x/y"
    });
    assert_eq!(socket.notification().await, expected);
}

#[tokio::test]
async fn case_133_the_frame_can_be_the_bare_text() {
    let app = App::with("api.notification_frame = \"text\"").await;
    let channel = app.channel().await;
    let mut socket = channel.two_way().await.socket().await;
    channel.owner_token().wrote("one").await;
    assert_eq!(socket.text().await, r#""New message arrived""#);
}

#[tokio::test]
async fn case_134_nothing_comes_without_a_write() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("before").await;
    let mut socket = t.socket().await;
    app.advance(MINUTE);
    t.mark_read(1).await;
    o.delete(1).await.empty(204);
    o.wrote("after").await;
    assert_eq!(socket.sequence().await, 2, "nothing is replayed and nothing else is told");
}

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
async fn case_139_what_was_notified_can_be_read() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let mut socket = t.socket().await;
    for expected in 1..=20 {
        let (_, sequence) = tokio::join!(o.wrote("news"), socket.sequence());
        assert_eq!(sequence, expected);
        assert_eq!(t.all().await.last(), Some(&expected));
    }
}

#[tokio::test]
async fn case_140_an_idle_socket_is_pinged_and_stays_open() {
    let app = App::start().await;
    let channel = app.channel().await;
    let mut socket = channel.two_way().await.socket().await;
    for _ in 0..10 {
        app.until_somebody_waits(MINUTE / 2).await;
        app.advance(MINUTE / 2);
        socket.pinged().await;
    }
    channel.owner_token().wrote("still here").await;
    assert_eq!(socket.sequence().await, 1);
}

#[tokio::test]
async fn case_141_text_from_the_client_is_ignored_and_a_close_is_answered() {
    let app = App::start().await;
    let channel = app.channel().await;
    let mut socket = channel.two_way().await.socket().await;
    socket.send("hello?").await;
    channel.owner_token().wrote("one").await;
    assert_eq!(socket.sequence().await, 1);
    assert!(socket.close().await, "no close came back");
}

#[tokio::test]
async fn case_142_a_thousand_vanished_sockets_leave_nothing_behind() {
    // What the limit counts is what the hub holds: it would be full after the first fifty.
    let app = App::with("limits.sockets_per_token = 50").await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    for _ in 0..20 {
        let sockets = join_all((0..50).map(|_| async {
            let slot = std::cell::RefCell::new(None);
            eventually("a free slot", async || {
                let socket = t.connect().await.ok();
                let free = socket.is_some();
                *slot.borrow_mut() = socket;
                free
            })
            .await;
            slot.into_inner()
        }))
        .await;
        assert_eq!(sockets.iter().flatten().count(), 50);
    }
    eventually("a free slot", async || t.connect().await.is_ok()).await;
    let mut last = channel.read_only().await.socket().await;
    o.wrote("anyone there?").await;
    assert_eq!(last.sequence().await, 1);
}

#[tokio::test]
async fn case_143_deleting_the_channel_closes_its_sockets() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (mut own, mut other) = (channel.owner_token().socket().await, channel.two_way().await.socket().await);
    channel.delete().await.empty(204);
    own.closed().await;
    other.closed().await;
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
async fn revoking_closes_sockets_without_waiting_for_a_write_or_the_clock() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let mut socket = t.socket().await;
    channel.revoke(&t).await.empty(204);
    socket.closed().await;
}

#[tokio::test]
async fn rights_that_another_process_takes_away_close_sockets() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let mut socket = t.socket().await;
    app.installation.succeed(&["token", "revoke", &channel.id, &t.id], "");
    app.advance(Duration::from_secs(1));
    socket.closed().await;
}

#[tokio::test]
async fn case_144_a_slow_reader_delays_nobody() {
    let text = "a long text ".repeat(5000);
    let app = App::with(&format!("api.notification_text = {text:?}")).await;
    let channel = app.channel().await;
    let (o, t, r) = (channel.owner_token(), channel.two_way().await, channel.read_only().await);
    let (mut slow, mut prompt) = (r.socket().await, t.socket().await);
    for expected in 1..=400 {
        assert_eq!(soon("a write", o.wrote("more")).await, expected);
        assert_eq!(prompt.sequence().await, expected);
    }
    let mut delivered = 0;
    while slow.frame().await.is_some_and(|frame| !frame.is_close()) {
        delivered += 1;
    }
    assert!(delivered < 400, "it was not slow enough to be dropped");
}

#[tokio::test]
async fn a_socket_that_reads_nothing_keeps_its_place_until_it_is_gone() {
    let text = "a long text ".repeat(5000);
    let app = App::with(&format!("api.notification_text = {text:?}\nlimits.sockets_per_token = 1")).await;
    let channel = app.channel().await;
    let (o, r) = (channel.owner_token(), channel.read_only().await);
    let stalled = Raw::upgraded(&app.site, &r.notify_path()).await;
    for _ in 0..300 {
        o.wrote("more").await;
    }
    assert_eq!(r.connect().await.err(), Some(429), "it is dropped, but its connection is still there");
    drop(stalled);
    eventually("a free slot", async || r.connect().await.is_ok()).await;
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
