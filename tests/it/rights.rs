//! Rights that end while something is under way: a request of which half was sent, a socket, an open page.

use std::time::Duration;

use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;
use crate::support::events::Events;
use crate::support::owner::{Owner, settings_of_a_channel};
use crate::support::person::Person;
use crate::support::raw::Half;

async fn half_a_write(t: &Bearer) -> Half {
    let headers = [("authorization", t.authorization()), ("content-type", "text/plain".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    Half::begin(&t.site, &format!("POST {}", t.path("")), &headers, "what nobody may store").await
}

async fn half_a_call(owner: &Owner, rest: &str, body: &serde_json::Value) -> Half {
    let headers = [("authorization", owner.authorization.as_str()), ("content-type", "application/json")];
    Half::begin(&owner.site, &format!("POST {}", owner.path(rest)), &headers, &body.to_string()).await
}

/// How many messages the channel's first token sees.
async fn stored(channel: &Channel) -> usize {
    channel.owner_token().all().await.len()
}

#[tokio::test]
async fn a_write_ends_with_the_token_it_began_with() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (revoked, other) = (channel.two_way().await, channel.two_way().await);
    let (stopped, finished) = (half_a_write(&revoked).await, half_a_write(&other).await);
    app.owner().revoke(&channel.id, &revoked.id).await.is(204);
    stopped.finish().await.empty(401);
    assert_eq!(stored(&channel).await, 0);
    finished.finish().await.ok();
    assert_eq!(stored(&channel).await, 1, "whoever still has the right is asked nothing");
}

#[tokio::test]
async fn a_write_ends_with_its_channel_and_with_its_account() {
    let app = App::start().await;
    let (deleted, locked, disabled) = (app.channel().await, app.channel().await, app.channel().await);
    let (to_deleted, to_locked, to_disabled) = (
        half_a_write(&deleted.owner_token()).await,
        half_a_write(&locked.owner_token()).await,
        half_a_write(&disabled.owner_token()).await,
    );
    deleted.delete().await.is(204);
    to_deleted.finish().await.empty(401);
    locked.lock().await;
    to_locked.finish().await.problem(400, 403);
    assert_eq!(stored(&locked).await, 0);
    // Another process, of which this one is told nothing.
    app.installation.succeed(&["account", "disable", "1"], "");
    to_disabled.finish().await.empty(401);
    app.installation.succeed(&["account", "enable", "1"], "");
    assert_eq!(stored(&disabled).await, 0);
}

#[tokio::test]
async fn a_strangers_write_ends_with_the_channels_openness() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"public_read": true, "public_write": true})).await;
    let path = format!("POST /api/v1/channel/{}", channel.id);
    let write = Half::begin(&app.site, &path, &[("content-type", "text/plain")], "from anybody").await;
    channel.amend(&json!({"public_read": true, "public_write": false, "locked": false})).await.is(200);
    write.finish().await.empty(401);
    assert_eq!(stored(&channel).await, 0);
}

#[tokio::test]
async fn marks_and_devices_end_with_their_token() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    channel.owner_token().wrote("one").await;
    let authorization = t.authorization();
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    let mark = Half::begin(&t.site, &format!("POST {}", t.path("/1")), &headers, "{\"read\":   true}").await;
    let push = "POST /api/v1/pushnotifications";
    let register = Half::begin(&t.site, push, &headers, "{\"token\": \"a-device-of-mine\"}").await;
    app.owner().revoke(&channel.id, &t.id).await.is(204);
    mark.finish().await.empty(401);
    register.finish().await.empty(401);
}

#[tokio::test]
async fn account_calls_end_with_the_password_they_began_with() {
    let app = App::start().await;
    let (channel, owner) = (app.channel().await, app.owner());
    let token = json!({"description": "out of a lock-out", "can_read": true, "can_write": true});
    let issue = half_a_call(&owner, &format!("/channel/{}/api-token", channel.id), &token).await;
    let amendment = json!({"public_read": true, "public_write": true, "locked": false});
    let amend = half_a_call(&owner, &format!("/channel/{}", channel.id), &amendment).await;
    let create = half_a_call(&owner, "/channel", &settings_of_a_channel()).await;
    app.installation.succeed(&["user", "passwd", USER, "--password-stdin"], "quite another one\n");
    for call in [issue, amend, create] {
        call.finish().await.empty(401);
    }
    let owner = Owner::new(&app.site, 1, USER, "quite another one");
    assert_eq!(owner.channel_ids().await, std::slice::from_ref(&channel.id));
    assert_eq!(owner.tokens(&channel.id, "").await.ok().as_array().map(Vec::len), Some(1));
    assert_eq!(owner.get(&channel.id).await.ok()["public_read"], false);
}

async fn signed_in(app: &App, user: &str) -> Person {
    let mut browser = Person::new(&app.site);
    browser.sign_in(user, PASSWORD).await;
    browser
}

