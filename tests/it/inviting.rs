//! What leads a person into a channel: links and their secrets, how long they open, what visitors see.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;
use crate::support::traces;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nzebra-picture";

async fn signed_in(app: &App) -> Person {
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    person
}

#[tokio::test]
async fn the_secret_of_a_link_is_kept_as_the_browser_wrapped_it_for_the_holder_alone() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let (t, o) = (channel.two_way().await, channel.owner_token());
    let inside = format!("/channels/{}", channel.id);
    let path = format!("{inside}/tokens/{}/link", t.id);
    let page = format!("{inside}/tokens");
    person.submit(&page, &path, &[("link", "1.zebra-first")]).await.empty(204);
    person.submit(&page, &path, &[("link", "1.zebra-wrapped_secret")]).await.empty(204);
    let long = "x".repeat(257);
    for wrong in ["", "with space", "<b>", &long] {
        person.submit(&page, &path, &[("link", wrong)]).await.is(400);
    }
    let own = format!("{inside}/tokens/{}/link", o.id);
    person.submit(&page, &own, &[("link", "1.own")]).await.is(404);
    let kept = json!([{"token": t.id.parse::<i64>().expect("digits"), "link": "1.zebra-wrapped_secret"}]);
    assert_eq!(person.get(&format!("{inside}/links")).await.is(200).json(), kept);
    // What was written with it is to be proved afterwards too.
    app.owner().revoke(&channel.id, &t.id).await.empty(204);
    assert_eq!(person.get(&format!("{inside}/links")).await.is(200).json(), kept);
    person.submit(&page, &path, &[("link", "1.later")]).await.is(404);

    app.another_account("mallory");
    let mut mallory = Person::new(&app.site);
    mallory.sign_in("mallory", PASSWORD).await;
    mallory.get(&format!("{inside}/links")).await.is(404);
    mallory.submit("/channels", &path, &[("link", "1.hers")]).await.is(404);
    app.anonymous().get(&format!("{inside}/links")).await.is(303);
    let found = traces::found_under(&app.installation.data_dir(), &["zebra-wrapped_secret".to_owned()]);
    assert_eq!(found, [""; 0]);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn a_token_is_issued_with_an_end_which_can_be_changed() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let tokens = format!("/channels/{}/tokens", channel.id);
    let fields = [("label", "Lena"), ("read", "yes"), ("ends", "7")];
    person.submit(&tokens, &tokens, &fields).await.is(303);
    let listed = app.owner().tokens(&channel.id, "").await.ok();
    let t = channel.bearer(&listed[1]);
    assert_eq!(listed[1]["expires_at"], json!("2026-03-08T18:43:00.120Z"));
    assert!(person.get(&tokens).await.text().contains("Expires in 7 days"));
    let wrong = [("label", "Late"), ("ends", "date"), ("ends_on", "2026-02-28")];
    let refused = person.submit(&tokens, &tokens, &wrong).await.is(422).text();
    assert!(refused.contains("one that is not over") && refused.contains("value=\"Late\""), "{refused}");

    app.advance(Duration::from_hours(7 * 24));
    t.read("").await.refused(401);
    assert!(person.get(&tokens).await.text().contains("Expired"));
    let page = format!("{tokens}/{}", t.id);
    let kept = [("label", "Lena"), ("read", "yes")];
    person.submit(&page, &page, &kept).await.is(303);
    t.read("").await.refused(401);
    let longer = [&kept[..], &[("ends", "date"), ("ends_on", "2026-03-09")]].concat();
    person.submit(&page, &page, &longer).await.is(303);
    let until = |token: Value| token["expires_at"].clone();
    let told = until(app.owner().token(&channel.id, &t.id).await.ok());
    assert_eq!(told, json!("2026-03-10T00:00:00.000Z"), "the whole of the day counts");
    t.read("").await.ok();
    let for_ever = [&kept[..], &[("ends", "never")]].concat();
    person.submit(&page, &page, &for_ever).await.is(303);
    assert_eq!(until(app.owner().token(&channel.id, &t.id).await.ok()), Value::Null);
    // The one that acts as the holder has no end.
    let own = format!("{tokens}/{}", channel.owner_token().id);
    person
        .submit(&own, &own, &[("label", "Owner"), ("read", "yes"), ("write", "yes"), ("ends", "1")])
        .await
        .is(303);
    assert_eq!(until(app.owner().token(&channel.id, &channel.owner_token().id).await.ok()), Value::Null);
}

