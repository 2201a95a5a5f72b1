//! What peerbox offers beyond the contract to those who ask for it.

use std::time::Duration;

use serde_json::json;

use crate::support::app::App;
use crate::support::bearer::{Bearer, sequences};
use crate::support::reply::Reply;

const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);
const MILLISECOND: Duration = Duration::from_millis(1);

async fn with_key(bearer: &Bearer, key: &str, content_type: &str, body: &str) -> Reply {
    let headers = [("content-type", content_type), ("idempotency-key", key)];
    bearer.call("POST", "", &headers, body.to_owned()).await
}

/// A reader of messages 1 to 5.
async fn five_messages(app: &App) -> Bearer {
    let channel = app.channel().await;
    let t = channel.two_way().await;
    for text in ["1", "2", "3", "4", "5"] {
        channel.owner_token().wrote(text).await;
    }
    t
}

#[tokio::test]
async fn a_token_with_history_sees_what_is_there_as_unread() {
    let app = App::start().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    o.wrote("one").await;
    o.wrote("two").await;
    o.delete(1).await.empty(204);
    let body = json!({"description": "late", "can_read": true, "can_write": true, "history": true});
    let token = app.owner().issue(&channel.id, &body).await.ok();
    assert_eq!(token.as_object().map(serde_json::Map::len), Some(5), "it is not on the wire: {token}");
    let late = channel.bearer(&token);
    assert_eq!(late.unread().await, [2]);
    late.mark_read(2).await;
    assert_eq!((late.unread().await.len(), late.all().await), (0, vec![2]));
}

#[tokio::test]
async fn history_counts_for_sequencing() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    channel.owner_token().wrote("one").await;
    let body = json!({"description": "late", "can_read": true, "can_write": true, "history": true});
    let late = channel.bearer(&app.owner().issue(&channel.id, &body).await.ok());
    late.write("too soon").await.problem(400, 409);
}

#[tokio::test]
async fn limit_and_after_page_through_messages() {
    let app = App::start().await;
    let t = five_messages(&app).await;
    let page = async |query: &str| sequences(&t.messages(query).await);
    assert_eq!(page("?limit=2").await, [1, 2]);
    assert_eq!(page("?limit=2&after=2").await, [3, 4]);
    assert_eq!(page("?after=4").await, [5]);
    assert_eq!(page("?after=5").await, [0; 0]);
    t.mark_read(2).await;
    assert_eq!(page("?unread=true&limit=2").await, [1, 3]);
    assert_eq!(page("?unread=true&limit=9&after=1").await, [3, 4, 5]);
}

#[tokio::test]
async fn a_limit_holds_over_a_long_backlog() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    for _ in 0..15 {
        futures_util::future::join_all((0..20).map(|_| o.wrote("one of many"))).await;
    }
    assert_eq!(sequences(&o.messages("?limit=250&after=20").await), (21..=270).collect::<Vec<_>>());
    assert_eq!(o.all().await, (1..=300).collect::<Vec<_>>());
}

#[tokio::test]
async fn limit_and_after_must_be_numbers() {
    let app = App::start().await;
    let t = five_messages(&app).await;
    for query in ["?limit=x", "?limit=-1", "?after=x", "?wait=x", "?wait=-1"] {
        t.read(query).await.invalid();
    }
}

#[tokio::test]
async fn wait_answers_at_once_when_something_is_unread() {
    let app = App::start().await;
    let t = five_messages(&app).await;
    assert_eq!(sequences(&t.messages("?unread=true&wait=60").await), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn wait_holds_the_request_until_a_message_comes() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let waiting = t.messages("?unread=true&wait=60");
    tokio::pin!(waiting);
    app.held(&mut waiting, MINUTE, 1).await;
    o.wrote("now").await;
    assert_eq!(sequences(&waiting.await), [1]);
}

#[tokio::test]
async fn wait_is_for_what_comes_after_the_given_message() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"public_read": true})).await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    assert_eq!((o.wrote("one").await, o.wrote("two").await), (1, 2));
    assert_eq!(sequences(&t.messages("?wait=60&after=1").await), [2]);
    let path = channel.path("?wait=60&after=2");
    let stranger = app.anonymous();
    let waiting = async { tokio::join!(t.read("?wait=60&after=2"), stranger.get(&path)) };
    tokio::pin!(waiting);
    app.held(&mut waiting, MINUTE, 2).await;
    o.wrote("three").await;
    let (with, without) = waiting.await;
    for answer in [with, without] {
        let messages = answer.ok();
        assert_eq!(sequences(messages.as_array().expect("a list")), [3]);
    }
}

