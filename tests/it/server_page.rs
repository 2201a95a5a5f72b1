//! The pages about the server itself: figures, log, settings, and removing accounts and users.

use std::time::Duration;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;
use crate::support::process::Installation;

/// The figure before this word.
#[track_caller]
fn tile(page: &str, word: &str) -> String {
    let end = format!("</b><span>{word}</span>");
    let before = page.split(&end).next().filter(|before| before.len() < page.len());
    let before = before.unwrap_or_else(|| panic!("{word:?} is not in {page}"));
    before.rsplit("<b>").next().expect("a figure").to_owned()
}

#[tokio::test]
async fn the_page_of_the_server_shows_how_it_is() {
    let app = App::start().await;
    let token = app.channel().await.owner_token();
    for text in ["one", "two", "three"] {
        token.wrote(text).await;
    }
    app.advance(Duration::from_mins(1));
    let _socket = token.socket().await;
    let mut person = app.signed_in().await;
    let page = person.get("/admin").await.is(200).text();
    assert_eq!(tile(&page, "messages in the last minute"), "3");
    assert_eq!(tile(&page, "running"), "1 minute");
    assert_eq!(tile(&page, "socket"), "1");
    assert_eq!([tile(&page, "last backup"), tile(&page, "last look for damage")], ["none", "none"]);
    assert_eq!(tile(&page, "messages"), "3");
    assert!(tile(&page, "used").ends_with('B') && tile(&page, "free").ends_with('B'));
    tile(&page, "changes waiting");
    // By the server, whose clock is not the machine's: a backup of a time to come is none.
    person.post("/admin/backups", &[]).await.is(303);
    app.advance(Duration::from_mins(1));
    let page = person.get("/admin").await.is(200).text();
    assert_ne!(tile(&page, "last backup"), "none");
    assert_eq!(tile(&page, "messages in the last minute"), "0");
}

#[tokio::test]
async fn settings_are_shown_with_where_they_come_from() {
    let installation = Installation::with_account();
    let server = installation.serve("ui.title = 'Our box'").await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    let page = person.get("/admin/settings").await.is(200).text();
    let row =
        page.split("<code>ui.title</code>").nth(1).expect("a row").split("</tr>").next().expect("a row");
    assert!(row.contains("Our box") && row.contains("config.toml"), "{row}");
    let row =
        page.split("<code>log.level</code>").nth(1).expect("a row").split("</tr>").next().expect("a row");
    assert!(row.contains("info") && row.contains("default"), "{row}");
    let key = installation.key_file();
    let secret = std::fs::read_to_string(key).expect("a key");
    assert!(!page.contains(secret.trim()));
}

#[tokio::test]
async fn the_last_warnings_are_shown_without_a_secret() {
    let installation = Installation::with_account();
    let server = installation.serve("log.level = 'error'\nlog.access = 'all'").await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    let page = person.get("/admin/log").await.is(200).text();
    assert!(page.contains("No warning and no error"), "{page}");
    // Somebody else has the file's lock.
    let locker = rusqlite::Connection::open(installation.database()).expect("a database");
    locker.execute_batch("begin immediate").expect("the lock");
    server.site.call("GET", "/readyz", &[], "").await.is(503);
    locker.execute_batch("rollback").expect("the lock is free");
    let page = person.get("/admin/log").await.is(200).text();
    assert!(page.contains("ERROR") && page.contains("the writer is held up"), "{page}");
    assert!(!page.contains("INFO"), "requests are no warnings: {page}");
    assert!(!page.contains(PASSWORD) && !page.contains("\u{1b}["), "{page}");
}

#[tokio::test]
async fn accounts_and_users_of_others_are_deleted_after_a_question() {
    let app = App::start().await;
    let other = app.another_account("other");
    let channel = other.channel().await;
    let token = channel.owner_token();
    token.wrote("one").await;
    let mut person = app.signed_in().await;
    for own in ["/admin/accounts/1/delete", "/admin/users/1/delete"] {
        person.get(own).await.is(404);
    }
    let page = person.get("/admin/users/2/delete").await.is(200).text();
    assert!(page.contains("Delete the user other?"), "{page}");
    person.post("/admin/users/2/delete", &[("sure", "yes")]).await.is(303);
    let page = person.get("/admin").await.is(200).text();
    assert!(page.contains("The user is deleted"), "{page}");
    token.wrote("the account and its tokens stay").await;

    let page = person.get("/admin/accounts/2/delete").await.is(200).text();
    assert!(page.contains("1 channel with 2 messages"), "{page}");
    let wrong = person.post("/admin/accounts/2/delete", &[("typed", "another name")]).await.is(422).text();
    assert!(wrong.contains("Nothing was deleted"), "{wrong}");
    token.wrote("still there").await;
    person.get("/admin/accounts/2/delete").await.is(200);
    person.post("/admin/accounts/2/delete", &[("typed", "account of other")]).await.is(303);
    token.read("").await.refused(401);
    person.get("/admin/accounts/2/delete").await.is(404);
    let page = person.get("/admin").await.is(200).text();
    assert!(!page.contains("account of other"), "{page}");
}