#[tokio::test]
async fn case_169_visitors_see_what_the_holder_says_and_shows() {
    let mut app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let (t, path) = (channel.write_only().await, format!("/channels/{}/welcome", channel.id));
    t.call("GET", "/picture", &[], "").await.problem(404, 404);
    person.get(&path).await.is(200);
    let greeting = "zebra-greeting, <b>hello</b> \u{202e}\r\nand welcome";
    person.post_parts(&path, &[("greeting", greeting)], &[("shop.png", "image/png", PNG)]).await.is(303);
    let told = t.call("GET", "/key", &[], "").await.ok();
    let said = "zebra-greeting, <b>hello</b> \u{202e}\nand welcome";
    assert_eq!((&told["greeting"], &told["picture"]), (&json!(said), &json!(true)));
    let page = person.get(&path).await.is(200).text();
    assert!(page.contains("&#60;b&#62;hello") && !page.contains("<b>hello"), "{page}");

    app.restart().await;
    person.visit(&app.site);
    let picture = t.call("GET", "/picture", &[], "").await.is(200);
    assert_eq!((picture.header("content-type"), picture.body.as_ref()), (Some("image/png"), PNG));
    assert_eq!(picture.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    assert_eq!(person.get(&format!("/channels/{}/picture", channel.id)).await.is(200).body.as_ref(), PNG);
    app.anonymous().get(&t.path("/picture")).await.refused(401);
    let other = app.channel().await.two_way().await;
    other.call("GET", "/picture", &[], "").await.problem(404, 404);
    app.anonymous()
        .get_with(&t.path("/picture"), &[("authorization", &other.authorization())])
        .await
        .refused(403);
    channel.amend(&json!({"public_read": true})).await.ok();
    app.anonymous().get(&t.path("/picture")).await.is(200);
    let marks = ["zebra-greeting".to_owned(), "zebra-picture".to_owned()];
    assert_eq!(traces::found_under(&app.installation.data_dir(), &marks), [""; 0]);

    let large = [PNG, &[0; 1024].repeat(64)].concat();
    for (file, bytes) in [("a.svg", &b"<svg/>"[..]), ("a.html", b"<script>"), ("a.png", &large)] {
        person.get(&path).await.is(200);
        let refused = person.post_parts(&path, &[("greeting", "kept")], &[(file, "image/png", bytes)]).await;
        let refused = refused.is(422).text();
        assert!(refused.contains("PNG, JPEG or WebP") && refused.contains(">kept</textarea>"), "{refused}");
    }
    let long = "\u{301}".repeat(501);
    person.submit(&path, &path, &[("greeting", &long)]).await.is(422);
    person.submit(&path, &path, &[("greeting", ""), ("no_picture", "yes")]).await.is(303);
    let told = t.call("GET", "/key", &[], "").await.ok();
    assert_eq!((&told["greeting"], &told["picture"]), (&json!(""), &json!(false)));
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn pictures_and_links_count_in_the_storage_and_go_with_their_channel() {
    let app = App::with("limits.storage_per_account = \"8k\"").await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let path = format!("/channels/{}/welcome", channel.id);
    person.get(&path).await.is(200);
    let large = [PNG, &[0; 9000]].concat();
    let refused = person.post_parts(&path, &[("greeting", "")], &[("a.png", "image/png", &large)]).await;
    assert!(refused.is(422).text().contains("storage is full"));
    person.post_parts(&path, &[("greeting", "")], &[("a.png", "image/png", PNG)]).await.is(303);
    app.installation.succeed(&["check"], "");
    app.owner().delete(&channel.id).await.empty(204);
    app.installation.succeed(&["check"], "");
}
