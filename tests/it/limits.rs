//! Quotas, throttles and time-outs.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::eventually;
use crate::support::owner::{Owner, basic, settings_of_a_channel};
use crate::support::person::Person;
use crate::support::raw::Raw;
use crate::support::reply::Reply;

const MINUTE: Duration = Duration::from_mins(1);

#[track_caller]
fn throttled(reply: Reply, most: u64) {
    let reply = reply.is(429);
    let seconds: u64 = reply.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!((1..=most).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn the_message_limit_can_be_set() {
    let app = App::with("limits.message_bytes = 100").await;
    let o = app.channel().await.owner_token();
    o.write(&"x".repeat(100)).await.ok();
    o.write(&"x".repeat(101)).await.problem(400, 413);
}

#[tokio::test]
async fn an_account_has_so_many_channels() {
    let app = App::with("limits.channels_per_account = 2").await;
    let (first, _) = (app.channel().await, app.channel().await);
    app.owner().create(&settings_of_a_channel()).await.problem(400, 507);
    app.another_account("other").channel().await;
    first.delete().await.empty(204);
    app.channel().await;
}

#[tokio::test]
async fn a_channel_has_so_many_tokens() {
    let app = App::with("limits.tokens_per_channel = 2").await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    app.owner().issue(&channel.id, &json!({"description": "one too many"})).await.problem(400, 507);
    channel.revoke(&t).await.empty(204);
    channel.two_way().await;
}

#[tokio::test]
async fn an_account_stores_so_many_bytes() {
    let app = App::with("limits.storage_per_account = \"4k\"").await;
    let channel = app.channel().await;
    let (o, elsewhere) = (channel.owner_token(), app.channel().await.owner_token());
    o.write(&"x".repeat(3000)).await.ok();
    o.write(&"x".repeat(3000)).await.problem(400, 507);
    elsewhere.write(&"x".repeat(3000)).await.problem(400, 507);
    elsewhere.write("small").await.ok();
    o.delete(1).await.empty(204);
    elsewhere.write(&"x".repeat(3000)).await.ok();
    channel.delete().await.empty(204);
}

#[tokio::test]
async fn an_account_can_have_a_quota_of_its_own() {
    let app = App::with("limits.storage_per_account = \"4k\"").await;
    let o = app.channel().await.owner_token();
    o.write(&"x".repeat(5000)).await.problem(400, 507);
    app.installation.succeed(&["account", "quota", "1", "10k"], "");
    o.write(&"x".repeat(5000)).await.ok();
    o.write(&"x".repeat(5000)).await.problem(400, 507);
    let shown = app.installation.succeed(&["account", "show", "1", "--json"], "");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON")["quota"], 10 * 1024);
    app.installation.succeed(&["account", "quota", "1", "none"], "");
    o.write(&"x".repeat(5000)).await.ok();
    app.installation.fails(&["account", "quota", "1", "0"], "", 2, "none is no limit, 1 takes nothing");
    o.write("still without limit").await.ok();
    // What is above it stays, and nothing is added.
    app.installation.succeed(&["account", "quota", "1", "default"], "");
    o.write("small").await.problem(400, 507);
    o.read("").await.ok();
}

#[tokio::test]
async fn an_operator_sets_a_quota_on_a_page() {
    let app = App::with("limits.storage_per_account = \"4k\"").await;
    let o = app.channel().await.owner_token();
    let mut person = app.signed_in().await;
    let page = person.get("/admin/accounts/1/quota").await.is(200).text();
    assert!(page.contains("As every account<small>4.0 KiB</small>"), "{page}");
    let again = person.post("/admin/accounts/1/quota", &[("kind", "own"), ("mebibytes", "1.5")]).await.text();
    assert!(again.contains("Type a whole number of MiB, at least 1."), "{again}");
    o.write(&"x".repeat(5000)).await.problem(400, 507);
    person.post("/admin/accounts/1/quota", &[("kind", "own"), ("mebibytes", "1")]).await.is(303);
    o.write(&"x".repeat(5000)).await.ok();
    assert!(person.get("/admin").await.text().contains("of 1.0 MiB"));
    assert!(person.get("/profile").await.text().contains("stored of 1.0 MiB"));
    person.get("/admin/accounts/99/quota").await.is(404);

    let asked = person.get("/step-up?next=/admin/accounts/1/quota").await.is(200).text();
    assert!(asked.contains("href=\"/admin\">Cancel"), "{asked}");
    // A number that was typed is not dropped for a choice beside it; one that only stood there is.
    for kind in ["server", "none"] {
        let fields = [("kind", kind), ("mebibytes", "7")];
        let again = person.post("/admin/accounts/1/quota", &fields).await.is(422).text();
        assert!(
            again.contains("choose “This much”")
                && again.contains("This much:")
                && again.contains("value=\"7\""),
            "{again}"
        );
    }
    assert!(person.get("/admin").await.text().contains("of 1.0 MiB"));
    person.post("/admin/accounts/1/quota", &[("kind", "none"), ("mebibytes", "1")]).await.is(303);
    assert!(!person.get("/admin").await.text().contains("of 1.0 MiB"));

    // What is typed here, what is typed there and what is shown are the same.
    person.post("/admin/accounts/1/quota", &[("kind", "own"), ("mebibytes", "500")]).await.is(303);
    let typed_here = app.installation.succeed(&["account", "show", "1", "--json"], "");
    let told = app.installation.run(&["account", "quota", "1", "500M"], "");
    assert!(String::from_utf8_lossy(&told.stderr).contains("may store at most 500 MiB"), "{told:?}");
    assert_eq!(app.installation.succeed(&["account", "show", "1", "--json"], ""), typed_here);
    assert!(app.installation.succeed(&["account", "show", "1"], "").contains("quota:    500 MiB"));
    assert!(person.get("/admin").await.text().contains("of 500 MiB"));
}

#[tokio::test]
async fn a_full_account_can_answer_with_the_true_code() {
    let app = App::with("limits.storage_per_account = \"4k\"\napi.status_codes = \"http\"").await;
    let o = app.channel().await.owner_token();
    o.write(&"x".repeat(5000)).await.problem(507, 507);
}

#[tokio::test]
async fn failed_sign_ins_are_throttled_by_account_and_address() {
    let app = App::with("limits.login = \"2 per 15m\"\nserver.trusted_proxies = [\"loopback\"]").await;
    let from = async |address: &str, password: &str| {
        let authorization = basic(USER, password);
        let headers = [("authorization", authorization.as_str()), ("x-forwarded-for", address)];
        app.anonymous().get_with("/api/v1/account/1/channel/list", &headers).await
    };
    from("203.0.113.1", "wrong").await.refused(401);
    from("203.0.113.1", "wrong").await.refused(401);
    throttled(from("203.0.113.1", "wrong").await, 15 * 60);
    from("198.51.100.7", PASSWORD).await.ok();
    app.advance(MINUTE * 15);
    from("203.0.113.1", PASSWORD).await.ok();
}

#[tokio::test]
async fn an_unknown_user_is_throttled_like_a_known_one() {
    let app = App::with("limits.login = \"2 per 15m\"").await;
    let unknown = Owner::new(&app.site, 1, "nobody", "wrong");
    unknown.list().await.refused(401);
    unknown.list().await.refused(401);
    throttled(unknown.list().await, 15 * 60);
}

#[tokio::test]
async fn anonymous_writes_are_throttled_by_channel() {
    let app = App::with("limits.anonymous = \"2 per minute\"").await;
    let channel = app.channel_with(json!({"public_write": true})).await;
    let other = app.channel_with(json!({"public_write": true})).await;
    let write = async |path: String| app.anonymous().post(&path, "text/plain", "hello").await;
    write(channel.path("")).await.ok();
    write(channel.path("")).await.ok();
    throttled(write(channel.path("")).await, 60);
    write(other.path("")).await.ok();
    channel.owner_token().write("the owner is not").await.ok();
    app.advance(MINUTE);
    write(channel.path("")).await.ok();
}

#[tokio::test]
async fn anonymous_reads_are_throttled_by_channel_and_apart_from_writes() {
    let app = App::with("limits.anonymous = \"2 per minute\"").await;
    let public = json!({"public_read": true, "public_write": true});
    let (channel, other) = (app.channel_with(public.clone()).await, app.channel_with(public).await);
    let stranger = app.anonymous();
    stranger.get(&channel.path("")).await.ok();
    stranger.get(&channel.path("")).await.ok();
    throttled(stranger.get(&channel.path("")).await, 60);
    stranger.post(&channel.path(""), "text/plain", "hello").await.ok();
    stranger.get(&other.path("")).await.ok();
    channel.owner_token().read("").await.ok();
    app.advance(MINUTE);
    stranger.get(&channel.path("")).await.ok();
}

#[tokio::test]
async fn strangers_are_refused_what_needs_a_token_before_anything_is_judged_or_counted() {
    let app = App::with("limits.anonymous = \"1 per minute\"").await;
    let channel = app.channel_with(json!({"public_read": true, "public_write": true})).await;
    channel.owner_token().wrote("one").await;
    let stranger = app.anonymous();
    for _ in 0..3 {
        stranger.post(&channel.path("/1"), "text/plain", "no mark").await.refused(401);
        stranger.delete(&channel.path("/1")).await.refused(401);
    }
    stranger.post(&channel.path(""), "text/plain", "hello").await.ok();
    stranger.get(&channel.path("")).await.ok();
}

#[tokio::test]
async fn guesses_of_devices_are_throttled_by_address() {
    let app = App::with("limits.anonymous = \"2 per minute\"").await;
    app.channel().await.two_way().await.register("device").await.empty(200);
    let remove =
        async |device: &str| app.anonymous().delete(&format!("/api/v1/pushnotifications/{device}")).await;
    remove("guess-1").await.is(401);
    remove("guess-2").await.is(401);
    throttled(remove("device").await, 60);
    let body = json!({"token": "mine"});
    throttled(app.anonymous().put("/api/v1/pushnotifications/device", &body).await, 60);
    app.advance(MINUTE);
    let guesses: Vec<String> = (3..23).map(|number| format!("guess-{number}")).collect();
    let together = join_all(guesses.iter().map(|guess| remove(guess))).await;
    let judged = together.iter().filter(|reply| reply.status == 401).count();
    assert_eq!(judged, 2, "guesses that come together are counted one by one");
    app.advance(MINUTE);
    remove("device").await.empty(204);
}

#[tokio::test]
async fn token_requests_can_be_throttled() {
    let app = App::with("limits.token_requests = \"3 per minute\"").await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.write("one").await.ok();
    o.read("").await.ok();
    o.read("").await.ok();
    throttled(o.read("").await, 60);
    t.read("").await.ok();
    app.advance(MINUTE);
    o.read("").await.ok();
}

#[tokio::test]
async fn a_token_has_so_many_sockets() {
    let app = App::with("limits.sockets_per_token = 2").await;
    let channel = app.channel().await;
    let (t, r) = (channel.two_way().await, channel.read_only().await);
    let (first, mut second) = (t.socket().await, t.socket().await);
    assert_eq!(t.connect().await.err(), Some(429));
    r.socket().await;
    assert!(first.close().await);
    eventually("a free slot", async || t.connect().await.is_ok()).await;
    channel.owner_token().wrote("one").await;
    assert_eq!(second.sequence().await, 1);
}

#[tokio::test]
async fn slow_headers_end_the_connection() {
    let app = App::with("server.header_timeout = \"1s\"").await;
    let mut raw = Raw::connect(&app.site).await;
    raw.send("GET /healthz HTTP/1.1\r\nhost: ").await;
    raw.ended().await;
}

#[tokio::test]
async fn a_slow_body_ends_the_request_and_stores_nothing() {
    let app = App::with("server.body_timeout = \"1s\"").await;
    let o = app.channel().await.owner_token();
    let mut raw = Raw::connect(&app.site).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: a/b\r\ncontent-length: 100\r\n\r\n",
        o.path(""),
        o.authorization()
    );
    raw.send(head).await;
    raw.send("half").await;
    raw.ended().await;
    assert_eq!(o.wrote("whole").await, 1);
}

#[tokio::test]
async fn guesses_that_come_together_are_counted_before_they_are_judged() {
    let app = App::with("limits.login = \"2 per 15m\"").await;
    let channels = "/api/v1/account/1/channel/list";
    let guess = |number: u32| {
        let (stranger, authorization) = (app.anonymous(), basic(USER, &format!("wrong {number}")));
        async move { stranger.get_with(channels, &[("authorization", &authorization)]).await.status }
    };
    let answers = futures_util::future::join_all((0..20).map(guess)).await;
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 2, "{answers:?}");
    app.advance(MINUTE * 15);
    let owner = app.owner();
    let right = futures_util::future::join_all((0..20).map(|_| owner.list())).await;
    assert!(right.iter().all(|reply| reply.status == 200), "the right password is never an attempt too many");
}

#[tokio::test]
async fn newcomers_are_throttled_by_address() {
    let app = App::with("accounts.signup = \"open\"\nlimits.login = \"1 per 15m\"").await;
    let mut visitor = Person::new(&app.site);
    visitor.get("/register").await.is(200);
    let too_short = [("account", "new"), ("user", "new"), ("password", "x")];
    for _ in 0..10 {
        assert_ne!(visitor.post("/register", &too_short).await.status, 429);
    }
    throttled(visitor.post("/register", &too_short).await, 15 * 60);
    app.owner().list().await.ok();
}
