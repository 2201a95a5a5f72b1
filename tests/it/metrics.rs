//! The listener for metrics: what it tells, that it moves, and that it names nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::events::Events;
use crate::support::eventually;
use crate::support::owner::basic;
use crate::support::receiver::{LOOPBACK, Receiver, hook, says};
use crate::support::site::Site;

/// A server and where its metrics are.
async fn watched() -> (App, Site) {
    watched_with("").await
}

/// The same with these settings too.
async fn watched_with(more: &str) -> (App, Site) {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    drop(taken);
    let app = App::with(&format!("metrics.listen = '{address}'\n{more}")).await;
    (app, Site::new(&format!("http://{address}")))
}

/// All samples by name and labels. Every one has to be of a metric that was described.
async fn scraped(metrics: &Site) -> BTreeMap<String, f64> {
    let reply = metrics.call("GET", "/metrics", &[], "").await.is(200);
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = reply.text();
    let mut described: BTreeMap<&str, &str> = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            assert!(described.insert(name, kind).is_none(), "{name} is described twice");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').expect("a series and a value");
            let name = series.split('{').next().expect("a name");
            let of = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let kind = described.get(name).or_else(|| described.get(of?)).copied();
            assert!(kind.is_some() && name.starts_with("peerbox_"), "{line}");
            assert!(kind != Some("counter") || name.ends_with("_total"), "{line}");
            let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(samples.insert(series.to_owned(), value).is_none(), "{series} is there twice");
        }
    }
    samples
}

/// The sum of the series of that name whose labels have all of these.
fn of(samples: &BTreeMap<String, f64>, name: &str, labels: &[&str]) -> u64 {
    let is = |series: &str| {
        let (found, rest) = series.split_once('{').unwrap_or((series, ""));
        found == name && labels.iter().all(|label| rest.contains(label))
    };
    let values = samples.iter().filter(|(series, _)| is(series)).map(|(_, value)| value);
    // Every one of them is a whole number.
    values.fold(0.0, |sum, value| sum + value).to_string().parse().expect("a number")
}

