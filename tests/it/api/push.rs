//! Devices registered for pushes.

use serde_json::json;

use crate::support::app::App;
use crate::support::reply::Reply;

async fn move_device(app: &App, old: &str, new: &str) -> Reply {
    app.anonymous().put(&format!("/api/v1/pushnotifications/{old}"), &json!({"token": new})).await
}

/// Removes a device; `device` may carry a query.
async fn remove(app: &App, device: &str) -> Reply {
    app.anonymous().delete(&format!("/api/v1/pushnotifications/{device}")).await
}

#[tokio::test]
async fn case_145_a_device_is_registered_as_often_as_one_likes() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    t.register("device").await.empty(200);
    t.register("device").await.empty(200);
    let authorization = t.authorization();
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    let body = r#"{"token":"device"}"#;
    app.site.call("POST", "/api/v1/pushnotifications/", &headers, body).await.empty(200);
    remove(&app, "device").await.empty(204);
    remove(&app, "device").await.is(401);
}

#[tokio::test]
async fn case_146_a_read_only_token_may_register() {
    let app = App::start().await;
    app.channel().await.read_only().await.register("device").await.empty(200);
}

#[tokio::test]
async fn case_147_a_bad_token_may_not() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    t.presenting("bad").register("device").await.refused(401);
    app.anonymous()
        .post("/api/v1/pushnotifications", "application/json", r#"{"token":"d"}"#)
        .await
        .refused(401);
    remove(&app, "device").await.is(401);
}

#[tokio::test]
async fn case_148_a_known_device_moves_without_authorization() {
    let app = App::start().await;
    let (first, second) = (app.channel().await, app.channel().await);
    first.two_way().await.register("old").await.empty(200);
    second.two_way().await.register("old").await.empty(200);
    move_device(&app, "old", "new").await.empty(200);
    move_device(&app, "old", "newer").await.is(401);
    remove(&app, &format!("new?channelId={}", first.id)).await.empty(204);
    remove(&app, &format!("new?channelId={}", second.id)).await.empty(204);
    remove(&app, "new").await.is(401);
}

#[tokio::test]
async fn case_149_an_unknown_device_is_401() {
    let app = App::start().await;
    move_device(&app, "unknown", "new").await.is(401);
    remove(&app, "unknown").await.is(401);
    let reply = remove(&app, "unknown?channelId=unknown").await.is(401);
    assert_eq!(reply.header("www-authenticate"), None);
}

#[tokio::test]
async fn case_150_one_channels_registration_goes_and_the_others_stay() {
    let app = App::start().await;
    for name in ["channelid", "channelId"] {
        let (first, second) = (app.channel().await, app.channel().await);
        first.two_way().await.register("device").await.empty(200);
        second.two_way().await.register("device").await.empty(200);
        remove(&app, &format!("device?{name}={}", first.id)).await.empty(204);
        remove(&app, &format!("device?{name}={}", first.id)).await.empty(204);
        remove(&app, &format!("device?{name}={}", second.id)).await.empty(204);
        remove(&app, "device").await.is(401);
    }
}

#[tokio::test]
async fn case_151_without_a_channel_all_registrations_go() {
    let app = App::start().await;
    for _ in 0..2 {
        app.channel().await.two_way().await.register("device").await.empty(200);
    }
    remove(&app, "device").await.empty(204);
    move_device(&app, "device", "new").await.is(401);
}

#[tokio::test]
async fn case_152_device_tokens_may_hold_colons_and_underscores() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    t.register("c_1:APA91b-H_x:y").await.empty(200);
    move_device(&app, "c_1:APA91b-H_x:y", "d_2:APA91b").await.empty(200);
    remove(&app, "d_2:APA91b").await.empty(204);
    t.register("e:f").await.empty(200);
    remove(&app, "e%3Af").await.empty(204);
}

#[tokio::test]
async fn case_153_moving_to_a_registered_device_leaves_one() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    t.register("first").await.empty(200);
    t.register("second").await.empty(200);
    move_device(&app, "first", "second").await.empty(200);
    move_device(&app, "first", "third").await.is(401);
    move_device(&app, "second", "second").await.empty(200);
    remove(&app, "second").await.empty(204);
    remove(&app, "second").await.is(401);
}

#[tokio::test]
async fn a_device_without_a_token_is_400() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    t.register("").await.problem(400, 400);
    let headers = [("authorization", t.authorization()), ("content-type", "application/json".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    for body in ["{}", r#"{"token":null}"#, r#"{"token":1}"#, "x"] {
        app.site.call("POST", "/api/v1/pushnotifications", &headers, body).await.problem(400, 400);
    }
}

#[tokio::test]
async fn revoking_a_token_ends_its_registrations() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    t.register("device").await.empty(200);
    channel.revoke(&t).await.empty(204);
    remove(&app, "device").await.is(401);
}

#[tokio::test]
async fn a_token_that_is_presented_with_a_device_must_be_good() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    t.register("device").await.empty(200);
    let path = "/api/v1/pushnotifications/device";
    let bad = [("authorization", "Bearer bad"), ("content-type", "application/json")];
    app.site.call("PUT", path, &bad, r#"{"token":"new"}"#).await.is(401);
    app.site.call("DELETE", path, &bad, "").await.is(401);
    let good = t.authorization();
    app.site.call("DELETE", path, &[("authorization", &good)], "").await.empty(204);
}
