//! What was acknowledged survives a killed process.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use serde_json::Value;
use tokio::sync::Notify;

use crate::support::bearer::{Bearer, payload};
use crate::support::eventually;
use crate::support::process::Installation;

const WRITERS: usize = 8;
const ENOUGH: usize = 200;

#[tokio::test]
async fn every_acknowledged_write_is_there_after_kill_9() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    let channel = server.owner().channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let acknowledged = std::sync::Mutex::new(BTreeMap::new());
    let enough = Notify::new();
    let writers =
        join_all((0..WRITERS).map(|writer| write_until_refused(&o, writer, &acknowledged, &enough)));
    let kill = async {
        enough.notified().await;
        server.signal("KILL");
    };
    join(writers, kill).await;
    assert!(!server.end().await.success());

    let server = installation.serve("").await;
    let reader = Bearer { site: server.site.clone(), ..t };
    let stored: BTreeMap<u64, Value> = reader
        .messages("?unread=true")
        .await
        .into_iter()
        .map(|message| (message["sequence"].as_u64().expect("a sequence"), message))
        .collect();
    let acknowledged = acknowledged.into_inner().expect("a map");
    assert!(acknowledged.len() >= ENOUGH);
    for (sequence, text) in &acknowledged {
        let message = stored.get(sequence).unwrap_or_else(|| panic!("message {sequence} is lost"));
        assert_eq!(&payload(message), text.as_bytes());
    }
    assert_eq!(stored.keys().copied().collect::<Vec<_>>(), (1..=stored.len() as u64).collect::<Vec<_>>());
    assert_eq!(Bearer { site: server.site.clone(), ..o }.wrote("after").await, stored.len() as u64 + 1);
    drop(server);
    installation.succeed(&["check"], "");
}

/// The write-ahead log is moved into the file while messages come, so neither grows into the other's place.
#[tokio::test]
async fn the_log_stays_short_while_messages_come() {
    const BODY: usize = 1024 * 1024;
    const MESSAGES: usize = 100;
    const LONGEST_LOG: u64 = 70 * 1024 * 1024;
    let installation = Installation::with_account();
    let mut server = installation.serve("[limits]\nmessage_bytes = \"1M\"\n").await;
    let channel = server.owner().channel().await;
    let o = channel.owner_token();
    let body = "x".repeat(BODY);
    for _ in 0..MESSAGES {
        o.wrote(&body).await;
    }
    let bytes = |file: &str| {
        let path = installation.data_dir().join(file);
        std::fs::metadata(path).expect("a file").len()
    };
    assert!(bytes("peerbox.db-wal") < LONGEST_LOG, "{} bytes of log", bytes("peerbox.db-wal"));
    assert!(bytes("peerbox.db") > 20 * BODY as u64, "nothing was moved");
    server.signal("KILL");
    assert!(!server.end().await.success());
    installation.succeed(&["check"], "");
}

/// While somebody reads one moment of the file, as a backup does, the log has room ahead, and a kill there loses nothing.
#[tokio::test]
async fn a_log_that_is_held_back_has_room_ahead_which_no_kill_brings_into_it() {
    const MESSAGES: u64 = 40;
    /// Somewhat less than what is kept ahead.
    const AHEAD: u64 = 24 * 1024 * 1024;
    let installation = Installation::with_account();
    let mut server = installation.serve("[limits]\nmessage_bytes = \"1M\"\n").await;
    let channel = server.owner().channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let reader = rusqlite::Connection::open(installation.database()).expect("the database");
    let count = || reader.query_row("select count(*) from message", [], |row| row.get::<_, i64>(0));
    reader.execute_batch("begin").expect("a moment");
    assert_eq!(count().expect("a count"), 0);
    let body = "x".repeat(1024 * 1024);
    for _ in 0..MESSAGES {
        o.wrote(&body).await;
    }
    let log = installation.database().with_extension("db-wal");
    let is_ahead = || std::fs::metadata(&log).expect("a log").len() > MESSAGES * 1024 * 1024 + AHEAD;
    eventually("room ahead", || async { is_ahead() }).await;
    assert_eq!(count().expect("a count"), 0, "it is the same moment still");
    server.signal("KILL");
    assert!(!server.end().await.success());
    drop(reader);
    installation.succeed(&["check"], "");
    let server = installation.serve("").await;
    let all = Bearer { site: server.site.clone(), ..t }.all().await;
    assert_eq!(all, (1..=MESSAGES).collect::<Vec<_>>());
    assert!(std::fs::metadata(&log).expect("a log").len() < AHEAD, "the room is given back");
}

async fn write_until_refused(
    o: &Bearer,
    writer: usize,
    acknowledged: &std::sync::Mutex<BTreeMap<u64, String>>,
    enough: &Notify,
) {
    let authorization = o.authorization();
    let headers = [("authorization", authorization.as_str()), ("content-type", "text/plain")];
    for number in 0.. {
        let text = format!("writer {writer}, message {number}");
        let Ok(reply) = o.site.try_call("POST", &o.path(""), &headers, text.clone()).await else { return };
        let sequence = reply.ok()["sequence"].as_u64().expect("a sequence");
        let mut acknowledged = acknowledged.lock().expect("a map");
        assert_eq!(acknowledged.insert(sequence, text), None, "{sequence} was given twice");
        if acknowledged.len() == ENOUGH {
            enough.notify_one();
        }
    }
}
