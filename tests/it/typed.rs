//! What can be typed: one grammar for all commands, flags where they do something, and what is refused before it does harm.

use crate::support::app::App;
use crate::support::process::{Installation, with_contact};

#[test]
fn numbers_sizes_and_times_are_read_alike_in_all_commands() {
    let client = Installation::empty();
    let (time, size, number) =
        ("write for example 90s, 12h or 30d", "write for example 65536, 64k", "whole number");
    for (typed, words) in [
        (&["bench", "x", "--seconds", "10"][..], time),
        (&["bench", "x", "--seconds", "0s"], "no time"),
        (&["bench", "x", "--seconds", "11m"], "at most 10m"),
        (&["read", "x", "--retry-for", "x"], time),
        (&["send", "x", "y", "--wait-answer", "1"], time),
        (&["health", "--wait", "5"], time),
        (&["bench", "x", "--bytes", "64x"], size),
        (&["bench", "x", "--bytes", "2M"], "not from 1 to 1048576"),
        (&["bench", "x", "--requests", "many"], number),
        (&["bench", "x", "--connections", "65"], "not from 1 to 64"),
        (&["read", "x", "--limit", "x"], number),
        (&["read", "x", "--limit", "0"], "not from 1"),
        (&["read", "x", "--after", "-1"], "-1"),
        (&["listen", "x", "--count", "0"], "not from 1"),
        (&["listen", "x", "--exec", " "], "nothing in it"),
        (&["listen", "--all-channels", "--since", "3"], "each channel counts its messages for itself"),
        (&["remote", "channel", "create", "--days", "0"], "not from 1"),
        (&["contact", "add", "x", "http://a", "--user", "u", "--account", "demo"], number),
        (&["contact", "add", ".a", "http://a/c/b"], "begins with a letter or digit"),
        (&["bench", "http://127.0.0.1:1"], "no address of a channel"),
    ] {
        client.fails(typed, "", 2, words);
    }
    client.fails(&["bench", "x", "--bytes", "64k", "--seconds", "1m 30s"], "", 7, "no contact");
}

#[tokio::test]
async fn a_token_ends_in_hours_on_a_day_or_at_a_moment() {
    let app = App::start().await;
    let id = app.channel().await.id;
    for (typed, ends) in
        [("12h", "T"), ("2199-01-31", "2199-01-31T00:00:00"), ("2199-01-31T12:00:00Z", "T12:00:00")]
    {
        let made = app.installation.succeed(&["token", "create", &id, "x", "--expires", typed, "--json"], "");
        let made: serde_json::Value = serde_json::from_str(&made).expect("JSON");
        assert!(made["expires_at"].as_str().is_some_and(|at| at.contains(ends)), "{typed}: {made}");
    }
    for wrong in ["tomorrow", "0s", "2001-01-31", "900000d"] {
        let asked = ["token", "create", &id, "x", "--expires", wrong];
        app.installation.fails(&asked, "", 2, "--expires: ");
    }
    app.installation.fails(&["token", "revoke", &id, "a-secret"], "", 2, "a token's id is a number");
}

#[test]
fn flags_stand_where_they_do_something() {
    let client = Installation::empty();
    let help = |command: &[&str]| client.succeed(&[command, &["--help"]].concat(), "");
    for command in [&["send"][..], &["contact", "key", "new"], &["remote", "token", "issue"], &["unseal"]] {
        assert!(!help(command).contains("--data-dir"), "{command:?}");
    }
    for command in [&[][..], &["serve"], &["account", "list"]] {
        let (_, server) = help(command)
            .split_once("Server options:\n")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("a heading");
        assert!(server.contains("--data-dir") && server.contains("--key-file"), "{command:?}");
    }
    let issue = help(&["remote", "token", "issue"]);
    for flag in ["--cacert", "--insecure-http", "--retry-for"] {
        assert!(issue.contains(flag), "{flag}: {issue}");
    }
    // None is wider than a terminal, where examples would break.
    for command in
        ["send", "read", "listen", "bench", "seal", "unseal", "contact add", "remote channel create"]
    {
        let words: Vec<_> = command.split(' ').collect();
        let help = help(&words);
        let examples = help.split_once("Examples:\n").expect("examples").1;
        assert!(examples.lines().all(|line| line.len() <= 80), "{examples}");
    }
}

#[test]
fn an_empty_passphrase_is_none_and_a_number_is_no_name() {
    let installation = Installation::with_account();
    std::fs::write(installation.root().join("empty"), "\n").expect("space");
    let with_key = ["backup", "create", "--with-key", "--passphrase-file", "empty", "copy"];
    installation.fails(&with_key, "", 2, "the passphrase in empty is empty");
    assert!(!installation.root().join("copy").exists());
    installation.fails(&["key", "rotate", "--to-passphrase-file", "empty"], "", 2, "is empty");
    installation.succeed(&["check"], "");

    let create = ["account", "create", "12", "--user", "anna", "--password-stdin"];
    installation.fails(&create, "a good password", 2, "is a number");
    // Scripts made for the reference may have made one, which is found by its name.
    assert_eq!(installation.createaccount("12", "anna", "short").1, Some(0));
    assert!(installation.succeed(&["account", "show", "12"], "").contains("12"));
    installation.fails(&["account", "show", "13"], "", 7, "no account");
}

#[tokio::test]
async fn what_is_sent_is_said_to_be_sent() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    let client = with_contact(&t);
    let program = client.command(&[]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "\"$0\" send shop hi > /dev/full"]).arg(program.get_program()).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("message 1 is sent, and only telling so failed"), "{said}");
    assert_eq!(output.status.code(), Some(1));
    client.succeed(&["send", "shop", "-"], "from a pipe");
    assert_eq!(crate::support::bearer::payload(&t.messages("").await[1]), b"from a pipe");
    client.fails(&["send", "shop", "--file", "nothing"], "", 2, "--file nothing: ");
}
