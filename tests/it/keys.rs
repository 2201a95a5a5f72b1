//! Keys that others seal with: published and retired by the holder, told to whoever may come to a channel.

use serde_json::{Value, json};

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::person::Person;

const KEYS: &str = "/profile/keys";

/// The digits of the key of 32 ones: the first half of its SHA-256, two bytes each.
const DIGITS_OF_ONES: &str = "29389 28292 08900 02043 27913 34448 61715 02941";

fn public(byte: u8) -> String {
    format!("libsodium sealed_box {}", base64_simd::STANDARD.encode_to_string([byte; 32]))
}

async fn signed_in(app: &App) -> Person {
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    person
}

async fn told(bearer: &Bearer) -> Value {
    bearer.call("GET", "/key", &[], "").await.ok()
}

#[tokio::test]
async fn case_167_whoever_may_come_to_a_channel_learns_the_key_to_seal_with() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let (t, r, w) = (channel.two_way().await, channel.read_only().await, channel.write_only().await);
    assert_eq!(told(&t).await["key"], Value::Null);

    person.submit(KEYS, KEYS, &[("key", &public(1))]).await.is(303);
    person.submit(KEYS, KEYS, &[("key", &public(2)), ("copy", "wrapped")]).await.is(303);
    let all = json!({
        "key": public(2), "name": "", "greeting": "", "picture": false, "can_read": true, "can_write": true,
        "locked": false, "sequenced": false,
    });
    assert_eq!(told(&t).await, all);
    let (r, w) = (told(&r).await, told(&w).await);
    assert_eq!((&r["can_read"], &r["can_write"]), (&json!(true), &json!(false)));
    assert_eq!((&w["can_read"], &w["can_write"]), (&json!(false), &json!(true)));

    let path = t.path("/key");
    app.anonymous().get(&path).await.refused(401);
    app.anonymous().get_with(&path, &[("authorization", "Bearer wrong")]).await.refused(401);
    let other = app.channel().await.two_way().await;
    app.anonymous().get_with(&path, &[("authorization", &other.authorization())]).await.refused(403);
    channel.issue(false, false).await.call("GET", "/key", &[], "").await.refused(401);
    channel.amend(&json!({"public_write": true, "locked": true})).await.ok();
    let stranger = app.anonymous().get(&path).await.ok();
    assert_eq!((&stranger["key"], &stranger["can_read"]), (&json!(public(2)), &json!(false)));
    assert_eq!((&stranger["can_write"], &stranger["locked"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn keys_are_shown_by_their_fingerprints_and_retired() {
    let mut app = App::start().await;
    let mut person = signed_in(&app).await;
    let t = app.channel().await.two_way().await;
    person.submit(KEYS, KEYS, &[("key", &public(1))]).await.is(303);
    let bare = public(2);
    person.submit(KEYS, KEYS, &[("key", &bare[21..])]).await.is(303);
    let page = person.get(KEYS).await.is(200).text();
    assert!(page.contains(DIGITS_OF_ONES), "{page}");
    assert_eq!(page.matches("No copy here").count(), 2);

    person.submit(KEYS, KEYS, &[("key", &public(1)), ("copy", "{\"v\":1}")]).await.is(303);
    let page = person.get(KEYS).await.is(200).text();
    assert_eq!((page.matches("No copy here").count(), page.matches("A copy under").count()), (1, 1));
    assert_eq!(told(&t).await["key"], json!(public(2)));
    person.submit(KEYS, "/profile/keys/2/retire", &[]).await.is(303);
    assert_eq!(told(&t).await["key"], json!(public(1)), "the newest that is not retired");
    person.submit(KEYS, "/profile/keys/1/retire", &[]).await.is(303);
    app.restart().await;
    assert_eq!(told(&t).await["key"], Value::Null);
    person.visit(&app.site);
    assert_eq!(person.get(KEYS).await.text().matches("chip\">retired").count(), 2);
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_keys_are_of_one_account() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    for wrong in ["", "AAAA", "libsodium sealed_box", "rsa AAAA", &format!("{}=", public(1))] {
        let page = person.submit(KEYS, KEYS, &[("key", wrong)]).await.is(422).text();
        assert!(page.contains("This is not a public key"), "{wrong}");
    }
    let long = "x".repeat(2049);
    person.submit(KEYS, KEYS, &[("key", &public(1)), ("copy", &long)]).await.is(422);
    for byte in 1..=20 {
        person.submit(KEYS, KEYS, &[("key", &public(byte))]).await.is(303);
    }
    let full = person.submit(KEYS, KEYS, &[("key", &public(21))]).await.is(422).text();
    assert!(full.contains("This account has 20 keys"), "{full}");

    app.another_account("mallory");
    let mut mallory = Person::new(&app.site);
    mallory.sign_in("mallory", PASSWORD).await;
    assert!(!mallory.get(KEYS).await.text().contains("sealed_box A"));
    mallory.submit(KEYS, "/profile/keys/20/retire", &[]).await.is(404);
    mallory.submit(KEYS, "/profile/keys/none/retire", &[]).await.is(404);
    let t = app.channel().await.two_way().await;
    assert_eq!(told(&t).await["key"], json!(public(20)));
}
