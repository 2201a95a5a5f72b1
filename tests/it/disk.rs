//! A disk that takes nothing, and files that are moved, locked or deleted under the server.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use rlimit::{INFINITY, Resource};
use rusqlite::Connection;

use crate::support::app::{PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::person::Person;
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
    for (number, name) in ["peerbox.db", "peerbox.db-wal", "peerbox.db-shm"].into_iter().enumerate() {
        // As if nothing had been moved there for long; the server sees so.
        let folder = fs::File::open(installation.data_dir()).expect("a folder");
        folder.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
        assert_eq!(o.wrote("kept").await, 2 + number as u64);
        fs::rename(file(&installation, name), &away).expect("a file");
        o.write("lost").await.is(503);
        assert_eq!(readiness(&server).await, 503, "{name}");
        fs::rename(&away, file(&installation, name)).expect("a file");
        assert_eq!(readiness(&server).await, 200, "{name}");
    }
    assert_eq!(o.wrote("kept").await, 5, "what was refused is not stored");
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

#[tokio::test]
async fn nothing_is_stored_any_more_once_a_page_was_found_damaged() {
    const GARBAGE: [u8; 8192] = [0xff; 8192];
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    let channel = server.owner().channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    server.signal("TERM");
    server.end().await;
    let database = Connection::open(installation.database()).expect("the database");
    let sql = "select rootpage from sqlite_schema where name = 'read_exception'";
    let page: i64 = database.query_row(sql, [], |row| row.get(0)).expect("a page");
    drop(database);
    let file = fs::OpenOptions::new().write(true).open(installation.database()).expect("the file");
    let offset = (page.cast_unsigned() - 1) * GARBAGE.len() as u64;
    file.write_all_at(&GARBAGE, offset).expect("space");

    let server = installation.serve("").await;
    let (o, t) = (Bearer { site: server.site.clone(), ..o }, Bearer { site: server.site.clone(), ..t });
    assert_eq!(o.wrote("two").await, 2, "nobody knows yet");
    assert_eq!(readiness(&server).await, 200);
    t.read("?unread=true").await.is(500);
    for _ in 0..3 {
        o.write("lost").await.is(503);
        o.delete(1).await.is(503);
        t.read("?unread=true").await.is(500);
        assert_eq!(readiness(&server).await, 503);
    }
    assert_eq!(o.all().await, [1, 2], "reading goes on where it can");
    let log = server.log();
    assert_eq!(log.lines().filter(|line| line.contains("ERROR")).count(), 1, "{log}");
    assert!(log.contains("the database is damaged"), "{log}");
}

/// A disk of its own, which something else than the server fills.
struct FullDisk {
    installation: Installation,
    server: Process,
}

impl FullDisk {
    async fn new() -> Self {
        let installation = Installation::with_account();
        installation.create_account("other", "ina", PASSWORD);
        let server = installation.serve_on_disk(64, "limits.message_bytes = \"2M\"").await;
        Self { installation, server }
    }

    fn path(&self, name: &str) -> PathBuf {
        let data = self.installation.data_dir();
        let inside = data.strip_prefix("/").expect("an absolute path");
        PathBuf::from(format!("/proc/{}/root", self.server.id)).join(inside).join(name)
    }

    fn fill(&self) {
        let mut filler = fs::File::create(self.path("filler")).expect("a file");
        for size in [1024 * 1024, 4096] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn empty(&self) {
        fs::remove_file(self.path("filler")).expect("the filler");
    }

    fn succeed(&self, arguments: &[&str]) {
        let ended = self.installation.on_disk_of(&self.server, arguments).output();
        let ended = ended.expect("nsenter of util-linux");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

/// A backup that has begun and does not go on: it reads one moment of the file, so nothing of the log can be moved over it.
struct Stopped(Child);

impl Stopped {
    async fn in_a_copy_of(disk: &FullDisk) -> Self {
        let elsewhere = disk.installation.root().join("elsewhere");
        fs::create_dir(&elsewhere).expect("a folder");
        let copy = elsewhere.join("copy.db").display().to_string();
        let mut backup = disk.installation.on_disk_of(&disk.server, &["backup", "create", &copy]);
        let stopped = Self(backup.stderr(Stdio::null()).spawn().expect("nsenter of util-linux"));
        let begun = || fs::read_dir(&elsewhere).expect("a folder").count() > 0;
        eventually("a copy that has begun", async || begun()).await;
        stopped.signal("STOP");
        assert!(begun() && !Path::new(&copy).exists(), "it was too quick");
        stopped
    }

    fn signal(&self, name: &str) {
        let signalled = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.0.id())]).status();
        assert!(signalled.expect("a shell").success(), "no process to signal");
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal("KILL");
        self.0.wait().expect("an end");
    }
}

#[tokio::test]
async fn on_a_full_disk_everything_can_be_read_and_deleted() {
    let disk = FullDisk::new().await;
    let server = &disk.server;
    let (kept, gone) = (server.owner().channel().await, server.owner().channel().await);
    let (o, t) = (kept.owner_token(), kept.two_way().await);
    for _ in 0..3 {
        o.wrote("a text").await;
    }
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    assert_eq!(readiness(server).await, 200);

    disk.fill();
    o.delete(1).await.empty(204);
    assert_eq!(readiness(server).await, 503);
    o.write("no room").await.is(503);
    assert_eq!(t.all().await, [2, 3]);
    person.get("/inbox").await.is(200);
    t.mark_read(2).await;
    gone.delete().await.empty(204);
    let mut newcomer = Person::new(&server.site);
    newcomer.sign_in(USER, PASSWORD).await;
    newcomer.get("/inbox").await.is(200);
    disk.succeed(&["account", "delete", "2", "--yes"]);
    assert_eq!(readiness(server).await, 503);
    let log = server.log();
    assert_eq!(log.lines().filter(|line| line.contains("the disk is full")).count(), 1, "{log}");

    disk.empty();
    assert_eq!(readiness(server).await, 200);
    assert_eq!(o.wrote("again").await, 4);
    o.delete(2).await.empty(204);
}

#[tokio::test]
async fn what_is_deleted_on_a_full_disk_makes_room_for_messages() {
    let disk = FullDisk::new().await;
    let server = &disk.server;
    let (large, small) = (server.owner().channel().await, server.owner().channel().await);
    let body = "x".repeat(1_000_000);
    for _ in 0..20 {
        large.owner_token().wrote(&body).await;
    }
    disk.fill();
    let o = small.owner_token();
    while o.write(&body).await.status == 200 {}
    o.write("no room").await.is(503);
    large.delete().await.empty(204);
    eventually("room for messages", async || o.write("a text").await.status == 200).await;
    assert_eq!(readiness(server).await, 200);
    o.write(&body).await.is(200);
}

#[tokio::test]
async fn while_somebody_reads_for_long_messages_are_refused_before_the_log_takes_its_own_way_back() {
    let disk = FullDisk::new().await;
    let server = &disk.server;
    let (large, small) = (server.owner().channel().await, server.owner().channel().await);
    let (o, t) = (small.owner_token(), small.two_way().await);
    let body = "x".repeat(1_000_000);
    for _ in 0..15 {
        large.owner_token().wrote(&body).await;
    }
    let reader = Stopped::in_a_copy_of(&disk).await;
    let mut taken = 0;
    while o.write(&body).await.status == 200 {
        taken += 1;
    }
    for _ in 0..20 {
        o.write(&body).await.is(503);
    }
    assert!(taken > 0);
    assert_eq!(t.all().await, (1..=taken).collect::<Vec<u64>>());
    drop(reader);
    large.delete().await.empty(204);
    eventually("room for messages", async || o.write(&body).await.status == 200).await;
    assert_eq!(readiness(server).await, 200);
    assert_eq!(t.all().await, (1..=taken + 1).collect::<Vec<u64>>());
    disk.succeed(&["check"]);
}

#[tokio::test]
async fn what_is_deleted_on_the_pages_of_a_full_disk_is_gone_at_once() {
    let disk = FullDisk::new().await;
    let server = &disk.server;
    let channel = server.owner().channel().await;
    let body = "x".repeat(1_000_000);
    for _ in 0..20 {
        channel.owner_token().wrote(&body).await;
    }
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    person.get("/inbox").await.is(200);
    disk.fill();
    while channel.owner_token().write(&body).await.status == 200 {}
    channel.owner_token().write("no room").await.is(503);
    let keys: Vec<String> = (1..=20).map(|sequence| format!("{}.{sequence}", channel.id)).collect();
    let mut fields: Vec<_> = keys.iter().map(|key| ("pick", key.as_str())).collect();
    fields.extend([("action", "delete"), ("sure", "yes"), ("back", "/inbox")]);
    person.post("/inbox/act", &fields).await.is(303);
    let page = person.get("/inbox").await.is(200).text();
    assert!(page.contains("20 messages deleted for everyone, at once and for good"), "{page}");
    assert!(!page.contains("name=\"undo\""), "there is no way back");
    eventually("room for messages", async || channel.owner_token().write("a text").await.status == 200).await;
}

/// So many messages without a text that a check puts aside what it sorts of them.
fn put_messages_in(installation: &Installation) {
    let many = "insert into message (id, sealed) values (1, x'00');
                with recursive n (i) as (select 1 union all select i + 1 from n where i < 400000)
                insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
                select 1, i, 0, i, (i * 7919) % 400009 from n";
    Connection::open(installation.database()).and_then(|file| file.execute_batch(many)).expect("rows");
}

#[test]
fn that_a_check_cannot_put_anything_aside_is_told_and_is_no_damage() {
    let installation = Installation::with_account();
    installation.succeed(&["backup", "create", "small.db"], "");
    put_messages_in(&installation);
    installation.succeed(&["backup", "create", "large.db"], "");
    let root = installation.root().display();
    let no_room = format!(
        "mkdir -p '{root}/full' && mount -t tmpfs -o size=8m none '{root}/full' && export TMPDIR='{root}/full'"
    );
    let nowhere = format!(
        "for folder in /tmp /var/tmp /usr/tmp; do test ! -d $folder || mount -t tmpfs -o ro none $folder; done
         mount --bind '{root}' '{root}' && mount -o remount,bind,ro '{root}' && cd '{root}'"
    );
    for (mount, words) in [
        (no_room, "full: 44 MiB is needed, 8.0 MiB is free; TMPDIR names another folder"),
        (nowhere, "no folder for temporary files that can be written"),
    ] {
        for command in [&["check"][..], &["backup", "verify", "large.db"]] {
            let output = installation.mounted(&mount, command).output();
            let output = output.expect("the executable");
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(4) && told.contains(words), "{command:?}: {output:?}");
        }
        // What is small stays in memory.
        let output = installation.mounted(&mount, &["backup", "verify", "small.db"]).output();
        assert!(output.as_ref().is_ok_and(|output| output.status.success()), "{output:?}");
    }
}

#[tokio::test]
async fn a_look_for_which_there_is_no_room_is_none_that_came_to_its_end() {
    let installation = Installation::with_account();
    put_messages_in(&installation);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    // A disk on which nothing is ever free.
    let server = installation.serve_handed(listener, &[("TMPDIR", "/proc")], "").await;
    let mut manager = Person::new(&server.site);
    manager.sign_in(USER, PASSWORD).await;
    manager.get("/admin/backups").await.is(200);
    manager.post("/admin/backups", &[]).await.is(303);
    let log = server.says("the backup was not looked through to its end").await;
    assert!(
        log.contains("there is no room for temporary files in /proc") && !log.contains("damaged"),
        "{log}"
    );
    let page = manager.get("/admin/diagnostics").await.is(200).text();
    assert!(page.contains("nobody knows: no backup was looked through yet"), "{page}");
}
