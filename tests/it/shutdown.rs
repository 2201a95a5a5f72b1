//! How a server ends.

use futures_util::future::{join, join_all};

use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::process::Installation;
use crate::support::raw::Raw;
use crate::support::site::Site;

const GOING_AWAY: u16 = 1001;

#[tokio::test]
async fn case_163_a_stop_lets_writes_finish_and_tells_sockets_that_it_goes_away() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    let channel = server.owner().channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let mut socket = t.socket().await;
    let mut raw = begin_write(&o).await;
    raw.send("first").await;
    server.signal("TERM");
    assert_eq!(socket.closed().await, Some(GOING_AWAY));
    raw.send("other").await;
    assert_eq!(raw.reply().await.ok()["sequence"], 1);
    assert_eq!(server.end().await.code(), Some(0), "{}", server.log());

    let server = installation.serve("").await;
    let reader = Bearer { site: server.site.clone(), ..t };
    assert_eq!(reader.unread().await, [1]);
}

#[tokio::test]
async fn sigint_ends_it_as_well_and_idle_connections_do_not_hold_it() {
    let installation = Installation::with_account();
    let mut server = installation.serve("server.shutdown_grace = \"60s\"").await;
    server.owner().list().await.ok();
    let mut idle = Raw::connect(&server.site).await;
    idle.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    idle.reply().await.is(200);
    server.signal("INT");
    assert_eq!(server.end().await.code(), Some(0), "{}", server.log());
    assert!(!idle.ended().await);
}

#[tokio::test]
async fn the_write_ahead_log_is_written_back_at_the_end() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    server.owner().channel().await.owner_token().wrote("one").await;
    server.signal("TERM");
    assert!(server.end().await.success());
    let log = installation.database().with_extension("db-wal");
    assert!(std::fs::metadata(log).map_or(0, |file| file.len()) == 0);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let installation = Installation::with_account();
    let mut server = installation.serve("server.shutdown_grace = \"1h\"\nserver.body_timeout = \"1h\"").await;
    let o = server.owner().channel().await.owner_token();
    let mut raw = begin_write(&o).await;
    let mut socket = o.socket().await;
    server.signal("TERM");
    // Its first act of stopping, so the first signal has been heard.
    socket.closed().await;
    server.signal("TERM");
    server.end().await;
    assert!(!raw.ended().await, "the unfinished write was not answered");
}

#[tokio::test]
async fn the_rest_of_a_refused_body_is_not_waited_for() {
    let installation = Installation::with_account();
    let settings =
        "server.shutdown_grace = \"1h\"\nserver.body_timeout = \"1h\"\nserver.header_timeout = \"1h\"";
    let mut server = installation.serve(settings).await;
    let o = server.owner().channel().await.owner_token();
    let mut raw = Raw::connect(&o.site).await;
    let head = "authorization: Bearer none\r\ncontent-type: a/b\r\ncontent-length: 1000\r\n\r\nbegun";
    raw.send(format!("POST {} HTTP/1.1\r\nhost: x\r\n{head}", o.path(""))).await;
    raw.reply().await.is(401);
    server.signal("TERM");
    assert_eq!(server.end().await.code(), Some(0), "{}", server.log());
}

#[tokio::test]
async fn no_connection_is_taken_while_it_stops() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    let o = server.owner().channel().await.owner_token();
    let (mut raw, mut socket) = (begin_write(&o).await, o.socket().await);
    server.signal("TERM");
    assert_eq!(socket.closed().await, Some(GOING_AWAY));
    let late = async {
        // A client without connections of its own, so that it needs a new one.
        Site::new(&o.site.base()).try_call("GET", "/healthz", &[], "").await
    };
    let rest = async {
        raw.send("0123456789").await;
        raw.reply().await.ok();
        server.end().await
    };
    let (late, status) = join(late, rest).await;
    assert!(late.is_err(), "it was served: {late:?}");
    assert!(status.success());
}

#[tokio::test]
async fn every_write_is_answered_while_it_stops() {
    for round in 0..20 {
        let installation = Installation::with_account();
        let mut server = installation.serve("").await;
        let channel = server.owner().channel().await;
        let (o, t) = (channel.owner_token(), channel.two_way().await);
        let writers = join_all((0..16).map(|_| write_until_told(&o)));
        let stop = async {
            // It stops in the middle of them: all of them have begun when so many are stored.
            eventually("enough messages", async || {
                t.etag().await.parse::<usize>().is_ok_and(|head| head >= 64)
            })
            .await;
            server.signal("TERM");
            server.end().await
        };
        let (acknowledged, status) = join(writers, stop).await;
        assert!(status.success(), "round {round}");
        let server = installation.serve("").await;
        let stored = Bearer { site: server.site.clone(), ..o }.all().await.len();
        assert_eq!(acknowledged.iter().sum::<usize>(), stored, "round {round}: {acknowledged:?}");
    }
}

/// Writes over one connection until an answer says that it ends; every write must be answered. Tells how many were.
async fn write_until_told(o: &Bearer) -> usize {
    let mut raw = Raw::connect(&o.site).await;
    let write = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: a/b\r\ncontent-length: 2\r\n\r\nhi",
        o.path(""),
        o.authorization()
    );
    for acknowledged in 1.. {
        raw.send(&write).await;
        let reply = raw.try_reply().await.expect("an answer to every write");
        if reply.is(200).header("connection") == Some("close") {
            return acknowledged;
        }
    }
    unreachable!("it writes until it is told")
}

/// A write of ten bytes that the server has asked for, so that it is under way; none is sent yet.
async fn begin_write(o: &Bearer) -> Raw {
    let mut raw = Raw::connect(&o.site).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: a/b\r\n\
         content-length: 10\r\nexpect: 100-continue\r\n\r\n",
        o.path(""),
        o.authorization()
    );
    raw.send(head).await;
    raw.reply().await.is(100);
    raw
}
