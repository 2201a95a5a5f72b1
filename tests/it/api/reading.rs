//! Reading, and marking as read or unread.

use serde_json::json;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;

const NONE: [u64; 0] = [];

/// A channel with messages 1 to 3 from its owner, and a counterparty who has read none.
async fn three_messages(app: &App) -> (Channel, Bearer, Bearer) {
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    for text in ["one", "two", "three"] {
        o.wrote(text).await;
    }
    (channel, o, t)
}

#[tokio::test]
async fn case_099_reading_does_not_mark() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    channel.owner_token().wrote("one").await;
    assert_eq!(t.unread().await, [1]);
    assert_eq!(t.unread().await, [1]);
}

#[tokio::test]
async fn case_100_own_messages_are_read_but_listed() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("one").await;
    assert_eq!(o.unread().await, NONE);
    assert_eq!(o.all().await, [1]);
    assert_eq!(o.messages("?unread=false").await.len(), 1);
    assert_eq!(o.messages("?unread=").await.len(), 1);
}

#[tokio::test]
async fn case_101_a_slash_before_the_query() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    assert_eq!(t.messages("/?unread=true").await.len(), 0);
}

#[tokio::test]
async fn case_102_unread_must_be_a_bool() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    for text in ["maybe", "1", "yes"] {
        o.read(&format!("?unread={text}")).await.invalid();
    }
}

#[tokio::test]
async fn case_103_unread_is_read_in_any_case() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("own").await;
    for query in ["?unread=TRUE", "?unread=True", "?UNREAD=true", "?other=1&unread=true"] {
        assert_eq!(o.messages(query).await.len(), 0, "{query}");
    }
}

#[tokio::test]
async fn case_104_marking_with_older_marks_all_before() {
    let app = App::start().await;
    let (_, _, t) = three_messages(&app).await;
    t.mark_read_up_to(3).await;
    assert_eq!(t.unread().await, NONE);
}

#[tokio::test]
async fn case_105_one_message_is_marked_unread_again() {
    let app = App::start().await;
    let (_, _, t) = three_messages(&app).await;
    t.mark_read_up_to(3).await;
    t.mark_unread(2).await;
    assert_eq!(t.unread().await, [2]);
    t.mark_unread(2).await;
    assert_eq!(t.unread().await, [2], "marking twice is marking once");
}

#[tokio::test]
async fn case_106_marking_is_nobody_elses_business() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t, r) = (channel.owner_token(), channel.two_way().await, channel.read_only().await);
    o.wrote("one").await;
    t.wrote("two").await;
    t.mark_read_up_to(2).await;
    assert_eq!(r.unread().await, [1, 2]);
    assert_eq!(o.unread().await, [2]);
    r.mark_unread(1).await;
    assert_eq!(t.unread().await, NONE);
}

#[tokio::test]
async fn case_107_marking_answers_200_and_nothing() {
    let app = App::start().await;
    let (_, _, t) = three_messages(&app).await;
    t.mark("1", &json!({"read": true})).await.empty(200);
    t.mark("1?older=false", &json!({"read": true})).await.empty(200);
    t.mark("1?older=True", &json!({"read": true})).await.empty(200);
}

#[tokio::test]
async fn case_108_marking_an_unknown_sequence_is_404() {
    let app = App::start().await;
    let (_, _, t) = three_messages(&app).await;
    for sequence in ["4", "0", "-1", "9223372036854775807"] {
        t.mark(sequence, &json!({"read": true})).await.problem(404, 404);
        t.mark(&format!("{sequence}?older=true"), &json!({"read": true})).await.problem(404, 404);
    }
    assert_eq!(t.unread().await, [1, 2, 3]);
}

#[tokio::test]
async fn case_109_marking_needs_an_integer_and_a_bool() {
    let app = App::start().await;
    let (_, _, t) = three_messages(&app).await;
    t.mark("x", &json!({"read": true})).await.invalid();
    t.mark("1.5", &json!({"read": true})).await.invalid();
    t.mark("1?older=maybe", &json!({"read": true})).await.invalid();
    t.mark("1", &json!({"read": "true"})).await.invalid();
    let plain = [("content-type", "text/plain")];
    t.call("POST", "/1", &plain, r#"{"read":true}"#).await.problem(415, 415);
}

#[tokio::test]
async fn case_110_an_empty_object_marks_unread() {
    let app = App::start().await;
    let (_, _, t) = three_messages(&app).await;
    t.mark_read_up_to(3).await;
    t.mark("2", &json!({})).await.empty(200);
    assert_eq!(t.unread().await, [2]);
}

#[tokio::test]
async fn case_111_a_write_only_token_reads_and_marks_nothing() {
    let app = App::start().await;
    let channel = app.channel().await;
    let w = channel.write_only().await;
    channel.owner_token().wrote("one").await;
    w.mark("1", &json!({"read": true})).await.refused(401);
    w.read("").await.refused(401);
    w.head().await.refused(401);
}

#[tokio::test]
async fn case_112_messages_from_before_the_token_do_not_exist_for_it() {
    let app = App::start().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    o.wrote("before").await;
    let t = channel.two_way().await;
    assert_eq!(t.all().await, NONE);
    t.mark("1", &json!({"read": true})).await.problem(404, 404);
    o.wrote("after").await;
    assert_eq!(t.all().await, [2]);
    t.mark_unread(2).await;
    t.mark("2?older=true", &json!({"read": false})).await.empty(200);
    assert_eq!(t.unread().await, [2]);
}

#[tokio::test]
async fn case_113_messages_are_listed_by_sequence_whatever_their_state() {
    let app = App::start().await;
    let (_, o, t) = three_messages(&app).await;
    t.mark_read(2).await;
    t.wrote("four").await;
    o.wrote("five").await;
    t.mark_read(3).await;
    t.mark_unread(2).await;
    assert_eq!(t.all().await, [1, 2, 3, 4, 5]);
    assert_eq!(t.unread().await, [1, 2, 5]);
}

#[tokio::test]
async fn case_114_nothing_visible_is_an_empty_list() {
    let app = App::start().await;
    let channel = app.channel().await;
    assert_eq!(channel.owner_token().read("").await.ok(), json!([]));
    channel.owner_token().wrote("before").await;
    assert_eq!(channel.two_way().await.read("").await.ok(), json!([]));
    let public = app.channel_with(json!({"public_read": true})).await;
    assert_eq!(app.anonymous().get(&public.path("")).await.ok(), json!([]));
}

#[tokio::test]
async fn case_115_marking_by_query_without_a_body() {
    let app = App::start().await;
    let (_, _, t) = three_messages(&app).await;
    t.call("POST", "/3?read=true&older=true", &[], "").await.empty(200);
    assert_eq!(t.unread().await, NONE);
    t.call("POST", "/3?read=false", &[], "").await.empty(200);
    assert_eq!(t.unread().await, [3]);
}

#[tokio::test]
async fn a_deleted_message_that_was_delivered_can_still_be_marked() {
    let app = App::start().await;
    let (_, o, t) = three_messages(&app).await;
    o.delete(2).await.empty(204);
    t.mark("2", &json!({"read": true})).await.empty(200);
    assert_eq!(t.unread().await, [1, 3]);
}

#[tokio::test]
async fn etag_of_a_sequenced_channel_is_the_highest_visible_sequence() {
    let app = App::start().await;
    let o = app.sequenced_channel().await.owner_token();
    o.wrote("one").await;
    o.wrote("two").await;
    assert_eq!(o.read("").await.is(200).header("etag"), Some("2"));
}
