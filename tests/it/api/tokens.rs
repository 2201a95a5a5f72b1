//! Issuing, listing and revoking tokens.

use std::time::Duration;

use serde_json::json;

use crate::support::app::App;
use crate::support::process::Installation;
use crate::support::raw::Half;
use crate::support::socket::Socket;
use crate::support::traces;

#[tokio::test]
async fn case_052_a_new_token_echoes_what_was_asked() {
    let app = App::start().await;
    let channel = app.channel().await;
    let body = json!({"description": "the miner", "can_read": false, "can_write": true});
    let token = app.owner().issue(&channel.id, &body).await.ok();
    for member in ["description", "can_read", "can_write"] {
        assert_eq!(token[member], body[member], "{member}");
    }
    assert!(token["id"].as_str().unwrap().parse::<i64>().is_ok());
    let secret = token["token"].as_str().unwrap();
    assert!((40..=200).contains(&secret.len()), "{secret}");
    assert!(secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{secret}");
    let silent = app.owner().issue(&channel.id, &json!({"description": "neither"})).await.ok();
    assert_eq!((&silent["can_read"], &silent["can_write"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn case_053_a_description_is_1_to_1024_characters() {
    let app = App::start().await;
    let channel = app.channel().await;
    let owner = app.owner();
    owner.issue(&channel.id, &json!({"can_read": true})).await.invalid();
    for bad in ["", "  \t", &"x".repeat(1025)] {
        owner.issue(&channel.id, &json!({"description": bad})).await.invalid();
    }
    let longest = "ä".repeat(1024);
    assert_eq!(owner.issue(&channel.id, &json!({"description": longest})).await.ok()["description"], longest);
}

#[tokio::test]
async fn case_054_a_token_read_by_id_equals_its_creation() {
    let app = App::start().await;
    let channel = app.channel().await;
    let body = json!({"description": "again", "can_read": true, "can_write": true});
    let created = app.owner().issue(&channel.id, &body).await.ok();
    let read = app.owner().token(&channel.id, created["id"].as_str().unwrap()).await.ok();
    assert_eq!(read, created);
}

#[tokio::test]
async fn case_055_tokens_are_listed_by_creation() {
    let app = App::start().await;
    let channel = app.channel().await;
    let tokens = [channel.owner_token(), channel.two_way().await, channel.read_only().await];
    let list = app.owner().tokens(&channel.id, "").await.ok();
    let listed: Vec<_> =
        list.as_array().unwrap().iter().map(|token| token["token"].as_str().unwrap()).collect();
    assert_eq!(listed, tokens.each_ref().map(|token| token.secret.as_str()));
    let shown = channel.get().await.ok();
    assert_eq!(shown["access_tokens"], list);
}

#[tokio::test]
async fn case_056_a_token_is_found_by_its_value() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let found = app.owner().tokens(&channel.id, &format!("?token={}", t.secret)).await.ok();
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_eq!(found[0]["id"], t.id);
    let shouted = app.owner().tokens(&channel.id, &format!("?TOKEN={}", t.secret)).await.ok();
    assert_eq!(shouted, found, "query names match in any case");
}

#[tokio::test]
async fn case_057_an_empty_filter_is_no_filter() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.two_way().await;
    let all = app.owner().tokens(&channel.id, "?token=").await.ok();
    assert_eq!(all.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn case_058_a_filter_without_match_is_404() {
    let app = App::start().await;
    let channel = app.channel().await;
    app.owner().tokens(&channel.id, "?token=unknown").await.problem(404, 404);
    let elsewhere = app.channel().await.owner_token();
    app.owner().tokens(&channel.id, &format!("?token={}", elsewhere.secret)).await.problem(404, 404);
}

#[tokio::test]
async fn case_059_revoking_is_204_every_time() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    channel.revoke(&t).await.empty(204);
    channel.revoke(&t).await.empty(204);
}

#[tokio::test]
async fn case_060_no_tokens_are_an_empty_list() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.revoke(&channel.owner_token()).await.empty(204);
    assert_eq!(app.owner().tokens(&channel.id, "").await.ok(), json!([]));
}

#[tokio::test]
async fn case_061_a_revoked_token_read_by_id_is_404() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    channel.revoke(&t).await.empty(204);
    app.owner().token(&channel.id, &t.id).await.problem(404, 404);
    app.owner().tokens(&channel.id, &format!("?token={}", t.secret)).await.problem(404, 404);
}

#[tokio::test]
async fn case_062_a_revoked_token_is_401_everywhere_at_once() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    t.read("").await.ok();
    channel.revoke(&t).await.empty(204);
    t.read("").await.refused(401);
    t.write("no").await.refused(401);
    t.head().await.refused(401);
    t.mark("1", &json!({"read": true})).await.refused(401);
    t.delete(1).await.refused(401);
    assert_eq!(t.connect().await.err(), Some(401));
}

#[tokio::test]
async fn case_063_a_token_of_another_channel_or_no_number_is_403() {
    let app = App::start().await;
    let (channel, other) = (app.channel().await, app.channel().await.owner_token());
    for id in [other.id.as_str(), "abc", "999999", "-1", "1.0"] {
        app.owner().token(&channel.id, id).await.refused(403);
        app.owner().revoke(&channel.id, id).await.refused(403);
    }
    other.read("").await.ok();
}

#[tokio::test]
async fn case_064_revoking_closes_the_tokens_sockets_and_no_others() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (t, r) = (channel.two_way().await, channel.read_only().await);
    let (mut revoked, mut kept) = (t.socket().await, r.socket().await);
    channel.revoke(&t).await.empty(204);
    channel.owner_token().wrote("not for everyone").await;
    revoked.closed().await;
    assert_eq!(kept.sequence().await, 1);
}

