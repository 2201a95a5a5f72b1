//! Imports, with the disk and the lines that they may come upon: all is taken in and sound, or nothing.

use std::cell::Cell;
use std::fs;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::furnished::{exported, furnished, many_bytes};
use crate::support::process::Installation;

const TIME: &str = "2026-03-01T18:43:00.120Z";

/// Gives numbers out of random bytes, so that shrunk bytes are smaller files. What is usual is given for nothing.
struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn below(&mut self, end: u64) -> u64 {
        u64::from(self.0.next().copied().unwrap_or(0)) % end
    }

    /// Once in so many times.
    fn seldom(&mut self, times: u64) -> bool {
        self.below(times) == times - 1
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 1
    }
}

/// An export with two channels, of which most are possible.
fn export(bytes: &[u8], run: usize) -> (String, u64) {
    let mut dice = Dice(bytes.iter());
    let mut lines = vec![json!({"export": {"version": 1, "account": "first", "secrets": true}})];
    let mut tokens_of = Vec::new();
    for number in 1..=2 {
        let head = 4 + dice.below(4);
        lines.push(json!({"channel": {
            "number": if dice.seldom(40) { 3 } else { number }, "id": format!("run{run}channel{number}"), "created": TIME,
            "head": head, "public_read": dice.flag(), "public_write": dice.flag(), "sequenced": dice.flag(),
            "read_upto": dice.below(5), "archived_upto": dice.below(5),
        }}));
        let tokens = dice.below(4);
        for token in 1..=tokens {
            let since = dice.below(3);
            let mut said = json!({
                "channel": number, "number": token, "description": "a token", "can_read": true, "can_write": true,
                "can_delete": true, "created": TIME, "since": since, "read_upto": since + dice.below(3),
            });
            match dice.below(4) {
                0 => said["revoked"] = json!(TIME),
                1 => {}
                _ => said["secret"] = json!(format!("run{run}of{number}secret{token}")),
            }
            if dice.seldom(3) {
                said["owner"] = json!(true);
            }
            lines.push(json!({"token": said}));
        }
        tokens_of.push((head, tokens));
    }
    let mut messages = 0;
    let mut last = [0, 0];
    while messages < 12 && last.iter().zip(&tokens_of).any(|(last, (head, _))| last < head) {
        let channel = usize::try_from(dice.below(2)).expect("few");
        let (head, tokens) = tokens_of[channel];
        last[channel] += 1 + dice.below(2);
        if last[channel] > head && !dice.seldom(20) {
            break;
        }
        messages += 1;
        let from = match dice.below(tokens + 2) {
            0 => json!("anyone"),
            1 => json!("holder"),
            token => json!({"token": token - 1}),
        };
        let read_by: Vec<u64> = (1..=tokens).filter(|_| dice.flag()).collect();
        let mut message = json!({
            "channel": if dice.seldom(60) { 9 } else { channel + 1 }, "sequence": last[channel], "received": TIME,
            "from": from, "content_type": "text/plain", "payload": "aGVsbG8=", "read": dice.flag(),
            "archived": dice.flag(), "starred": dice.flag(), "read_by": read_by,
        });
        if dice.seldom(4) {
            message["snoozed_until"] = json!("2036-03-01T18:43:00.120Z");
        }
        if dice.seldom(6) {
            message["copy"] = json!("Y29weQ==");
        }
        lines.push(json!({"message": message}));
    }
    let tokens: u64 = tokens_of.iter().map(|(_, tokens)| tokens).sum();
    lines.push(json!({"end": {"keys": 0, "channels": 2, "tokens": tokens, "messages": messages}}));
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    (lines.join("\n") + "\n", messages)
}

fn channels(installation: &Installation) -> usize {
    let listed: Value =
        serde_json::from_str(&installation.succeed(&["channel", "list", "--json"], "")).expect("JSON");
    listed.as_array().expect("channels").len()
}

