//! Paths, verbs, headers, CORS.

use serde_json::json;

use crate::support::app::App;
use crate::support::document::document;
use crate::support::raw;

#[tokio::test]
async fn case_007_one_trailing_slash_changes_nothing() {
    let app = App::start().await;
    let owner = app.owner();
    let channel = owner.channel().await;
    let (id, o) = (&channel.id, channel.owner_token());
    o.wrote("one").await;
    let token = format!("/channel/{id}/api-token");
    for rest in ["/channel/list", &format!("/channel/{id}"), &token, &format!("{token}/{}", o.id)] {
        let (plain, slashed) = (owner.path(rest), owner.path(&format!("{rest}/")));
        let expected = owner.call("GET", &plain).await.ok();
        assert_eq!(owner.call("GET", &slashed).await.ok(), expected, "{rest}");
    }
    let description = json!({"description": "a slash"});
    owner.send(&format!("{token}/"), &description).await.ok();
    owner.send(&format!("/channel/{id}/"), &json!({"locked": false})).await.ok();
    assert_eq!(o.call("POST", "/", &[("content-type", "text/plain")], "two").await.ok()["sequence"], 2);
    assert_eq!(o.read("/?unread=false").await.ok(), o.read("").await.ok());
    o.call("HEAD", "/", &[], "").await.empty(200);
    o.mark("1/", &json!({"read": true})).await.empty(200);
    o.call("DELETE", "/1/", &[], "").await.empty(204);
    owner.call("DELETE", &owner.path(&format!("{token}/{}/", o.id))).await.empty(204);
    owner.call("DELETE", &owner.path(&format!("/channel/{id}/"))).await.empty(204);
}

#[tokio::test]
async fn case_008_a_doubled_leading_slash_is_one() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    let authorization = t.authorization();
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    let reply = app.site.call("POST", "//api/v1/pushnotifications", &headers, r#"{"token":"device"}"#).await;
    reply.empty(200);
}

#[tokio::test]
async fn case_009_an_unknown_path_is_404_without_auth() {
    let app = App::start().await;
    for path in
        ["/api/v1/nothing", "/api/v1/account/1/nothing", "/api/v2/channel/x", "/api/v1/channel/a/b/c/d"]
    {
        app.anonymous().get(path).await.empty(404);
    }
}

#[tokio::test]
async fn case_010_a_wrong_verb_is_405_with_allow_before_auth() {
    let app = App::start().await;
    for (path, allowed) in [
        ("/api/v1/account/1/channel", "POST"),
        ("/api/v1/account/1/channel/list", "GET"),
        ("/api/v1/account/1/channel/some/api-token", "POST"),
        ("/api/v1/channel/some", "HEAD"),
        ("/api/v1/channel/some/1", "DELETE"),
        ("/api/v1/pushnotifications", "POST"),
    ] {
        let reply = app.anonymous().put(path, &json!({})).await.is(405);
        let allow = reply.header("allow").expect("Allow").to_owned();
        assert!(allow.split(", ").any(|verb| verb == allowed), "{path}: {allow}");
        assert!(!allow.contains("PUT"), "{path}: {allow}");
    }
}

#[tokio::test]
async fn case_011_a_get_with_a_content_type_and_no_body_is_fine() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let json = [("content-type", "application/json")];
    o.wrote("one").await;
    assert_eq!(o.call("GET", "", &json, "").await.ok().as_array().map(Vec::len), Some(1));
    o.call("HEAD", "", &json, "").await.empty(200);
    o.call("DELETE", "/1", &json, "").await.empty(204);
    let owner = app.owner();
    let headers = [("authorization", owner.authorization.as_str()), json[0]];
    app.site.call("GET", &owner.path("/channel/list"), &headers, "").await.ok();
}

#[tokio::test]
async fn case_012_accept_is_never_enforced() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    for accept in ["application/json; charset=utf-8", "text/html", "application/octet-stream", "nonsense"] {
        assert_eq!(o.call("GET", "", &[("accept", accept)], "").await.ok(), json!([]), "{accept}");
    }
}

