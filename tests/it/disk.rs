//! Files that are moved, replaced or deleted under the server.

use std::fs;
use std::path::PathBuf;

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
