//! What an authority answers that is asked for a certificate, and what is told of it.

use crate::support::acme::Acme;
use crate::support::process::Installation;

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
    let told = installation.command(&["doctor", "--config", "config.toml"]).output().expect("doctor");
    let told = String::from_utf8(told.stdout).expect("text");
    let line = told.lines().find(|line| line.contains("forged")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("[31mno 2026-01-01 ERROR forged yyy") && line.chars().count() < 400, "{line}");
}
