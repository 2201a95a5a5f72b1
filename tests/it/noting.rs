//! What the holder does with messages for the own side alone: archived, starred, snoozed. Programs see none of it.

use std::time::Duration;

use rusqlite::Connection;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;
use crate::support::eventually;
use crate::support::person::Person;
use crate::support::process::Installation;

const HOUR: Duration = Duration::from_hours(1);

async fn signed_in(app: &App) -> Person {
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    person.get("/inbox").await.is(200);
    person
}

async fn wrote(peer: &Bearer, number: usize) {
    for _ in 0..number {
        peer.wrote("a text").await;
    }
}

async fn act(person: &mut Person, action: &str, channel: &Channel, sequences: &[u64], more: &[(&str, &str)]) {
    let keys: Vec<_> = sequences.iter().map(|sequence| format!("{}.{sequence}", channel.id)).collect();
    let mut fields: Vec<_> = keys.iter().map(|key| ("pick", key.as_str())).collect();
    fields.extend([("action", action), ("back", "/inbox")]);
    fields.extend(more);
    person.post("/inbox/act", &fields).await.is(303);
    person.get("/inbox").await.is(200);
}

async fn undo(person: &mut Person) {
    person.post("/inbox/undo", &[]).await.is(303);
    assert!(person.get("/inbox").await.text().contains("Undone."));
}

/// The numbers in a list, newest first, those that are unread negative.
async fn listed(person: &mut Person, list: &str) -> Vec<i64> {
    let page = person.get(&format!("/inbox{list}")).await.is(200).text();
    let rows = page.split("<li class=\"row").skip(1).map(|row| {
        let key = row.split_once("data-row=\"").and_then(|(_, rest)| rest.split('"').next());
        let number = key.and_then(|key| key.rsplit_once('.')).expect("a key").1;
        let number: i64 = number.parse().expect("a number");
        if row.starts_with(" unread") { -number } else { number }
    });
    rows.collect()
}

fn rows(app: &App, table: &str) -> i64 {
    let database = Connection::open(app.installation.database()).expect("the database");
    database.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).expect("a count")
}

#[tokio::test]
async fn what_is_archived_is_read_and_out_of_the_inbox_for_the_holder_alone() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let (o, peer) = (channel.owner_token(), channel.two_way().await);
    wrote(&peer, 4).await;
    o.wrote("the holder's own").await;
    act(&mut person, "read", &channel, &[3], &[]).await;
    assert_eq!(listed(&mut person, "").await, [-4, 3, -2, -1], "what is read stays, own ones never come");
    act(&mut person, "archive", &channel, &[3, 1], &[]).await;
    assert_eq!(listed(&mut person, "").await, [-4, -2]);
    assert_eq!(listed(&mut person, "?view=all").await, [5, -4, 3, -2, 1]);
    assert_eq!(listed(&mut person, "?q=is:archived").await, [3, 1]);
    assert_eq!((o.unread().await, o.all().await), (vec![1, 2, 3, 4], vec![1, 2, 3, 4, 5]));
    undo(&mut person).await;
    assert_eq!(listed(&mut person, "").await, [-4, 3, -2, -1]);

    // What is unread is in the inbox.
    act(&mut person, "archive", &channel, &[1, 2, 3, 4], &[]).await;
    assert_eq!(listed(&mut person, "").await, [0; 0]);
    assert_eq!(rows(&app, "read_exception"), 0, "a state of its own, and as small");
    act(&mut person, "unread", &channel, &[2], &[]).await;
    assert_eq!(listed(&mut person, "").await, [-2]);
    undo(&mut person).await;
    act(&mut person, "inbox", &channel, &[4], &[]).await;
    assert_eq!(listed(&mut person, "").await, [4]);
    person.post("/inbox/act", &[("one", &format!("unread-from:{}.3", channel.id))]).await.is(303);
    assert_eq!(listed(&mut person, "").await, [-4, -3]);
    undo(&mut person).await;
    assert_eq!(listed(&mut person, "").await, [4]);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn stars_stay_wherever_a_message_goes() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let (o, peer) = (channel.owner_token(), channel.two_way().await);
    wrote(&peer, 3).await;
    o.wrote("the holder's own").await;
    act(&mut person, "star", &channel, &[4, 2, 1], &[]).await;
    act(&mut person, "archive", &channel, &[1], &[]).await;
    for list in ["?view=starred", "?q=is:starred"] {
        assert_eq!(listed(&mut person, list).await, [4, -2, 1], "{list}");
    }
    assert_eq!(listed(&mut person, "?q=is:starred+is:archived").await, [1]);
    act(&mut person, "delete", &channel, &[2], &[("sure", "yes")]).await;
    assert_eq!(listed(&mut person, "?view=starred").await, [4, 1]);
    app.installation.succeed(&["check"], "");
    undo(&mut person).await;
    assert_eq!(listed(&mut person, "?view=starred").await, [4, -2, 1]);
    act(&mut person, "unstar", &channel, &[4], &[]).await;
    undo(&mut person).await;
    o.delete(4).await.empty(204);
    assert_eq!(listed(&mut person, "?view=starred").await, [-2, 1]);
    act(&mut person, "delete", &channel, &[2], &[("sure", "yes")]).await;
    app.until_somebody_waits(Duration::from_mins(1)).await;
    app.advance(Duration::from_mins(1));
    eventually("removed", async || rows(&app, "star") == 1).await;
    app.installation.succeed(&["check"], "");
    channel.delete().await.empty(204);
    eventually("cleared away", async || rows(&app, "leftover") == 0).await;
    assert_eq!(rows(&app, "star"), 0);
}

