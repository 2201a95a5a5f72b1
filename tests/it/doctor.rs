//! `peerbox doctor` and the page of the same list: what is wrong is found, and each finding says what helps.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;
use crate::support::process::{Installation, Process};
use crate::support::tls::{Authority, Tls};

/// The findings, and how the command ended.
pub fn examined(installation: &Installation) -> (Vec<Value>, i32) {
    let output = installation.run(&["doctor", "--json", "--config", "config.toml"], "");
    let findings = serde_json::from_slice(&output.stdout);
    let findings = findings.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (findings, output.status.code().expect("an exit code"))
}

/// What was found, as `state: what it says; what helps`.
#[track_caller]
fn found(findings: &[Value], what: &str) -> String {
    let of = |finding: &&Value| finding["what"] == what;
    let finding = findings.iter().find(of).unwrap_or_else(|| panic!("{what} is not in {findings:#?}"));
    let text = |member: &str| finding[member].as_str().unwrap_or_default().to_owned();
    format!("{}: {}; {}", text("state"), text("says"), text("fix"))
}

#[track_caller]
pub fn says(findings: &[Value], what: &str, parts: &[&str]) {
    let text = found(findings, what);
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

fn free_port() -> u16 {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    taken.local_addr().expect("an address").port()
}

async fn serve(installation: &Installation, port: u16, more: &str) -> Process {
    installation.serve_with(&format!("server.listen = '127.0.0.1:{port}'\n{more}")).await
}

#[tokio::test]
async fn a_sound_installation_has_nothing_wrong() {
    let installation = Installation::with_account();
    let port = free_port();
    let base = format!("server.base_url = 'http://127.0.0.1:{port}/box'");
    let _server = serve(&installation, port, &base).await;
    // A clock that was ahead named a backup: it says nothing of whether one is made.
    let shelf = installation.data_dir().join("backups");
    fs::create_dir_all(&shelf).expect("a folder");
    let ahead = shelf.join("peerbox-2999-01-01T000000Z.db");
    fs::write(&ahead, "from a time to come").expect("space");
    fs::set_permissions(&ahead, Permissions::from_mode(0o600)).expect("a mode");
    says(&examined(&installation).0, "Backups", &["note", "none is there yet"]);
    installation.succeed(&["backup", "create"], "");
    let (findings, code) = examined(&installation);
    let bad: Vec<_> = findings.iter().filter(|finding| finding["state"] == "bad").collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(code, 0);
    says(&findings, "Server", &["ok", "answers and stores"]);
    says(&findings, "Address", &["ok", "/box leads here"]);
    says(&findings, "Proxy", &["ok", "none stands in between", "127.0.0.1"]);
    says(&findings, "Events", &["ok"]);
    says(&findings, "WebSockets", &["ok"]);
    says(&findings, "Descriptors", &["open at once"]);
    says(&findings, "Clock", &["ok"]);
    says(&findings, "Disk", &["free"]);
    says(&findings, "File modes", &["ok"]);
    says(&findings, "Master key", &["ok", "ours alone"]);
    says(&findings, "Write-ahead log", &["ok"]);
    says(&findings, "Backups", &["0 hours old"]);
    says(&findings, "Damage", &["note", "no backup was looked through yet"]);
    says(&findings, "Sign-up", &["ok", "closed"]);
    says(&findings, "Open channels", &["ok"]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_found_together() {
    let installation = Installation::with_account();
    let (port, other) = (free_port(), TcpListener::bind("127.0.0.1:0").expect("a port"));
    let nobody = other.local_addr().expect("an address");
    drop(other);
    let key = installation.data_dir().join("master.key");
    fs::rename(installation.key_file(), &key).expect("a key");
    let settings = format!(
        "server.base_url = 'http://{nobody}'\nserver.trusted_proxies = ['0.0.0.0/0']\naccounts.signup = 'open'\n\
         backup.schedule = 'off'\ndata.key_file = '{}'",
        key.display()
    );
    let server = serve(&installation, port, &settings).await;
    let open = serde_json::json!({"public_read": true, "public_write": true});
    server.owner().channel_with(open).await;
    fs::set_permissions(installation.database(), Permissions::from_mode(0o644)).expect("a mode");
    let (findings, code) = examined(&installation);
    assert_eq!(code, 9);
    says(&findings, "Address", &["bad", "does not lead here", "nothing listens"]);
    says(&findings, "Proxy", &["bad", "anybody can claim to be anybody"]);
    says(&findings, "File modes", &["bad", "peerbox.db", "chmod"]);
    says(&findings, "Master key", &["bad", "lies in", "data.key_file"]);
    says(&findings, "Backups", &["note", "none is made by itself", "backup.schedule"]);
    says(&findings, "Sign-up", &["note", "accounts.signup"]);
    says(&findings, "Open channels", &["note", "1 can be used", "api.public_access"]);
    drop(server);
    let (findings, code) = examined(&installation);
    says(&findings, "Server", &["bad", "nothing listens on", "peerbox serve"]);
    assert_eq!(code, 9);
}

#[test]
fn data_that_does_not_open_is_one_of_the_findings() {
    let installation = Installation::with_account();
    let listen = format!("server.listen = '127.0.0.1:{}'", free_port());
    fs::write(installation.root().join("config.toml"), listen).expect("space");
    fs::remove_file(installation.key_file()).expect("a key");
    let (findings, code) = examined(&installation);
    says(&findings, "Data", &["bad", "master.key"]);
    says(&findings, "Master key", &["bad", "is not there", "put the copy back"]);
    says(&findings, "Server", &["bad", "nothing listens"]);
    assert_eq!(code, 9);
}

#[tokio::test]
async fn another_server_at_the_public_address_is_not_taken_for_this_one() {
    let (one, other) = (Installation::with_account(), Installation::with_account());
    let elsewhere = free_port();
    let _other = serve(&other, elsewhere, "").await;
    let _one = serve(&one, free_port(), &format!("server.base_url = 'http://127.0.0.1:{elsewhere}'")).await;
    let (findings, code) = examined(&one);
    says(&findings, "Server", &["ok"]);
    says(&findings, "Address", &["bad", "is not this server"]);
    assert_eq!(code, 9);
}

/// What a proxy does to what passes through it.
#[derive(Clone, Copy, PartialEq)]
enum Faults {
    /// It names its client, and passes all on as it comes.
    None,
    /// It drops the wish for a WebSocket, and holds answers back until they end.
    HoldsBack,
    /// It packs answers for whoever can open them, which holds them back until they end.
    Packs,
}

/// A proxy of one request for each connection, until it is told to stop.
fn proxy(to: u16, faults: Faults, listener: &TcpListener, stop: &AtomicBool) {
    listener.set_nonblocking(true).expect("a listener");
    while !stop.load(Ordering::Relaxed) {
        let Ok((client, _)) = listener.accept() else {
            std::thread::yield_now();
            continue;
        };
        client.set_nonblocking(false).expect("a connection");
        pass_on(client, TcpStream::connect(("127.0.0.1", to)).expect("the server"), faults);
    }
}

fn pass_on(mut client: TcpStream, mut server: TcpStream, faults: Faults) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).expect("a request") == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("text");
    let mut passed =
        head.trim_end().replace("Connection: close", "X-Forwarded-For: 192.0.2.9\r\nConnection: close");
    if faults == Faults::HoldsBack {
        passed =
            passed.replace("Upgrade: websocket", "X: y").replace("Connection: Upgrade", "Connection: close");
        passed.push_str("\r\nX-Forwarded-For: 192.0.2.9");
    } else if !passed.contains("X-Forwarded-For") {
        passed.push_str("\r\nX-Forwarded-For: 192.0.2.9");
    }
    server.write_all(format!("{passed}\r\n\r\n").as_bytes()).expect("sent");
    if faults == Faults::HoldsBack || (faults == Faults::Packs && passed.contains("gzip")) {
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).expect("an answer");
        let _gone = client.write_all(&answer);
    } else {
        let _gone = std::io::copy(&mut server, &mut client);
    }
    let _gone = client.shutdown(Shutdown::Both);
}

