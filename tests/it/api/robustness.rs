//! What must not break, leak or grow.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;
use crate::support::owner::{basic, settings_of_a_channel};
use crate::support::process::{Installation, Process};
use crate::support::raw::Raw;
use crate::support::traces;

#[tokio::test]
async fn case_157_one_key_used_as_another_has_no_effect() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (owner, o) = (app.owner(), channel.owner_token());
    let credential = owner.authorization["Basic ".len()..].to_owned();
    let forged = [
        o.secret.clone(),
        channel.id.clone(),
        credential,
        format!("1_{}", channel.id),
        format!("{}_{}", channel.id, o.id),
        format!("{USER}:{PASSWORD}"),
    ];
    for key in &forged[1..] {
        o.presenting(key).read("").await.refused(401);
    }
    for key in &forged {
        owner.presenting(&format!("Basic {key}1")).list().await.refused(401);
        owner.presenting(&basic(key, PASSWORD)).list().await.refused(401);
        owner.get(&format!("{key}1")).await.refused(403);
        let path = format!("/api/v1/channel/{key}1");
        app.anonymous().get_with(&path, &[("authorization", &o.authorization())]).await.refused(403);
    }
    owner.list().await.ok();
    o.read("").await.ok();
    channel.get().await.ok();
}

#[tokio::test]
async fn case_158_logs_at_the_default_level_hold_no_secret() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    let channel = server.owner().channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("payload-to-look-for").await;
    t.register("device-token-to-look-for").await.empty(200);
    let mut socket = t.socket().await;
    o.wrote("payload-to-look-for").await;
    socket.notification().await;
    o.write("").await.problem(400, 400);
    t.at(&server.owner().channel().await).read("?search=query-to-look-for").await.refused(403);
    t.presenting("bad-token-to-look-for").connect().await.expect_err("a refusal");
    server.owner().presenting(&basic("user-to-look-for", "password-to-look-for")).list().await.refused(401);
    server.signal("TERM");
    assert!(server.end().await.success());
    let mut secrets = vec![o.secret.clone(), t.secret.clone(), channel.id.clone()];
    secrets.extend(
        ["payload", "device-token", "query", "bad-token", "user", "password"]
            .map(|of| format!("{of}-to-look-for")),
    );
    let log = server.log();
    assert!(log.contains("127.0.0.1"), "there is a log to look at");
    assert_eq!(traces::found_in("the log", log.as_bytes(), &secrets), [""; 0], "{log}");
}

#[tokio::test]
async fn case_159_a_revocation_holds_in_a_second_server_at_once() {
    let app = App::start().await;
    let other = app.beside().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let there = Bearer { site: other.site.clone(), ..t.clone() };
    there.read("").await.ok();
    t.read("").await.ok();
    channel.revoke(&t).await.empty(204);
    there.read("").await.refused(401);
    there.write("no").await.refused(401);
}

#[tokio::test]
async fn what_is_remembered_of_a_channel_is_neither_stale_nor_for_others() {
    let app = App::start().await;
    let other = app.beside().await;
    let channel = app.channel().await;
    let there = Channel::from_answer(&other.owner(), &channel.get().await.ok());
    let stranger = app.another_account("stranger");
    let shown = channel.get().await.ok();
    assert_eq!(channel.get().await.ok(), shown, "nothing happened in between");
    let no_such_channel = stranger.get("A").await;
    assert_eq!(stranger.get(&channel.id).await.status, no_such_channel.status);

    let t = there.two_way().await;
    let tokens = channel.get().await.ok()["access_tokens"].clone();
    assert_eq!(tokens.as_array().unwrap().len(), 2, "{tokens}");
    t.wrote("one").await;
    assert_eq!(channel.get().await.ok()["head"], 1);
    there.lock().await;
    assert_eq!(channel.get().await.ok()["locked"], true);
    there.revoke(&t).await.empty(204);
    assert_eq!(channel.get().await.ok()["access_tokens"], shown["access_tokens"]);
    there.delete().await.empty(204);
    assert_eq!(channel.get().await.status, no_such_channel.status);
}

