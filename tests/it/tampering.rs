//! A file that somebody edited: what was altered answers an error, and the rest goes on.

use rusqlite::Connection;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::payload;
use crate::support::person::Person;

fn edit(app: &App, statement: &str) {
    let connection = Connection::open(app.installation.database()).expect("the database");
    let changed = connection.execute(statement, []).expect("a change");
    assert!(changed > 0, "nothing was edited");
}

#[tokio::test]
async fn altered_bytes_are_noticed_and_other_messages_are_served() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("one").await;
    o.wrote("two").await;
    edit(&app, "update message set sealed = cast(sealed || x'00' as blob) where id = 1");
    o.call("GET", "/1", &[], "").await.is(500);
    assert_eq!(o.call("GET", "/2", &[], "").await.is(200).text(), "two");
    assert_eq!(o.wrote("three").await, 3);
}

#[tokio::test]
async fn a_page_shows_what_opens_and_says_what_does_not() {
    let app = App::start().await;
    let mut browser = Person::new(&app.site);
    browser.sign_in(USER, PASSWORD).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("one of them opens").await;
    peer.wrote("two").await;
    edit(&app, "update message set sealed = cast(sealed || x'00' as blob) where id = 2");
    let page = browser.get(&format!("/channels/{}", channel.id)).await.is(200).text();
    assert!(page.contains("one of them opens") && page.contains("1 message here cannot be opened"), "{page}");
    // The damaged one is marked with the rest, so that it does not stay unread for ever.
    browser.post(&format!("/channels/{}/read", channel.id), &[("up_to", "2")]).await.is(303);
    assert!(!browser.get(&format!("/channels/{}", channel.id)).await.text().contains("Mark all read"));
}

#[tokio::test]
async fn swapped_messages_are_noticed() {
    let app = App::start().await;
    let (first, second) = (app.channel().await.owner_token(), app.channel().await.owner_token());
    first.wrote("first").await;
    first.wrote("second").await;
    second.wrote("elsewhere").await;
    // The second message takes the first one's place: both are genuine, neither is where it was put.
    edit(&app, "update new_envelope set message_id = 3 - message_id where message_id in (1, 2)");
    first.call("GET", "/1", &[], "").await.is(500);
    let reply = first.read("").await;
    assert!(reply.status == 500 || !reply.text().contains("\"sequence\":1,"), "{}", reply.text());
    assert_eq!(payload(&second.messages("").await[0]), b"elsewhere");
}

#[tokio::test]
async fn a_message_moved_to_another_channel_is_noticed() {
    let app = App::start().await;
    let (from, to) = (app.channel().await.owner_token(), app.channel().await.owner_token());
    from.wrote("not for you").await;
    to.wrote("for you").await;
    edit(&app, "update new_envelope set message_id = 1 where message_id = 2");
    to.call("GET", "/1", &[], "").await.is(500);
    assert_eq!(from.call("GET", "/1", &[], "").await.is(200).text(), "not for you");
}

#[tokio::test]
async fn a_token_whose_secret_was_moved_from_another_row_is_refused() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    edit(&app, "update token set secret = (select secret from token order by id limit 1) where id > 1");
    let status = app.owner().token(&channel.id, &t.id).await.status;
    assert_eq!(status, 500, "the secret was moved from another row");
    t.read("").await.is(500);
    channel.owner_token().read("").await.ok();
}

#[tokio::test]
async fn a_channel_that_was_given_to_another_account_in_the_file_does_not_open_there() {
    let app = App::start().await;
    let channel = app.channel().await;
    let other = app.another_account("mallory");
    edit(&app, "update channel set account_id = 2");
    assert!(other.channel_ids().await.is_empty(), "its key is bound to the account that made it");
    other.get(&channel.id).await.is(500);
}

#[tokio::test]
async fn one_damaged_message_does_not_take_the_others_down() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    for text in ["one", "two", "three"] {
        o.wrote(text).await;
    }
    edit(&app, "update message set sealed = zeroblob(80) where id = 2");
    assert_eq!(t.unread().await, [1, 3]);
    t.call("GET", "/2", &[], "").await.is(500);
}
