//! Creating, amending, listing and deleting channels.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::owner::{Owner, settings_of_a_channel};

/// The settings of a channel with one member replaced.
fn settings(member: &str, value: Value) -> Value {
    let mut body = settings_of_a_channel();
    body[member] = value;
    body
}

#[tokio::test]
async fn case_029_creation_echoes_every_setting() {
    let app = App::start().await;
    let retention = json!({"min_age_days": 3, "max_age_days": 9999, "auto_prune": true});
    let body = json!({"public_read": true, "public_write": true, "sequenced": true, "retention": retention});
    let created = app.owner().create(&body).await.ok();
    for member in ["public_read", "public_write", "sequenced", "retention"] {
        assert_eq!(created[member], body[member], "{member}");
    }
    assert_eq!((&created["locked"], &created["head"]), (&json!(false), &json!(0)));
    let href = format!("{}/api/v1/channel/{}", app.site.base(), created["id"].as_str().unwrap());
    assert_eq!(created["href"], href);
    assert_eq!(created.as_object().unwrap().len(), 9, "no more members than clients know: {created}");
}

#[tokio::test]
async fn case_030_a_new_channel_has_one_token_called_owner() {
    let app = App::start().await;
    let created = app.owner().create(&settings_of_a_channel()).await.ok();
    let tokens = created["access_tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 1);
    let token = &tokens[0];
    assert_eq!(
        (&token["description"], &token["can_read"], &token["can_write"]),
        (&json!("Owner"), &json!(true), &json!(true))
    );
    assert!(token["id"].as_str().unwrap().parse::<i64>().is_ok(), "{token}");
    assert_eq!(token.as_object().unwrap().len(), 5, "{token}");
}

#[tokio::test]
async fn case_031_creation_with_a_trailing_slash() {
    let app = App::start().await;
    app.owner().send("/channel/", &settings_of_a_channel()).await.ok();
}

#[tokio::test]
async fn case_032_members_that_are_not_settings_are_ignored() {
    let app = App::start().await;
    let mut body = settings("accountid", json!("7"));
    body["channelid"] = json!("mine");
    body["locked"] = json!(true);
    let created = app.owner().create(&body).await.ok();
    assert_ne!(created["id"], "mine");
    assert_eq!(created["locked"], false);
}

#[tokio::test]
async fn case_033_days_that_are_not_given_are_null() {
    let app = App::start().await;
    let created = app.owner().create(&settings("retention", json!({"auto_prune": false}))).await.ok();
    assert_eq!(
        created["retention"],
        json!({"min_age_days": null, "max_age_days": null, "auto_prune": false})
    );
    let created = app.owner().create(&settings("retention", json!({}))).await.ok();
    assert_eq!(created["retention"]["auto_prune"], false);
}

#[tokio::test]
async fn case_034_a_missing_retention_is_a_400_that_names_it() {
    let app = App::start().await;
    let mut body = settings_of_a_channel();
    body.as_object_mut().unwrap().remove("retention");
    let problem = app.owner().create(&body).await.invalid();
    let names: Vec<_> = problem["errors"].as_object().unwrap().keys().cloned().collect();
    assert!(names.iter().any(|name| name.to_lowercase().contains("retention")), "{names:?}");
    app.owner().create(&settings("retention", Value::Null)).await.invalid();
}

#[tokio::test]
async fn case_035_min_above_max_is_400_and_equal_is_fine() {
    let app = App::start().await;
    let days = |min, max| {
        settings("retention", json!({"min_age_days": min, "max_age_days": max, "auto_prune": true}))
    };
    app.owner().create(&days(15, 10)).await.problem(400, 400);
    app.owner().create(&days(10, 10)).await.ok();
    app.owner().create(&days(10, 0)).await.ok();
    for (min, max, field) in [(-1, 10, "min_age_days"), (0, -1, "max_age_days")] {
        let problem = app.owner().create(&days(min, max)).await.problem(400, 400);
        assert!(problem["errors"].get(format!("$.retention.{field}")).is_some(), "{problem}");
    }
}

#[tokio::test]
async fn case_036_missing_flags_are_false() {
    let app = App::start().await;
    let created = app.owner().create(&json!({"retention": {}})).await.ok();
    for member in ["public_read", "public_write", "sequenced", "locked"] {
        assert_eq!(created[member], false, "{member}");
    }
}

#[tokio::test]
async fn case_037_a_flag_in_quotes_is_400() {
    let app = App::start().await;
    app.owner().create(&settings("public_read", json!("true"))).await.invalid();
    app.owner().create(&settings("public_read", Value::Null)).await.invalid();
    app.owner().create(&settings("retention", json!({"min_age_days": "1"}))).await.invalid();
}

#[tokio::test]
async fn case_038_a_text_body_is_415() {
    let app = App::start().await;
    let (owner, body) = (app.owner(), settings_of_a_channel().to_string());
    owner.post(&owner.path("/channel"), "text/plain", &body).await.problem(415, 415);
    let headers = [("authorization", owner.authorization.as_str())];
    app.site.call("POST", &owner.path("/channel"), &headers, body.clone()).await.problem(415, 415);
    for media in ["application/json; charset=utf-8", "text/json", "application/vnd.wallet+json"] {
        owner.post(&owner.path("/channel"), media, &body).await.ok();
    }
}

#[tokio::test]
async fn case_039_broken_json_is_a_400_problem() {
    let app = App::start().await;
    let owner = app.owner();
    for body in ["{", "{]", "", "null", "[]", "1", r#"{"retention":{},}"#, "{} {}"] {
        owner.post(&owner.path("/channel"), "application/json", body).await.problem(400, 400);
    }
    owner.post(&owner.path("/channel"), "application/json", "{").await.invalid();
}

#[tokio::test]
async fn case_040_ids_are_safe_in_paths_and_differ() {
    let app = App::start().await;
    let ids = [app.channel().await.id, app.channel().await.id, app.channel().await.id];
    for id in &ids {
        assert!(
            id.len() >= 40 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'),
            "{id}"
        );
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
}

#[tokio::test]
async fn case_041_amending_answers_the_three_members() {
    let app = App::start().await;
    let channel = app.channel().await;
    let body = json!({"public_read": true, "public_write": false, "locked": true});
    assert_eq!(channel.amend(&body).await.ok(), body);
}

#[tokio::test]
async fn case_042_an_amended_channel_shows_it_and_missing_members_are_false() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.amend(&json!({"public_read": true, "public_write": true, "locked": true})).await.ok();
    let read = channel.get().await.ok();
    assert_eq!(
        (&read["locked"], &read["public_read"], &read["public_write"]),
        (&json!(true), &json!(true), &json!(true))
    );
    let answer = channel.amend(&json!({"locked": true})).await.ok();
    assert_eq!(answer, json!({"public_read": false, "public_write": false, "locked": true}));
}

#[tokio::test]
async fn case_043_no_channels_are_an_empty_list() {
    let app = App::start().await;
    assert_eq!(app.owner().list().await.ok(), json!({"channels": []}));
}

#[tokio::test]
async fn case_044_a_deleted_channel_leaves_the_list() {
    let app = App::start().await;
    let (first, second, third) = (app.channel().await, app.channel().await, app.channel().await);
    second.delete().await.empty(204);
    assert_eq!(app.owner().channel_ids().await, [first.id, third.id], "by creation");
}

#[tokio::test]
async fn case_045_a_deleted_channel_is_403_and_its_tokens_are_401() {
    let app = App::start().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    o.wrote("gone").await;
    channel.delete().await.empty(204);
    channel.get().await.refused(403);
    channel.amend(&json!({"locked": true})).await.refused(403);
    o.read("").await.refused(401);
    o.write("more").await.refused(401);
}

#[tokio::test]
async fn case_046_a_deleted_channel_cannot_be_deleted_again() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.delete().await.empty(204);
    channel.delete().await.refused(403);
}

