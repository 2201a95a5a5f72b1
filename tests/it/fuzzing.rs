//! Bytes from outside that nobody meant: whatever they are, the program answers soon and never fails inside.
//! `PROPTEST_CASES` makes it go on for longer.

use std::cell::Cell;
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::moving_in::DUMP;
use crate::support::app::{App, PASSWORD, USER};
use crate::support::furnished::{exported, furnished};
use crate::support::owner::basic_bytes;
use crate::support::process::{Installation, Process};
use crate::support::raw::Raw;

/// Nobody is slowed down, and a proxy is believed.
const SETTINGS: &str = "server.trusted_proxies = [\"loopback\"]\nlimits.login = \"100000000 per 1m\"\n\
                        limits.anonymous = \"100000000 per 1m\"\nlimits.connections_per_address = 10000";

/// What parsers look out for, so that more cases come past their first look.
const WORDS: &[&[u8]] = &[
    b"Bearer ",
    b"Basic ",
    b"basic",
    b"%00",
    b"%2e%2e",
    b"..",
    b"//",
    b"\\x",
    b"\\N",
    b"\\.",
    b"\t",
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b";",
    b",",
    b"=",
    b"&",
    b"?",
    b"#",
    b"for=",
    b"[::1]",
    b"127.0.0.1",
    b"unknown",
    b"https",
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b"9223372036854775808",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x92\xa9",
    b"chunked",
    b"boundary=",
    b"--",
    b"COPY ",
];

/// Mostly words and text, sometimes anything.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => (0..WORDS.len()).prop_map(|index| WORDS[index].to_vec()),
        3 => "[a-zA-Z0-9_.~/-]{1,12}".prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..16),
    ]
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

/// The same as a header or a target can carry it.
fn line() -> impl Strategy<Value = Vec<u8>> {
    noise().prop_map(|bytes| bytes.into_iter().filter(|byte| !matches!(byte, 0 | b'\r' | b'\n')).collect())
}

fn runner(share: u32) -> TestRunner {
    let all = Config::default();
    TestRunner::new(Config {
        cases: (all.cases / share).max(1),
        failure_persistence: None,
        max_shrink_iters: 64,
        ..all
    })
}

/// A server of its own process, whose log would tell of a panic.
struct Fuzzed {
    runtime: Runtime,
    installation: Installation,
    server: Process,
    /// The path of a channel, and the header that opens it.
    channel: String,
    bearer: String,
    asked: Cell<u32>,
    answered: Cell<u32>,
}

impl Fuzzed {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let installation = Installation::with_account();
        let server = runtime.block_on(installation.serve(SETTINGS));
        let owner = runtime.block_on(server.owner().channel()).owner_token();
        let (channel, bearer) = (owner.path(""), owner.authorization());
        Self { runtime, installation, server, channel, bearer, asked: Cell::new(0), answered: Cell::new(0) }
    }

    /// The status of the answer to these bytes; `None` when the connection ended without one. What `waits` for more is
    /// told that nothing comes.
    fn status(&self, bytes: &[u8], waits: bool) -> Option<u16> {
        let status = self.runtime.block_on(async {
            let mut raw = Raw::connect(&self.server.site).await;
            raw.try_send(bytes).await;
            if waits {
                raw.finish().await;
            }
            let answer = raw.rest().await;
            let line = answer.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let text = String::from_utf8_lossy(line).into_owned();
            text.split(' ').nth(1).and_then(|status| status.trim().parse().ok())
        });
        self.asked.set(self.asked.get() + 1);
        self.answered.set(self.answered.get() + u32::from(status.is_some()));
        status
    }

    /// A whole request, the last of its connection.
    fn request(&self, method: &str, target: &[u8], headers: &[(&str, &[u8])], body: &[u8]) -> Option<u16> {
        let mut bytes =
            [method.as_bytes(), b" ", target, b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"].concat();
        for (name, value) in headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
        bytes.extend(body);
        self.status(&bytes, false)
    }

    /// Everything was survived.
    fn end(self) {
        assert!(
            self.answered.get() * 2 > self.asked.get(),
            "{} of {}",
            self.answered.get(),
            self.asked.get()
        );
        let log = self.server.log();
        assert!(!log.contains("panicked") && !log.contains("a request failed inside"), "{log}");
        drop(self.server);
        self.installation.succeed(&["check"], "");
    }
}