#[tokio::test]
async fn strangers_who_wait_are_counted_by_network() {
    let app = App::with("limits.sockets_per_token = 1\nserver.trusted_proxies = [\"loopback\"]").await;
    let channel = app.channel_with(json!({"public_read": true})).await;
    let path = channel.path("?wait=60");
    let wait = async |address: &str| app.anonymous().get_with(&path, &[("x-forwarded-for", address)]).await;
    let first = wait("203.0.113.1");
    tokio::pin!(first);
    app.held(&mut first, MINUTE, 1).await;
    wait("203.0.113.1").await.problem(429, 429);
    let second = wait("198.51.100.7");
    tokio::pin!(second);
    // Another network has a place of its own.
    app.held(&mut second, MINUTE, 1).await;
    channel.owner_token().wrote("one").await;
    first.await.ok();
    second.await.ok();
}

#[tokio::test]
async fn wait_is_refused_once_the_right_ends() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let waiting = t.read("?wait=60");
    tokio::pin!(waiting);
    app.held(&mut waiting, MINUTE, 1).await;
    channel.revoke(&t).await.empty(204);
    waiting.await.refused(401);
}

#[tokio::test]
async fn wait_ends_when_its_seconds_are_over() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    let waiting = t.messages("?unread=true&wait=30");
    tokio::pin!(waiting);
    app.held(&mut waiting, MINUTE / 2, 1).await;
    app.advance(29_999 * MILLISECOND);
    assert!(app.is_waited_for(MILLISECOND), "it ended before its time");
    app.advance(MILLISECOND);
    assert_eq!(waiting.await.len(), 0);
}

#[tokio::test]
async fn the_same_key_and_body_are_one_message() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let first = with_key(&o, "key-1", "text/plain", "pay").await.ok();
    app.advance(DAY / 2);
    assert_eq!(with_key(&o, "key-1", "text/plain", "pay").await.ok(), first);
    assert_eq!(with_key(&o, "key-2", "text/plain", "pay").await.ok()["sequence"], 2);
    assert_eq!(o.all().await, [1, 2]);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_422() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    with_key(&o, "key", "text/plain", "pay 1").await.ok();
    with_key(&o, "key", "text/plain", "pay 2").await.problem(422, 422);
    assert_eq!(o.all().await, [1]);
}

#[tokio::test]
async fn a_key_is_taken_by_its_older_name_too() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let older = async |key: &str, body: &str| {
        let headers = [("content-type", "application/json"), ("x-idempotency-key", key)];
        o.call("POST", "", &headers, body.to_owned()).await
    };
    let first = older("key", "{}").await.ok();
    assert_eq!(older("key", "{}").await.ok(), first);
    assert_eq!(with_key(&o, "key", "application/json", "{}").await.ok(), first, "it is one key");
    older("key", "[]").await.problem(422, 422);
    older("", "{}").await.problem(400, 400);
    let both = [("content-type", "a/b"), ("idempotency-key", "ours"), ("x-idempotency-key", "key")];
    assert_eq!(o.call("POST", "", &both, "x").await.ok()["sequence"], 2, "the name of the standard counts");
}

#[tokio::test]
async fn a_key_belongs_to_its_token_and_lasts_a_day() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    with_key(&o, "key", "text/plain", "mine").await.ok();
    assert_eq!(with_key(&t, "key", "text/plain", "yours").await.ok()["sequence"], 2);
    app.advance(DAY + Duration::from_secs(1));
    assert_eq!(with_key(&o, "key", "text/plain", "another day").await.ok()["sequence"], 3);
}

#[tokio::test]
async fn strangers_share_no_keys() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"public_write": true})).await;
    for (text, sequence) in [("from one", 1), ("from another", 2)] {
        let headers = [("content-type", "text/plain"), ("idempotency-key", "1")];
        let message = app.site.call("POST", &channel.path(""), &headers, text).await.ok();
        assert_eq!(message["sequence"], sequence);
    }
}

#[tokio::test]
async fn a_repeated_key_is_one_message_at_the_same_instant_and_across_a_restart() {
    let mut app = App::start().await;
    let o = app.channel().await.owner_token();
    let both = futures_util::future::join(with_key(&o, "k", "a/b", "x"), with_key(&o, "k", "a/b", "x")).await;
    let first = both.0.ok();
    assert_eq!(both.1.ok(), first);
    app.restart().await;
    assert_eq!(with_key(&o, "k", "a/b", "x").await.ok(), first);
    assert_eq!(o.all().await, [1]);
}

#[tokio::test]
async fn a_refused_write_does_not_use_up_its_key() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    with_key(&t, "key", "a/b", "answer").await.problem(400, 409);
    t.mark_read(1).await;
    assert_eq!(with_key(&t, "key", "a/b", "answer").await.ok()["sequence"], 2);
}