#[tokio::test]
async fn case_047_channels_without_tokens_are_listed_with_empty_arrays() {
    let app = App::start().await;
    for channel in [app.channel().await, app.channel().await] {
        channel.revoke(&channel.owner_token()).await.empty(204);
        assert_eq!(channel.get().await.ok()["access_tokens"], json!([]));
    }
    let list = app.owner().list().await.ok();
    let tokens: Vec<_> =
        list["channels"].as_array().unwrap().iter().map(|one| &one["access_tokens"]).collect();
    assert_eq!(tokens, [&json!([]), &json!([])]);
}

#[tokio::test]
async fn case_048_head_counts_deleted_messages_too() {
    let app = App::start().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    for text in ["one", "two", "three"] {
        o.wrote(text).await;
    }
    o.delete(3).await.empty(204);
    assert_eq!(channel.get().await.ok()["head"], 3);
}

#[tokio::test]
async fn case_051_public_flags_open_a_channel_to_requests_without_authorization() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"public_read": true, "public_write": true})).await;
    let (anyone, path) = (app.anonymous(), channel.path(""));
    let o = channel.owner_token();
    o.wrote("from the owner").await;
    let written = anyone.post(&path, "text/plain", "from a stranger").await.ok();
    assert_eq!(written["sequence"], 2);
    assert_eq!(anyone.get(&path).await.ok().as_array().map(Vec::len), Some(2));
    assert_eq!(o.unread().await, [2], "a stranger's message is nobody's own");
    let revoked = channel.two_way().await;
    channel.revoke(&revoked).await.empty(204);
    for bad in [revoked, o.presenting("bad")] {
        bad.read("").await.refused(401);
        bad.write("no").await.refused(401);
    }
}

#[tokio::test]
async fn case_051_private_channels_are_closed_to_them() {
    let app = App::start().await;
    let (channel, anyone) = (app.channel().await, app.anonymous());
    anyone.get(&channel.path("")).await.refused(401);
    anyone.post(&channel.path(""), "text/plain", "no").await.refused(401);
    anyone.get("/api/v1/channel/no-such-channel").await.refused(401);
    let readable = app.channel_with(json!({"public_read": true})).await;
    anyone.post(&readable.path(""), "text/plain", "no").await.refused(401);
    let writable = app.channel_with(json!({"public_write": true})).await;
    anyone.get(&writable.path("")).await.refused(401);
    anyone.post(&writable.path(""), "text/plain", "yes").await.ok();
}