#[tokio::test]
async fn case_065_the_file_shows_no_password_and_no_token() {
    let installation = Installation::empty();
    installation.create_account("first", "someone-to-look-for", "password-to-look-for");
    let mut server = installation.serve("").await;
    let owner =
        crate::support::owner::Owner::new(&server.site, 1, "someone-to-look-for", "password-to-look-for");
    let channel = owner.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    t.wrote("used").await;
    let secrets =
        [o.secret, t.secret, channel.id.clone(), "someone-to-look-for".into(), "password-to-look-for".into()];
    assert_eq!(traces::found_under(&installation.data_dir(), &secrets), [""; 0]);
    server.signal("TERM");
    assert!(server.end().await.success());
    assert_eq!(traces::found_under(&installation.data_dir(), &secrets), [""; 0]);
}

#[tokio::test]
async fn case_164_a_token_without_the_right_deletes_only_its_own_messages() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    let body = json!({"description": "a guest", "can_read": true, "can_write": true, "can_delete": false});
    let issued = app.owner().issue(&channel.id, &body).await.ok();
    assert_eq!(issued["can_delete"], json!(false));
    let usual = app.owner().issue(&channel.id, &json!({"description": "usual"})).await.ok();
    assert_eq!(usual.get("can_delete"), None);
    let wrong = json!({"description": "odd", "can_delete": "no"});
    app.owner().issue(&channel.id, &wrong).await.invalid();

    let (guest, o, w) = (channel.bearer(&issued), channel.owner_token(), channel.write_only().await);
    o.wrote("the holder's").await;
    guest.wrote("a guest's").await;
    w.wrote("somebody's").await;
    for sequence in [1, 3] {
        guest.delete(sequence).await.problem(400, 403);
    }
    guest.delete(9).await.problem(404, 404);
    guest.delete(2).await.empty(204);
    app.restart().await;
    guest.delete(1).await.problem(400, 403);
    assert_eq!(guest.all().await, [1, 3]);
    o.delete(3).await.empty(204);
    w.delete(1).await.empty(204);
    assert_eq!(guest.all().await, [0; 0]);
}

#[tokio::test]
async fn case_168_a_token_whose_time_is_over_is_refused_as_a_revoked_one_is() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    let until = "2026-03-01T19:43:00.120Z";
    let body =
        json!({"description": "for an hour", "can_read": true, "can_write": true, "expires_at": until});
    let issued = app.owner().issue(&channel.id, &body).await.ok();
    assert_eq!(issued["expires_at"], json!(until));
    let usual =
        app.owner().issue(&channel.id, &json!({"description": "usual", "expires_at": null})).await.ok();
    assert_eq!(usual.get("expires_at"), None);
    for wrong in [json!("2026-03-01T18:43:00.120Z"), json!("tomorrow"), json!(""), json!(1_800_000_000)] {
        app.owner().issue(&channel.id, &json!({"description": "odd", "expires_at": wrong})).await.invalid();
    }

    let (t, o) = (channel.bearer(&issued), channel.owner_token());
    let (mut socket, ticket) = (t.socket().await, t.ticket().await);
    app.advance(Duration::from_millis(3_599_999));
    o.wrote("in time").await;
    assert_eq!(socket.sequence().await, 1);
    t.wrote("in time too").await;
    let (last, authorization) = (t.ticket().await, t.authorization());
    let headers = [("authorization", authorization.as_str()), ("content-type", "text/plain")];
    let half = Half::begin(&app.site, &format!("POST {}", t.path("")), &headers, "a body on its way").await;
    let waiting = t.read("?wait=60&after=2");
    tokio::pin!(waiting);
    app.held(&mut waiting, Duration::from_mins(1), 1).await;
    app.advance(Duration::from_millis(1));
    app.advance(Duration::from_millis(250));
    waiting.await.refused(401);
    assert_eq!(socket.closed().await, Some(1008));
    half.finish().await.refused(401);
    t.read("").await.refused(401);
    t.write("too late").await.refused(401);
    assert_eq!(t.connect().await.err(), Some(401));
    for ticket in [ticket, last] {
        let path = channel.path(&format!("/notify?ticket={ticket}"));
        assert_eq!(Socket::open(&app.site, &path, &[]).await.err(), Some(401));
    }
    o.wrote("the end is only this token's").await;
    // Its holder sees it as before, and revokes it.
    app.restart().await;
    t.read("").await.refused(401);
    assert_eq!(app.owner().token(&channel.id, &t.id).await.ok()["expires_at"], json!(until));
    app.owner().revoke(&channel.id, &t.id).await.empty(204);
    app.installation.succeed(&["check"], "");
}
