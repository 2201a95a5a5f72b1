//! A disk that takes nothing, and files that are moved, locked or deleted under the server.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use rlimit::{INFINITY, Resource};
use rusqlite::Connection;

use crate::support::process::{Installation, Process};

async fn readiness(server: &Process) -> u16 {
    server.site.call("GET", "/readyz", &[], "").await.status
}

fn file(installation: &Installation, name: &str) -> PathBuf {
    installation.data_dir().join(name)
}

#[tokio::test]
async fn a_file_that_is_moved_or_deleted_under_the_server_is_noticed_before_it_acknowledges() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    let o = server.owner().channel().await.owner_token();
    o.wrote("one").await;
    assert_eq!(readiness(&server).await, 200);

    let away = installation.root().join("away");
    for name in ["peerbox.db", "peerbox.db-wal", "peerbox.db-shm"] {
        fs::rename(file(&installation, name), &away).expect("a file");
        o.write("lost").await.is(503);
        assert_eq!(readiness(&server).await, 503, "{name}");
        fs::rename(&away, file(&installation, name)).expect("a file");
        assert_eq!(readiness(&server).await, 200, "{name}");
    }
    assert_eq!(o.wrote("two").await, 2, "what was refused is not stored");
    // Another file under the same name is no better.
    fs::copy(installation.database(), &away).expect("a copy");
    fs::rename(&away, installation.database()).expect("a file");
    o.write("lost").await.is(503);
    let log = server.log();
    let told =
        log.lines().filter(|line| line.contains("ERROR") && line.contains("moved, replaced or deleted"));
    assert!(told.count() >= 1, "{log}");
    fs::remove_file(installation.database()).expect("a file");
    o.write("lost").await.is(503);
    assert_eq!(readiness(&server).await, 503);
}

#[tokio::test]
async fn readiness_is_told_while_another_program_holds_the_lock() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    let database = Connection::open(installation.database()).expect("the database");
    database.execute_batch("begin immediate").expect("the lock");
    // The lock itself is waited for much longer than anything here.
    let asked = (0..20).map(|_| server.site.call("GET", "/readyz", &[], ""));
    let answers = tokio::time::timeout(Duration::from_secs(5), join_all(asked)).await.expect("in time");
    assert!(answers.iter().all(|answer| answer.status == 503));
    database.execute_batch("rollback").expect("no lock");
    server.owner().channel().await.owner_token().wrote("stored").await;
    assert_eq!(readiness(&server).await, 200);
    let log = server.log();
    assert_eq!(log.lines().filter(|line| line.contains("held up")).count(), 1, "{log}");
}

/// Lets the server make its files no longer than this.
fn limit_files(server: &Process, bytes: u64) {
    let id = i32::try_from(server.id).expect("a process id");
    rlimit::prlimit(id, Resource::FSIZE, Some((bytes, INFINITY)), None).expect("a limit");
}

#[tokio::test]
async fn a_server_that_cannot_store_is_not_ready_until_it_can_again() {
    const FRAME: u64 = 8192 + 24;
    let installation = Installation::with_account();
    let server = installation.serve_past_file_limits("").await;
    let o = server.owner().channel().await.owner_token();
    o.wrote("one").await;
    assert_eq!(readiness(&server).await, 200);

    // A message finds no room and leaves behind as much as a small change takes.
    let log = fs::metadata(file(&installation, "peerbox.db-wal")).expect("a log").len();
    limit_files(&server, log + 3 * FRAME);
    for _ in 0..20 {
        o.write(&"x".repeat(60_000)).await.is(503);
        assert_eq!(readiness(&server).await, 503);
    }
    assert_eq!(readiness(&server).await, 503);
    assert_eq!(o.all().await, [1], "reading goes on");

    limit_files(&server, INFINITY);
    assert_eq!(readiness(&server).await, 200, "without any message");
    assert_eq!(o.wrote("two").await, 2, "what was refused is not stored");
    let log = server.says("changes are stored again").await;
    let told = log.lines().filter(|line| line.contains("ERROR")).count();
    assert!((1..20).contains(&told), "one cause is counted: {log}");
}
