//! Keys that others seal with: published and retired by the holder, told to whoever may come to a channel.

use serde_json::{Value, json};

use crate::support::app::{App, PASSWORD};
use crate::support::bearer::Bearer;
use crate::support::person::Person;

const KEYS: &str = "/profile/keys";

/// The digits of the key of 32 ones: the first half of its SHA-256, two bytes each.
const DIGITS_OF_ONES: &str = "29389 28292 08900 02043 27913 34448 61715 02941";

fn public(byte: u8) -> String {
    format!("libsodium sealed_box {}", base64_simd::STANDARD.encode_to_string([byte; 32]))
}

async fn told(bearer: &Bearer) -> Value {
    bearer.call("GET", "/key", &[], "").await.ok()
}

#[tokio::test]
async fn case_167_whoever_may_come_to_a_channel_learns_the_key_to_seal_with() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let (t, r, w) = (channel.two_way().await, channel.read_only().await, channel.write_only().await);
    assert_eq!(told(&t).await["key"], Value::Null);

    person.submit(KEYS, KEYS, &[("key", &public(1))]).await.is(303);
    person.submit(KEYS, KEYS, &[("key", &public(2)), ("copy", "wrapped")]).await.is(303);
    let all = json!({
        "key": public(2), "older_keys": [public(1)], "name": "", "greeting": "", "picture": false, "since": 0, "can_read": true, "can_write": true,
        "locked": false, "sequenced": false, "is_holder": false,
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
    let mut person = app.signed_in().await;
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
    let question = person.get("/profile/keys/2/retire").await.is(200).text();
    assert!(question.contains(&format!("Others seal with the key {DIGITS_OF_ONES} then")), "{question}");
    person.submit(KEYS, "/profile/keys/2/retire", &[]).await.is(303);
    let after = told(&t).await;
    assert_eq!((&after["key"], &after["older_keys"]), (&json!(public(1)), &json!([])), "not the retired one");
    assert!(person.get("/profile/keys/1/retire").await.is(200).text().contains("No key is left"));
    person.get("/profile/keys/2/retire").await.is(404);
    person.submit(KEYS, "/profile/keys/1/retire", &[]).await.is(303);
    app.restart().await;
    assert_eq!(told(&t).await["key"], Value::Null);
    person.visit(&app.site);
    assert_eq!(person.get(KEYS).await.text().matches("chip\">retired").count(), 2);
}

#[tokio::test]
async fn a_key_may_be_kept_only_to_open_and_a_copy_be_replaced() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let t = app.channel().await.two_way().await;
    let page =
        person.submit(KEYS, KEYS, &[("key", &public(1)), ("use", "open"), ("copy", "first copy")]).await;
    page.is(303);
    assert_eq!(told(&t).await["key"], Value::Null);
    let copies = person.get("/profile/keys/unlock").await.is(200).text();
    assert!(copies.contains("data-copy=\"first copy\"") && copies.contains("(retired)"), "{copies}");
    assert!(!person.get(KEYS).await.text().contains("first copy"));
    person.submit(KEYS, KEYS, &[("key", &public(1)), ("copy", "second copy")]).await.is(303);
    let copies = person.get("/profile/keys/unlock").await.text();
    assert!(copies.contains("second copy") && !copies.contains("first copy"), "{copies}");
    person.submit(KEYS, KEYS, &[("key", &public(1))]).await.is(303);
    assert!(person.get("/profile/keys/unlock").await.text().contains("second copy"), "nothing takes it away");
    assert_eq!(told(&t).await["key"], Value::Null, "what was retired stays retired");
}

#[tokio::test]
async fn keys_are_published_and_their_copies_given_out_only_after_the_password() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    person.submit(KEYS, KEYS, &[("key", &public(1)), ("copy", "the copy")]).await.is(303);
    person.submit(KEYS, "/step-up/close", &[]).await.is(303);
    for path in ["/profile/keys/new", "/profile/keys/unlock", "/profile/keys/1/retire"] {
        let reply = person.get(path).await.is(303);
        let place = path.replace('/', "%2F");
        assert_eq!(reply.header("location"), Some(&*format!("/step-up?next={place}")));
    }
    let list = person.get(KEYS).await.is(200).text();
    assert!(list.contains("A copy under") && !list.contains("the copy\""), "{list}");
    for (path, fields) in [(KEYS, vec![("key", public(2))]), ("/profile/keys/1/retire", vec![])] {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let asked = person.submit(KEYS, path, &fields).await.is(401).text();
        assert!(asked.contains("Confirm it is you"), "{path}: {asked}");
    }
    assert_eq!(person.get(KEYS).await.text().matches("data-key=").count(), 1);
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_keys_are_of_one_account() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
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
    assert!(full.contains("The account has 20 keys"), "{full}");

    app.another_account("mallory");
    let mut mallory = Person::new(&app.site);
    mallory.sign_in("mallory", PASSWORD).await;
    assert!(!mallory.get(KEYS).await.text().contains("sealed_box A"));
    mallory.submit(KEYS, "/profile/keys/20/retire", &[]).await.is(404);
    mallory.submit(KEYS, "/profile/keys/none/retire", &[]).await.is(404);
    let t = app.channel().await.two_way().await;
    assert_eq!(told(&t).await["key"], json!(public(20)));
}