#[tokio::test]
async fn metrics_move_as_they_should() {
    const WRITE: [&str; 3] = ["method=\"POST\"", "class=\"2xx\"", "/channel/"];
    let (app, metrics) = watched().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    // A clock that was ahead named it, so it is none that was made.
    let shelf = app.installation.data_dir().join("backups");
    fs::create_dir_all(&shelf).expect("a folder");
    fs::write(shelf.join("peerbox-2999-01-01T000000Z.db"), "from a time to come").expect("space");
    let before = scraped(&metrics).await;
    assert_eq!(of(&before, "peerbox_build_info", &["version="]), 1);
    assert_eq!(of(&before, "peerbox_channels", &[]), 1);
    assert_eq!(of(&before, "peerbox_accounts", &[]), 1);
    assert_eq!(of(&before, "peerbox_messages_written_total", &[]), 0);
    assert_eq!(of(&before, "peerbox_backup_last_success_timestamp", &[]), 0, "nothing is reckoned from it");

    for text in ["one", "two", "three"] {
        peer.wrote(text).await;
    }
    peer.presenting("wrong").read("").await.refused(401);
    let socket = channel.owner_token().socket().await;
    let mut person = app.signed_in().await;
    let page = Events::follow(&person).await;
    app.advance(Duration::from_secs(7));
    person.get("/admin/backups").await.is(200);
    person.post("/admin/backups", &[]).await.is(303);
    let after = scraped(&metrics).await;
    let grew = |name: &str, labels: &[&str]| of(&after, name, labels) - of(&before, name, labels);
    assert_eq!(grew("peerbox_messages_written_total", &[]), 3);
    assert_eq!(grew("peerbox_http_requests_total", &WRITE), 3);
    assert_eq!(grew("peerbox_http_refused_total", &["status=\"401\""]), 1);
    assert_eq!(grew("peerbox_uptime_seconds", &[]), 7);
    assert_eq!(grew("peerbox_ws_clients", &[]), 1);
    assert_eq!(grew("peerbox_sse_clients", &[]), 1);
    assert_eq!(of(&after, "peerbox_messages_stored", &[]), 3);
    assert!(of(&after, "peerbox_connections", &[]) >= 2);
    assert!(grew("peerbox_db_commit_seconds_count", &[]) >= 3);
    assert_eq!(
        of(&after, "peerbox_db_commit_seconds_count", &[]),
        of(&after, "peerbox_db_commit_changes_count", &[])
    );
    assert!(grew("peerbox_db_commit_changes_sum", &[]) >= 3);
    assert!(of(&after, "peerbox_payload_bytes", &[]) > 3);
    assert!(of(&after, "peerbox_db_size_bytes", &[]) > 0 && after.contains_key("peerbox_db_wal_bytes"));
    assert!(of(&after, "peerbox_backup_last_success_timestamp", &[]) > 1_500_000_000);
    let made = of(&after, "peerbox_backup_last_success_timestamp", &[]);
    assert!(made < 4_000_000_000, "{made}");
    assert!(of(&after, "peerbox_backup_bytes", &[]) > 20);
    // The page's own session, the two tokens of the channel, and the password of each account call and of signing in.
    assert_eq!(grew("peerbox_sessions", &[]), 1);
    assert_eq!(of(&after, "peerbox_tokens", &["state=\"valid\""]), 2);
    assert_eq!(of(&after, "peerbox_tokens", &["state=\"ended\""]), 0);
    assert_eq!(grew("peerbox_login_total", &["result=\"accepted\""]), 1);
    assert_eq!(grew("peerbox_login_total", &["result=\"refused\""]), 0);
    drop((socket, page));
    eventually("nobody waits", async || {
        // The server finds out that a page is gone when it has something to tell.
        app.advance(Duration::from_secs(30));
        let samples = scraped(&metrics).await;
        ["peerbox_db_queue", "peerbox_ws_clients", "peerbox_sse_clients"]
            .iter()
            .all(|name| samples[*name] == 0.0)
    })
    .await;
}

#[tokio::test]
async fn what_ends_is_counted() {
    let (app, metrics) = watched().await;
    let keeps = json!({"retention": {"min_age_days": 0, "max_age_days": 1, "auto_prune": true}});
    let channel = app.channel_with(keeps).await;
    let peer = channel.two_way().await;
    peer.wrote("one").await;
    peer.wrote("two").await;
    channel.revoke(&peer).await.empty(204);
    let wrong = basic(USER, "wrong password");
    app.anonymous()
        .get_with("/api/v1/account/1/channel/list", &[("authorization", &wrong)])
        .await
        .refused(401);
    app.advance(Duration::from_hours(49));
    app.prune().await;
    let samples = scraped(&metrics).await;
    assert_eq!(of(&samples, "peerbox_prune_deleted_total", &[]), 2);
    assert_eq!(of(&samples, "peerbox_tokens", &["state=\"ended\""]), 1);
    assert_eq!(of(&samples, "peerbox_login_total", &["result=\"refused\""]), 1);
}

#[tokio::test]
async fn what_is_damaged_is_counted_once_a_backup_was_looked_through() {
    let (app, metrics) = watched().await;
    app.channel().await.two_way().await.wrote("one").await;
    let (values, when) = ("peerbox_damaged_values", "peerbox_backup_last_look_timestamp");
    let samples = scraped(&metrics).await;
    assert!(!samples.contains_key(values), "nobody looked yet, which is not the same as 0");
    assert_eq!(of(&samples, when, &[]), 0);
    let looked = async || {
        let before = of(&scraped(&metrics).await, when, &[]);
        app.advance(Duration::from_hours(1));
        let mut person = app.signed_in().await;
        person.get("/admin/backups").await.is(200);
        person.post("/admin/backups", &[]).await.is(303);
        eventually("the look", async || of(&scraped(&metrics).await, when, &[]) > before).await;
        scraped(&metrics).await
    };
    let samples = looked().await;
    assert!(samples.contains_key(values) && of(&samples, values, &[]) == 0);
    app.edit("update message set sealed = zeroblob(length(sealed))");
    assert_eq!(of(&looked().await, values, &[]), 1);
}