#[tokio::test]
async fn a_proxy_is_judged_by_what_comes_through_it() {
    for (faults, trusted, state) in [
        (Faults::None, "", "bad"),
        (Faults::None, "server.trusted_proxies = ['loopback']", "ok"),
        (Faults::HoldsBack, "server.trusted_proxies = ['loopback']", "ok"),
        (Faults::Packs, "server.trusted_proxies = ['loopback']", "ok"),
    ] {
        let installation = Installation::with_account();
        let port = free_port();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let public = listener.local_addr().expect("an address");
        let _server =
            serve(&installation, port, &format!("server.base_url = 'http://{public}'\n{trusted}")).await;
        let stop = AtomicBool::new(false);
        let findings = std::thread::scope(|scope| {
            scope.spawn(|| proxy(port, faults, &listener, &stop));
            let (findings, _) = examined(&installation);
            stop.store(true, Ordering::Relaxed);
            findings
        });
        says(&findings, "Address", &["ok", "leads here"]);
        says(&findings, "Proxy", &[state]);
        if state == "ok" {
            says(&findings, "Proxy", &["127.0.0.1 is believed", "192.0.2.9"]);
        } else {
            says(&findings, "Proxy", &["not believed", "server.trusted_proxies = [\"loopback\"]"]);
        }
        says(&findings, "Events", &[if faults == Faults::None { "ok" } else { "bad" }]);
        says(&findings, "WebSockets", &[if faults == Faults::HoldsBack { "bad" } else { "ok" }]);
    }
}