#[tokio::test]
async fn a_snoozed_message_comes_back_unread_at_its_time() {
    let mut app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 3).await;
    let at = |text| [("until", text)];
    // Every server of the tests begins at 18:43.
    act(&mut person, "snooze", &channel, &[2], &at("2026-03-01T20:43:00.120Z")).await;
    act(&mut person, "snooze", &channel, &[1], &at("2026-03-02T08:00:00.000Z")).await;
    assert_eq!(listed(&mut person, "").await, [-3]);
    for list in ["?view=snoozed", "?q=is:snoozed"] {
        assert_eq!(listed(&mut person, list).await, [2, 1], "{list}");
    }
    assert_eq!(channel.owner_token().unread().await, [1, 2, 3], "programs see nothing of it");
    app.advance(2 * HOUR);
    eventually("back", async || rows(&app, "snooze") == 1).await;
    assert_eq!(listed(&mut person, "").await, [-3, -2]);
    assert_eq!(listed(&mut person, "?view=snoozed").await, [1]);

    // A restart meanwhile changes nothing.
    app.stop().await;
    app.advance(24 * HOUR);
    app.restart().await;
    person.visit(&app.site);
    person.get("/inbox").await.is(200);
    eventually("back", async || rows(&app, "snooze") == 0).await;
    assert_eq!(listed(&mut person, "").await, [-3, -2, -1]);

    act(&mut person, "snooze", &channel, &[3], &at("2026-03-04T08:00:00.000Z")).await;
    undo(&mut person).await;
    assert_eq!(listed(&mut person, "").await, [-3, -2, -1]);
    assert_eq!(rows(&app, "snooze"), 0);
    for wrong in ["2026-03-01T00:00:00Z", "2126-03-01T00:00:00Z", "other"] {
        let key = format!("{}.3", channel.id);
        let form = [("action", "snooze"), ("pick", &key), ("until", wrong), ("at", "2026-02-01T07:05")];
        let page = person.post("/inbox/act", &form).await.is(422).text();
        // With what was chosen, and of which messages.
        let kept = ["Choose a time to come", "value=\"2026-02-01T07:05\"", &format!("value=\"{key}\"")];
        assert!(kept.iter().all(|part| page.contains(part)), "{wrong}: {page}");
        assert_eq!(rows(&app, "snooze"), 0, "{wrong}");
    }
    // One that is deleted meanwhile comes back unread, if it does.
    act(&mut person, "snooze", &channel, &[3], &at("2026-03-02T20:44:00.000Z")).await;
    act(&mut person, "delete", &channel, &[3], &[("sure", "yes")]).await;
    app.advance(Duration::from_millis(59_900));
    eventually("awake", async || rows(&app, "snooze") == 0).await;
    person.get("/inbox").await.is(200);
    undo(&mut person).await;
    assert_eq!(listed(&mut person, "").await, [-3, -2, -1]);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn the_question_until_when_needs_no_script() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    wrote(&channel.two_way().await, 1).await;
    let key = format!("snooze:{}.1", channel.id);
    let page = person.post("/inbox/act", &[("one", &key), ("back", "/inbox")]).await.is(200).text();
    for part in [
        "Snooze 1 message",
        "value=\"2026-03-01T21:43:00.120Z\"",
        "value=\"2026-03-02T08:00:00.000Z\"",
        "2 Mar 2026, 08:00 UTC",
        "value=\"2026-03-02T08:00\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Enter in the field presses the form's first button.
    let (_, form) = page.split_once("id=\"snooze\"").expect("the form");
    let (_, first) = form.split_once("<button").expect("a button");
    assert!(first.split_once('>').is_some_and(|(tag, _)| tag.contains("value=\"other\"")), "{first}");
    let other = [("until", "other"), ("at", "2026-03-02T08:30")];
    act(&mut person, "snooze", &channel, &[1], &other).await;
    let page = person.get("/inbox?view=snoozed").await.text();
    assert!(page.contains("datetime=\"2026-03-02T08:30:00.000Z\""), "{page}");
}

