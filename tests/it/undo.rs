//! What is done in the inbox can be taken back: deleting within a minute, marking within an hour.

use std::time::Duration;

use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;
use crate::support::eventually;
use crate::support::person::Person;
use crate::support::reply::Reply;

const MINUTE: Duration = Duration::from_mins(1);

pub(super) async fn signed_in(app: &App) -> Person {
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    person.get("/inbox").await.is(200);
    person
}

/// Chooses messages in the list and presses a button.
pub(super) async fn act(person: &mut Person, action: &str, channel: &Channel, sequences: &[u64]) -> Reply {
    let keys: Vec<_> = sequences.iter().map(|sequence| format!("{}.{sequence}", channel.id)).collect();
    let mut fields: Vec<_> = keys.iter().map(|key| ("pick", key.as_str())).collect();
    fields.extend([("action", action), ("sure", "yes"), ("back", "/inbox?view=all")]);
    person.post("/inbox/act", &fields).await.is(303)
}

/// What the page after an action tells, with the id by which it is taken back.
pub(super) async fn told(person: &mut Person) -> (String, Option<String>) {
    let page = person.get("/inbox?view=all").await.is(200).text();
    let Some((_, rest)) = page.split_once("id=\"flash\"") else { return (String::new(), None) };
    let text = rest.split_once("<span>").and_then(|(_, rest)| rest.split("</span>").next());
    let undo = rest.split_once("name=\"undo\" value=\"").and_then(|(_, rest)| rest.split('"').next());
    (text.unwrap_or_default().to_owned(), undo.map(str::to_owned))
}

/// Takes back what was done last, and tells what came of it.
pub(super) async fn undo(person: &mut Person) -> String {
    person.post("/inbox/undo", &[]).await.is(303);
    told(person).await.0
}

fn rows(app: &App, table: &str) -> i64 {
    let database = Connection::open(app.installation.database()).expect("the database");
    database.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).expect("a count")
}

fn unread_keys(page: &str) -> Vec<String> {
    let rows = page.split("<li class=\"row unread").skip(1);
    rows.filter_map(|row| Some(row.split_once("data-row=\"")?.1.split('"').next()?.to_owned())).collect()
}

/// The numbers that are unread in the inbox.
async fn unread(person: &mut Person, channel: &Channel) -> Vec<u64> {
    let page = person.get("/inbox?view=all").await.is(200).text();
    let own = unread_keys(&page).into_iter().filter_map(|key| {
        let (id, sequence) = key.split_once('.')?;
        (id == channel.id).then(|| sequence.parse().expect("a number"))
    });
    let mut numbers: Vec<u64> = own.collect();
    numbers.sort_unstable();
    numbers
}

async fn wrote(peer: &Bearer, number: usize) {
    for _ in 0..number {
        peer.wrote("a text").await;
    }
}

#[tokio::test]
async fn case_166_a_message_deleted_in_the_inbox_is_gone_for_everybody_and_comes_back_as_it_was() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let (o, peer, reader) = (channel.owner_token(), channel.two_way().await, channel.two_way().await);
    wrote(&peer, 3).await;
    reader.mark_read(1).await;
    reader.mark_read(3).await;
    reader.mark_unread(1).await;
    act(&mut person, "read", &channel, &[3]).await;
    let before = (reader.unread().await, o.unread().await, unread(&mut person, &channel).await);
    assert_eq!(before, (vec![1, 2], vec![1, 2, 3], vec![1, 2]));

    act(&mut person, "delete", &channel, &[2, 3]).await;
    let (said, id) = told(&mut person).await;
    assert!(said.contains("2 messages deleted for everyone"), "{said}");
    assert!(id.is_some(), "a way back");
    assert_eq!((o.all().await, reader.unread().await), (vec![1], vec![1]));
    for sequence in [2, 3] {
        o.call("GET", &format!("/{sequence}"), &[], "").await.is(404);
        person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(404);
        o.delete(sequence).await.is(404);
    }
    assert_eq!(reader.etag().await, "1");
    assert_eq!(peer.wrote("meanwhile").await, 4, "a number is never used again");
    assert_eq!(reader.unread().await, [1, 4]);
    // Whoever marks meanwhile marks what is there.
    reader.mark_read_up_to(4).await;
    app.installation.succeed(&["check"], "");

    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(o.all().await, [1, 2, 3, 4]);
    assert_eq!(o.call("GET", "/2", &[], "").await.is(200).text(), "a text");
    assert_eq!(reader.unread().await, [2], "only what was unread when it went");
    assert_eq!(o.unread().await, [1, 2, 3, 4]);
    assert_eq!(unread(&mut person, &channel).await, [1, 2, 4]);
    assert_eq!(reader.etag().await, "4");
    assert_eq!(rows(&app, "deleted_message") + rows(&app, "deleted_state"), 0);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn a_message_that_was_deleted_by_a_clock_that_was_ahead_is_removed_a_minute_after_that_is_set_right() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 1).await;
    act(&mut person, "delete", &channel, &[1]).await;
    app.turn_back(Duration::from_hours(24));
    peer.wrote("of now").await;
    act(&mut person, "delete", &channel, &[2]).await;
    let of_one_time = "(select 1 where (select count(distinct deleted_at) from deleted_message) = 1)";
    eventually("a minute that begins now", async || rows(&app, of_one_time) == 1).await;
    app.until_somebody_waits(MINUTE).await;
    app.advance(MINUTE);
    eventually("removed", async || rows(&app, "message") == 0).await;
}