#[tokio::test]
async fn a_certificate_is_judged_by_its_end_and_its_names() {
    for (name, end, parts) in [
        ("127.0.0.1", 2040, ["ok", "it ends on 2040-12-31"]),
        ("127.0.0.1", 2020, ["bad", "it ended on 2020-12-31"]),
        ("box.example", 2040, ["bad", "it is not for https://127.0.0.1"]),
    ] {
        let mut tls = Tls::new();
        tls.exchange(name, end);
        let installation = Installation::with_account();
        let port = free_port();
        let settings = format!("server.base_url = 'https://127.0.0.1:{port}'\n{}", tls.settings());
        let server = serve(&installation, port, &settings).await;
        let (findings, _) = examined(&installation);
        says(&findings, "Server", &["ok", "https://"]);
        says(&findings, "Address", &["ok"]);
        says(&findings, "Certificate", &parts);
        // A new one is in the file, of which the server does not know yet.
        tls.exchange("127.0.0.1", 2041);
        says(&examined(&installation).0, "Certificate", &["note", "shows another one", "SIGHUP"]);
        server.signal("HUP");
        server.says("read the certificate again").await;
        says(&examined(&installation).0, "Certificate", &["ok", "2041-12-31"]);
    }
}

#[tokio::test]
async fn the_page_shows_the_same_list_to_operators_only() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let page = person.get("/admin/diagnostics").await.is(200).text();
    for what in ["Server", "Address", "Proxy", "Disk", "File modes", "Master key", "Backups", "Clock"] {
        assert!(page.contains(&format!(">{what}</span>")), "{what} is not in {page}");
    }
    assert!(page.contains("answers and stores"), "{page}");
    app.another_account("other");
    let mut other = crate::support::person::Person::new(&app.site);
    other.sign_in("other", crate::support::app::PASSWORD).await;
    other.get("/admin/diagnostics").await.is(404);
}

#[tokio::test]
async fn a_stranger_learns_nothing_from_the_probe() {
    let app = App::start().await;
    for path in ["/probe", "/probe/events"] {
        for proof in ["", "0.00", "1900000000000.0011", "x"] {
            let answer = app.site.call("GET", path, &[("x-peerbox-proof", proof)], "").await.is(404);
            assert!(answer.text().is_empty());
            let headers = [("x-peerbox-proof", proof), ("content-type", "application/json")];
            app.site.call("POST", "/api/probe", &headers, "{}").await.is(404);
        }
    }
}

