//! What is deleted comes back to the disk.

use std::fs;
use std::time::Duration;

use rusqlite::Connection;

use crate::support::app::App;
use crate::support::process::Installation;
use crate::support::{eventually, soon};

/// After how long without a change the server gives back what is free.
const QUIET: Duration = Duration::from_secs(10);

/// How often it gives back a part of it else.
const BESIDE_WRITERS: Duration = Duration::from_secs(1);

const MIB: u64 = 1024 * 1024;

/// What the database and its log take.
fn taken(installation: &Installation) -> u64 {
    let length =
        |name: &str| fs::metadata(installation.database().with_file_name(name)).map_or(0, |file| file.len());
    length("peerbox.db") + length("peerbox.db-wal")
}

/// A server that had twelve megabytes, which are deleted.
async fn emptied() -> App {
    let app = App::start().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    let text = "x".repeat(1_000_000);
    for _ in 0..12 {
        peer.wrote(&text).await;
    }
    let full = taken(&app.installation);
    assert!(full > 12 * MIB, "{full}");
    channel.delete().await.is(204);
    app
}

/// The next time at which the server may give something back.
async fn next_moment(app: &App) {
    let wait = || [BESIDE_WRITERS, QUIET].into_iter().find(|wait| app.is_waited_for(*wait));
    eventually("somebody who waits", async || wait().is_some()).await;
    app.advance(wait().expect("somebody who waits"));
}

#[tokio::test]
async fn what_is_deleted_comes_back_in_a_quiet_moment() {
    let app = emptied().await;
    let kept = app.channel().await;
    kept.two_way().await.wrote("stays").await;
    soon("room on the disk", async {
        while taken(&app.installation) > 4 * MIB {
            next_moment(&app).await;
        }
    })
    .await;
    assert_eq!(kept.owner_token().all().await, [1]);
}

#[tokio::test]
async fn what_a_reader_held_back_comes_back_in_the_next_quiet_moment() {
    let app = App::start().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    for _ in 0..12 {
        peer.wrote(&"x".repeat(1_000_000)).await;
    }
    let reader = Connection::open(app.installation.database()).expect("the database");
    reader.execute_batch("begin; select count(*) from message").expect("a moment");
    channel.delete().await.is(204);
    let number = |sql: &str| {
        let database = Connection::open(app.installation.database()).expect("the database");
        database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number")
    };
    soon("room in the log", async {
        while number("select count(*) from message") > 0 || number("pragma freelist_count") > 256 {
            next_moment(&app).await;
        }
    })
    .await;
    assert!(taken(&app.installation) > 12 * MIB, "the reader sees it still");
    drop(reader);
    soon("room on the disk", async {
        while taken(&app.installation) > 4 * MIB {
            next_moment(&app).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_deleted_comes_back_while_somebody_writes() {
    let app = emptied().await;
    let peer = app.channel().await.two_way().await;
    let length = || fs::metadata(app.installation.database()).expect("a file").len();
    let (full, mut moments) = (length(), 0);
    soon("a shorter file", async {
        while length() > 6 * MIB {
            peer.wrote("one more").await;
            next_moment(&app).await;
            moments += 1;
        }
    })
    .await;
    // Never much at once: whoever writes in that second waits for it.
    let at_once = (full - length()) / moments;
    assert!(at_once <= MIB, "{at_once} bytes in each of {moments} moments");
}

#[tokio::test]
async fn compacting_makes_a_file_shorter_and_able_to_give_back_by_itself() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("stays").await;
    app.stop().await;
    // As earlier versions made it, and with room that nothing is in.
    let edit = |statements: &str| {
        let connection = Connection::open(app.installation.database()).expect("a database");
        connection.execute_batch(statements).expect("written");
    };
    edit(
        "pragma auto_vacuum = none; vacuum; create table filler (bytes blob);
          insert into filler values (zeroblob(5000000)); drop table filler;",
    );
    let before = taken(&app.installation);
    assert!(before > 4 * MIB, "{before}");
    let served = app.installation.serve("").await;
    let refused = app.installation.run(&["compact"], "");
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    drop(served);
    app.installation.succeed(&["compact"], "");
    assert!(taken(&app.installation) < 2 * MIB, "{}", taken(&app.installation));
    let connection = Connection::open(app.installation.database()).expect("a database");
    let way: i64 = connection.query_row("pragma auto_vacuum", [], |row| row.get(0)).expect("a number");
    drop(connection);
    assert_eq!(way, 2);
    app.installation.succeed(&["check"], "");
    app.restart().await;
    assert_eq!(peer.at(&channel).all().await, [1]);
}
