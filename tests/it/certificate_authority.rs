//! What an authority answers that is asked for a certificate, and what is told of it.

use serde_json::Value;

use crate::support::acme::{Acme, Answer};
use crate::support::process::Installation;
use crate::support::soon;

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_it() {
    let acme =
        Acme::start(|path| (path == "/directory").then(|| (200, "", "x".repeat(8 * 1024 * 1024)))).await;
    let installation = Installation::with_account();
    let server = installation.serve_with(&acme.settings()).await;
    server.says("its answer is longer than 1 MiB").await;
}

#[tokio::test]
async fn what_an_authority_writes_is_one_short_line_wherever_it_is_told() {
    let acme = Acme::start(|path| {
        let detail = "\\u001b[31mno\\n2026-01-01 ERROR forged\\r\\u0007".to_owned() + &"y".repeat(20_000);
        let problem = format!("{{\"type\":\"urn:x\",\"detail\":\"{detail}\"}}");
        (path == "/newAccount").then_some((403, "", problem))
    })
    .await;
    let installation = Installation::with_account();
    let server = installation.serve_with(&acme.settings()).await;
    let log = server.says("no certificate came").await;
    let line = log.lines().find(|line| line.contains("no certificate came")).expect("a line");
    assert!(line.contains("[31mno 2026-01-01 ERROR forged yyy") && line.len() < 600, "{line}");
    assert!(!line.contains(char::is_control), "{line:?}");
    let told = doctor(&installation, &[]).await;
    let line = told.lines().find(|line| line.contains("forged")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("[31mno 2026-01-01 ERROR forged yyy") && line.chars().count() < 400, "{line}");
}

/// What `doctor` tells when the server has written down that no certificate came.
async fn doctor(installation: &Installation, more: &[&str]) -> String {
    let mut command = installation.command(&[&["doctor", "--config", "config.toml"], more].concat());
    let mut told = String::new();
    soon("doctor", async {
        while !told.contains("the first one did not come: ") {
            told = String::from_utf8(command.output().expect("doctor").stdout).expect("text");
            tokio::task::yield_now().await;
        }
    })
    .await;
    told
}

/// How long the server waits after such an answer there, and what it says of it.
async fn pause_after(place: &'static str, answer: Answer) -> (f64, String) {
    let acme = Acme::start(move |path| (path == place).then(|| answer.clone())).await;
    let installation = Installation::with_account();
    let server = installation.serve_with(&acme.settings()).await;
    let log = server.says("no certificate came").await;
    let line = log.lines().find(|line| line.contains("no certificate came")).expect("a line").to_owned();
    let (_, pause) = line.split_once("again_in=").expect("a pause");
    let pause = pause.split('s').next().and_then(|seconds| seconds.parse().ok()).expect("seconds");
    let told: Value = serde_json::from_str(&doctor(&installation, &["--json"]).await).expect("JSON");
    let says = |one: &Value| Some(one["says"].as_str()?.to_owned()).filter(|_| one["what"] == "Certificate");
    let says: Vec<String> = told.as_array().expect("a list").iter().filter_map(says).collect();
    assert!(says.len() == 1 && says[0].starts_with("the first one did not come: "), "{says:?}");
    (pause, line)
}

fn problem(kind: &str) -> String {
    format!("{{\"type\":\"urn:ietf:params:acme:error:{kind}\",\"detail\":\"so it is\"}}")
}

#[tokio::test]
async fn faults_of_an_authority_are_told_apart() {
    let order = "/newOrder/1";
    for (place, answer, within, words) in [
        (order, (400, "", problem("badNonce")), 5.0..7.0, "is disturbed: "),
        (order, (500, "", problem("serverInternal")), 5.0..7.0, "is disturbed: "),
        (order, (403, "", problem("unauthorized")), 120.0..160.0, "refuses: "),
        (
            "/newAccount",
            (429, "retry-after: 3600\r\n", problem("rateLimited")),
            3600.0..3700.0,
            "asked later: ",
        ),
        ("/newAccount", (429, "", problem("rateLimited")), 120.0..160.0, "refuses: "),
        ("/newNonce", (503, "retry-after: 100\r\n", String::new()), 100.0..110.0, "503 Service Unavailable"),
        ("/newAccount", (500, "", "oops".to_owned()), 5.0..7.0, "it answers 500 Internal Server Error"),
        (
            "/directory",
            (200, "", "<html>".to_owned()),
            5.0..7.0,
            "does not speak like an authority: expected value",
        ),
    ] {
        let what = format!("{place} {answer:?}");
        let (pause, line) = pause_after(place, answer).await;
        assert!(within.contains(&pause) && line.contains(words), "{what}: {line}");
        assert_eq!(line.matches("expected value").count(), usize::from(words.contains("expected")), "{line}");
    }
}