#[tokio::test]
async fn a_deleted_message_is_removed_for_good_a_minute_later() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 2).await;
    act(&mut person, "delete", &channel, &[1]).await;
    assert_eq!((rows(&app, "message"), rows(&app, "deleted_message")), (2, 1));
    app.until_somebody_waits(MINUTE).await;
    app.advance(MINUTE);
    eventually("removed", async || rows(&app, "deleted_message") == 0).await;
    assert_eq!(rows(&app, "message"), 1);
    assert!(undo(&mut person).await.contains("Too late"));
    assert_eq!(peer.all().await, [2]);
    assert!(undo(&mut person).await.contains("nothing left"), "it was asked for");
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn only_the_session_that_deleted_takes_back_and_only_once() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let mut elsewhere = signed_in(&app).await;
    app.another_account("ina");
    let mut ina = Person::new(&app.site);
    ina.sign_in("ina", PASSWORD).await;
    ina.get("/inbox").await.is(200);
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 1).await;
    act(&mut person, "delete", &channel, &[1]).await;
    let id = told(&mut person).await.1.expect("a way back");
    for other in [&mut ina, &mut elsewhere] {
        other.post("/inbox/undo", &[("undo", &id)]).await.is(303);
        assert!(told(other).await.0.contains("nothing left"));
        assert!(undo(other).await.contains("nothing left"));
    }
    assert_eq!(peer.all().await, [0; 0]);
    person.get("/inbox").await.is(200);
    person.post("/inbox/undo", &[("undo", &id)]).await.is(303);
    assert_eq!(told(&mut person).await.0, "Undone.");
    person.post("/inbox/undo", &[("undo", &id)]).await.is(303);
    assert!(told(&mut person).await.0.contains("nothing left"));
    assert_eq!(peer.all().await, [1]);
}

#[tokio::test]
async fn a_restart_forgets_neither_what_is_to_be_removed_nor_how_it_comes_back() {
    let mut app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 2).await;
    act(&mut person, "delete", &channel, &[1]).await;
    app.restart().await;
    person.visit(&app.site);
    person.get("/inbox").await.is(200);
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(peer.all().await, [1, 2]);
    act(&mut person, "delete", &channel, &[2]).await;
    app.restart().await;
    app.until_somebody_waits(MINUTE).await;
    app.advance(MINUTE);
    eventually("removed", async || rows(&app, "message") == 1).await;
}

