//! Deletions take nobody's time: channel and key are gone at once, the rest is cleared away a little at a time.

use futures_util::future::join_all;
use rusqlite::Connection;

use crate::support::app::{App, PASSWORD};
use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::owner::Owner;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::tls::{Tls, secure};

/// More than is cleared away at once.
const MESSAGES: u64 = 600;

/// Everything that belongs to a channel, and what says that some of it is left.
const TABLES: &[&str] = &[
    "message",
    "envelope",
    "token",
    "read_cursor",
    "read_exception",
    "idempotency",
    "filed_author",
    "leftover",
];

fn rows(database: &Connection, table: &str) -> u64 {
    let sql = format!("select count(*) from {table}");
    let count: i64 = database.query_row(&sql, [], |row| row.get(0)).expect("a count");
    count.cast_unsigned()
}

fn in_all(database: &Connection) -> Vec<u64> {
    TABLES.iter().map(|table| rows(database, table)).collect()
}

/// Something in each of the tables.
async fn fill(o: &Bearer, t: &Bearer) {
    for _ in 0..MESSAGES / 50 {
        join_all((0..50).map(|_| o.wrote("a text"))).await;
    }
    t.mark_read_up_to(MESSAGES).await;
    t.mark_unread(3).await;
    o.call("POST", "", &[("content-type", "text/plain"), ("idempotency-key", "one")], "a text").await.is(200);
}

#[tokio::test]
async fn a_deleted_account_is_gone_at_once_and_cleared_away_by_the_next_server() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    let channel = server.owner().channel().await;
    fill(&channel.owner_token(), &channel.two_way().await).await;
    drop(server);
    installation.succeed(&["account", "delete", "1", "--yes"], "");
    let database = Connection::open(installation.database()).expect("the database");
    assert_eq!([rows(&database, "account"), rows(&database, "channel")], [0, 0]);
    assert_eq!(rows(&database, "message"), MESSAGES + 1, "the command does not wait for the messages");
    installation.succeed(&["check"], "");

    let server = installation.serve("").await;
    eventually("cleared away", async || in_all(&database) == [0; TABLES.len()]).await;
    drop(server);
    installation.succeed(&["check"], "");
}

#[tokio::test]
async fn a_deleted_channel_is_refused_at_once_and_leaves_nothing() {
    let app = App::start().await;
    let (channel, other) = (app.channel().await, app.channel().await);
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let database = Connection::open(app.installation.database()).expect("the database");
    let without = in_all(&database);
    fill(&o, &t).await;
    channel.delete().await.empty(204);
    o.read("").await.refused(401);
    t.write("too late").await.refused(401);
    assert_eq!(other.owner_token().wrote("meanwhile").await, 1);
    eventually("cleared away", async || rows(&database, "leftover") == 0).await;
    let (message, token) = (1, 2);
    let mut left = without;
    left[0] += message;
    left[1] += message;
    left[2] -= token;
    assert_eq!(in_all(&database), left);
}

#[tokio::test]
async fn a_revoked_token_leaves_no_read_state() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t, other) = (channel.owner_token(), channel.two_way().await, channel.two_way().await);
    fill(&o, &t).await;
    other.mark_read(2).await;
    let database = Connection::open(app.installation.database()).expect("the database");
    channel.revoke(&t).await.empty(204);
    let of_tokens = "read_exception where reader in (select id from token where secret is null)";
    let cursors = "read_cursor where reader in (select id from token where secret is null)";
    eventually("cleared away", async || rows(&database, "leftover") == 0).await;
    assert_eq!([rows(&database, of_tokens), rows(&database, cursors)], [0, 0]);
    assert!(!other.unread().await.contains(&2), "another's state stays");
}

#[tokio::test]
async fn an_account_with_many_channels_is_deleted_in_parts() {
    // More than go at once.
    const CHANNELS: usize = 1_100;
    let app = App::with("limits.channels_per_account = 0").await;
    let other = app.another_account("ina");
    let first = other.channel().await;
    first.owner_token().wrote("a text").await;
    for _ in 0..CHANNELS / 50 {
        join_all((0..50).map(|_| other.channel())).await;
    }
    let database = Connection::open(app.installation.database()).expect("the database");
    let before = rows(&database, "channel");
    app.installation.succeed(&["account", "delete", "2", "--yes"], "");
    first.owner_token().read("").await.refused(401);
    other.list().await.refused(401);
    assert_eq!([rows(&database, "account"), rows(&database, "user")], [1, 1]);
    assert_eq!(before - rows(&database, "channel"), CHANNELS as u64 + 1);
    app.installation.succeed(&["check"], "");
}

/// A deletion that stops half way, as at a kill, goes on after the next start, and nobody sees the account meanwhile.
#[tokio::test]
async fn a_deletion_of_an_account_that_was_killed_is_finished_by_the_next_server() {
    const CHANNELS: usize = 1_100;
    const LEFT: usize = 400;
    let installation = Installation::with_account();
    let ina = installation.create_account("account of ina", "ina", PASSWORD);
    let tls = Tls::new();
    let settings = format!("{}limits.channels_per_account = 0\n", tls.settings());
    let server = installation.serve(&settings).await;
    let site = secure(&server.site, &tls.certificate);
    let owner = Owner::new(&site, ina, "ina", PASSWORD);
    for _ in 0..CHANNELS / 50 {
        join_all((0..50).map(|_| owner.channel())).await;
    }
    let last = owner.channel().await;
    let database = Connection::open(installation.database()).expect("the database");
    let stopper = format!(
        "create trigger stopper before delete on channel when (select count(*) from channel) <= {LEFT}
         begin select raise(abort, 'far enough'); end"
    );
    database.execute_batch(&stopper).expect("a trigger");

    let mut person = Person::new(&site);
    person.sign_in("ina", PASSWORD).await;
    person.get("/profile/delete").await.is(200);
    person.post("/profile/delete", &[("typed", "account of ina")]).await.is(303);
    server.says("far enough").await;
    let left = rows(&database, "channel");
    assert!(left >= LEFT as u64 && left < CHANNELS as u64, "half way: {left}");
    last.owner_token().read("").await.refused(401);
    owner.list().await.refused(401);
    for what in ["show", "enable", "disable"] {
        assert_eq!(
            installation.run(&["account", what, &ina.to_string()], "").status.code(),
            Some(7),
            "{what}"
        );
    }
    assert!(!installation.succeed(&["account", "list"], "").contains("ina"));
    let checked = installation.run(&["check"], "");
    assert_eq!(String::from_utf8_lossy(&checked.stdout), "the trigger stopper was made by somebody else\n");

    drop(server);
    database.execute_batch("drop trigger stopper").expect("no trigger");
    installation.succeed(&["check"], "");
    let _server = installation.serve(&settings).await;
    eventually("the account to go", async || rows(&database, "account") == 1).await;
    assert_eq!([rows(&database, "channel"), rows(&database, "user")], [0, 1]);
}
