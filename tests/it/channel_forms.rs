//! The forms about a channel: a new one's, that of its settings, and that of its tokens.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::channel::Channel;
use crate::support::person::Person;
use crate::support::process::Installation;

/// What the settings page carries unseen: the settings that it shows.
async fn was(person: &mut Person, channel: &str) -> String {
    let page = person.get(&format!("/channels/{channel}/settings")).await.is(200).text();
    let (_, rest) = page.split_once("name=\"was\" value=\"").expect("the settings that it shows");
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Saves the settings and gives the page that comes back, or nothing when they were taken.
async fn save(person: &mut Person, channel: &str, fields: &[(&str, &str)]) -> Option<String> {
    let was = was(person, channel).await;
    let fields: Vec<_> = fields.iter().copied().chain([("was", was.as_str())]).collect();
    let reply = person.post(&format!("/channels/{channel}/settings"), &fields).await;
    (reply.status != 303).then(|| reply.is(422).text())
}

async fn retention(channel: &Channel) -> Value {
    channel.get().await.ok()["retention"].clone()
}

async fn make(person: &mut Person, fields: &[(&str, &str)]) -> String {
    person.get("/channels/new").await.is(200);
    let made = person.post("/channels/new", fields).await;
    Person::sent_to(&made).split('/').nth(2).expect("a channel").to_owned()
}

#[tokio::test]
async fn days_that_cannot_be_are_said_at_their_field_and_erase_nothing() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let kept = json!({"min_age_days": 2, "max_age_days": 30, "auto_prune": true});
    let channel = app.channel_with(json!({"retention": kept})).await;
    for (min, max, wrong) in [
        ("2", "99999", "max_days"),
        ("2", "-1", "max_days"),
        ("2", "a week", "max_days"),
        ("99999", "30", "min_days"),
        ("31", "30", "min_days"),
    ] {
        let fields = [("label", "Orders"), ("min_days", min), ("max_days", max)];
        let page = save(&mut person, &channel.id, &fields).await.expect("a form with what is wrong");
        assert!(page.contains(&format!("id=\"{wrong}-wrong\"")), "{min} {max}: {page}");
        assert!(
            page.contains(&format!("name=\"max_days\" value=\"{max}\"")),
            "nothing typed is lost: {page}"
        );
        assert_eq!(retention(&channel).await, kept, "{min} {max}");

        person.get("/channels/new").await.is(200);
        let page = person.post("/channels/new", &fields).await.is(422).text();
        assert!(page.contains(&format!("id=\"{wrong}-wrong\"")), "{min} {max}: {page}");
    }
    assert_eq!(app.owner().channel_ids().await, [channel.id], "no channel was made");
}

#[tokio::test]
async fn whoever_made_a_channel_is_on_its_page_which_says_what_is_next() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    person.get("/channels/new").await.is(200);
    let made = person.post("/channels/new", &[("label", "New")]).await;
    let page = person.get(Person::sent_to(&made)).await.is(200).text();
    assert!(page.contains("The channel is ready. Next, invite somebody or make a token."), "{page}");
    let id = app.owner().channel_ids().await.remove(0);
    for next in [format!("/invite?channel={id}"), format!("/channels/{id}/tokens")] {
        assert!(page.contains(&format!("href=\"{next}\"")), "{next}: {page}");
    }
}

#[tokio::test]
async fn a_number_of_days_has_messages_deleted_on_both_forms() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let thirty = json!({"min_age_days": null, "max_age_days": 30, "auto_prune": true});
    let made = make(&mut person, &[("label", "New"), ("max_days", "30")]).await;
    assert_eq!(app.owner().get(&made).await.ok()["retention"], thirty);
    let channel = app.channel().await;
    assert_eq!(save(&mut person, &channel.id, &[("max_days", "30")]).await, None);
    assert_eq!(retention(&channel).await, thirty);
    assert_eq!(save(&mut person, &channel.id, &[("max_days", "")]).await, None);
    let none = json!({"min_age_days": null, "max_age_days": null, "auto_prune": false});
    assert_eq!(retention(&channel).await, none);
}

#[tokio::test]
async fn callbacks_are_deleted_after_so_many_days_as_the_form_says() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    for (min, max, kept) in [
        ("", "", json!({"min_age_days": null, "max_age_days": 90, "auto_prune": true})),
        ("30", "", json!({"min_age_days": 30, "max_age_days": 90, "auto_prune": true})),
        ("", "0", json!({"min_age_days": null, "max_age_days": null, "auto_prune": false})),
        ("", "7", json!({"min_age_days": null, "max_age_days": 7, "auto_prune": true})),
    ] {
        let fields = [("preset", "callbacks"), ("min_days", min), ("max_days", max)];
        let made = make(&mut person, &fields).await;
        assert_eq!(app.owner().get(&made).await.ok()["retention"], kept, "{min} {max}");
    }
    person.get("/channels/new").await.is(200);
    let fields = [("preset", "callbacks"), ("min_days", "91")];
    let page = person.post("/channels/new", &fields).await.is(422).text();
    assert!(page.contains("id=\"min_days-wrong\""), "{page}");
    let holds =
        "data-field=\"max_days\" data-is=\"more\">Messages are deleted after <span data-days>90</span> days.";
    assert!(page.contains(holds), "{page}");
    let not = "data-field=\"max_days\" data-is=\"none\" hidden>Messages stay";
    assert!(page.contains(not), "{page}");
}

