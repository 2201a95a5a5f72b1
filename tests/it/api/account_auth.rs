//! Who may use the account API.

use std::time::Duration;

use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::owner::{Owner, basic, basic_bytes, settings_of_a_channel};

#[tokio::test]
async fn case_019_without_authorization_401_empty_and_no_dialog() {
    let app = App::start().await;
    app.anonymous().get("/api/v1/account/1/channel/list").await.refused(401);
    let script = [("sec-fetch-mode", "cors")];
    let refused = app.anonymous().get_with("/api/v1/account/1/channel/list", &script).await.empty(401);
    assert_eq!(refused.header("www-authenticate"), None);
}

#[tokio::test]
async fn every_401_names_the_credentials_that_its_call_takes() {
    let app = App::start().await;
    let channel = app.channel().await;
    let account = format!("/api/v1/account/1/channel/{}", channel.id);
    let basic_wanted = "Basic realm=\"peerbox\", charset=\"UTF-8\"";
    let bearer_wanted = "Bearer realm=\"peerbox\"";
    let wrong = basic(USER, "wrong");
    for (method, path, challenge) in [
        ("GET", "/api/v1/account/1/channel/list", basic_wanted),
        ("POST", "/api/v1/account/1/channel", basic_wanted),
        ("DELETE", &account, basic_wanted),
        ("GET", &format!("{account}/api-token"), basic_wanted),
        ("HEAD", &channel.path(""), bearer_wanted),
        ("GET", &channel.path(""), bearer_wanted),
        ("POST", &channel.path(""), bearer_wanted),
        ("POST", &channel.path("/1"), bearer_wanted),
        ("DELETE", &channel.path("/1"), bearer_wanted),
        ("GET", &channel.path("/notify?token=wrong"), bearer_wanted),
        ("POST", "/api/v1/pushnotifications", bearer_wanted),
    ] {
        for (authorization, mode, is_asked) in [
            (None, None, true),
            (Some(wrong.as_str()), None, true),
            (None, Some("navigate"), true),
            (None, Some("cors"), false),
            (None, Some("websocket"), false),
        ] {
            let headers = [("authorization", authorization), ("sec-fetch-mode", mode)];
            let headers: Vec<_> =
                headers.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
            let reply = app.site.call(method, path, &headers, "").await.is(401);
            let expected = is_asked.then_some(challenge);
            assert_eq!(reply.header("www-authenticate"), expected, "{method} {path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn case_020_a_wrong_password_is_401() {
    let app = App::start().await;
    let stranger = app.owner().presenting(&basic(USER, "wrong password"));
    stranger.create(&settings_of_a_channel()).await.refused(401);
    let unknown = app.owner().presenting(&basic("nobody", PASSWORD));
    unknown.create(&settings_of_a_channel()).await.refused(401);
}

#[tokio::test]
async fn case_021_a_bearer_token_does_not_open_the_account_api() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    app.owner().presenting(&o.authorization()).list().await.refused(401);
    let bare = app.owner().authorization.replacen("Basic", "Bearer", 1);
    app.owner().presenting(&bare).list().await.refused(401);
}

#[tokio::test]
async fn case_022_the_scheme_word_may_be_in_lower_case() {
    let app = App::start().await;
    let lower = app.owner().authorization.replacen("Basic", "basic", 1);
    app.owner().presenting(&lower).list().await.ok();
}

#[tokio::test]
async fn case_023_another_accounts_path_is_403() {
    let app = App::start().await;
    let other = app.another_account("other");
    app.owner().under(other.account).list().await.refused(403);
    app.owner().under(other.account).create(&settings_of_a_channel()).await.refused(403);
    app.owner().under(99).list().await.refused(403);
}

#[tokio::test]
async fn case_024_an_account_id_that_is_no_integer_is_403() {
    let app = App::start().await;
    app.owner().call("GET", "/api/v1/account/abc/channel/list").await.refused(403);
}

#[tokio::test]
async fn case_025_foreign_channels_are_403_under_the_own_path() {
    let app = App::start().await;
    let foreign = app.another_account("other").channel().await;
    let token = foreign.two_way().await;
    let me = app.owner();
    me.get(&foreign.id).await.refused(403);
    me.amend(&foreign.id, &json!({"locked": true})).await.refused(403);
    me.delete(&foreign.id).await.refused(403);
    me.tokens(&foreign.id, "").await.refused(403);
    me.issue(&foreign.id, &json!({"description": "mine"})).await.refused(403);
    me.token(&foreign.id, &token.id).await.refused(403);
    me.revoke(&foreign.id, &token.id).await.refused(403);
    assert_eq!(foreign.get().await.ok()["locked"], false);
    token.write("still works").await.ok();
}

#[tokio::test]
async fn case_026_an_unknown_channel_is_403_like_a_foreign_one() {
    let app = App::start().await;
    let foreign = app.another_account("other").channel().await;
    let unknown = app.owner().get("no-such-channel").await.refused(403);
    let foreign = app.owner().get(&foreign.id).await.refused(403);
    let names = |reply: &crate::support::reply::Reply| {
        reply.headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&unknown), names(&foreign));
}

#[tokio::test]
async fn case_027_a_non_ascii_password_works_in_latin_1_and_utf_8() {
    let app = App::start().await;
    let account = app.installation.create_account("umlaut", "umlaut", "pässwörd");
    let in_utf8 = Owner::new(&app.site, account, "umlaut", "pässwörd");
    in_utf8.list().await.ok();
    let latin_1: Vec<u8> = "umlaut:pässwörd".chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    in_utf8.presenting(&basic_bytes(&latin_1)).list().await.ok();
    in_utf8.presenting(&basic_bytes(b"umlaut:p\xe4ssword")).list().await.refused(401);
}

#[tokio::test]
async fn case_028_many_failed_sign_ins_are_throttled_and_others_are_not() {
    let app = App::with(r#"limits.login = "3 per 15m""#).await;
    let other = app.another_account("other");
    let stranger = app.owner().presenting(&basic(USER, "guessed"));
    for _ in 0..3 {
        stranger.list().await.refused(401);
    }
    let reply = stranger.list().await.is(429);
    let seconds: u64 = reply.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((1..=15 * 60).contains(&seconds), "{seconds}");
    other.list().await.ok();
    app.advance(Duration::from_mins(15));
    app.owner().list().await.ok();
    stranger.list().await.refused(401);
}

#[tokio::test]
async fn malformed_credentials_are_401() {
    let app = App::start().await;
    for header in ["Basic", "Basic ", "Basic !!!", "Basic bm9jb2xvbg==", "Digest x", ""] {
        app.owner().presenting(header).list().await.refused(401);
    }
}

#[tokio::test]
async fn two_authorization_headers_are_401() {
    let app = App::start().await;
    let owner = app.owner();
    let twice =
        [("authorization", owner.authorization.as_str()), ("authorization", owner.authorization.as_str())];
    app.anonymous().get_with(&owner.path("/channel/list"), &twice).await.refused(401);
}

#[tokio::test]
async fn credentials_verified_before_still_fail_under_another_password() {
    let app = App::start().await;
    for _ in 0..3 {
        app.owner().list().await.ok();
        app.owner().presenting(&basic(USER, "Password")).list().await.refused(401);
    }
}
