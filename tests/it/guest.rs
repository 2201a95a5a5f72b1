//! The page of a counterparty: the same for every channel, and it knows nobody.

use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;

#[tokio::test]
async fn the_page_of_a_counterparty_says_nothing_of_the_channel_and_gives_no_cookie() {
    let app = App::start().await;
    let channel = app.channel().await;
    let known = app.anonymous().get(&format!("/c/{}", channel.id)).await.is(200);
    let unknown = app.anonymous().get("/c/nothing").await.is(200);
    assert_eq!(known.text(), unknown.text());
    assert!(!known.text().contains(&channel.id));
    assert_eq!(known.header("set-cookie"), None);
    let policy = known.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("script-src 'self'") && policy.contains("trusted-types peerbox-worker"),
        "{policy}"
    );
    assert!(known.text().contains("<meta name=\"robots\" content=\"noindex\">"));

    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    assert_eq!(person.get("/c/nothing").await.is(200).text(), unknown.text(), "also for who is signed in");
}

#[tokio::test]
async fn a_browser_that_opens_an_api_address_comes_to_the_page_and_no_other_client_does() {
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let app = App::start().await;
    let channel = app.channel().await;
    let (t, path) = (channel.two_way().await, channel.path(""));
    let sent_on = app.anonymous().get_with(&path, &[("accept", BROWSER)]).await.is(303);
    assert_eq!(sent_on.header("location"), Some(format!("../../../c/{}", channel.id).as_str()));
    assert_eq!(
        app.anonymous().get_with("/api/v1/channel/nothing", &[("accept", BROWSER)]).await.is(303).text(),
        ""
    );

    let odd = app.anonymous().get_with("/api/v1/channel/%0d%0aset-cookie:x", &[("accept", BROWSER)]).await;
    assert_eq!(odd.is(303).header("location"), Some("../../../c/-"));
    for accept in ["*/*", "application/json", "application/json, text/html", "image/png"] {
        app.anonymous().get_with(&path, &[("accept", accept)]).await.refused(401);
    }
    app.anonymous().get(&path).await.refused(401);
    let authorization = t.authorization();
    let with_token = [("accept", BROWSER), ("authorization", authorization.as_str())];
    app.anonymous().get_with(&path, &with_token).await.ok();
    app.anonymous().site.call("HEAD", &path, &[("accept", BROWSER)], "").await.is(401);
    let post = [("accept", BROWSER), ("content-type", "text/plain")];
    app.anonymous().site.call("POST", &path, &post, "a form of a page of others").await.refused(401);

    let without_pages = App::with("ui.disabled = true").await;
    let path = without_pages.channel().await.path("");
    without_pages.anonymous().get_with(&path, &[("accept", BROWSER)]).await.refused(401);
}

#[tokio::test]
async fn a_link_for_a_person_has_its_page_wherever_a_secret_is_shown() {
    let app = App::start().await;
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    let channel = app.channel().await;
    let (lena, owner) = (channel.two_way().await, channel.owner_token());
    let inside = format!("/channels/{}", channel.id);
    let its_page = format!("{inside}/tokens/{}/link", lena.id);
    let link = format!("{}/c/{}#{}</code>", app.site.base(), channel.id, lena.secret);
    let page = person.get(&its_page).await.is(200).text();
    assert!(page.contains(&link), "{page}");
    for place in [
        format!("{inside}/tokens/{}/hand-over", lena.id),
        format!("{inside}/share?token={}", lena.id),
        format!("{inside}/tokens/{}/reveal", lena.id),
    ] {
        let page = person.get(&place).await.is(200).text();
        assert!(page.contains(&format!("href=\"{its_page}\"")), "{place}: {page}");
    }
    let shut = person.get(&format!("{inside}/tokens")).await.text();
    assert!(!shut.contains(&lena.secret), "{shut}");
    // The one made with the channel acts as its holder, so there is no link to hand out.
    let own = person.get(&format!("{inside}/tokens/{}/reveal", owner.id)).await.is(200).text();
    assert!(own.contains(&owner.secret) && !own.contains("/link\""), "{own}");
    person.get(&format!("{inside}/tokens/{}/link", owner.id)).await.is(404);
}

#[tokio::test]
async fn whoever_has_no_script_writes_to_an_open_channel_that_is_not_sealed() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (path, reader) = (format!("/c/{}", channel.id), channel.two_way().await);
    let form = format!("action=\"{path}\"");
    let post = async |origin: &str, text: &str| {
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("text", text).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", origin)];
        app.anonymous().site.call("POST", &path, &headers, body).await
    };
    let own = app.site.base();
    assert!(!app.anonymous().get(&path).await.is(200).text().contains(&form));
    post(&own, "to a closed one").await.is(404);

    channel.amend(&json!({"public_write": true})).await.ok();
    assert!(app.anonymous().get(&path).await.is(200).text().contains(&form));
    let sent = post(&own, "Do you have\r\nseedlings? ").await.is(200);
    assert!(sent.text().contains("Sent.") && sent.header("set-cookie").is_none(), "{}", sent.text());
    let [message] = &reader.messages("").await[..] else { panic!("one message") };
    assert_eq!(message["content_type"], "text/plain; charset=utf-8");
    let payload = base64_simd::STANDARD.decode_to_vec(message["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload, b"Do you have\nseedlings?");

    post("https://elsewhere.example", "from a page of others").await.is(403);
    assert!(post(&own, "  ").await.is(422).text().contains("Write something first"));
    channel.amend(&json!({"public_write": true, "locked": true})).await.ok();
    let locked = post(&own, "zebra <b>").await.is(422).text();
    assert!(
        locked.contains("this channel is locked") && locked.contains("zebra &#60;b&#62;</textarea>"),
        "{locked}"
    );
    channel.amend(&json!({"public_write": true})).await.ok();

    let mut person = app.signed_in().await;
    let key = format!("libsodium sealed_box {}", base64_simd::STANDARD.encode_to_string([1; 32]));
    person.submit("/profile/keys", "/profile/keys", &[("key", &key)]).await.is(303);
    assert!(!app.anonymous().get(&path).await.is(200).text().contains(&form), "it takes a script to seal");
    let refused = post(&own, "zebra in the clear").await.is(422).text();
    assert!(refused.contains("the holder has a key now"), "{refused}");
    assert!(refused.contains("zebra in the clear</textarea>"), "nothing is lost: {refused}");
    assert_eq!(reader.all().await.len(), 1);
}

#[tokio::test]
async fn whoever_has_no_script_is_held_back_as_every_stranger_is() {
    let app = App::with("limits.anonymous = \"2 per minute\"").await;
    let channel = app.channel_with(json!({"public_write": true})).await;
    let base = app.site.base();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", base.as_str())];
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let path = format!("/c/{}", channel.id);
        statuses.push(app.anonymous().site.call("POST", &path, &headers, "text=hello").await.status);
    }
    assert_eq!(statuses, [200, 200, 429]);
}
