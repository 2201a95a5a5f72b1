//! A server under systemd: its sockets are handed over, and it says when it is ready, alive and at its end. And one that is
//! restarted without it.

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::eventually;
use crate::support::process::{Installation, Process};
use crate::support::tls::Tls;

const DEADLINE: Duration = Duration::from_secs(30);

/// Where the server says how it is.
fn supervisor(path: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(path).expect("a socket");
    socket.set_read_timeout(Some(DEADLINE)).expect("a time-out");
    socket
}

fn told(socket: &UnixDatagram) -> String {
    let mut text = [0; 200];
    let length = socket.recv(&mut text).expect("something is told in time");
    String::from_utf8_lossy(&text[..length]).trim().to_owned()
}

#[tokio::test]
async fn a_supervisor_hears_that_the_server_is_ready_alive_and_stopping() {
    let installation = Installation::with_account();
    let path = installation.root().join("notify");
    let supervisor = supervisor(&path);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let path = path.to_str().expect("text");
    let variables = [("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "200000")];
    let mut server = installation.serve_handed(listener, &variables, "").await;
    assert_eq!(told(&supervisor), "READY=1");
    server.says("handed over; server.listen is not used").await;
    assert_eq!(told(&supervisor), "WATCHDOG_USEC=200000");
    for _ in 0..3 {
        assert_eq!(told(&supervisor), "WATCHDOG=1");
    }
    // Somebody else has the file's lock, so nothing is stored: the supervisor is not told that all is well.
    let locker = rusqlite::Connection::open(installation.database()).expect("a database");
    locker.execute_batch("begin immediate").expect("the lock");
    // What was told before may still be waiting; then nothing comes for two of its periods.
    supervisor.set_read_timeout(Some(Duration::from_millis(400))).expect("a time-out");
    eventually("silence", || std::future::ready(supervisor.recv(&mut [0; 200]).is_err())).await;
    locker.execute_batch("rollback").expect("the lock is free");
    supervisor.set_read_timeout(Some(DEADLINE)).expect("a time-out");
    assert_eq!(told(&supervisor), "WATCHDOG=1");
    let next = || {
        let mut last = told(&supervisor);
        while last == "WATCHDOG=1" {
            last = told(&supervisor);
        }
        last
    };
    // Nobody tells anything while the program that follows opens the data.
    server.signal("USR2");
    assert_eq!(next(), "WATCHDOG_USEC=4294967295");
    assert_eq!(next(), "READY=1");
    assert_eq!(next(), "WATCHDOG_USEC=200000");
    server.signal("TERM");
    assert_eq!(next(), "STOPPING=1");
    assert!(server.end().await.success());
}

#[tokio::test]
async fn nobody_is_refused_while_servers_follow_each_other_on_a_socket_that_is_handed_over() {
    let installation = Installation::with_account();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (ended, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let asking = tokio::spawn({
        let (ended, answered) = (Arc::clone(&ended), Arc::clone(&answered));
        async move {
            while !ended.load(Ordering::Relaxed) {
                // A connection for each request, as whoever comes for the first time has.
                let answer = ask(address).await.expect("a whole answer");
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    for _ in 0..5 {
        let mut server = installation.serve_handed(listener.try_clone().expect("a socket"), &[], "").await;
        let before = answered.load(Ordering::Relaxed);
        eventually("answers", || std::future::ready(answered.load(Ordering::Relaxed) > before + 20)).await;
        server.signal("TERM");
        assert!(server.end().await.success());
    }
    let _last = installation.serve_handed(listener.try_clone().expect("a socket"), &[], "").await;
    ended.store(true, Ordering::Relaxed);
    asking.await.expect("nobody was refused");
}

#[tokio::test]
async fn a_socket_that_is_handed_over_speaks_what_its_name_says() {
    let (installation, tls) = (Installation::with_account(), Tls::new());
    for (name, speaks) in [("http", "http://"), ("https", "https://"), ("peerbox.socket", "https://")] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = installation.serve_handed(listener, &[("LISTEN_FDNAMES", name)], &tls.settings()).await;
        server.says(&format!("{speaks}{address} (handed over")).await;
    }
}

#[tokio::test]
async fn sockets_that_nobody_can_be_served_on_are_refused() {
    let installation = Installation::with_account();
    let deaf = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    deaf.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    let metrics = TcpListener::bind("127.0.0.1:0").expect("a port");
    for (socket, name, words) in [
        (TcpListener::from(deaf), "http", "it does not listen"),
        (metrics, "metrics", "it is for metrics, and none is for clients"),
    ] {
        let serve = installation.command(&["serve"]);
        let handed = "exec 3<&0 0</dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command
            .args(["-c", handed])
            .arg(serve.get_program())
            .args(serve.get_args())
            .env("LISTEN_FDNAMES", name);
        command.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ended = command.stdin(OwnedFd::from(socket)).output().expect("a program");
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(8), "{told}");
        assert!(told.contains(words) && !told.contains("panicked"), "{told}");
    }
}

#[tokio::test]
async fn a_certificate_that_no_socket_lets_in_is_warned_of() {
    let installation = Installation::with_account();
    let socket = || TcpListener::bind("127.0.0.1:0").expect("a port");
    let fetched = "tls.domains = 'box.example.org'\ntls.acme_directory = 'https://127.0.0.1:1/directory'";
    let server = installation.serve_handed(socket(), &[], fetched).await;
    let log = server.says("ListenStream=443 and ListenStream=80 in peerbox.socket").await;
    assert!(log.contains("no certificate comes for tls.domains"), "{log}");
    let printed = installation.succeed(&["init", "--systemd"], "");
    assert!(printed.contains("#   ListenStream=443\n#   ListenStream=80\n"), "{printed}");
}

/// Exchanges the program that is to follow for a script.
fn exchange(link: &Path, script: &str) {
    fs::remove_file(link).expect("a link");
    fs::write(link, format!("#!/bin/sh\n{script}\n")).expect("space");
    fs::set_permissions(link, Permissions::from_mode(0o700)).expect("ours");
}

#[tokio::test]
async fn a_server_serves_on_where_the_program_that_is_to_follow_would_not_start() {
    let (installation, tls) = (Installation::with_account(), Tls::new());
    let link = installation.root().join("program");
    let mut server = installation.serve_as(&link, &tls.settings()).await;
    let refused = async |words: &str| {
        let tries = || server.log().matches("not restarted, and serving on").count();
        let before = tries();
        server.signal("USR2");
        eventually(words, async || tries() > before).await;
        let log = server.log();
        assert!(log.lines().last().expect("a line").contains(words), "{log}");
        tls.connect(&server.site).await;
    };
    let (key, other) = (installation.key_file(), "0a".repeat(32));
    for (file, content, words) in
        [(&key, "none", "master.key"), (&key, &other, "does not open"), (&tls.key_file(), "none", "key.pem")]
    {
        let right = fs::read(file).expect("a file");
        fs::write(file, content).expect("space");
        refused(words).await;
        fs::write(file, right).expect("space");
    }
    exchange(&link, "exit 0");
    refused("does not say that it would start").await;

    let number = installation.root().join("number");
    exchange(&link, &format!("echo $$ > '{}'\nexec sleep 600", number.display()));
    server.signal("USR2");
    let running = || fs::read_to_string(&number).ok().filter(|number| number.ends_with('\n'));
    eventually("a program that hangs", async || running().is_some()).await;
    server.signal("TERM");
    assert!(server.end().await.success());
    let process = format!("/proc/{}", running().expect("a number").trim());
    eventually("its end", async || !Path::new(&process).exists()).await;
}

#[tokio::test]
async fn a_server_is_followed_where_all_opens() {
    let installation = Installation::with_account();
    let server = installation.serve_as(&installation.root().join("program"), "").await;
    server.signal("USR2");
    starts(&server, 2).await;
    server.owner().list().await.ok();
}

/// Waits until the process has started serving so often.
async fn starts(server: &Process, count: usize) {
    eventually("the program that follows", async || server.log().matches("listening").count() >= count).await;
}

#[tokio::test]
async fn what_is_configured_of_sockets_counts_after_a_restart_too() {
    let (installation, tls) = (Installation::with_account(), Tls::new());
    let server = installation.serve_as(&installation.root().join("program"), &tls.settings()).await;
    let address: SocketAddr = server.site.authority().parse().expect("an address");
    let configure = |toml: &str| fs::write(installation.root().join("config.toml"), toml).expect("space");
    let refused = || server.log().matches("not restarted, and serving on").count();
    // Somebody else has the port of the metrics, and a folder is not there.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let metrics = format!("metrics.listen = '{}'", taken.local_addr().expect("an address"));
    let listens = format!("server.listen = ['https://{address}', 'unix:/nowhere/at-all.sock']");
    for (wrong, words) in [
        (format!("{}\nserver.listen = '{address}'\n{metrics}", tls.settings()), "(metrics.listen)"),
        (format!("{}\n{listens}", tls.settings()), "/nowhere/at-all.sock"),
        (format!("server.listen = 'https://{address}'"), "https"),
    ] {
        let before = refused();
        configure(&wrong);
        server.signal("USR2");
        eventually(words, async || refused() > before).await;
        assert!(server.log().lines().last().expect("a line").contains(words), "{}", server.log());
        tls.connect(&server.site).await;
    }
    // One stays and speaks something else, and another comes.
    configure(&format!("server.listen = ['http://{address}', 'http://127.0.0.2:0']"));
    server.signal("USR2");
    server.says("http://127.0.0.2:").await;
    let answer = ask(address).await.expect("somebody listens");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The first goes.
    configure("server.listen = 'http://127.0.0.2:0'");
    server.signal("USR2");
    starts(&server, 4).await;
    assert!(ask(address).await.is_err());
}

/// The answer of whoever listens there.
async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn signals_while_one_program_follows_another_end_neither() {
    let installation = Installation::with_account();
    let server = installation.serve_as(&installation.root().join("program"), "").await;
    let restarts = || server.log().matches("listening").count() - 1;
    server.signal("USR2");
    // At every moment of the change; that there is a process to signal is looked at, too.
    for (name, expected) in [("HUP", 1), ("USR2", 3)] {
        eventually(name, async || {
            server.signal(name);
            restarts() >= expected
        })
        .await;
    }
    server.owner().list().await.ok();
}

#[tokio::test]
async fn the_mode_of_a_unix_socket_is_the_configured_one_after_a_restart_too() {
    let installation = Installation::with_account();
    let path = installation.root().join("peerbox.sock");
    let server = installation.serve_as(&installation.root().join("program"), "").await;
    let listen = format!("server.listen = ['{}', 'unix:{}']", server.site.authority(), path.display());
    let mode = || fs::metadata(&path).expect("a socket").permissions().mode() & 0o777;
    // The first start tells of one socket, the others of two.
    for (count, setting, expected) in [(3, "0666", 0o666), (5, "0600", 0o600)] {
        let toml = format!("{listen}\nserver.unix_mode = '{setting}'");
        fs::write(installation.root().join("config.toml"), toml).expect("space");
        server.signal("USR2");
        starts(&server, count).await;
        assert_eq!(mode(), expected);
    }
    let wrong =
        format!("{listen}\nserver.unix_mode = '0666'\nmetrics.listen = '{}'", server.site.authority());
    fs::write(installation.root().join("config.toml"), wrong).expect("space");
    server.signal("USR2");
    server.says("not restarted, and serving on").await;
    assert_eq!(mode(), 0o600);
}
