//! The password asked again: what was typed or pressed waits for it.

use crate::support::app::{App, PASSWORD};
use crate::support::person::Person;

const KEY: &str = "libsodium sealed_box BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=";

/// The page of a form, where it goes, what is typed, and what is seen once it was done.
type Waiting<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

#[tokio::test]
async fn what_was_typed_or_pressed_waits_for_the_password() {
    let app = App::with("limits.login = \"100 per 15m\"").await;
    app.another_account("zoe");
    let channel = app.channel().await;
    let mut person = app.signed_in().await;
    let hooks = format!("/channels/{}/webhooks", channel.id);
    let delete = format!("/channels/{}/delete", channel.id);
    let name = format!("Channel {}", channel.id.get(..6).expect("an id"));
    let address = format!("https://hook.invalid/{}?a=1&b=2", "long".repeat(20));
    let account = [("account", "Zebra Ltd"), ("user", "zebra"), ("password", "a zebra in a field")];
    let hook = [("address", address.as_str()), ("form", "ntfy"), ("token", "tk_1"), ("message", "yes")];
    let forms: &[Waiting<'_>] = &[
        ("/admin", "/admin/accounts", &account, "Zebra Ltd"),
        ("/admin", "/admin/users/2", &[("do", "reset")], "/reset?code="),
        ("/admin/backups", "/admin/backups", &[], "/admin/backups/peerbox-"),
        ("/admin", "/admin/accounts/2/quota", &[("kind", "own"), ("mebibytes", "7")], "7.0 MiB"),
        (&hooks, &hooks, &hook, "hook.invalid"),
        ("/profile/keys", "/profile/keys", &[("key", KEY)], KEY),
        ("/channels", &delete, &[("typed", &name)], "No channels yet"),
    ];
    for (page, path, fields, done) in forms {
        person.get(page).await.is(200);
        person.post("/step-up/close", &[]).await.is(303);
        let asked = person.post(path, fields).await.is(401).text();
        assert!(asked.contains("Confirm it is you"), "{path}: {asked}");
        assert!(!person.get(page).await.text().contains(done), "{path}: nothing was done");
        let wrong = person.send_on(&asked, "/step-up", &[("password", "wrong")]).await.is(422).text();
        let kept = person.send_on(&wrong, "/step-up", &[("password", PASSWORD)]).await.is(200).text();
        assert!(kept.contains("Nothing was done yet") && !kept.contains("<textarea"), "{path}: {kept}");
        let answer = person.send_on(&kept, path, &[]).await;
        let seen = if answer.status == 200 { answer.text() } else { String::new() };
        let seen = if seen.is_empty() { person.get(page).await.text() } else { seen };
        assert!(seen.contains(done), "{path}: {seen}");
    }
    let other = Person::new(&app.site).try_to_sign_in("zebra", "a zebra in a field").await;
    other.is(303);
}

#[tokio::test]
async fn pages_whose_form_needs_the_password_ask_for_it_first() {
    let app = App::start().await;
    app.another_account("zoe");
    let mut operator = app.signed_in().await;
    operator.get("/admin").await.is(200);
    operator.post("/step-up/close", &[]).await.is(303);
    for page in
        ["accounts/2/delete", "accounts/2/disable", "accounts/2/quota", "users/2/delete", "users/2/disable"]
    {
        let asked = operator.get(&format!("/admin/{page}")).await;
        assert!(Person::sent_to(&asked).starts_with("/step-up?next=%2Fadmin%2F"), "{page}");
    }
}

#[tokio::test]
async fn a_form_waits_only_where_a_page_of_ours_sent_it() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    person.get("/profile/keys").await.is(200);
    person.post("/step-up/close", &[]).await.is(303);
    person.post_exactly("/profile/keys", &[("csrf", "none"), ("key", KEY)]).await.is(403);
    person.get("/step-up").await.is(200);
    let along = [("password", PASSWORD), ("carried", "//elsewhere.example/"), ("carried.key", KEY)];
    let on = person.post("/step-up", &along).await;
    assert_eq!(Person::sent_to(&on), "/inbox", "only to an address of ours");
}

#[tokio::test]
async fn the_address_of_an_action_leads_to_the_page_that_it_is_on() {
    let app = App::start().await;
    let channel = app.channel().await;
    let mut person = app.signed_in().await;
    let inside = format!("/channels/{}", channel.id);
    let (read, test) = (format!("{inside}/read"), format!("{inside}/test"));
    for (action, page) in [
        ("/admin/accounts", "/admin"),
        ("/admin/accounts/2", "/admin"),
        ("/admin/users/2", "/admin"),
        ("/inbox/act", "/inbox"),
        ("/search/save", "/search"),
        ("/logout", "/inbox"),
        ("/profile/notifications/7/test", "/profile/notifications"),
        (&read, &inside),
        (&test, "/inbox"),
    ] {
        assert_eq!(Person::sent_to(&person.get(action).await), page, "{action}");
    }
    // The page that answered a form has the address of that.
    let mut ended = Person::new(&app.site);
    let sign_in = ended.get("/inbox/act").await;
    assert_eq!(Person::sent_to(&sign_in), "/inbox");
}
