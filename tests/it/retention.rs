//! Messages that grow old.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::eventually;

const DAY: Duration = Duration::from_hours(24);
const NONE: [u64; 0] = [];

fn retention(max: impl Into<Value>, prune: bool) -> Value {
    json!({"retention": {"min_age_days": 0, "max_age_days": max.into(), "auto_prune": prune}})
}

#[tokio::test]
async fn case_049_a_maximum_of_0_keeps_messages() {
    let app = App::start().await;
    for max in [json!(0), json!(null)] {
        let channel = app.channel_with(retention(max, true)).await;
        channel.owner_token().wrote("kept").await;
        app.advance(DAY * 20_000);
        app.prune().await;
        assert_eq!(channel.owner_token().all().await, [1]);
    }
}

#[tokio::test]
async fn case_050_a_message_older_than_the_maximum_is_pruned() {
    let app = App::start().await;
    let channel = app.channel_with(retention(1, true)).await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("old").await;
    app.advance(DAY / 2);
    o.wrote("young").await;
    app.advance(Duration::from_millis(12 * 60 * 60 * 1000 - 1));
    assert_eq!(app.prune().await, 0, "a day is not over yet");
    app.advance(Duration::from_millis(1));
    assert_eq!(app.prune().await, 1);
    assert_eq!((t.unread().await, o.all().await), (vec![2], vec![2]));
    assert_eq!((o.wrote("next").await, channel.get().await.ok()["head"].as_u64()), (3, Some(3)));
}

#[tokio::test]
async fn a_pruned_message_blocks_no_writer() {
    let app = App::start().await;
    let settings = json!({"sequenced": true, "retention": {"max_age_days": 1, "auto_prune": true}});
    let channel = app.channel_with(settings).await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    t.write("too soon").await.problem(400, 409);
    app.advance(DAY * 2);
    app.prune().await;
    assert_eq!(t.wrote("free").await, 2);
    assert_eq!(t.etag().await, "0");
}

#[tokio::test]
async fn without_auto_prune_nothing_is_pruned() {
    let app = App::start().await;
    let channel = app.channel_with(retention(1, false)).await;
    channel.owner_token().wrote("kept").await;
    app.advance(DAY * 30);
    assert_eq!(app.prune().await, 0);
    assert_eq!(channel.owner_token().all().await, [1]);
}

#[tokio::test]
async fn many_messages_are_pruned_in_one_pass() {
    let app = App::start().await;
    let channel = app.channel_with(retention(1, true)).await;
    let o = channel.owner_token();
    for _ in 0..30 {
        futures_util::future::join_all((0..50).map(|_| o.wrote("old"))).await;
    }
    app.advance(DAY * 2);
    let (pruned, during) = tokio::join!(app.prune(), o.wrote("while it prunes"));
    assert_eq!((pruned, during), (1500, 1501));
    assert_eq!(o.all().await, [1501]);
}

#[tokio::test]
async fn the_job_prunes_by_itself() {
    let app = App::with(r#"retention.prune_interval = "1h""#).await;
    let channel = app.channel_with(retention(1, true)).await;
    let o = channel.owner_token();
    o.wrote("old").await;
    app.advance(DAY * 2);
    eventually("a pass", async || {
        app.advance(Duration::from_mins(1));
        o.all().await == NONE
    })
    .await;
}