#[tokio::test]
async fn a_page_leads_back_by_the_pages_before_it() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    wrote(&channel.two_way().await, 170).await;
    let link = |page: &str, rel: &str| {
        let (_, rest) = page.split_once(&format!("rel=\"{rel}\" href=\""))?;
        Some(rest.split('"').next()?.replace("&#38;", "&"))
    };
    let mut address = "/inbox".to_owned();
    let mut visited = vec![address.clone()];
    while let Some(next) = link(&person.get(&address).await.text(), "next") {
        address.clone_from(&next);
        visited.push(next);
    }
    assert_eq!(visited.len(), 4);
    for before in visited.iter().rev().skip(1) {
        address = link(&person.get(&address).await.text(), "prev").expect("a way back");
        assert_eq!(&address, before);
    }
    assert_eq!(link(&person.get(&address).await.text(), "prev"), None);
}

#[tokio::test]
async fn a_row_says_who_wrote_where() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("a text").await;
    let page = person.get("/inbox").await.text();
    let (_, row) = page.split_once("<span class=\"from clip\"").expect("a row");
    let from = row.split("</a>").next().unwrap_or_default();
    assert!(from.contains("<span class=\"in\"> in <bdi>"), "{from}");
    assert!(!page.contains("class=\"size\""), "how many bytes is among the details");
}

#[tokio::test]
async fn what_was_read_before_archives_were_there_is_archived() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    let channel = server.owner().channel().await;
    wrote(&channel.two_way().await, 3).await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    person.get("/inbox").await.is(200);
    act(&mut person, "read", &channel, &[1, 3], &[]).await;
    drop(server);
    let database = Connection::open(installation.database()).expect("the database");
    let step = include_str!("../../src/store/steps/17_noted.sql");
    let (_, data) = step.split_once("insert into read_cursor").expect("what it does to data");
    database.execute_batch(&format!("insert into read_cursor{data}")).expect("the step");
    drop(database);
    installation.succeed(&["check"], "");
    let server = installation.serve("").await;
    person.visit(&server.site);
    assert_eq!(listed(&mut person, "").await, [-2]);
}

#[tokio::test]
async fn a_conversation_archives_and_stars_where_a_message_stands() {
    let app = App::start().await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    wrote(&channel.two_way().await, 1).await;
    channel.owner_token().wrote("mine").await;
    let (talk, key) = (format!("/channels/{}", channel.id), format!("{}.1", channel.id));
    let back = format!("{talk}?at=1");
    for (verb, other) in [("archive", "inbox"), ("star", "unstar")] {
        for (offered, then) in [(verb, other), (other, verb)] {
            let offered = format!("{offered}:{key}");
            let page = person.get(&talk).await.text();
            assert!(page.contains(&format!("value=\"{offered}\"")), "{offered}: {page}");
            assert!(!page.contains(&format!("value=\"{then}:{key}\"")), "{then}: {page}");
            let done = person.post("/inbox/act", &[("one", &offered), ("back", &back)]).await;
            assert_eq!(Person::sent_to(&done), back);
        }
    }
    let page = person.get(&talk).await.text();
    assert!(!page.contains(&format!("archive:{}.2", channel.id)), "one's own is in no inbox: {page}");
    assert!(page.contains(&format!("\"star:{}.2", channel.id)), "{page}");
    let rail = person.get("/inbox?view=starred").await.text();
    assert!(rail.contains("href=\"/inbox?view=starred\" aria-current=\"page\">\n    <svg"), "{rail}");
}