/// Refused or served, and not because something broke. Ends of connections are refusals, too.
fn is_fine(status: Option<u16>) -> bool {
    status.is_none_or(|status| (200..500).contains(&status))
}

#[test]
fn heads_paths_and_headers_may_be_anything() {
    let fuzzed = Fuzzed::start();
    let cases = (line(), line(), noise(), 0..12_usize);
    let names = [
        "authorization",
        "x-forwarded-for",
        "forwarded",
        "x-forwarded-proto",
        "x-forwarded-host",
        "cookie",
        "content-type",
        "accept",
        "accept-encoding",
        "idempotency-key",
        "origin",
        "x-request-id",
    ];
    let outcome = runner(1).run(&cases, |(target, value, head, name)| {
        let path = [fuzzed.channel.as_bytes(), b"/", &target].concat();
        let target = [b"/", target.as_slice()].concat();
        let own = fuzzed.bearer.as_bytes();
        prop_assert!(is_fine(fuzzed.request("GET", &target, &[(names[name], &value)], b"")));
        prop_assert!(is_fine(fuzzed.request(
            "POST",
            &path,
            &[("authorization", own), (names[name], &value)],
            &head
        )));
        prop_assert!(is_fine(fuzzed.status(&[head.as_slice(), b"\r\n\r\n"].concat(), true)));
        for account in ["/api/v1/account/1/channel/list", "/inbox", "/c/none"] {
            let status = fuzzed.request("GET", account.as_bytes(), &[("authorization", &value)], b"");
            prop_assert!(is_fine(status) && (status != Some(200) || account == "/c/none"), "{:?}", status);
        }
        Ok(())
    });
    outcome.expect("answers");
    fuzzed.end();
}

#[test]
fn bodies_may_be_anything() {
    let fuzzed = Fuzzed::start();
    let types: [&[u8]; 4] = [
        b"application/json",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
        b"text/plain; charset=utf-16",
    ];
    let paths = [
        "/api/v1/account/1/channel",
        "/login",
        "/c/none",
        "/channels/none",
        "/api/v1/pushnotifications",
        "/step-up",
        "/reset",
    ];
    let outcome = runner(1).run(&(noise(), 0..types.len(), 0..paths.len()), |(body, kind, path)| {
        let basic = basic_bytes(format!("{USER}:{PASSWORD}").as_bytes());
        let own = if path == 4 { fuzzed.bearer.as_bytes() } else { basic.as_bytes() };
        let own_origin: &[(&str, &[u8])] =
            &[("authorization", own), ("content-type", types[kind]), ("sec-fetch-site", b"same-origin")];
        prop_assert!(is_fine(fuzzed.request("POST", paths[path].as_bytes(), own_origin, &body)));
        // In chunks, of which the lengths may be wrong as well.
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\nauthorization: {}\r\n\
             content-type: a/b\r\n\r\n3\r\nabc\r\n",
            fuzzed.channel, fuzzed.bearer
        );
        prop_assert!(is_fine(fuzzed.status(&[head.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat(), true)));
        Ok(())
    });
    outcome.expect("answers");
    fuzzed.end();
}