#[tokio::test]
async fn what_receivers_answered_and_what_came_too_often_is_counted() {
    let (app, metrics) = watched_with(&format!("{LOOPBACK}\nlimits.sockets_per_token = 1")).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    let page = hook(&mut person, &channel, &receiver.url(), &[]).await;
    receiver.answers("503 Later");
    (0..2).for_each(|_| receiver.answers("422 Not this"));
    other.wrote("one").await;
    for words in ["Failed", "sent 2 times", "Not taken"] {
        receiver.next().await;
        says(&person, &page, words).await;
        app.advance(Duration::from_hours(1));
    }
    other.wrote("two").await;
    receiver.next().await;
    says(&person, &page, "Delivered").await;
    let _first = other.socket().await;
    assert_eq!(other.connect().await.err(), Some(429));
    let samples = scraped(&metrics).await;
    let told = |result: &str| {
        of(&samples, "peerbox_push_sent_total", &["to=\"webhook\"", &format!("result=\"{result}\"")])
    };
    assert_eq!((told("taken"), told("failed"), told("passed_over")), (1, 2, 1));
    assert_eq!(of(&samples, "peerbox_rate_limited_total", &["scope=\"/api/v1/channel/"]), 1);
    assert_eq!(of(&samples, "peerbox_rate_limited_total", &[]), 1);
}

#[tokio::test]
async fn buckets_are_cumulative_and_end_with_all() {
    let (app, metrics) = watched().await;
    let channel = app.channel().await;
    channel.owner_token().wrote("one").await;
    let samples = scraped(&metrics).await;
    let routes: BTreeSet<&str> = samples
        .keys()
        .filter_map(|series| series.strip_prefix("peerbox_http_request_seconds_count{route=\""))
        .collect();
    assert!(routes.len() >= 2, "{routes:?}");
    for route in routes {
        let route = route.trim_end_matches("\"}");
        let prefix = format!("peerbox_http_request_seconds_bucket{{route=\"{route}\",le=\"");
        let mut buckets: Vec<(f64, f64)> = samples
            .iter()
            .filter_map(|(series, value)| {
                let end = series.strip_prefix(&prefix)?.trim_end_matches("\"}");
                Some((end.parse().expect("an end"), *value))
            })
            .collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        assert!(buckets.is_sorted_by(|one, other| one.1 <= other.1), "{buckets:?}");
        let (end, all) = buckets.last().expect("buckets");
        assert!(end.is_infinite());
        let count = samples[&format!("peerbox_http_request_seconds_count{{route=\"{route}\"}}")];
        assert!((all - count).abs() < 0.5, "{all} of {count}");
    }
}

#[tokio::test]
async fn metrics_name_nobody_and_strangers_make_no_series() {
    let (app, metrics) = watched().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("a secret word").await;
    let series = async || {
        // The first look is a series of its own nowhere: this listener is not counted.
        scraped(&metrics).await.len()
    };
    app.site.call("BREW", "/nowhere/0", &[], "").await;
    let before = series().await;
    for number in 1..20 {
        app.site.call("BREW", &format!("/nowhere/{number}"), &[], "").await;
        app.site.call(&format!("BREW{number}"), "/nowhere", &[], "").await;
    }
    assert_eq!(series().await, before);
    let text = metrics.call("GET", "/metrics", &[], "").await.is(200).text();
    for secret in [&channel.id, &peer.secret, USER, PASSWORD, "secret word", "nowhere", "BREW"] {
        assert!(!text.contains(&format!("\"{secret}")) && !text.contains(&format!("/{secret}")), "{secret}");
    }
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own() {
    let (app, metrics) = watched().await;
    app.site.call("GET", "/metrics", &[], "").await.is(404);
    for path in ["/", "/login", "/healthz", "/inbox"] {
        metrics.call("GET", path, &[], "").await.is(404);
    }
    metrics.call("POST", "/metrics", &[], "").await.is(405);
}