#[test]
fn whatever_lines_say_all_is_taken_in_and_sound_or_nothing() {
    let installation = Installation::with_account();
    let (runs, taken) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    let outcome = runner.run(&bytes, |bytes| {
        runs.set(runs.get() + 1);
        let (file, messages) = export(&bytes, runs.get());
        let before = channels(&installation);
        let output = installation.run(&["import", "-"], &file);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => {
                taken.set(taken.get() + 1);
                prop_assert_eq!(channels(&installation), before + 2);
                let told = String::from_utf8_lossy(&output.stdout).into_owned();
                prop_assert!(told.contains(&format!("{messages} messages")), "{}", told);
            }
            code => {
                prop_assert_eq!(code, Some(6), "{}\n{}", told, file);
                prop_assert!(told.contains("line ") && told.contains("nothing was imported"), "{}", told);
                prop_assert_eq!(channels(&installation), before);
            }
        }
        Ok(())
    });
    outcome.expect("all or nothing");
    let (runs, taken) = (runs.get(), taken.get());
    assert!(taken >= 10 && taken < runs, "{taken} of {runs} were taken in");
    installation.succeed(&["check"], "");
    // What was taken in is what an export says of it.
    let export = installation.succeed(&["export", "--account", "first", "--with-secrets"], "");
    let elsewhere = Installation::with_account();
    elsewhere.succeed(&["import", "-"], &export);
    assert_eq!(elsewhere.succeed(&["export", "--account", "first", "--with-secrets"], ""), export);
    elsewhere.succeed(&["check"], "");
}

#[tokio::test]
async fn a_line_that_is_wrong_is_named_and_nothing_is_imported() {
    let app = App::start().await;
    furnished(&app).await;
    let export = exported(&app.installation, &["--with-secrets"]);
    let elsewhere = Installation::with_account();
    let all: Vec<&str> = export.lines().collect();
    let last = all.len();
    let with = |line: usize, text: &str| {
        let mut changed = all.clone();
        changed[line - 1] = text;
        changed.join("\n") + "\n"
    };
    let at = |kind: &str| all.iter().position(|line| line.starts_with(kind)).expect("a line") + 1;
    let (channel, token) = (at("{\"channel\""), at("{\"token\""));
    let first_message = at("{\"message\"");
    let message = all[first_message - 1];
    let cases: Vec<(String, usize, &str)> = vec![
        (with(1, "{}"), 1, "no export"),
        (with(1, &all[0].replace("\"version\":1", "\"version\":2")), 1, "version 2"),
        (with(channel, "{\"channel\":"), channel, "is not JSON"),
        (with(channel, &all[channel - 1].replace("\"head\"", "\"haed\"")), channel, "other members"),
        (with(token, &all[token - 1].replace("\"number\":1", "\"number\":7")), token, "numbered from 1"),
        (
            with(first_message, &message.replace("\"sequence\":1,", "\"sequence\":100,")),
            first_message,
            "sequence",
        ),
        (
            with(first_message, &message.replace("\"sequence\":1,", "\"sequence\":-1,")),
            first_message,
            "negative",
        ),
        (
            with(first_message, &message.replace("\"channel\":1", "\"channel\":9")),
            first_message,
            "no channel",
        ),
        (with(first_message, &message.replace("\"payload\":\"", "\"payload\":\"!")), first_message, "base64"),
        (with(first_message, &message.replace("\"token\":3", "\"token\":99")), first_message, "no token"),
        (with(first_message + 1, message), first_message + 1, "not above those before it"),
        (with(last, ""), last, "is not JSON"),
        (all[..last - 1].join("\n") + "\n", last, "without the line of its end"),
        ([&all[..last - 2], &all[last - 1..]].concat().join("\n") + "\n", last - 1, "it is not whole"),
        (export.clone() + "{}\n", last + 1, "follows the end"),
        (with(2, &"x".repeat(49 << 20)), 2, "longer than"),
    ];
    let before = fs::read(elsewhere.database()).expect("the database");
    for (file, line, words) in cases {
        elsewhere.fails(&["import", "-"], &file, 6, &format!("line {line}: "));
        elsewhere.fails(&["import", "-"], &file, 6, words);
    }
    elsewhere.fails(&["import", "/nowhere/at all"], "", 4, "/nowhere/at all");
    assert!(fs::read(elsewhere.database()).expect("the database") == before, "nothing was written");
    elsewhere.succeed(&["import", "-"], &export);
    elsewhere.succeed(&["check"], "");
}

#[tokio::test]
async fn a_folder_that_is_served_takes_no_import() {
    let installation = Installation::with_account();
    let export = exported(&installation, &[]);
    let server = installation.serve("").await;
    installation.fails(&["import", "-"], &export, 4, "is in use by process");
    drop(server);
}

