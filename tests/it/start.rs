//! How `serve` starts: what it says, what it refuses, where it listens.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

use crate::support::DEADLINE;
use crate::support::process::Installation;
use crate::support::raw::handshake;

#[tokio::test]
async fn a_first_start_needs_no_configuration_and_tells_where_everything_is() {
    let installation = Installation::empty();
    let mut server = installation.serve("").await;
    let database = installation.database().display().to_string();
    let key = installation.key_file().display().to_string();
    server.signal("TERM");
    assert!(server.end().await.success());
    let log = server.log();
    for part in [&database, &key, "back it up", env!("CARGO_PKG_VERSION"), "http://127.0.0.1:"] {
        assert!(log.contains(part), "{part} is not in {log}");
    }
}

#[tokio::test]
async fn a_backup_of_a_time_to_come_is_not_told_as_the_newest() {
    let installation = Installation::with_account();
    let shelf = installation.data_dir().join("backups");
    std::fs::create_dir(&shelf).expect("a folder");
    std::fs::write(shelf.join("peerbox-2999-01-01T000000Z.db"), "from a time to come").expect("space");
    let mut server = installation.serve("").await;
    server.signal("TERM");
    assert!(server.end().await.success());
    let log = server.log();
    assert!(log.contains("backups (none yet)") && !log.contains("2999"), "{log}");
}

#[tokio::test]
async fn the_json_log_is_objects_only() {
    let installation = Installation::empty();
    let mut server = installation.serve("log.format = \"json\"").await;
    server.signal("TERM");
    assert!(server.end().await.success());
    for line in server.log().lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
    }
}

#[tokio::test]
async fn an_address_in_use_ends_with_8() {
    let installation = Installation::with_account();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = installation.run(&["serve", "--listen", &address], "");
    let sentence = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(8), "{sentence}");
    assert!(sentence.contains(&address), "{sentence}");
}

#[test]
fn a_certificate_that_is_not_there_ends_with_3() {
    let installation = Installation::with_account();
    let mut command = installation.command(&["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("PEERBOX_TLS__CERT_FILE", "/nowhere/cert.pem")
        .env("PEERBOX_TLS__KEY_FILE", "/nowhere/key.pem");
    let output = command.output().expect("the executable");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/cert.pem"), "{output:?}");
}

#[tokio::test]
async fn one_port_is_served_over_both_families_and_over_each_alone() {
    let get = async |address: String| {
        reqwest::get(format!("http://{address}/healthz")).await.is_ok_and(|reply| reply.status() == 200)
    };
    for (listen, over_4, over_6) in [
        ("\"0.0.0.0:PORT\", \"[::]:PORT\"", true, true),
        ("\"[::]:PORT\", \"127.0.0.1:PORT\"", true, true),
        ("\"[::]:PORT\"", true, true),
        ("\"[::1]:PORT\"", false, true),
    ] {
        let installation = Installation::empty();
        let port = free_port();
        let listen = listen.replace("PORT", &port.to_string());
        let server = installation.serve_with(&format!("server.listen = [{listen}, \"127.0.0.1:0\"]")).await;
        assert_eq!(get(format!("127.0.0.1:{port}")).await, over_4, "{listen}: {}", server.log());
        assert_eq!(get(format!("[::1]:{port}")).await, over_6, "{listen}: {}", server.log());
    }
}

#[tokio::test]
async fn the_group_may_connect_to_a_unix_socket_unless_told_otherwise() {
    for (setting, expected) in [("", 0o660), ("server.unix_mode = \"0666\"", 0o666)] {
        let installation = Installation::empty();
        let path = installation.root().join("peerbox.sock");
        let listen = format!("server.listen = [\"127.0.0.1:0\", \"unix:{}\"]\n{setting}", path.display());
        let _server = installation.serve_with(&listen).await;
        let mode = std::fs::metadata(&path).expect("a socket").permissions().mode();
        assert_eq!(mode & 0o777, expected);
    }
}

#[tokio::test]
async fn a_unix_socket_answers_also_after_a_kill() {
    let installation = Installation::with_account();
    let path = installation.root().join("peerbox.sock");
    let listen = format!("server.listen = [\"127.0.0.1:0\", \"unix:{}\"]", path.display());
    let mut killed = installation.serve_with(&listen).await;
    assert!(answer(&path).starts_with("HTTP/1.1 200"), "{}", answer(&path));
    killed.signal("KILL");
    killed.end().await;
    let _server = installation.serve_with(&listen).await;
    assert!(answer(&path).starts_with("HTTP/1.1 200"), "{}", answer(&path));
}

#[tokio::test]
async fn a_unix_socket_carries_a_web_socket() {
    let installation = Installation::with_account();
    let path = installation.root().join("peerbox.sock");
    let listen = format!("server.listen = [\"127.0.0.1:0\", \"unix:{}\"]", path.display());
    let server = installation.serve_with(&listen).await;
    let channel = server.owner().channel().await;
    let t = channel.two_way().await;
    let mut stream = UnixStream::connect(&path).expect("a socket");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    stream.write_all(handshake(&t.notify_path()).as_bytes()).expect("sent");
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the head of an answer");
        received.extend(byte);
    }
    channel.owner_token().wrote("one").await;
    channel.delete().await.empty(204);
    stream.read_to_end(&mut received).expect("an answer that ends");
    let text = String::from_utf8_lossy(&received);
    assert!(text.starts_with("HTTP/1.1 101"), "{text}");
    assert!(text.contains(r#""sequence":1"#), "{text}");
}

fn answer(path: &Path) -> String {
    let mut stream = UnixStream::connect(path).expect("a socket");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// A port that nobody listens on, of either family.
fn free_port() -> u16 {
    let taken = std::net::TcpListener::bind("[::]:0").expect("a port");
    taken.local_addr().expect("an address").port()
}