#[tokio::test]
async fn forms_end_with_their_session() {
    let app = App::start().await;
    let mut browser = signed_in(&app, USER).await;
    browser.get("/channels/new").await.is(200);
    let new = [("label", "made too late"), ("preset", "both")];
    let make = browser.begin_post("/channels/new", &new).await;
    // Signing out in another tab.
    browser.clone().post("/logout", &[]).await.is(303);
    let answer = make.finish().await.is(401).text();
    assert!(answer.contains("You are signed out") && answer.contains("made too late"), "{answer}");

    let mut browser = signed_in(&app, USER).await;
    browser.get("/channels/new").await.is(200);
    let make = browser.begin_post("/channels/new", &new).await;
    app.installation.succeed(&["user", "passwd", USER, "--password-stdin"], "quite another one\n");
    let answer = make.finish().await.is(401).text();
    assert!(answer.contains("You are signed out") && answer.contains("made too late"), "{answer}");
    let owner = Owner::new(&app.site, 1, USER, "quite another one");
    assert!(owner.channel_ids().await.is_empty(), "nothing was made");
}

#[tokio::test]
async fn delicate_forms_end_with_their_confirmation_and_their_operator() {
    let app = App::start().await;
    let channel = app.channel().await;
    app.another_account("zoe");
    let mut operator = signed_in(&app, USER).await;
    operator.get("/admin").await.is(200);
    let name = channel.id.get(..8).expect("an id");
    let page = operator.get(&format!("/channels/{}/delete", channel.id)).await.is(200).text();
    assert!(page.contains(name), "{page}");
    let delete = operator.begin_post(&format!("/channels/{}/delete", channel.id), &[("typed", name)]).await;
    let disable = operator.begin_post("/admin/accounts/2", &[("do", "disable")]).await;
    operator.clone().post("/step-up/close", &[]).await.is(303);
    for late in [delete, disable] {
        assert!(late.finish().await.is(401).text().contains("Confirm it is you"));
    }
    operator.get("/step-up").await.is(200);
    operator.post("/step-up", &[("password", PASSWORD)]).await.is(303);
    operator.get("/admin").await.is(200);
    let disable = operator.begin_post("/admin/accounts/2", &[("do", "disable")]).await;
    app.installation.succeed(&["user", "passwd", USER, "--password-stdin"], "quite another one\n");
    assert!(Person::sent_to(&disable.finish().await).starts_with("/login"));
    Owner::new(&app.site, 2, "zoe", PASSWORD).list().await.ok();
}

/// Lets half a second pass in steps shorter than the pause between two looks at rights, with a commit at each.
async fn a_busy_half_second(app: &App, elsewhere: &Bearer) {
    for _ in 0..5 {
        elsewhere.wrote("a commit").await;
        app.advance(Duration::from_millis(100));
    }
}

#[tokio::test]
async fn sockets_end_with_their_right_however_busy_other_channels_are() {
    let app = App::start().await;
    let elsewhere = app.channel().await.owner_token();
    let other = app.another_account("zoe");
    let (revoked, disabled) = (app.channel().await, other.channel().await);
    let t = revoked.two_way().await;
    let (mut first, mut second) = (t.socket().await, disabled.owner_token().socket().await);
    // Another process, of which this one is told nothing.
    app.installation.succeed(&["token", "revoke", &revoked.id, &t.id], "");
    a_busy_half_second(&app, &elsewhere).await;
    assert_eq!(first.closed().await, Some(POLICY));
    app.installation.succeed(&["account", "disable", "2"], "");
    a_busy_half_second(&app, &elsewhere).await;
    assert_eq!(second.closed().await, Some(POLICY));
}

/// The close code of a right that ended.
const POLICY: u16 = 1008;

#[tokio::test]
async fn strangers_wait_no_longer_than_a_channel_is_open() {
    let app = App::start().await;
    let elsewhere = app.channel().await.owner_token();
    let channel = app.channel_with(json!({"public_read": true})).await;
    let stranger = app.anonymous();
    let path = format!("/api/v1/channel/{}?wait=60", channel.id);
    let waiting = stranger.get(&path);
    tokio::pin!(waiting);
    app.held(&mut waiting, Duration::from_mins(1), 1).await;
    let beside = app.beside().await;
    let closed = json!({"public_read": false, "public_write": false, "locked": false});
    beside.owner().amend(&channel.id, &closed).await.is(200);
    a_busy_half_second(&app, &elsewhere).await;
    waiting.await.refused(401);
}

#[tokio::test]
async fn open_pages_end_with_their_session_however_busy_other_accounts_are() {
    let app = App::start().await;
    let elsewhere = app.channel().await.owner_token();
    app.another_account("zoe");
    let browser = signed_in(&app, "zoe").await;
    let mut events = Events::follow(&browser).await;
    app.installation.succeed(&["user", "passwd", "zoe", "--password-stdin"], "quite another one\n");
    a_busy_half_second(&app, &elsewhere).await;
    events.ended().await;
    assert!(events.told.contains("event: session-ended\n"), "{}", events.told);
    assert!(!events.told.contains("event: message\n"), "what others write is not told: {}", events.told);
}