#[tokio::test]
async fn an_import_that_does_not_fit_on_the_disk_leaves_nothing() {
    let app = App::start().await;
    many_bytes(&app).await;
    let elsewhere = Installation::with_account();
    let file = elsewhere.root().join("export");
    fs::write(&file, exported(&app.installation, &[])).expect("space");
    let import = ["import", file.to_str().expect("text")];
    let inside = elsewhere.command(&import);
    // At most 8 MiB, whichever shell it is.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 8192 && trap '' XFSZ && exec \"$0\" \"$@\""]);
    command.arg(inside.get_program()).args(inside.get_args()).env_clear().current_dir(elsewhere.root());
    command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("a shell");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(elsewhere.succeed(&["channel", "list", "--json"], "").trim() == "[]");
    elsewhere.succeed(&["check"], "");
    let told = elsewhere.succeed(&import, "");
    assert_eq!(told, "imported 1 channel, 2 tokens, 12 messages\n");
}

#[tokio::test]
async fn an_account_that_is_full_after_an_import_is_told_so() {
    let app = App::start().await;
    let export = {
        many_bytes(&app).await;
        exported(&app.installation, &[])
    };
    let elsewhere = Installation::with_account();
    let mut command = elsewhere.command(&["import", "-"]);
    command.env("PEERBOX_LIMITS__STORAGE_PER_ACCOUNT", "1M");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the executable");
    std::io::Write::write_all(&mut child.stdin.take().expect("standard input"), export.as_bytes())
        .expect("taken");
    let output = child.wait_with_output().expect("an end");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("takes no messages above"), "{told}");
}

#[tokio::test]
async fn a_message_that_was_damaged_before_is_left_out_and_told_of() {
    let app = App::start().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("one").await;
    peer.wrote("two").await;
    app.edit("update message set sealed = zeroblob(80) where id = 1");
    let output = app.installation.run(&["export", "--account", "first"], "");
    assert_eq!(output.status.code(), Some(6));
    let export = String::from_utf8(output.stdout).expect("text");
    assert!(export.contains("\"damaged\":true"), "{export}");
    let elsewhere = Installation::with_account();
    let output = elsewhere.run(&["import", "-"], &export);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("messages that were damaged before and are left out: 1\n"),
        "{told}"
    );
    assert!(exported(&elsewhere, &[]).contains("\"head\":2"), "no number is used again");
    elsewhere.succeed(&["check"], "");
}

#[tokio::test]
async fn a_later_export_says_which_channels_it_does_not_bring() {
    let app = App::start().await;
    let (first, second) = (app.channel().await, app.channel().await);
    let peer = first.two_way().await;
    peer.wrote("one").await;
    second.owner_token().wrote("one").await;
    let elsewhere = Installation::with_account();
    elsewhere.succeed(&["import", "-"], &exported(&app.installation, &["--with-secrets"]));
    peer.wrote("two").await;
    let grown = exported(&app.installation, &["--with-secrets"]);
    let lacking = |messages| {
        let id = &first.id;
        let stays =
            format!("channel {id} was here already and stays as it is, without {messages} of the file");
        elsewhere.fails(&["import", "-"], &grown, 7, &stays);
        elsewhere.fails(&["import", "-"], &grown, 7, "1 known channel did not get what the file has");
    };
    lacking("1 message");
    // A number that was given here too is none of the file's.
    let server = elsewhere.serve("").await;
    let moved = Bearer { site: server.site.clone(), ..peer.clone() };
    assert_eq!(moved.wrote("another two").await, 2);
    assert_eq!(moved.wrote("three").await, 3);
    drop(server);
    lacking("1 message");
    let server = elsewhere.serve("").await;
    let moved = Bearer { site: server.site.clone(), ..first.owner_token() };
    moved.delete(1).await.is(204);
    drop(server);
    lacking("2 messages");
    let mut server = elsewhere.serve("").await;
    server.owner().delete(&first.id).await.is(204);
    server.signal("TERM");
    assert!(server.end().await.success());
    assert_eq!(elsewhere.succeed(&["import", "-"], &grown), "imported 1 channel, 2 tokens, 2 messages\n");
}