#[tokio::test]
async fn one_message_is_read_raw_as_an_attachment_in_a_sandbox() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let page = "<script>alert(1)</script>";
    o.write_as("text/html; charset=utf-8", page).await.ok();
    let reply = o.call("GET", "/1", &[], "").await.is(200);
    assert_eq!(reply.text(), page);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(reply.header("content-disposition").is_some_and(|value| value.starts_with("attachment")));
    let policy = reply.header("content-security-policy").expect("a policy").to_owned();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(o.unread().await, [0; 0]);
}

#[tokio::test]
async fn a_raw_message_is_refused_like_the_list() {
    let app = App::start().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    o.wrote("before").await;
    let t = channel.two_way().await;
    t.call("GET", "/1", &[], "").await.problem(404, 404);
    o.call("GET", "/2", &[], "").await.problem(404, 404);
    channel.write_only().await.call("GET", "/1", &[], "").await.refused(401);
    app.anonymous().get(&channel.path("/1")).await.refused(401);
    app.channel().await.owner_token().at(&channel).call("GET", "/1", &[], "").await.refused(403);
    o.delete(1).await.empty(204);
    o.call("GET", "/1", &[], "").await.problem(404, 404);
}

#[tokio::test]
async fn a_full_line_of_readers_waits_and_all_are_answered() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let waiting = futures_util::future::join_all((0..20).map(|_| t.messages("?unread=true&wait=60")));
    let (answers, _) = tokio::join!(waiting, o.wrote("for all"));
    assert!(answers.iter().all(|messages| sequences(messages) == [1]), "{answers:?}");
}

#[tokio::test]
async fn case_170_a_reader_learns_which_side_wrote_a_message_and_no_more() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.amend(&json!({"public_write": true, "public_read": true})).await.ok();
    let (o, t, other) = (channel.owner_token(), channel.two_way().await, channel.two_way().await);
    for bearer in [&t, &o, &other] {
        bearer.wrote("a word").await;
    }
    app.anonymous().post(&channel.path(""), "text/plain", "by nobody").await.ok();
    let authors = |messages: Vec<serde_json::Value>| -> Vec<String> {
        messages.iter().map(|one| one["author"].as_str().unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(authors(t.messages("?authors=true").await), ["own", "holder", "other", "other"]);
    assert_eq!(authors(o.messages("?authors=true").await), ["other", "own", "other", "other"]);
    assert_eq!(authors(t.messages("?authors=TRUE&after=1&limit=2").await), ["holder", "other"]);
    assert_eq!(authors(t.messages("?authors=true&unread=true").await), ["holder", "other", "other"]);
    assert_eq!(authors(t.messages("").await), ["-", "-", "-", "-"], "nobody else gets a further member");
    let public = app.anonymous().get(&channel.path("?authors=true")).await.ok();
    assert_eq!(authors(public.as_array().cloned().unwrap()), ["other", "holder", "other", "other"]);
    t.read("?authors=perhaps").await.problem(400, 400);
}

#[tokio::test]
async fn the_side_is_said_over_a_long_backlog() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    for _ in 0..15 {
        futures_util::future::join_all((0..20).map(|_| o.wrote("one of many"))).await;
    }
    let all = t.messages("?authors=true").await;
    assert!(all.len() == 300 && all.iter().all(|one| one["author"] == "holder"), "{}", all.len());
}

#[tokio::test]
async fn case_171_a_token_learns_what_is_hidden_from_it() {
    let app = App::start().await;
    let channel = app.channel().await;
    let first = channel.two_way().await;
    for text in ["1", "2", "3"] {
        channel.owner_token().wrote(text).await;
    }
    let late = channel.two_way().await;
    let body = json!({"description": "late", "can_read": true, "can_write": true, "history": true});
    let with_history = channel.bearer(&app.owner().issue(&channel.id, &body).await.ok());
    for (bearer, since) in [(&first, 0), (&late, 3), (&with_history, 0)] {
        let told = bearer.call("GET", "/key", &[], "").await.ok();
        assert_eq!((&told["since"], &told["is_holder"]), (&json!(since), &json!(false)));
    }
    assert_eq!(channel.owner_token().call("GET", "/key", &[], "").await.ok()["is_holder"], true);
}

#[tokio::test]
async fn case_177_a_webhook_writes_to_no_channel() {
    let app = App::start().await;
    let channel = app.channel().await;
    let other = channel.two_way().await;
    let headers = [("peerbox-webhook", "1"), ("content-type", "text/plain")];
    let refused = other.call("POST", "", &headers, "one").await;
    assert_eq!(refused.status, 508);
    assert!(refused.text().contains("A webhook writes to no channel"), "{}", refused.text());
    assert_eq!(other.wrote("two").await, 1);
}