#[tokio::test]
async fn what_is_accepted_comes_back() {
    let app = App::with("limits.channels_per_account = 1000000").await;
    let (days, text) = (proptest::option::of(-2..400_i32), "\\PC{1,40}");
    let mut runner = runner(8);
    let strategy = (days.clone(), days, any::<bool>(), vec(any::<u8>(), 1..200), text);
    for _ in 0..runner.config().cases {
        let case = strategy.new_tree(&mut runner).expect("a case").current();
        let (least, most, prunes, payload, description) = case;
        let retention = json!({ "min_age_days": least, "max_age_days": most, "auto_prune": prunes });
        let is_right = least.is_none_or(|days| days >= 0)
            && most.is_none_or(|days| days >= 0 && least.is_none_or(|least| least <= days || days == 0));
        let reply = app.owner().create(&json!({ "retention": retention })).await;
        if !is_right {
            assert_eq!(reply.status, 400, "{retention}");
            continue;
        }
        let made: Value = serde_json::from_slice(&reply.body).expect("JSON");
        assert_eq!(made["retention"], retention);
        let channel = app.channel().await;
        channel.owner_token().write_as("application/octet-stream", payload.clone()).await.ok();
        let raw = channel.owner_token().call("GET", "/1", &[], "").await;
        assert_eq!(raw.body.as_ref(), payload);
        let path = format!("/channel/{}/api-token", channel.id);
        let issued = app.owner().send(&path, &json!({ "description": description })).await;
        let issued: Value = serde_json::from_slice(&issued.body).expect("JSON");
        assert!(
            description.trim().is_empty() || issued["description"] == json!(description),
            "{issued} {description:?}"
        );
    }
}

/// The file with some of its bytes changed, taken away, doubled or followed by others.
fn changed(file: &[u8], at: &[(prop::sample::Index, u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = file.to_vec();
    for (place, what, bytes) in at {
        let place = place.index(file.len().max(1)).min(file.len());
        match what % 4 {
            0 => drop(file.splice(place..(place + bytes.len()).min(file.len()), bytes.iter().copied())),
            1 => drop(file.splice(place..place, bytes.iter().copied())),
            2 => drop(file.drain(place..(place + bytes.len()).min(file.len()))),
            _ => file.extend_from_within(place..(place + bytes.len()).min(file.len())),
        }
    }
    file
}

/// Commands that read such files end with a code of their own, soon, and leave the database sound.
fn files_survive(installation: &Installation, file: &[u8], name: &str, commands: &[&[&str]]) {
    let edits = vec((any::<prop::sample::Index>(), any::<u8>(), noise()), 0..5);
    let outcome = runner(16).run(&edits, |edits| {
        fs::write(installation.root().join(name), changed(file, &edits)).expect("a file");
        for arguments in commands {
            let output = installation.run(arguments, "");
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            prop_assert!(matches!(output.status.code(), Some(0..=10)), "{:?}: {}", output.status, told);
            prop_assert!(!told.contains("panicked"), "{}", told);
        }
        Ok(())
    });
    outcome.expect("refused or taken");
    installation.succeed(&["check"], "");
}

#[tokio::test]
async fn exports_may_hold_anything() {
    let app = App::start().await;
    furnished(&app).await;
    let export = exported(&app.installation, &["--with-secrets"]);
    let elsewhere = Installation::with_account();
    files_survive(&elsewhere, export.as_bytes(), "export", &[&["import", "export"]]);
}

#[test]
fn dumps_may_hold_anything() {
    let installation = Installation::with_account();
    let commands: &[&[&str]] = &[&["import-reference", "dump", "--dry-run"], &["import-reference", "dump"]];
    files_survive(&installation, DUMP.as_bytes(), "dump", commands);
}

#[test]
fn backups_may_hold_anything() {
    let installation = Installation::with_account();
    installation.succeed(&["backup", "create", "whole"], "");
    let whole = fs::read(installation.root().join("whole")).expect("a backup");
    let commands: &[&[&str]] =
        &[&["backup", "verify", "backup"], &["restore", "backup", "--dry-run", "--yes"]];
    files_survive(&installation, &whole, "backup", commands);
}