#[tokio::test]
async fn case_013_a_preflight_is_answered_before_auth() {
    let app = App::start().await;
    let channel = app.channel().await;
    let reply = app.anonymous().preflight(&channel.path(""), "POST").await;
    assert!((200..300).contains(&reply.status), "{}", reply.status);
    let header = |name| reply.header(name).unwrap_or_else(|| panic!("{name}")).to_lowercase();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(header("access-control-allow-methods").contains("post"));
    let allowed = header("access-control-allow-headers");
    assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
    assert_eq!(reply.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn case_014_a_401_still_carries_the_cors_header() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let reply = o.presenting("bad").call("GET", "", &[("origin", "https://wallet.example")], "").await;
    let reply = reply.refused(401);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(reply.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn cors_origins_can_be_named() {
    let app = App::with(r#"cors.api_origins = ["https://wallet.example"]"#).await;
    let o = app.channel().await.owner_token();
    let reply = o.call("GET", "", &[("origin", "https://wallet.example")], "").await;
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://wallet.example"));
    let reply = o.call("GET", "", &[("origin", "https://other.example")], "").await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn every_answer_of_the_api_says_once_that_it_depends_on_the_origin() {
    for (setting, others) in [("", Some("*")), (r#"cors.api_origins = ["https://wallet.example"]"#, None)] {
        let app = App::with(setting).await;
        let o = app.channel().await.owner_token();
        let wallet = if setting.is_empty() { "*" } else { "https://wallet.example" };
        for (origin, allowed) in [
            (None, None),
            (Some("https://wallet.example"), Some(wallet)),
            (Some("https://other.example"), others),
        ] {
            let headers: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
            let replies = [
                o.call("GET", "", &headers, "").await.is(200),
                o.call("HEAD", "", &headers, "").await.is(200),
                o.call("POST", "", &headers, "").await.is(400),
                o.presenting("bad").call("GET", "", &headers, "").await.is(401),
                app.site.call("GET", "/api/v1/nothing", &headers, "").await.is(404),
                app.site.call("GET", "/api/v1/openapi.json", &headers, "").await.is(200),
            ];
            for reply in replies {
                assert_eq!(reply.header("vary"), Some("Origin"), "{origin:?} {setting}");
                assert_eq!(reply.header("access-control-allow-origin"), allowed, "{origin:?} {setting}");
            }
        }
        let preflight = app.anonymous().preflight(&o.path(""), "POST").await.is(204);
        assert_eq!(preflight.header("vary"), Some("Origin"));
    }
}

#[tokio::test]
async fn scripts_of_other_origins_may_read_what_headers_say() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("one").await;
    let origin = [("origin", "https://wallet.example")];
    let replies = [
        o.call("GET", "", &origin, "").await.is(200),
        o.call("GET", "/1", &origin, "").await.is(200),
        o.call("HEAD", "", &origin, "").await.is(200),
        o.presenting("bad").call("GET", "", &origin, "").await.is(401),
    ];
    for reply in replies {
        let exposed = reply.header("access-control-expose-headers").expect("exposed headers");
        let exposed: Vec<_> = exposed.split(',').map(str::trim).collect();
        for name in ["retry-after", "x-request-id", "etag", "content-disposition"] {
            assert!(exposed.contains(&name), "{name} in {exposed:?}");
        }
    }
}

#[tokio::test]
async fn case_015_plain_http_is_never_redirected() {
    let app = App::start().await;
    app.owner().list().await.ok();
    app.anonymous().get("/api/v1/channel/some").await.refused(401);
}

#[tokio::test]
async fn case_016_href_starts_with_the_public_address_and_its_prefix() {
    let app = App::with(r#"server.base_url = "https://box.example.org/peerchannels""#).await;
    app.site.moved_to(&format!("{}/peerchannels", app.site.base()));
    let channel = app.channel().await;
    let expected = format!("https://box.example.org/peerchannels/api/v1/channel/{}", channel.id);
    assert_eq!(channel.get().await.ok()["href"], expected);
}

#[tokio::test]
async fn case_017_a_forged_host_does_not_reach_href() {
    let app = App::with(r#"server.base_url = "https://box.example.org""#).await;
    let channel = app.channel().await;
    let path = app.owner().path(&format!("/channel/{}", channel.id));
    let authorization = format!("authorization: {}", app.owner().authorization);
    let headers = [authorization.as_str(), "host: evil.example", "x-forwarded-host: evil.example"];
    let answer = raw::exchange(&app.site, &format!("GET {path}"), &headers, b"").await.ok();
    assert_eq!(answer["href"], format!("https://box.example.org{}", channel.path("")));
}

#[tokio::test]
async fn case_018_every_answer_forbids_storing_and_sniffing() {
    let app = App::start().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    let replies = [
        app.owner().list().await.is(200),
        o.read("").await.is(200),
        o.head().await.is(200),
        o.write("").await.is(400),
        app.anonymous().get(&channel.path("")).await.is(401),
        app.owner().get("unknown").await.is(403),
        app.anonymous().get("/nothing/here").await.is(404),
        app.anonymous().put(&channel.path(""), &json!({})).await.is(405),
        app.anonymous().preflight(&channel.path(""), "POST").await,
        channel.revoke(&o).await.is(204),
    ];
    for reply in replies {
        let header = |name| reply.header(name).unwrap_or_else(|| panic!("{name} at {}", reply.status));
        assert_eq!(header("cache-control"), "no-store", "at {}", reply.status);
        assert_eq!(header("x-content-type-options"), "nosniff", "at {}", reply.status);
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "at {}", reply.status);
        assert_eq!(reply.header("strict-transport-security"), None, "there is no TLS here");
    }
}

#[tokio::test]
async fn path_literals_match_in_any_case() {
    let app = App::start().await;
    let (owner, o) = (app.owner(), app.channel().await.owner_token());
    owner.call("GET", "/API/V1/Account/1/Channel/List").await.ok();
    let headers = [("authorization", o.authorization())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    app.site.call("GET", &format!("/api/v1/CHANNEL/{}", o.channel), &headers, "").await.ok();
}

#[tokio::test]
async fn a_request_id_is_answered_and_differs() {
    let app = App::start().await;
    let id = |reply: crate::support::reply::Reply| reply.header("x-request-id").expect("an id").to_owned();
    let first = id(app.anonymous().get("/api/v1/channel/x").await);
    assert_ne!(id(app.anonymous().get("/api/v1/channel/x").await), first);
}

#[tokio::test]
async fn health_and_readiness_are_answered_without_auth() {
    let app = App::start().await;
    app.anonymous().get("/healthz").await.is(200);
    app.anonymous().get("/readyz").await.is(200);
}

#[tokio::test]
async fn the_description_tells_a_wrong_answer_from_a_right_one() {
    let app = App::start().await;
    let owner = app.owner();
    let channel = owner.channel().await;
    let list = owner.path("/channel/list");
    let answer = owner.list().await.ok().to_string();
    let fault = async |status: u16, body: &str| {
        document().await.fault("GET", &list, status, "application/json; charset=utf-8", body.as_bytes())
    };
    assert_eq!(fault(200, &answer).await, None);
    assert_eq!(fault(401, "").await, None);
    for (status, body) in [
        (200, "[]".to_owned()),
        (200, String::new()),
        (200, answer.replace("\"head\":0", "\"head\":\"0\"")),
        (200, answer.replace("\"sequenced\"", "\"sequence\"")),
        (404, String::new()),
        (503, "{}".to_owned()),
    ] {
        assert!(fault(status, &body).await.is_some(), "{status} with {body}");
    }
    assert!(answer.contains(&channel.id));
}
