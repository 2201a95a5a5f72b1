//! Writing messages.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::bearer::payload;
use crate::support::raw::{Raw, chunked, exchange};

/// The longest message of the reference server.
const REFERENCE_LIMIT: &str = "limits.message_bytes = '64k'";

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`, which is the only form that all clients parse.
fn is_wire_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or("");
    let pattern = "0000-00-00T00:00:00.000Z";
    text.len() == pattern.len()
        && text.chars().zip(pattern.chars()).all(|(c, p)| if p == '0' { c.is_ascii_digit() } else { c == p })
}

#[tokio::test]
async fn case_066_owner_writes_raw_bytes_and_gets_sequence_1() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let message = o.write("hello").await.ok();
    assert_eq!(
        message,
        json!({"sequence": 1, "received": "2026-03-01T18:43:00.120Z", "content_type": "text/plain", "payload": "aGVsbG8="})
    );
}

#[tokio::test]
async fn case_067_a_content_type_keeps_its_parameter() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    for content_type in
        ["application/json; charset=utf-8", "application/json; charset=UTF-8", "x/y;a=\"b c\""]
    {
        assert_eq!(o.write_as(content_type, "{}").await.ok()["content_type"], content_type);
    }
    assert_eq!(o.messages("").await[0]["content_type"], "application/json; charset=utf-8");
}

#[tokio::test]
async fn case_068_every_byte_comes_back() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let bytes: Vec<u8> = (0..=255).collect();
    channel.owner_token().write_as("application/octet-stream", bytes.clone()).await.ok();
    assert_eq!(payload(&t.messages("").await[0]), bytes);
}

#[tokio::test]
async fn case_069_65536_bytes_are_accepted() {
    let app = App::with(REFERENCE_LIMIT).await;
    let o = app.channel().await.owner_token();
    o.write_as("application/octet-stream", vec![7; 65536]).await.ok();
    assert_eq!(payload(&o.messages("").await[0]).len(), 65536);
}

#[tokio::test]
async fn case_070_65537_bytes_are_400_with_413_inside() {
    let app = App::with(REFERENCE_LIMIT).await;
    let o = app.channel().await.owner_token();
    o.write_as("application/octet-stream", vec![7; 65537]).await.problem(400, 413);
    assert_eq!(o.all().await, [0; 0]);
}

#[tokio::test]
async fn case_071_a_length_over_the_limit_is_refused_before_the_body() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let mut raw = Raw::connect(&app.site).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: a/b\r\ncontent-length: 900000000\r\n\r\n",
        o.path(""),
        o.authorization()
    );
    raw.send(head).await;
    raw.reply().await.problem(400, 413);
}

#[tokio::test]
async fn case_072_an_empty_body_is_400() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.write("").await.problem(400, 400);
    let headers = [format!("authorization: {}", o.authorization()), "content-type: a/b".to_owned()];
    let headers = headers.each_ref().map(String::as_str);
    exchange(&app.site, &format!("POST {}", o.path("")), &headers, b"").await.problem(400, 400);
}

#[tokio::test]
async fn case_073_a_missing_content_type_is_400() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.call("POST", "", &[], "bytes").await.problem(400, 400);
    o.call("POST", "", &[("content-type", "")], "bytes").await.problem(400, 400);
}

#[tokio::test]
async fn case_074_chunked_bodies_are_taken_up_to_the_limit() {
    let app = App::with(REFERENCE_LIMIT).await;
    let o = app.channel().await.owner_token();
    let headers = [
        format!("authorization: {}", o.authorization()),
        "content-type: a/b".to_owned(),
        "transfer-encoding: chunked".to_owned(),
    ];
    let headers = headers.each_ref().map(String::as_str);
    let line = format!("POST {}", o.path(""));
    let message = exchange(&app.site, &line, &headers, &chunked(b"0123456789")).await.ok();
    assert_eq!(payload(&message), b"0123456789");
    let mut raw = Raw::connect(&app.site).await;
    raw.send(format!("{line} HTTP/1.1\r\nhost: x\r\n{}\r\n\r\n", headers.join("\r\n"))).await;
    raw.try_send(&chunked(&vec![7; 70_000])).await;
    raw.reply().await.problem(400, 413);
    assert_eq!(o.all().await, [1]);
}

#[tokio::test]
async fn case_075_a_long_content_type_is_taken_or_refused_but_never_500() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let of_length = |length: usize| format!("x/{}", "y".repeat(length - 2));
    assert_eq!(o.write_as(&of_length(100), "a").await.ok()["content_type"], of_length(100));
    o.write_as(&of_length(255), "a").await.ok();
    o.write_as(&of_length(256), "a").await.problem(400, 400);
}

#[tokio::test]
async fn case_076_a_read_only_token_cannot_write() {
    let app = App::start().await;
    app.channel().await.read_only().await.write("no").await.refused(401);
}

#[tokio::test]
async fn case_077_a_write_only_token_can_write() {
    let app = App::start().await;
    assert_eq!(app.channel().await.write_only().await.wrote("yes").await, 1);
}

#[tokio::test]
async fn case_078_a_token_of_another_channel_is_403_after_its_right_was_judged() {
    let app = App::start().await;
    let (first, second) = (app.channel().await, app.channel().await);
    first.two_way().await.at(&second).write("no").await.refused(403);
    first.read_only().await.at(&second).write("no").await.refused(401);
    first.two_way().await.at(&second).read("").await.refused(403);
    first.write_only().await.at(&second).read("").await.refused(401);
    assert_eq!(second.get().await.ok()["head"], 0);
}

#[tokio::test]
async fn case_079_no_token_or_a_bad_one_is_401() {
    let app = App::start().await;
    let channel = app.channel().await;
    app.anonymous().post(&channel.path(""), "text/plain", "no").await.refused(401);
    channel.owner_token().presenting("unknown").write("no").await.refused(401);
    for header in ["Bearer", "Bearer ", "Basic dXNlcm5hbWU6cGFzc3dvcmQ=", "nonsense"] {
        app.anonymous().get_with(&channel.path(""), &[("authorization", header)]).await.refused(401);
    }
    let (good, twice) = (channel.owner_token().authorization(), "authorization");
    app.anonymous().get_with(&channel.path(""), &[(twice, &good), (twice, &good)]).await.refused(401);
}

#[tokio::test]
async fn case_080_the_scheme_word_may_be_in_lower_case() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let header = format!("bearer {}", o.secret);
    app.anonymous().get_with(&o.path(""), &[("authorization", &header)]).await.ok();
}

#[tokio::test]
async fn case_081_a_locked_channel_takes_no_messages_and_the_rest_goes_on() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("before").await;
    channel.lock().await;
    o.write("after").await.problem(400, 403);
    assert_eq!(t.unread().await, [1]);
    t.mark_read(1).await;
    assert_eq!(t.unread().await, [0; 0]);
    t.delete(1).await.empty(204);
}

#[tokio::test]
async fn case_082_parallel_writers_get_every_sequence_once() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let written: BTreeSet<u64> = join_all((0..20).map(|_| o.wrote("at once"))).await.into_iter().collect();
    assert_eq!(written, (1..=20).collect());
    assert_eq!(o.all().await, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn case_083_a_deleted_messages_sequence_is_not_used_again() {
    let mut app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("one").await;
    o.wrote("two").await;
    o.delete(2).await.empty(204);
    assert_eq!(o.wrote("three").await, 3);
    o.delete(3).await.empty(204);
    app.restart().await;
    assert_eq!(o.wrote("four").await, 4);
}

#[tokio::test]
async fn case_084_received_is_the_same_when_read_and_has_three_digits() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    for step in [0, 880, 37, 3_599_963] {
        app.advance(Duration::from_millis(step));
        let written = o.write("when").await.ok();
        assert!(is_wire_time(&written["received"]), "{written}");
        assert_eq!(o.messages("").await.last(), Some(&written));
    }
}

#[tokio::test]
async fn case_085_a_thousand_messages_all_have_three_digits() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    for _ in 0..50 {
        join_all((0..20).map(|_| o.wrote("tick"))).await;
        app.advance(Duration::from_millis(17));
    }
    let messages = o.messages("").await;
    assert_eq!(messages.len(), 1000);
    let wrong: Vec<_> = messages.iter().filter(|message| !is_wire_time(&message["received"])).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn case_086_a_payment_channel_takes_three_messages_from_its_write_only_token() {
    let app = App::start().await;
    let settings = json!({"public_read": true, "public_write": true, "sequenced": true,
        "retention": {"min_age_days": 0, "max_age_days": 9999, "auto_prune": false}});
    let channel = app.channel_with(settings).await;
    let (w, _, r) = (channel.write_only().await, channel.read_only().await, channel.read_only().await);
    for sequence in 1..=3 {
        assert_eq!(w.wrote("a callback").await, sequence);
    }
    assert_eq!(r.unread().await, [1, 2, 3]);
}

#[tokio::test]
async fn case_087_a_write_takes_less_than_half_a_second() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let mut times = Vec::new();
    for _ in 0..21 {
        let begin = Instant::now();
        o.wrote("quick").await;
        times.push(begin.elapsed());
    }
    times.sort();
    assert!(times[10] < Duration::from_millis(500), "median {:?}", times[10]);
}

#[tokio::test]
async fn case_088_a_post_is_never_redirected() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    for rest in ["", "/"] {
        let status = o.call("POST", rest, &[("content-type", "a/b")], "x").await.status;
        assert_eq!(status, 200, "POST with {rest:?} at the end");
    }
    let shouted = o.path("").replace("/api/v1/channel", "/API/v1/Channel");
    let authorization = o.authorization();
    let headers = [("authorization", authorization.as_str()), ("content-type", "a/b")];
    app.site.call("POST", &shouted, &headers, "x").await.ok();
}

#[tokio::test]
async fn case_089_a_problem_has_code_and_message_for_clients_in_go() {
    let app = App::with(REFERENCE_LIMIT).await;
    let o = app.channel().await.owner_token();
    let problem = o.write("").await.problem(400, 400);
    assert_eq!((&problem["code"], &problem["message"]), (&json!(400), &problem["title"]));
    let problem = o.write_as("a/b", vec![0; 65537]).await.problem(400, 413);
    assert_eq!(problem["code"], 413);
}

#[tokio::test]
async fn true_status_codes_can_be_switched_on() {
    let app = App::with(&format!("api.status_codes = 'http'\n{REFERENCE_LIMIT}")).await;
    let channel = app.sequenced_channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.write_as("a/b", vec![0; 65537]).await.problem(413, 413);
    o.wrote("one").await;
    t.write("too soon").await.problem(409, 409);
    channel.lock().await;
    o.write("locked").await.problem(403, 403);
}