#[tokio::test]
async fn messages_that_a_shorter_retention_deletes_are_asked_about_first() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    for text in ["one", "two"] {
        o.wrote(text).await;
    }
    app.advance(Duration::from_hours(48));
    o.wrote("young").await;
    let path = format!("/channels/{}/settings", channel.id);
    let fields = [("label", "Bücher"), ("min_days", ""), ("max_days", "1"), ("locked", "yes")];
    let asked = person.submit(&path, &path, &fields).await.is(200).text();
    assert!(
        asked.contains("2 messages older than 1 day are deleted for everyone. This cannot be undone."),
        "{asked}"
    );
    app.prune().await;
    assert_eq!(o.all().await, [1, 2, 3], "nothing was saved");
    person.answer(&asked, &path).await.is(303);
    app.prune().await;
    assert_eq!(o.all().await, [3]);
    let page = person.get(&path).await.text();
    assert!(
        page.contains("value=\"Bücher\"") && page.contains("name=\"locked\" value=\"yes\" checked"),
        "{page}"
    );
    // Where nothing is lost, nothing is asked: none is so old, or it was so before.
    let longer = [("label", "Bücher"), ("max_days", "2")];
    person.submit(&path, &path, &longer).await.is(303);
    person.submit(&path, &path, &fields).await.is(303);
    app.advance(Duration::from_hours(48));
    person.submit(&path, &path, &fields).await.is(303);
}

#[tokio::test]
async fn what_a_program_set_stays_when_its_field_is_left_alone() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    for (set, max_shown) in [
        // Announced to programs, while nothing is deleted.
        (json!({"min_age_days": 0, "max_age_days": 30, "auto_prune": false}), ""),
        // More than the form would take.
        (json!({"min_age_days": null, "max_age_days": 100_000, "auto_prune": true}), "100000"),
    ] {
        let channel = app.channel_with(json!({"retention": set})).await;
        let page = person.get(&format!("/channels/{}/settings", channel.id)).await.is(200).text();
        assert!(page.contains(&format!("name=\"max_days\" value=\"{max_shown}\"")), "{page}");
        let fields = [("label", "Renamed"), ("min_days", ""), ("max_days", max_shown)];
        assert_eq!(save(&mut person, &channel.id, &fields).await, None);
        assert_eq!(retention(&channel).await, set);
    }
}

#[tokio::test]
async fn every_token_of_a_channel_begins_with_the_rights_of_its_kind() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    for (preset, read, write) in [("both", true, true), ("receive", false, true), ("broadcast", true, false)]
    {
        let channel = make(&mut person, &[("label", preset), ("preset", preset)]).await;
        let tokens = format!("/channels/{channel}/tokens");
        let ticked =
            |page: &str, right: &str| page.contains(&format!("name=\"{right}\" value=\"yes\" checked"));
        for label in ["first", "second", "third"] {
            let page = person.get(&tokens).await.is(200).text();
            assert_eq!((ticked(&page, "read"), ticked(&page, "write")), (read, write), "{preset} {label}");
            let mut fields = vec![("label", label)];
            fields.extend(read.then_some(("read", "yes")));
            fields.extend(write.then_some(("write", "yes")));
            person.post(&tokens, &fields).await.is(303);
        }
        let revealed = person.get(&format!("{tokens}/1/reveal")).await.text();
        assert_eq!(
            (ticked(&revealed, "read"), ticked(&revealed, "write")),
            (read, write),
            "{preset} revealed"
        );
    }
    // The kind can be changed like everything else.
    let channel = app.channel().await;
    assert_eq!(save(&mut person, &channel.id, &[("preset", "receive")]).await, None);
    let page = person.get(&format!("/channels/{}/tokens", channel.id)).await.text();
    assert!(page.contains("name=\"write\" value=\"yes\" checked"), "{page}");
    assert!(page.contains("name=\"read\" value=\"yes\">"), "{page}");
}

