//! `peerbox health`: asks the running server, wherever it listens.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Output, Stdio};

use crate::support::process::{Installation, Process};
use crate::support::tls::Tls;
use crate::support::{DEADLINE, soon};

/// Asks with the configuration that the server was started with.
fn health(installation: &Installation, more: &[&str]) -> Output {
    let arguments = [&["health", "--config", "config.toml"], more].concat();
    installation.run(&arguments, "")
}

#[track_caller]
fn is(output: &Output, code: i32, words: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(words), "{told}");
}

/// The configuration's line for a port that nobody listens on.
fn listen() -> String {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("server.listen = \"{}\"\n", taken.local_addr().expect("an address"))
}

/// A server that listens on a socket too.
async fn serve_on_socket(installation: &Installation) -> Process {
    let socket = installation.root().join("peerbox.sock");
    let listen = format!("server.listen = [\"127.0.0.1:0\", \"unix:{}\"]", socket.display());
    installation.serve_with(&listen).await
}

#[tokio::test]
async fn a_server_is_asked_over_its_unix_socket() {
    let installation = Installation::with_account();
    let mut server = serve_on_socket(&installation).await;
    let socket = format!("unix:{}", installation.root().join("peerbox.sock").display());
    is(&health(&installation, &["--listen", &socket]), 0, "peerbox.sock is ready");
    server.signal("TERM");
    assert!(server.end().await.success());
    is(&health(&installation, &[]), 9, "nothing listens on unix:");
}

#[tokio::test]
async fn a_server_is_asked_over_its_port_with_and_without_tls() {
    let tls = Tls::new();
    for settings in [String::new(), tls.settings()] {
        let installation = Installation::with_account();
        let _server = installation.serve_with(&format!("{}{settings}", listen())).await;
        is(&health(&installation, &[]), 0, "is ready");
    }
}

#[tokio::test]
async fn a_server_is_asked_where_it_listens_without_being_told_where_that_is() {
    let installation = Installation::with_account();
    let mut chosen = installation.serve("").await;
    let address = chosen.site.base().replace("http://", "");
    is(&health(&installation, &[]), 0, &format!("{address} is ready"));
    // Who types an address means that one.
    is(&health(&installation, &["--listen", "127.0.0.1:1"]), 9, "nothing listens on http://127.0.0.1:1");
    let refused = installation.run(&["serve", "--listen", "127.0.0.1:0"], "");
    is(&refused, 4, &format!("process {} at http://{address} already", chosen.id));
    chosen.signal("TERM");
    assert!(chosen.end().await.success());
    is(&health(&installation, &[]), 9, "no port");

    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    let _handed = installation.serve_handed(socket, &[], "").await;
    is(&health(&installation, &[]), 0, &format!("{address} is ready"));
    let examined = installation.run(&["doctor", "--config", "config.toml"], "");
    let examined = String::from_utf8_lossy(&examined.stdout).into_owned();
    assert!(examined.contains(&format!("{address} answers and stores")), "{examined}");
}

#[tokio::test]
async fn a_server_that_stores_nothing_is_not_ready() {
    let installation = Installation::with_account();
    let _server = serve_on_socket(&installation).await;
    let locker = rusqlite::Connection::open(installation.database()).expect("a database");
    locker.execute_batch("begin immediate").expect("the lock");
    is(&health(&installation, &[]), 9, "stores nothing right now");
}

#[tokio::test]
async fn whoever_waits_is_told_when_the_server_is_ready() {
    let installation = Installation::with_account();
    let config = installation.root().join("config.toml");
    // Nobody knows its port before.
    let lines = "server.listen = '127.0.0.1:0'";
    std::fs::write(&config, lines).expect("space");
    let mut command = installation.command(&["health", "--config", "config.toml", "--wait", "30s"]);
    let waiting = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the executable");
    let _server = installation.serve_with(lines).await;
    let waited = tokio::task::spawn_blocking(move || waiting.wait_with_output());
    is(&soon("ready", waited).await.expect("a thread").expect("an end"), 0, "is ready");
}

#[test]
fn what_is_no_server_of_ours_is_named() {
    let installation = Installation::empty();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = other.local_addr().expect("an address").to_string();
    let answers = ["SSH-2.0-x\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for answer in answers {
                let (mut client, _) = other.accept().expect("a client");
                client.set_read_timeout(Some(DEADLINE)).expect("a time-out");
                // All of it, else the end of the connection would take the answer with it.
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    client.read_exact(&mut byte).expect("a request");
                    request.push(byte[0]);
                }
                client.write_all(answer.as_bytes()).expect("sent");
            }
        });
        for words in ["is no HTTP server", "answers 404"] {
            is(&installation.run(&["health", "--listen", &address], ""), 9, words);
        }
    });
    is(&installation.run(&["health", "--listen", "127.0.0.1:0"], ""), 9, "no port");
    // Where `serve --domain` listens.
    is(&installation.run(&["health", "--domain", "box.example.org"], ""), 9, ":443");
}

#[test]
fn nobody_waits_long_for_a_server_that_stands_still() {
    let installation = Installation::with_account();
    // Connections are taken for it, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    let asked = |more: &[&str]| installation.run(&[&["health", "--listen", &address], more].concat(), "");
    is(&asked(&["--wait", "1ms"]), 9, "does not answer within 1 second");
    is(&asked(&[]), 9, "does not answer within 2 seconds");
}
