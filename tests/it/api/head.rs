//! The highest foreign sequence, in a header.

use crate::support::app::App;

#[tokio::test]
async fn case_116_head_is_the_highest_foreign_sequence_in_bare_digits() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    t.wrote("one").await;
    o.mark_read(1).await;
    o.wrote("two").await;
    assert_eq!((t.etag().await, o.etag().await), ("2".to_owned(), "1".to_owned()));
}

#[tokio::test]
async fn case_117_only_own_messages_are_0() {
    let app = App::start().await;
    let o = app.sequenced_channel().await.owner_token();
    o.wrote("one").await;
    o.wrote("two").await;
    assert_eq!(o.etag().await, "0");
}

#[tokio::test]
async fn case_118_an_unsequenced_channel_tells_it_too() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    o.wrote("two").await;
    t.wrote("three").await;
    assert_eq!((t.etag().await, o.etag().await), ("2".to_owned(), "3".to_owned()));
}

#[tokio::test]
async fn case_119_nothing_written_is_0() {
    let app = App::start().await;
    assert_eq!(app.sequenced_channel().await.owner_token().etag().await, "0");
    assert_eq!(app.channel().await.owner_token().etag().await, "0");
}

#[tokio::test]
async fn case_120_deleted_foreign_messages_do_not_count() {
    let mut app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    o.wrote("two").await;
    o.delete(2).await.empty(204);
    assert_eq!(t.etag().await, "1");
    o.delete(1).await.empty(204);
    assert_eq!(t.etag().await, "0");
    app.restart().await;
    assert_eq!(t.etag().await, "0");
}

#[tokio::test]
async fn case_121_messages_older_than_the_token_count() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    channel.owner_token().wrote("one").await;
    assert_eq!(channel.two_way().await.etag().await, "1");
}

#[tokio::test]
async fn case_122_head_has_no_body_and_exposes_its_etag() {
    let app = App::start().await;
    let reply = app.channel().await.owner_token().head().await.empty(200);
    let exposed = reply.header("access-control-expose-headers").expect("exposed headers").to_lowercase();
    for name in ["authorization", "etag", "channel-flags"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    assert_eq!(reply.header("content-encoding"), None);
}

#[tokio::test]
async fn case_123_channel_flags_tell_the_rights() {
    let app = App::start().await;
    let channel = app.channel().await;
    assert_eq!(channel.read_only().await.head().await.header("channel-flags"), Some("r"));
    assert_eq!(channel.two_way().await.head().await.header("channel-flags"), Some("rw"));
}

#[tokio::test]
async fn a_public_channel_tells_strangers_too() {
    let app = App::start().await;
    let channel = app.channel_with(serde_json::json!({"public_read": true})).await;
    channel.owner_token().wrote("one").await;
    let reply = app.site.call("HEAD", &channel.path(""), &[], "").await.empty(200);
    assert_eq!((reply.header("etag"), reply.header("channel-flags")), (Some("1"), Some("r")));
}

#[tokio::test]
async fn head_survives_a_restart() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    t.wrote("two").await;
    app.restart().await;
    assert_eq!((t.etag().await, o.etag().await), ("1".to_owned(), "2".to_owned()));
    assert_eq!(channel.get().await.ok()["head"], 2);
}
