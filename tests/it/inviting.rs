//! What leads a person into a channel: links and their secrets, how long they open, what visitors see.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, PASSWORD};
use crate::support::person::Person;
use crate::support::reply::Reply;
use crate::support::traces;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nzebra-picture";

#[tokio::test]
async fn the_secret_of_a_link_is_kept_as_the_browser_wrapped_it_for_the_holder_alone() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let (t, o) = (channel.two_way().await, channel.owner_token());
    let inside = format!("/channels/{}", channel.id);
    let path = format!("{inside}/tokens/{}/link", t.id);
    let page = format!("{inside}/tokens");
    let first = [("link", "1.zebra-first")];
    let second = [("link", "1.zebra-wrapped_secret")];
    let told = |reply: Reply| reply.is(200).json()["link"].clone();
    assert_eq!(told(person.submit(&page, &path, &first).await), "1.zebra-first");
    assert_eq!(told(person.submit(&page, &path, &second).await), "1.zebra-first", "who was first is first");
    let again = [second[0], ("again", "yes")];
    assert_eq!(told(person.submit(&page, &path, &again).await), "1.zebra-wrapped_secret");
    let long = "x".repeat(257);
    for wrong in ["", "with space", "<b>", &long] {
        person.submit(&page, &path, &[("link", wrong)]).await.is(400);
    }
    let own = format!("{inside}/tokens/{}/link", o.id);
    person.submit(&page, &own, &[("link", "1.own")]).await.is(404);
    // The holder's browser gets it with what was written over the link.
    let written = format!("/m/{}/{}/box", channel.id, t.wrote("over the link").await);
    let of_link = |reply: Reply| {
        let found = reply.is(200).json();
        (found["token"].clone(), found["link"].clone())
    };
    let kept = (json!(t.id), json!("1.zebra-wrapped_secret"));
    assert_eq!(of_link(person.get(&written).await), kept);
    // What was written with it is to be proved afterwards too.
    app.owner().revoke(&channel.id, &t.id).await.empty(204);
    assert_eq!(of_link(person.get(&written).await), kept);
    person.submit(&page, &path, &[("link", "1.later")]).await.is(404);

    app.another_account("mallory");
    let mut mallory = Person::new(&app.site);
    mallory.sign_in("mallory", PASSWORD).await;
    mallory.get(&written).await.is(404);
    mallory.submit("/channels", &path, &[("link", "1.hers")]).await.is(404);
    app.anonymous().get(&written).await.is(303);
    let found = traces::found_under(&app.installation.data_dir(), &["zebra-wrapped_secret".to_owned()]);
    assert_eq!(found, [""; 0]);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn a_token_is_issued_with_an_end_which_can_be_changed() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
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
    let mut person = app.signed_in().await;
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
    let mut person = app.signed_in().await;
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

#[tokio::test]
async fn somebody_is_invited_into_a_channel_of_their_own_or_one_that_is_there() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let fields = [("label", "Lena <Hansen>"), ("may", "both"), ("greeting", "Hello Lena"), ("ends", "7")];
    let made = person.submit("/invite", "/invite", &fields).await.is(303);
    let path = Person::sent_to(&made);
    let page = person.get(path).await.is(200).text();
    for shown in [
        "Link for <bdi>Lena &#60;Hansen&#62;</bdi>",
        "Hello Lena",
        "Expires in 7 days",
        "can read",
        "can write",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let channels = app.owner().list().await.ok();
    let channel = &channels["channels"][0];
    let token = &channel["access_tokens"][1];
    let seen = ["can_read", "can_write", "can_delete", "description"].map(|member| token[member].clone());
    assert_eq!(seen, [json!(true), json!(true), json!(false), json!("Lena <Hansen>")]);
    let (id, secret) = (channel["id"].as_str().expect("an id"), token["token"].as_str().expect("a token"));
    assert!(page.contains(&format!("{}/c/{id}#{secret}</code>", app.site.base())), "{page}");
    assert!(person.get("/channels").await.text().contains("<bdi>Lena &#60;Hansen&#62;</bdi>"));

    for (may, rights) in [("write", [false, true]), ("read", [true, false])] {
        let place = format!("/invite?channel={id}");
        let fields = [("label", may), ("may", may), ("place", "shared"), ("ends", "never")];
        person.submit(&place, "/invite", &fields).await.is(303);
        let tokens = app.owner().tokens(id, "").await.ok();
        let last = tokens.as_array().and_then(|all| all.last().cloned()).expect("a token");
        assert_eq!([&last["can_read"], &last["can_write"]], rights.each_ref().map(|is| json!(is)).each_ref());
        assert_eq!(last.get("expires_at"), None);
    }
    let alone = [("label", "Eva"), ("place", "own")];
    person.submit(&format!("/invite?channel={id}"), "/invite", &alone).await.is(303);
    assert_eq!(app.owner().channel_ids().await.len(), 2);
    // Later the password is asked first, as for every secret.
    app.advance(Duration::from_hours(1));
    assert!(Person::sent_to(&person.get(path).await.is(303)).starts_with("/step-up?next="));
}

