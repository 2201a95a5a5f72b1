//! Values that do not open any more, as the pages show them: damaged, and in nobody's way.

use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;

#[tokio::test]
async fn a_page_shows_what_opens_and_says_what_does_not() {
    let app = App::start().await;
    let mut browser = Person::new(&app.site);
    browser.sign_in(USER, PASSWORD).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("one of them opens").await;
    peer.wrote("two").await;
    app.edit("update message set sealed = cast(sealed || x'00' as blob) where id = 2");
    let page = browser.get(&format!("/channels/{}", channel.id)).await.is(200).text();
    assert!(page.contains("one of them opens") && page.contains("so it cannot be opened"), "{page}");
    // The damaged one is marked with the rest, so that it does not stay unread for ever.
    browser.post(&format!("/channels/{}/read", channel.id), &[("up_to", "2")]).await.is(303);
    let page = browser.get(&format!("/channels/{}", channel.id)).await.text();
    let form = page.split("id=\"all-read\"").nth(1).and_then(|rest| rest.split('>').next());
    assert!(form.is_some_and(|form| form.contains(" hidden")), "nothing is left to be marked: {page}");
}

#[tokio::test]
async fn a_damaged_message_has_a_row_and_a_page_and_can_be_marked_and_deleted_there() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel_with(json!({"sequenced": true})).await;
    let peer = channel.two_way().await;
    peer.wrote("one").await;
    let inside = format!("/channels/{}", channel.id);
    let (key, page) = (format!("{}.1", channel.id), format!("/m/{}/1", channel.id));
    app.edit("update message set sealed = zeroblob(80)");

    let inbox = person.get("/inbox?view=unread").await.is(200).text();
    assert!(inbox.contains("1 of 1 unread") && inbox.contains("Damaged message"), "{inbox}");
    assert!(inbox.contains(&format!("data-row=\"{key}\"")), "{inbox}");
    let talk = person.get(&inside).await.is(200).text();
    assert!(talk.contains("Damaged message") && talk.contains("id=\"s1\""), "{talk}");
    let shown = person.get(&page).await.is(200).text();
    assert!(shown.contains("Damaged message") && shown.contains("value=\"delete:"), "{shown}");
    assert!(!shown.contains("/raw"), "there is nothing to be saved");

    person.post(&inside, &[("text", "too early")]).await.is(422);
    person.post("/inbox/act", &[("one", &format!("read:{key}"))]).await.is(303);
    assert!(person.get("/inbox").await.text().contains("1 message marked read"));
    person.post("/inbox/act", &[("one", &format!("unread:{key}"))]).await.is(303);
    assert!(person.get("/inbox?view=unread").await.text().contains("1 of 1 unread"));
    person.post("/inbox/act", &[("one", &format!("read:{key}"))]).await.is(303);
    person.post(&inside, &[("text", "now it goes")]).await.is(303);

    person.get("/inbox").await.is(200);
    let fields = [("pick", key.as_str()), ("action", "delete"), ("sure", "yes")];
    person.post("/inbox/act", &fields).await.is(303);
    person.get(&page).await.is(404);
    assert_eq!(peer.all().await, [2]);
}

#[tokio::test]
async fn a_channel_that_does_not_open_takes_no_page_down() {
    let app = App::start().await;
    let (lost, nameless, whole) = (app.channel().await, app.channel().await, app.channel().await);
    for channel in [&lost, &nameless, &whole] {
        channel.two_way().await.wrote("some text").await;
    }
    app.edit("update channel set key = zeroblob(length(key)) where id = 1");
    app.edit("update channel set public_id = zeroblob(length(public_id)) where id = 2");
    let mut person = app.signed_in().await;
    for page in [
        "/inbox",
        "/inbox?view=all",
        "/channels",
        "/search?q=some",
        "/profile",
        "/profile/export",
        "/admin",
        "/admin/backups",
    ] {
        person.get(page).await.is(200);
    }
    let inbox = person.get("/inbox").await.is(200).text();
    assert!(inbox.contains(&format!("{}.1", whole.id)) && !inbox.contains(&lost.id), "{inbox}");
}

#[tokio::test]
async fn the_api_says_that_a_message_is_damaged() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("one").await;
    app.edit("update message set sealed = zeroblob(80)");
    let problem = o.call("GET", "/1", &[], "").await.is(500).json();
    assert!(problem["title"].as_str().is_some_and(|title| title.contains("cannot be opened")), "{problem}");
}

#[tokio::test]
async fn the_words_for_what_is_damaged_are_never_stored() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    app.edit("update account set display = zeroblob(60), contact = zeroblob(60)");
    app.edit("update channel set label = zeroblob(60)");

    let page = person.get("/profile").await.is(200).text();
    assert!(page.contains("name=\"name\" value=\"(damaged)\""), "{page}");
    person.post("/profile", &[("name", "(damaged)"), ("contact", "mail@example.org")]).await.is(303);
    let settings = format!("/channels/{}/settings", channel.id);
    let page = person.get(&settings).await.is(200).text();
    let was = page.split_once("name=\"was\" value=\"").and_then(|(_, rest)| rest.split('"').next());
    let fields = [("label", "(damaged)"), ("locked", "yes"), ("was", was.expect("the settings"))];
    person.post(&settings, &fields).await.is(303);

    // Still as they were damaged, so that a key or a copy that opens them can bring them back.
    app.edit("update account set display = display where display = zeroblob(60)");
    app.edit("update channel set label = label where label = zeroblob(60) and locked = 1");
    assert!(person.get("/profile").await.text().contains("value=\"mail@example.org\""));
    person.post("/profile", &[("name", "Mara"), ("contact", "mail@example.org")]).await.is(303);
    assert!(person.get("/profile").await.text().contains("value=\"Mara\""));
}

#[tokio::test]
async fn a_damaged_name_is_shown_as_such_and_takes_nothing_else_down() {
    let app = App::start().await;
    let channel = app.channel().await;
    let mut browser = Person::new(&app.site);
    for column in ["name", "display", "contact"] {
        app.edit(&format!("update account set {column} = zeroblob(60)"));
    }
    app.edit("update user set name = zeroblob(60)");
    app.edit("update channel set label = zeroblob(60)");
    app.edit("update token set description = zeroblob(60)");
    browser.sign_in(USER, PASSWORD).await;
    assert_eq!(app.owner().channel_ids().await, std::slice::from_ref(&channel.id));
    assert_eq!(channel.get().await.ok()["access_tokens"][0]["description"], "(damaged)");
    let passwd = ["user", "passwd", USER, "--password-stdin"];
    let told = app.installation.run(&passwd, "another password\n");
    assert!(!told.status.success(), "without a password, a damaged name does not tell whose row this is");

    app.edit("update session set device = zeroblob(60), address = zeroblob(60)");
    app.edit("update user set password = zeroblob(60)");
    let pages = ["/inbox", "/channels", "/profile", "/profile/security", "/admin"];
    for page in pages.map(str::to_owned).into_iter().chain([format!("/channels/{}", channel.id)]) {
        let text = browser.get(&page).await.is(200).text();
        assert!(text.contains("(damaged)"), "{page}: {text}");
    }
}