#[tokio::test]
async fn case_160_ten_thousand_unread_messages_are_read_in_bounded_memory() {
    const MESSAGES: usize = 10_000;
    const BYTES: usize = 2_000;
    let installation = Installation::with_account();
    let server = installation.serve("limits.storage_per_account = 0").await;
    let channel = server.owner().channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let write = async || {
        for _ in 0..MESSAGES / 50 {
            o.write_as("a/b", vec![b'x'; BYTES]).await.is(200);
        }
    };
    join_all((0..50).map(|_| write())).await;
    let before = resident_peak(&server);
    let answer = t.read("?unread=true").await.is(200);
    assert!(answer.body.len() > MESSAGES * BYTES, "all of it was sent");
    let grown = resident_peak(&server) - before;
    assert!(grown < answer.body.len() / 2, "{grown} bytes more for an answer of {}", answer.body.len());
}

/// The most memory that the process ever held, in bytes.
fn resident_peak(server: &Process) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id)).expect("a running process");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number") * 1024
}

#[tokio::test]
async fn case_162_a_client_that_stops_mid_body_stores_nothing() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let head = |more: &str| {
        format!(
            "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: a/b\r\n{more}\r\n\r\n",
            o.path(""),
            o.authorization()
        )
    };
    for (more, part) in
        [("content-length: 100", "half of it"), ("transfer-encoding: chunked", "5\r\nhello\r\n5\r\nhe")]
    {
        let mut raw = Raw::connect(&app.site).await;
        raw.send(head(more)).await;
        raw.send(part).await;
        drop(raw);
    }
    assert_eq!(o.wrote("whole").await, 1);
    assert_eq!(t.unread().await, [1]);
}

#[tokio::test]
async fn every_endpoint_survives_nonsense_without_500() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (owner, o) = (app.owner(), channel.owner_token());
    let paths = ["%00", "%ff", "..", "%2e%2e", "a%2fb", "'", "\"", "%F0%9F%92%A9", &"x".repeat(3000)];
    for odd in paths {
        for path in [
            owner.path(&format!("/channel/{odd}")),
            owner.path(&format!("/channel/{odd}/api-token/{odd}")),
            owner.path(&format!("/channel/{}/api-token?token={odd}", channel.id)),
        ] {
            assert!(owner.call("GET", &path).await.status < 500, "{path}");
        }
        for rest in [format!("?unread={odd}"), format!("/{odd}"), format!("/1?older={odd}")] {
            assert!(o.call("GET", &rest, &[], "").await.status < 500, "{rest}");
            let status = o.call("POST", &rest, &[("content-type", "application/json")], "{}").await.status;
            assert!(status < 500, "{rest}");
            assert!(o.call("DELETE", &rest, &[], "").await.status < 500, "{rest}");
        }
        let path = format!("/api/v1/pushnotifications/{odd}");
        assert!(app.anonymous().delete(&path).await.status < 500, "{path}");
        assert!(app.anonymous().put(&path, &json!({"token": odd})).await.status < 500, "{path}");
    }
    owner.list().await.ok();
}

#[tokio::test]
async fn a_json_body_has_a_limit_too() {
    let app = App::start().await;
    let mut body = settings_of_a_channel();
    body["padding"] = json!("x".repeat(3_000_000));
    let status = app.owner().create(&body).await.status;
    assert!((400..500).contains(&status), "{status}");
    let deep = format!(r#"{{"retention":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let owner = app.owner();
    owner.post(&owner.path("/channel"), "application/json", &deep).await.problem(400, 400);
}

#[tokio::test]
async fn a_thousand_tokens_see_one_message_each() {
    let app = App::with("limits.tokens_per_channel = 0").await;
    let channel = app.channel().await;
    let mut last = channel.two_way().await;
    for _ in 0..19 {
        last = join_all((0..50).map(|_| channel.two_way())).await.pop().expect("a token");
    }
    channel.owner_token().wrote("to all").await;
    assert_eq!(last.unread().await, [1]);
}

#[tokio::test]
async fn a_long_answer_breaks_off_when_the_right_ends() {
    let app = App::with("limits.message_bytes = 1000000").await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let text = "x".repeat(1_000_000);
    for _ in 0..30 {
        o.wrote(&text).await;
    }
    let request =
        format!("GET {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n", t.path(""), t.authorization());
    let mut raw = Raw::connect(&app.site).await;
    raw.send(request).await;
    raw.begun().await;
    channel.revoke(&t).await.empty(204);
    let rest = raw.rest().await;
    assert!(rest.len() < 30_000_000, "{} bytes", rest.len());
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it looks whole");
}