#[tokio::test]
async fn an_invitation_that_cannot_be_made_says_why_and_keeps_what_was_typed() {
    let app = App::with("limits.channels_per_account = 1\nlimits.tokens_per_channel = 2").await;
    let mut person = app.signed_in().await;
    let long = "x".repeat(501);
    for (fields, wrong) in [
        ([("label", " "), ("greeting", "zebra-kept")], "Say who it is."),
        ([("label", "Lena\u{7}"), ("greeting", "zebra-kept")], "cannot be shown"),
        ([("label", "Lena"), ("greeting", &long)], "more than 500 characters"),
    ] {
        let page = person.submit("/invite", "/invite", &fields).await.is(422).text();
        assert!(page.contains(wrong), "{wrong}: {page}");
        assert!(page.contains(fields[1].1), "{page}");
    }
    let wrong = [("label", "Lena"), ("ends", "date"), ("ends_on", "2020-01-01")];
    assert!(
        person.submit("/invite", "/invite", &wrong).await.is(422).text().contains("one that is not over")
    );
    person.submit("/invite", "/invite", &[("label", "Lena")]).await.is(303);
    let full = person.submit("/invite", "/invite", &[("label", "Eva")]).await.is(422).text();
    assert!(full.contains("The account has 1 channel, the most it may have."), "{full}");
    let id = app.owner().channel_ids().await.remove(0);
    let shared = [("label", "Eva"), ("place", "shared")];
    let full = person.submit(&format!("/invite?channel={id}"), "/invite", &shared).await.is(422).text();
    assert!(full.contains("The channel has 2 tokens"), "{full}");

    app.another_account("mallory");
    let mut mallory = Person::new(&app.site);
    mallory.sign_in("mallory", PASSWORD).await;
    mallory.get(&format!("/invite?channel={id}")).await.is(404);
    mallory.get("/invite?channel=nothing%20here").await.is(404);
    let others = [("label", "Eva"), ("place", "shared"), ("channel", id.as_str())];
    mallory.submit("/invite", "/invite", &others).await.is(404);
}

#[tokio::test]
async fn a_drop_page_shows_link_previews_what_its_holder_chose_and_others_show_nothing() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let (path, inside) = (format!("/c/{}", channel.id), format!("/channels/{}/welcome", channel.id));
    person.get(&inside).await.is(200);
    let greeting = "zebra \"><script>alert(1)</script>";
    person.post_parts(&inside, &[("greeting", greeting)], &[("a.png", "image/png", PNG)]).await.is(303);
    let nothing = app.anonymous().get("/c/nothing").await.is(200).text();
    assert_eq!(app.anonymous().get(&path).await.is(200).text(), nothing, "not open to everybody");
    assert!(!person.get(&inside).await.text().contains("Drop page"));

    channel.amend(&json!({"public_write": true})).await.ok();
    let open = app.anonymous().get(&path).await.is(200).text();
    let picture = format!("og:image\" content=\"{}/api/v1/channel/{}/picture\"", app.site.base(), channel.id);
    assert!(
        open.contains("og:description\" content=\"zebra &#34;&#62;&#60;script") && open.contains(&picture),
        "{open}"
    );
    let shown = person.get(&inside).await.text();
    assert!(shown.contains(&format!("{}{path}</code>", app.site.base())), "{shown}");
    let key = format!("libsodium sealed_box {}", base64_simd::STANDARD.encode_to_string([1; 32]));
    person.submit("/profile/keys", "/profile/keys", &[("key", &key)]).await.is(303);
    // The first half of the SHA-256 of 32 ones.
    assert!(person.get(&inside).await.text().contains(&format!("{path}#.cs1uhCLE")), "the key is named");

    person
        .submit(&inside, &format!("/channels/{}/close", channel.id), &[("back", "/channels")])
        .await
        .is(303);
    assert_eq!(app.anonymous().get(&path).await.is(200).text(), nothing, "closed again");
    let off = App::with("api.public_access = \"off\"").await;
    let closed = off.channel_with(json!({"public_write": true})).await;
    let page = off.anonymous().get(&format!("/c/{}", closed.id)).await.is(200).text();
    assert!(!page.contains("og:title"), "{page}");
}

#[tokio::test]
async fn what_is_not_sealed_is_told_where_it_could_be() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let (inside, shared) = (format!("/channels/{}", channel.id), format!("/invite?channel={}", channel.id));
    assert!(!person.get(&inside).await.is(200).text().contains("not-sealed-yet"));
    assert!(person.get(&shared).await.is(200).text().contains("reads what everybody writes"));
    let key = format!("libsodium sealed_box {}", base64_simd::STANDARD.encode_to_string([1; 32]));
    person.submit("/profile/keys", "/profile/keys", &[("key", &key)]).await.is(303);
    let page = person.get(&inside).await.is(200).text();
    assert!(page.contains("Not sealed: the operator of this server can read"), "{page}");
    let page = person.get(&shared).await.is(200).text();
    assert!(page.contains("read only your answers to") && !page.contains("everybody writes"), "{page}");

    for (may, said) in [
        ("both", "From their first message on"),
        ("write", "What they write only you can read"),
        ("read", "is not sealed:\n    the operator of this server can read it"),
    ] {
        let made = person.submit("/invite", "/invite", &[("label", "Lena"), ("may", may)]).await;
        let page = person.get(Person::sent_to(&made)).await.is(200).text();
        assert!(page.contains(said), "{may}: {page}");
        assert!(page.contains("They see no name of yours"), "{page}");
    }
    person.submit("/profile", "/profile", &[("name", "Mara Lind")]).await.is(303);
    assert!(person.get("/invite").await.text().contains("below your name, <bdi>Mara Lind</bdi>"));
}