#[tokio::test]
async fn case_051_public_access_can_be_switched_off() {
    let app = App::with(r#"api.public_access = "off""#).await;
    let channel = app.channel_with(json!({"public_read": true, "public_write": true})).await;
    assert_eq!(channel.get().await.ok()["public_read"], true, "the flags are stored");
    app.anonymous().get(&channel.path("")).await.refused(401);
    app.anonymous().post(&channel.path(""), "text/plain", "no").await.refused(401);
}

#[tokio::test]
async fn anonymous_readers_cannot_mark_or_delete() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"public_read": true, "public_write": true})).await;
    channel.owner_token().wrote("one").await;
    let message = channel.path("/1");
    app.anonymous().delete(&message).await.refused(401);
    app.anonymous().post(&message, "application/json", r#"{"read":true}"#).await.refused(401);
    app.anonymous().get(&channel.path("")).await.ok();
}

#[tokio::test]
async fn member_names_match_in_any_case() {
    let app = App::start().await;
    let body = json!({"Public_Read": true, "SEQUENCED": true, "Retention": {"Min_Age_Days": 2}});
    let created = app.owner().create(&body).await.ok();
    assert_eq!((&created["public_read"], &created["sequenced"]), (&json!(true), &json!(true)));
    assert_eq!(created["retention"]["min_age_days"], 2);
}

/// What the list says of a channel.
async fn listed(owner: &Owner, id: &str) -> Option<Value> {
    let list = owner.list().await.ok();
    list["channels"].as_array().expect("a list").iter().find(|channel| channel["id"] == id).cloned()
}

#[tokio::test]
async fn a_list_follows_every_change_whoever_makes_it() {
    let app = App::start().await;
    let (beside, owner, other) = (app.beside().await, app.owner(), app.another_account("other"));
    let (channel, unchanged) = (app.channel().await, app.channel().await);
    let before = listed(&owner, &unchanged.id).await;
    let elsewhere = Owner { site: beside.site.clone(), ..owner.clone() };
    let get = async |owner: &Owner| owner.get(&channel.id).await.ok();

    owner.amend(&channel.id, &json!({"public_read": true, "locked": true})).await.is(200);
    assert_eq!(listed(&owner, &channel.id).await, Some(get(&owner).await));
    elsewhere.amend(&channel.id, &json!({"public_write": true})).await.is(200);
    assert_eq!(listed(&owner, &channel.id).await, Some(get(&owner).await));
    let token = elsewhere.issue(&channel.id, &json!({"description": "a token"})).await.ok();
    let shown = listed(&owner, &channel.id).await.expect("the channel");
    assert_eq!(shown["access_tokens"][1], token);
    assert_eq!(shown["public_write"], true);
    channel.owner_token().wrote("one").await;
    assert_eq!(listed(&owner, &channel.id).await.expect("the channel")["head"], 1);
    elsewhere.revoke(&channel.id, token["id"].as_str().expect("an id")).await.empty(204);
    let shown = listed(&owner, &channel.id).await.expect("the channel");
    assert_eq!((shown["access_tokens"].as_array().map(Vec::len), &shown["head"]), (Some(1), &json!(1)));
    let third = other.channel().await;
    assert_eq!((listed(&owner, &third.id).await, other.channel_ids().await), (None, vec![third.id.clone()]));
    assert_eq!(listed(&owner, &unchanged.id).await, before);
    elsewhere.delete(&channel.id).await.empty(204);
    let last = elsewhere.channel().await;
    assert_eq!(owner.channel_ids().await, [unchanged.id, last.id]);
}

#[tokio::test]
async fn a_list_opens_only_what_changed() {
    let app = App::start().await;
    let (owner, channel, busy) = (app.owner(), app.channel().await, app.channel().await);
    let before = listed(&owner, &channel.id).await;
    let database = rusqlite::Connection::open(app.installation.database()).expect("the database");
    database.execute("update channel set public_id = x'00' where id = 1", []).expect("a change");
    busy.owner_token().wrote("one").await;
    assert_eq!(listed(&owner, &channel.id).await, before, "it was opened before");
    assert_eq!(listed(&owner, &busy.id).await.expect("the channel")["head"], 1);
}

#[tokio::test]
async fn addresses_in_a_list_are_those_that_it_was_asked_at() {
    let app = App::start().await;
    let (owner, channel) = (app.owner(), app.channel().await);
    for host in ["one.example", "two.example", "one.example"] {
        let headers = [("authorization", owner.authorization.as_str()), ("host", host)];
        let list = app.site.call("GET", &owner.path("/channel/list"), &headers, "").await.ok();
        assert_eq!(list["channels"][0]["href"], format!("http://{host}/api/v1/channel/{}", channel.id));
    }
}
