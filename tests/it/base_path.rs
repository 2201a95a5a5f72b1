//! Servers behind a prefix or a proxy.

use serde_json::Value;

use crate::support::app::{App, USER};
use crate::support::owner::{basic, settings_of_a_channel};

/// The `href` of a channel that was made with these headers.
async fn href_with(app: &App, headers: &[(&str, &str)]) -> String {
    let owner = app.owner();
    let mut all = vec![("authorization", owner.authorization.as_str()), ("content-type", "application/json")];
    all.extend(headers);
    let body = settings_of_a_channel().to_string();
    let created: Value = app.site.call("POST", &owner.path("/channel"), &all, body).await.ok();
    created["href"].as_str().expect("an address").replace(created["id"].as_str().expect("an id"), "ID")
}

const FORWARDED: [(&str, &str); 2] = [("x-forwarded-proto", "https"), ("x-forwarded-host", "box.example")];

#[tokio::test]
async fn every_endpoint_lies_below_the_prefix_and_at_the_root_for_proxies_that_strip_it() {
    let app = App::with("server.base_url = \"http://box.example/peer/channels/\"").await;
    app.owner().list().await.ok();
    app.site.moved_to(&format!("{}/peer/channels", app.site.base()));
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let mut socket = t.socket().await;
    o.wrote("one").await;
    assert_eq!(socket.sequence().await, 1);
    assert_eq!(t.unread().await, [1]);
    t.register("device").await.empty(200);
    app.anonymous().get("/api/v2").await.is(404);
    let href = channel.get().await.ok()["href"].clone();
    assert_eq!(href, format!("http://box.example/peer/channels{}", channel.path("")));
}

#[tokio::test]
async fn without_a_public_address_href_follows_host() {
    let app = App::start().await;
    assert_eq!(
        href_with(&app, &[("host", "box.example:99")]).await,
        "http://box.example:99/api/v1/channel/ID"
    );
}

#[tokio::test]
async fn forwarded_headers_of_strangers_are_ignored() {
    let app = App::start().await;
    let expected = format!("{}/api/v1/channel/ID", app.site.base());
    assert_eq!(href_with(&app, &FORWARDED).await, expected);
    let elsewhere = App::with("server.trusted_proxies = [\"192.0.2.0/24\"]").await;
    assert!(href_with(&elsewhere, &FORWARDED).await.starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn forwarded_headers_of_trusted_proxies_make_href() {
    for trusted in ["loopback", "127.0.0.0/8"] {
        let app = App::with(&format!("server.trusted_proxies = [\"{trusted}\"]")).await;
        assert_eq!(href_with(&app, &FORWARDED).await, "https://box.example/api/v1/channel/ID");
    }
}

#[tokio::test]
async fn a_public_address_beats_every_header() {
    let app =
        App::with("server.trusted_proxies = [\"loopback\"]\nserver.base_url = \"https://public.example\"")
            .await;
    let headers = [FORWARDED[0], FORWARDED[1], ("host", "evil.example")];
    assert_eq!(href_with(&app, &headers).await, "https://public.example/api/v1/channel/ID");
}

#[tokio::test]
async fn hsts_follows_the_public_address() {
    let app = App::with("hsts = true\nserver.base_url = \"https://public.example\"").await;
    assert!(app.anonymous().get("/healthz").await.header("strict-transport-security").is_some());
    let plain = App::with("hsts = true").await;
    assert_eq!(plain.anonymous().get("/healthz").await.header("strict-transport-security"), None);
}

/// Where two guesses are counted together: the first came with this chain of hops, the second from this address.
async fn is_counted_as(header: &str, chain: &[&str], address: &str) -> bool {
    let app = App::with(&format!(
        "limits.login = \"1 per 15m\"\nserver.client_ip_header = \"{header}\"\n\
         server.trusted_proxies = [\"loopback\", \"10.0.0.0/8\"]"
    ))
    .await;
    let authorization = basic(USER, "guessed");
    let guess = async |hops: &[&str]| {
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(hops.iter().map(|hop| (header, *hop)));
        app.anonymous().get_with("/api/v1/account/1/channel/list", &headers).await.status
    };
    assert_eq!(guess(chain).await, 401);
    let named = if header == "forwarded" { format!("for=\"{address}\"") } else { address.to_owned() };
    guess(&[&named]).await == 429
}

#[tokio::test]
async fn a_hop_that_cannot_be_read_hides_what_lies_behind_it() {
    for (header, chain, address) in [
        ("x-forwarded-for", &["203.0.113.9, unix:"][..], "127.0.0.1"),
        ("x-forwarded-for", &["203.0.113.9, ,10.0.0.7"], "10.0.0.7"),
        ("x-forwarded-for", &["203.0.113.9, unknown, 198.51.100.7, 10.0.0.7"], "198.51.100.7"),
        ("x-forwarded-for", &["203.0.113.9", "unix:"], "127.0.0.1"),
        ("x-forwarded-for", &["unix:", "203.0.113.9"], "203.0.113.9"),
        ("x-forwarded-for", &["garbage, 203.0.113.9"], "203.0.113.9"),
        ("x-forwarded-for", &["203.0.113.9, garbage"], "127.0.0.1"),
        ("x-real-ip", &["unix:"], "127.0.0.1"),
        ("cf-connecting-ip", &["203.0.113.9", "-"], "127.0.0.1"),
        ("forwarded", &["for=203.0.113.9, for=_hidden"], "127.0.0.1"),
        ("forwarded", &["for=203.0.113.9, by=10.0.0.1;proto=https"], "127.0.0.1"),
        ("forwarded", &["for=203.0.113.9, for=unknown, for=\"10.0.0.7:80\""], "10.0.0.7"),
        ("forwarded", &["for=\"203.0.113.8, for=203.0.113.9"], "203.0.113.9"),
    ] {
        assert!(is_counted_as(header, chain, address).await, "{header}: {chain:?} is {address}'s");
    }
}