#[tokio::test]
async fn a_channel_that_goes_meanwhile_takes_what_was_deleted_along() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let (gone, left) = (app.channel().await, app.channel().await);
    for channel in [&gone, &left] {
        let peer = channel.two_way().await;
        wrote(&peer, 2).await;
        channel.owner_token().mark_unread(1).await;
    }
    let keys = [format!("{}.1", gone.id), format!("{}.1", left.id)];
    let fields = [("pick", keys[0].as_str()), ("pick", &keys[1]), ("action", "delete"), ("sure", "yes")];
    person.post("/inbox/act", &fields).await.is(303);
    gone.delete().await.empty(204);
    eventually("cleared away", async || rows(&app, "leftover") == 0).await;
    app.installation.succeed(&["check"], "");
    assert_eq!(rows(&app, "deleted_message"), 1);
    person.get("/inbox").await.is(200);
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(left.owner_token().all().await, [1, 2]);
    assert_eq!(rows(&app, "message"), 2);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn retention_goes_on_beside_what_was_deleted() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel_with(json!({"retention": {"max_age_days": 1, "auto_prune": true}})).await;
    let peer = channel.two_way().await;
    wrote(&peer, 2).await;
    app.advance(Duration::from_secs(24 * 60 * 60 - 30));
    person.get("/inbox").await.is(200);
    act(&mut person, "delete", &channel, &[1]).await;
    app.advance(MINUTE / 2);
    assert_eq!(app.prune().await, 1, "what is deleted is nobody's any more");
    person.get("/inbox").await.is(200);
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(peer.all().await, [1]);
    assert_eq!(app.prune().await, 1);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn what_is_deleted_frees_storage_at_once_and_needs_it_to_come_back() {
    let app = App::with("limits.storage_per_account = \"40k\"").await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    let half = "x".repeat(19_000);
    peer.wrote(&half).await;
    peer.wrote(&half).await;
    peer.write(&half).await.is(400);
    act(&mut person, "delete", &channel, &[1]).await;
    assert_eq!(peer.wrote(&half).await, 3);
    person.get("/inbox").await.is(200);
    let (id, full) = {
        person.post("/inbox/undo", &[]).await.is(303);
        let (text, id) = told(&mut person).await;
        (id.expect("a button to try again"), text)
    };
    assert!(full.starts_with("The account is full."), "{full}");
    assert_eq!(peer.all().await, [2, 3]);
    peer.delete(3).await.empty(204);
    person.post("/inbox/undo", &[("undo", &id)]).await.is(303);
    assert_eq!(told(&mut person).await.0, "Undone.");
    assert_eq!(peer.all().await, [1, 2]);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn messages_come_back_to_their_place_among_filed_and_new_ones() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let (o, peer) = (channel.owner_token(), channel.two_way().await);
    for _ in 0..30 {
        join_all((0..50).map(|_| peer.wrote("a text"))).await;
    }
    assert!(rows(&app, "filed_envelope") > 0 && rows(&app, "new_envelope") > 0, "both kinds");
    let numbers: Vec<u64> = (1..=1500).collect();
    for which in [1, 2, 700, 1499, 1500] {
        act(&mut person, "delete", &channel, &[which]).await;
    }
    assert_eq!(o.etag().await, "1498");
    for _ in 0..5 {
        assert_eq!(undo(&mut person).await, "Undone.");
    }
    assert_eq!(o.all().await, numbers);
    assert_eq!(o.etag().await, "1500");
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn what_was_unread_before_a_slip_is_unread_again() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 8).await;
    act(&mut person, "read", &channel, &[1, 2, 4, 7]).await;
    act(&mut person, "unread", &channel, &[1]).await;
    let before = [1, 3, 5, 6, 8];
    assert_eq!(unread(&mut person, &channel).await, before);
    act(&mut person, "read", &channel, &[1, 2, 3, 8]).await;
    assert_eq!(unread(&mut person, &channel).await, [5, 6]);
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(unread(&mut person, &channel).await, before);

    let inside = format!("/channels/{}/read", channel.id);
    person.post(&inside, &[("up_to", "6")]).await.is(303);
    assert_eq!(unread(&mut person, &channel).await, [8]);
    peer.wrote("came since").await;
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(unread(&mut person, &channel).await, [1, 3, 5, 6, 8, 9]);
    person.post(&inside, &[]).await.is(303);
    assert_eq!(unread(&mut person, &channel).await, [0; 0]);
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(unread(&mut person, &channel).await, [1, 3, 5, 6, 8, 9]);

    act(&mut person, "unread", &channel, &[2, 7]).await;
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(unread(&mut person, &channel).await, [1, 3, 5, 6, 8, 9]);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn only_the_last_of_an_account_and_of_an_hour_are_kept() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 30).await;
    for sequence in 1..=30 {
        act(&mut person, "read", &channel, &[sequence]).await;
    }
    assert_eq!((rows(&app, "undo"), rows(&app, "undo_part")), (20, 20));
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(unread(&mut person, &channel).await, [30]);
    app.advance(Duration::from_hours(1));
    person.get("/inbox").await.is(200);
    assert!(undo(&mut person).await.contains("nothing left"));
}

#[tokio::test]
async fn a_conversation_is_unread_from_a_message_on_and_as_before_again() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let (o, peer) = (channel.owner_token(), channel.two_way().await);
    wrote(&peer, 3).await;
    assert_eq!(o.wrote("the holder's own").await, 4);
    wrote(&peer, 3).await;
    let inside = format!("/channels/{}/read", channel.id);
    person.post(&inside, &[("up_to", "6")]).await.is(303);
    act(&mut person, "unread", &channel, &[3]).await;
    let one = format!("unread-from:{}.2", channel.id);
    person.post("/inbox/act", &[("one", &one)]).await.is(303);
    assert_eq!(unread(&mut person, &channel).await, [2, 3, 5, 6, 7]);
    assert_eq!(rows(&app, "read_exception"), 0, "only the cursor went back");
    peer.wrote("came since").await;
    assert_eq!(undo(&mut person).await, "Undone.");
    assert_eq!(unread(&mut person, &channel).await, [3, 7, 8]);
    person.post("/inbox/act", &[("one", &format!("unread-from:{}.99", channel.id))]).await.is(404);
    // Of several only one could be taken back.
    let two = [1, 2].map(|sequence| format!("{}.{sequence}", channel.id));
    let several = [("action", "unread-from"), ("pick", two[0].as_str()), ("pick", two[1].as_str())];
    person.post("/inbox/act", &several).await.is(303);
    assert!(person.get("/inbox").await.text().contains("Nothing was selected."));
    assert_eq!(unread(&mut person, &channel).await, [3, 7, 8]);
    app.installation.succeed(&["check"], "");
}
