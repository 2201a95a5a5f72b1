//! Notifications over WebSockets.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::app::App;
use crate::support::raw::Raw;
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
