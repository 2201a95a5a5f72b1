//! HEAD: what GET would say, without the body, on every path but a channel's.

use reqwest::header::HeaderMap;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;
use crate::support::raw::Raw;
use crate::support::reply::Reply;

/// The headers that differ from one answer to the next.
fn lasting(reply: &Reply) -> HeaderMap {
    let mut headers = reply.headers.clone();
    for passing in ["x-request-id", "date", "set-cookie", "access-control-expose-headers"] {
        headers.remove(passing);
    }
    headers
}

async fn compare(app: &App, path: &str, headers: &[(&str, &str)]) {
    let got = app.site.call("GET", path, headers, "").await;
    let head = app.site.call("HEAD", path, headers, "").await;
    assert_eq!(head.status, got.status, "{path}");
    assert_eq!(lasting(&head), lasting(&got), "{path}");
    assert!(head.body.is_empty(), "{path}");
    // Any page has one: its length is known.
    let length = got.body.len().to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()), "{path}");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = App::start().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    o.wrote("one").await;
    let page = app.anonymous().get("/login").await.is(200).text();
    let asset = page.split("href=\"").filter_map(|rest| rest.split('"').next());
    let asset = asset.into_iter().find(|path| path.ends_with("/style.css")).expect("a style sheet");
    for path in [
        "/healthz",
        "/readyz",
        "/",
        "/login",
        asset,
        "/api/v1/openapi.json",
        "/robots.txt",
        "/help",
        "/inbox",
        "/nothing/here",
        "/api/v1/nothing",
        "/api/v1/pushnotifications",
    ] {
        compare(&app, path, &[]).await;
    }
    compare(&app, asset, &[("accept-encoding", "gzip")]).await;

    let mut browser = Person::new(&app.site);
    browser.sign_in(USER, PASSWORD).await;
    let cookies = browser.cookie_header();
    for path in
        ["/inbox", "/channels", &format!("/channels/{}", channel.id), &format!("/m/{}/1/raw", channel.id)]
    {
        compare(&app, path, &[("cookie", &cookies)]).await;
    }

    let owner = app.owner();
    for rest in ["/channel/list", &format!("/channel/{}", channel.id), "/channel/unknown"] {
        compare(&app, &owner.path(rest), &[("authorization", &owner.authorization)]).await;
    }
    compare(&app, &o.path("/1"), &[("authorization", &o.authorization())]).await;
    compare(&app, &o.path("/9"), &[("authorization", &o.authorization())]).await;
}

#[tokio::test]
async fn head_of_what_never_ends_ends() {
    let app = App::start().await;
    let mut browser = Person::new(&app.site);
    browser.sign_in(USER, PASSWORD).await;
    let cookies = browser.cookie_header();
    let head = app.site.call("HEAD", "/events", &[("cookie", &cookies)], "").await.empty(200);
    assert_eq!(head.header("content-type"), Some("text/event-stream; charset=utf-8"));
    // Named, so that no proxy packs it and holds it back.
    assert_eq!(head.header("content-encoding"), Some("identity"));
}

#[tokio::test]
async fn a_connection_goes_on_after_head() {
    let app = App::start().await;
    let mut browser = Person::new(&app.site);
    browser.sign_in(USER, PASSWORD).await;
    let mut raw = Raw::connect(&app.site).await;
    for path in ["/login", "/api/v1/nothing", "/api/v1/openapi.json", "/events"] {
        let cookie = browser.cookie_header();
        raw.send(format!("HEAD {path} HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\n\r\n")).await;
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.1 "), "{path}: {head}");
        raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(raw.reply().await.is(200).text(), "alive", "after {path}");
    }
}

#[tokio::test]
async fn a_405_names_head_beside_get() {
    let app = App::start().await;
    let reply = app.anonymous().delete("/api/v1/account/1/channel/list").await.is(405);
    assert_eq!(reply.header("allow"), Some("GET, HEAD"));
}
