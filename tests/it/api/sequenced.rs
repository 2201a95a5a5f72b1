//! Channels in which one must read before one writes.

use futures_util::future::join;

use crate::support::app::App;

#[tokio::test]
async fn case_090_an_unread_message_blocks_writing() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    t.write("too soon").await.problem(400, 409);
    assert_eq!(channel.get().await.ok()["head"], 1);
}

#[tokio::test]
async fn case_091_marking_it_read_unblocks() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    t.mark_read(1).await;
    assert_eq!(t.wrote("answer").await, 2);
}

#[tokio::test]
async fn case_092_deleting_it_unblocks() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    t.delete(1).await.empty(204);
    assert_eq!(t.wrote("answer").await, 2);
}

#[tokio::test]
async fn case_093_own_messages_do_not_block() {
    let app = App::start().await;
    let o = app.sequenced_channel().await.owner_token();
    assert_eq!((o.wrote("one").await, o.wrote("two").await), (1, 2));
}

#[tokio::test]
async fn case_094_messages_older_than_the_token_do_not_block() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    channel.owner_token().wrote("one").await;
    assert_eq!(channel.two_way().await.wrote("at once").await, 2);
}

#[tokio::test]
async fn case_095_an_own_message_marked_unread_blocks() {
    let app = App::start().await;
    let o = app.sequenced_channel().await.owner_token();
    o.wrote("one").await;
    o.mark_unread(1).await;
    o.write("two").await.problem(400, 409);
    o.mark_read(1).await;
    assert_eq!(o.wrote("two").await, 2);
}

#[tokio::test]
async fn case_096_an_unsequenced_channel_never_blocks() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    assert_eq!((t.wrote("two").await, o.wrote("three").await), (2, 3));
    assert_eq!(t.unread().await, [1, 3]);
}

#[tokio::test]
async fn case_097_a_write_only_token_is_not_blocked_for_ever() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, w) = (channel.owner_token(), channel.write_only().await);
    o.wrote("one").await;
    assert_eq!(w.wrote("it cannot read").await, 2);
}

#[tokio::test]
async fn case_098_of_two_writers_at_the_same_instant_one_succeeds() {
    let app = App::start().await;
    for round in 0..10 {
        let channel = app.sequenced_channel().await;
        let (o, t) = (channel.owner_token(), channel.two_way().await);
        let (first, second) = join(o.write("me"), t.write("no, me")).await;
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400], "round {round}");
        let refused = if first.status == 400 { first } else { second };
        refused.problem(400, 409);
        assert_eq!(channel.get().await.ok()["head"], 1);
    }
}

#[tokio::test]
async fn another_readers_state_does_not_matter() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, t, r) = (channel.owner_token(), channel.two_way().await, channel.read_only().await);
    o.wrote("one").await;
    t.mark_read(1).await;
    assert_eq!(r.unread().await, [1]);
    assert_eq!(t.wrote("two").await, 2);
    o.write("three").await.problem(400, 409);
}
