//! What is taken back in several changes is not lost when one of them fails.

use std::time::Duration;

use futures_util::future::join_all;
use rusqlite::Connection;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::channel::Channel;
use crate::support::owner::Owner;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::tls::{Tls, secure};
use crate::undo::{act, signed_in, told, undo};

const MINUTE: Duration = Duration::from_mins(1);

/// Marks every third of 1 800 messages unread, and answers the numbers.
async fn every_third_is_unread(person: &mut Person, channel: &Channel) -> Vec<u64> {
    const NUMBER: u64 = 1_800;
    let peer = channel.two_way().await;
    for _ in 0..NUMBER / 100 {
        join_all((0..100).map(|_| peer.wrote("a text"))).await;
    }
    person.get("/inbox").await.is(200);
    person.post(&format!("/channels/{}/read", channel.id), &[]).await.is(303);
    let thirds: Vec<u64> = (1..=NUMBER).step_by(3).collect();
    for part in thirds.chunks(300) {
        act(person, "unread", channel, part).await;
    }
    thirds
}

/// The numbers of a channel that are unread for its holder, who has marked some of them one by one.
fn excepted(database: &Connection) -> Vec<u64> {
    let mut statement = database
        .prepare("select sequence from read_exception where reader = 0 and read = 0 order by sequence")
        .expect("a statement");
    let rows = statement.query_map([], |row| row.get::<_, i64>(0)).expect("rows");
    rows.map(|row| u64::try_from(row.expect("a row")).expect("a number")).collect()
}

#[tokio::test]
async fn what_a_full_account_leaves_of_an_undo_is_taken_back_once_there_is_room() {
    const ROOM: i64 = 1 << 20;
    let app = App::with(&format!("limits.storage_per_account = {ROOM}")).await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let before = every_third_is_unread(&mut person, &channel).await;
    let database = Connection::open(app.installation.database()).expect("the database");
    let stored = || {
        database
            .query_row("select bytes from account where id = 1", [], |row| row.get::<_, i64>(0))
            .expect("a number")
    };
    let with_marks = stored();
    person.post(&format!("/channels/{}/read", channel.id), &[]).await.is(303);
    assert_eq!(excepted(&database), [0; 0]);
    let marks = with_marks - stored();
    assert!(marks > 0);
    // Room for nine tenths of the marks: for the first of the changes in which they come back.
    let large = channel.two_way().await;
    let left = usize::try_from(ROOM - stored() - marks * 9 / 10).expect("room");
    let sequence = large.wrote(&"x".repeat(left - 100)).await;
    person.get("/inbox").await.is(200);
    person.post("/inbox/undo", &[]).await.is(303);
    let (text, id) = told(&mut person).await;
    assert!(text.starts_with("The account is full."), "{text}");
    let back = excepted(&database).len();
    assert!(back > 0 && back < before.len(), "{back} of {}", before.len());
    app.advance(MINUTE);
    large.delete(sequence).await.empty(204);
    person.post("/inbox/undo", &[("undo", &id.expect("a button"))]).await.is(303);
    assert_eq!(told(&mut person).await.0, "Undone.");
    assert_eq!(excepted(&database), before);
    assert_eq!(undo(&mut person).await, "Undone.", "what was done before it");
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn an_undo_that_was_killed_goes_on_where_it_was() {
    let installation = Installation::with_account();
    let tls = Tls::new();
    let server = installation.serve(&tls.settings()).await;
    let site = secure(&server.site, &tls.certificate);
    let mut person = Person::new(&site);
    person.sign_in(USER, PASSWORD).await;
    let channel = Owner::new(&site, 1, USER, PASSWORD).channel().await;
    let before = every_third_is_unread(&mut person, &channel).await;
    person.post(&format!("/channels/{}/read", channel.id), &[]).await.is(303);
    let database = Connection::open(installation.database()).expect("the database");
    database
        .execute_batch(
            "create trigger stopper before delete on undo_part
             when (select count(*) from undo_part where undo_id = old.undo_id) <= 50
             begin select raise(abort, 'far enough'); end",
        )
        .expect("a trigger");
    assert!(person.post("/inbox/undo", &[]).await.status >= 500);
    let back = excepted(&database).len();
    assert!(back > 0 && back < before.len(), "{back} of {}", before.len());

    drop(server);
    database.execute_batch("drop trigger stopper").expect("no trigger");
    let server = installation.serve(&tls.settings()).await;
    person.visit(&secure(&server.site, &tls.certificate));
    person.post("/inbox/undo", &[]).await.is(303);
    assert_eq!(told(&mut person).await.0, "Undone.");
    assert_eq!(excepted(&database), before);
    drop(server);
    installation.succeed(&["check"], "");
}