#[tokio::test]
async fn a_token_without_any_right_is_not_made() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = make(&mut person, &[("label", "Orders")]).await;
    let tokens = format!("/channels/{channel}/tokens");
    let page = person.submit(&tokens, &tokens, &[("label", "Nobody")]).await.is(422).text();
    assert!(page.contains("Tick at least one") && page.contains("value=\"Nobody\""), "{page}");
    assert!(!page.contains("Nobody</b>"), "{page}");
    person.submit(&tokens, &tokens, &[("label", "Tidier"), ("delete", "yes")]).await.is(303);
}

#[tokio::test]
async fn channels_open_to_anyone_are_shown_in_amber_and_closed_with_one_press() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    for (read, write, words) in [
        (true, true, "Anyone with the address can read and write"),
        (true, false, "Anyone with the address can read"),
        (false, true, "Anyone with the address can write"),
    ] {
        let channel =
            app.channel_with(json!({"public_read": read, "public_write": write, "sequenced": true})).await;
        let token = channel.two_way().await;
        let inside = format!("/channels/{}", channel.id);
        let sheet = format!("/channels/{}/share?token={}", channel.id, token.id);
        for page in ["/channels", &inside, &format!("{inside}/share"), &sheet, &format!("{inside}/tokens")] {
            let shown = person.get(page).await.is(200).text();
            assert!(shown.contains(words), "{page}: {shown}");
            assert!(shown.contains(&format!("action=\"{inside}/close\"")), "{page}: {shown}");
            assert!(shown.contains(" warn\"") || shown.contains(" warn "), "{page}: {shown}");
        }
        let closed = person.post(&format!("{inside}/close"), &[("back", "/channels")]).await;
        assert_eq!(Person::sent_to(&closed), "/channels");
        let page = person.get("/channels").await.text();
        assert!(page.contains("closed to strangers") && !page.contains("Anyone with the address"), "{page}");
        let now = channel.get().await.ok();
        assert_eq!((&now["public_read"], &now["public_write"]), (&json!(false), &json!(false)));
        assert_eq!(now["sequenced"], true, "nothing else changed");
        app.anonymous().get(&channel.path("")).await.refused(401);
    }
    let other = app.another_account("zoe").channel_with(json!({"public_read": true})).await;
    person.post(&format!("/channels/{}/close", other.id), &[]).await.is(404);
    assert_eq!(other.get().await.ok()["public_read"], true);
}

#[tokio::test]
async fn where_public_access_is_off_nothing_is_said_to_be_open() {
    let app = App::with("api.public_access = \"off\"").await;
    let mut person = app.signed_in().await;
    let channel = app.channel_with(json!({"public_read": true, "public_write": true})).await;
    let inside = format!("/channels/{}", channel.id);
    let link = format!("{inside}/tokens/{}/link", channel.two_way().await.id);
    for page in ["/channels", &inside, &format!("{inside}/share"), &link, "/channels/new"] {
        let shown = person.get(page).await.is(200).text();
        let said =
            ["Anyone with the address can read and", "anyone can", "open to everybody", "Anyone who knows"];
        assert!(said.iter().all(|words| !shown.contains(words)), "{page}: {shown}");
    }
    assert!(person.get(&format!("{inside}/settings")).await.text().contains("these have no effect"));
}

#[tokio::test]
async fn channels_open_to_anyone_are_counted_at_start_and_by_config_check() {
    let installation = Installation::with_account();
    let said = |text: &str| text.contains("open to anyone with the address");
    let check = |settings: &[&str]| {
        let arguments: Vec<&str> = settings.iter().copied().chain(["config", "check"]).collect();
        let output = installation.run(&arguments, "");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let server = installation.serve("").await;
    server.owner().channel().await;
    assert!(!said(&server.log()), "{}", server.log());
    for settings in [
        json!({"public_read": true, "public_write": true}),
        json!({"public_read": true}),
        json!({"public_write": true}),
    ] {
        server.owner().channel_with(settings).await;
    }
    assert!(check(&[]).contains("3 channels are open to anyone with the address"), "beside a server");
    drop(server);
    let before = std::fs::read(installation.database()).expect("the file");
    assert!(check(&[]).contains("3 channels are open to anyone with the address"));
    assert_eq!(std::fs::read(installation.database()).expect("the file"), before);
    let mut server = installation.serve("").await;
    server.signal("TERM");
    assert!(server.end().await.success());
    assert!(server.log().contains("3 channels are open to anyone with the address"), "{}", server.log());
    let mut server = installation.serve("api.public_access = \"off\"").await;
    server.signal("TERM");
    assert!(server.end().await.success());
    assert!(!said(&server.log()), "{}", server.log());
    assert!(!said(&check(&["--config", "config.toml"])));
    // Without data, or without the key to it, the configuration can be in order all the same.
    std::fs::remove_file(installation.key_file()).expect("the key file");
    assert!(check(&[]).contains("in order"));
    assert!(!said(&String::from_utf8_lossy(&Installation::empty().run(&["config", "check"], "").stderr)));
}