#[tokio::test]
async fn a_holder_sees_whether_programs_elsewhere_come_to_the_address() {
    let installation = Installation::with_account();
    let port = free_port();
    let server = serve(&installation, port, &format!("server.base_url = 'http://127.0.0.1:{port}'")).await;
    let channel = server.owner().channel().await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    let page = person.get(&format!("/channels/{}/reach", channel.id)).await.is(200).text();
    for part in
        ["is plain http", "which nobody elsewhere reaches", "it answers in", "a program in Go, as ARC"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
}

/// What a firewall refuses of the heads of requests.
type Refuses = fn(&str) -> bool;

/// Passes requests on, one for each connection, but for those that it refuses by their head.
fn firewall(to: u16, listener: &TcpListener, refuses: Refuses) {
    for client in listener.incoming() {
        let mut client = client.expect("a connection");
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).expect("a request") == 1 {
            head.push(byte[0]);
        }
        let text = String::from_utf8(head.clone()).expect("text");
        let mut body = vec![0; if text.contains("Content-Length: 2") { 2 } else { 0 }];
        client.read_exact(&mut body).expect("a body");
        if text.is_empty() {
            return;
        }
        if refuses(&text) {
            let _gone = client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            continue;
        }
        let mut server = TcpStream::connect(("127.0.0.1", to)).expect("the server");
        server.write_all(&[head, body].concat()).expect("sent");
        let _gone = std::io::copy(&mut server, &mut client);
    }
}

#[tokio::test]
async fn a_firewall_is_judged_by_what_it_does_to_reports() {
    let cases: [(Refuses, &str); 5] = [
        // As it is advised.
        (|head| head.contains("Go-http") && !head.starts_with("POST /api/"), "is let through"),
        (|head| head.starts_with("GET /probe"), "is let through"),
        (|head| head.starts_with("POST /api/"), "what is posted to paths that begin with /api/ is refused"),
        (|head| head.contains("arcade-webhook"), "a program that calls itself arcade-webhook/1.0 is refused"),
        (|head| head.contains("Go-http"), "a program that calls itself Go-http-client/1.1 is refused"),
    ];
    for (refuses, says) in cases {
        let installation = Installation::with_account();
        let (port, listener) = (free_port(), TcpListener::bind("127.0.0.1:0").expect("a port"));
        let public = listener.local_addr().expect("an address");
        let server = serve(&installation, port, &format!("server.base_url = 'http://{public}'")).await;
        let passing = std::thread::spawn(move || firewall(port, &listener, refuses));
        let channel = server.owner().channel().await;
        let mut person = Person::new(&server.site);
        person.origin = format!("http://{public}");
        person.sign_in(USER, PASSWORD).await;
        let page = person.get(&format!("/channels/{}/reach", channel.id)).await.is(200).text();
        // A request without a head ends it.
        TcpStream::connect(public).expect("the firewall").shutdown(Shutdown::Write).expect("an end");
        passing.join().expect("an end");
        assert!(page.contains(says), "{says}: {page}");
        assert!(page.contains("it answers in"), "{page}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_believes_is_said_to_keep_programs_away() {
    let authority = Authority::new();
    let installation = Installation::with_account();
    let (port, tls) = (free_port(), Tls::new());
    let base = format!("server.base_url = 'https://127.0.0.1:{port}'\n{}", tls.settings());
    // Without the certificate in between, as it happens most.
    authority.issue("127.0.0.1", &tls, false);
    let listen = format!("server.listen = ['http://127.0.0.1:0', '127.0.0.1:{port}']");
    let server = installation.serve_with(&format!("{listen}\n{base}")).await;
    let trusting = |root: &Path| {
        let mut command = installation.command(&["doctor", "--json", "--config", "config.toml"]);
        let output = command.env("SSL_CERT_FILE", root).output().expect("an end");
        serde_json::from_slice::<Vec<Value>>(&output.stdout).expect("findings")
    };
    says(&trusting(&authority.root_file()), "Trust", &["note", "an intermediate certificate is missing"]);
    let channel = server.owner().channel().await;
    let mut person = Person::new(&server.site);
    person.origin = format!("https://127.0.0.1:{port}");
    person.sign_in(USER, PASSWORD).await;
    let page = person.get(&format!("/channels/{}/reach", channel.id)).await.is(200).text();
    assert!(
        page.contains("a program in Go, as ARC and Arcade are, does not believe the certificate"),
        "{page}"
    );
    authority.issue("127.0.0.1", &tls, true);
    server.signal("HUP");
    server.says("read the certificate again").await;
    says(&trusting(&authority.root_file()), "Trust", &["ok"]);
    let other = Authority::new();
    says(&trusting(&other.root_file()), "Trust", &["note"]);
}
