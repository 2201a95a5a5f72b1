//! What commands print, where, and how they end.

use std::process::Output;

use serde_json::Value;

use crate::support::process::Installation;

/// That a command ends with this code, prints no data, and says one sentence that contains these words.
#[track_caller]
fn refused(output: &Output, code: i32, words: &str) {
    let sentence = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{sentence}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(sentence.starts_with("peerbox: ") && sentence.trim().lines().count() == 1, "{sentence}");
    assert!(sentence.contains(words), "{sentence}");
}

fn json(output: &str) -> Value {
    serde_json::from_str(output).expect("JSON")
}

#[test]
fn a_bare_call_prints_help_and_the_exit_codes() {
    let output = Installation::empty().run(&[], "");
    let help = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    for part in ["serve", "account", "Exit codes:", "master key is missing"] {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let installation = Installation::empty();
    for arguments in
        [&["frobnicate"][..], &["account"], &["account", "create", "x"], &["-createaccount", "x"]]
    {
        assert_eq!(installation.run(arguments, "").status.code(), Some(2), "{arguments:?}");
    }
    refused(
        &installation.run(&["account", "create", "a", "--user", "b:c", "--password-stdin"], "p"),
        2,
        "colon",
    );
}

#[test]
fn listing_what_is_not_there_makes_nothing() {
    let installation = Installation::empty();
    refused(&installation.run(&["account", "list"], ""), 4, "there is no database");
    assert!(!installation.data_dir().exists() && !installation.key_file().exists());
}

#[test]
fn a_new_account_is_data_and_its_new_key_is_told() {
    let installation = Installation::empty();
    let output = installation
        .run(&["account", "create", "My shop", "--user", "anna", "--password-stdin"], "a good password\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "My shop account-id:1\n");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(&installation.key_file().display().to_string()), "{told}");
    assert!(told.contains("back it up"), "{told}");
}

#[test]
fn names_that_are_taken_end_with_7() {
    let installation = Installation::with_account();
    let create = |name: &str, user: &str, more: &[&str]| {
        let arguments = ["account", "create", name, "--user", user, "--password-stdin"];
        installation.run(&[&arguments, more].concat(), "a good password")
    };
    refused(&create("first", "another", &[]), 7, "account \"first\" exists");
    assert_eq!(create("first", "another", &["--if-not-exists"]).stdout, b"first account-id:1\n");
    refused(&create("second", "username", &[]), 7, "user \"username\" exists");
    assert_eq!(
        json(&installation.succeed(&["account", "list", "--json"], "")).as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn a_short_password_needs_to_be_allowed_by_name() {
    let installation = Installation::empty();
    let arguments = ["account", "create", "a", "--user", "anna", "--password-stdin"];
    refused(&installation.run(&arguments, "1234567\n"), 2, "--allow-weak-password");
    assert!(!installation.database().exists(), "a refusal leaves nothing behind");
    installation.succeed(&[&arguments[..], &["--allow-weak-password"]].concat(), "1234567\n");
    refused(&installation.run(&["user", "passwd", "anna", "--password-stdin"], "short"), 2, "at least 8");
    refused(
        &installation.run(&["user", "passwd", "anna", "--password-stdin", "--allow-weak-password"], "\n"),
        2,
        "at least 1",
    );
}

#[test]
fn passwords_in_the_environment_are_for_signing_in_and_become_nobodys_new_one() {
    let installation = Installation::with_account();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = installation.command(arguments);
        command.envs(variables.iter().copied()).stdin(std::process::Stdio::null());
        command.output().expect("the executable")
    };
    let file = installation.root().join("password");
    std::fs::write(&file, "a good password\n").expect("space");
    let file = file.to_str().expect("text");
    let (given, in_file) = (("PEERBOX_PASSWORD", "a good password"), ("PEERBOX_PASSWORD_FILE", file));
    for variables in [&[][..], &[given], &[in_file]] {
        for new in [
            &["user", "passwd", "username"][..],
            &["user", "add", "anna", "--account", "1"],
            &["account", "create", "second", "--user", "anna"],
        ] {
            refused(&run(new, variables), 2, "--password-stdin");
        }
    }
    let server = [
        "remote",
        "--server",
        "http://127.0.0.1:1",
        "--user",
        "username",
        "--retry-for",
        "0s",
        "channel",
        "list",
    ];
    refused(&run(&server, &[]), 2, "--password-stdin, or set PEERBOX_PASSWORD_FILE or PEERBOX_PASSWORD");
    refused(&run(&server, &[given]), 12, "http://127.0.0.1:1");
    refused(&run(&server, &[in_file]), 12, "http://127.0.0.1:1");
    refused(&run(&server, &[in_file, given]), 3, "PEERBOX_PASSWORD_FILE");
    refused(&run(&server, &[("PEERBOX_PASSWORD_FILE", "/nowhere")]), 3, "/nowhere");
    let nowhere = [
        "remote",
        "--server",
        "127.0.0.1:5010",
        "--user",
        "username",
        "--retry-for",
        "0s",
        "channel",
        "list",
    ];
    refused(&run(&nowhere, &[given]), 2, "--server: this is no address");
}

#[test]
fn accounts_are_shown_by_id_and_by_name() {
    let installation = Installation::empty();
    installation.create_account("a_b", "anna", "a good password");
    for account in ["1", "a b", "a_b"] {
        let shown = json(&installation.succeed(&["account", "show", account, "--json"], ""));
        assert_eq!((&shown["id"], &shown["name"]), (&1.into(), &"a b".into()));
        assert_eq!(shown["users"][0]["name"], "anna");
    }
    refused(&installation.run(&["account", "show", "2"], ""), 7, "no account \"2\"");
    let table = installation.succeed(&["account", "list"], "");
    assert!(table.starts_with("ID ") && table.contains("a b"), "{table}");
}

#[test]
fn disabling_and_enabling_show() {
    let installation = Installation::with_account();
    let enabled = || json(&installation.succeed(&["account", "show", "1", "--json"], ""))["enabled"].clone();
    installation.succeed(&["account", "disable", "first"], "");
    assert_eq!(enabled(), false);
    installation.succeed(&["account", "enable", "first"], "");
    assert_eq!(enabled(), true);
}

#[test]
fn users_come_and_go() {
    let installation = Installation::with_account();
    let add = ["user", "add", "second", "--account", "first", "--password-stdin"];
    installation.succeed(&add, "a good password");
    refused(&installation.run(&add, "a good password"), 7, "exists");
    let users = || json(&installation.succeed(&["user", "list", "--json"], ""));
    let names = |users: &Value| -> Vec<String> {
        users
            .as_array()
            .expect("a list")
            .iter()
            .map(|user| user["name"].as_str().unwrap_or("").to_owned())
            .collect()
    };
    assert_eq!(names(&users()), ["username", "second"]);
    assert_eq!(users()[0]["admin"], true, "the first user of a server manages it");
    refused(&installation.run(&["user", "delete", "second"], ""), 2, "--yes");
    installation.succeed(&["user", "delete", "second", "--yes"], "");
    assert_eq!(names(&users()), ["username"]);
    refused(&installation.run(&["user", "passwd", "second", "--password-stdin"], "x"), 7, "no user");
}

#[test]
fn an_account_is_named_at_its_place_or_with_a_flag() {
    let installation = Installation::with_account();
    installation.create_account("demo", "anna", "a good password");
    installation.succeed(&["user", "add", "bert", "demo", "--password-stdin"], "a good password");
    refused(&installation.run(&["user", "add", "carl", "--password-stdin"], "a good password"), 2, "ACCOUNT");
    for account in [&["demo"][..], &["2"], &["--account", "demo"]] {
        let listed = |command: &str| {
            json(&installation.succeed(&[&[command, "list", "--json"][..], account].concat(), ""))
        };
        let users = listed("user");
        let names: Vec<_> = users.as_array().expect("a list").iter().map(|user| &user["name"]).collect();
        assert_eq!(names, ["anna", "bert"], "{account:?}");
        assert_eq!(listed("channel"), Value::Array(Vec::new()), "{account:?}");
    }
    for command in ["user", "channel"] {
        refused(&installation.run(&[command, "list", "nobody"], ""), 7, "no account");
        let twice = installation.run(&[command, "list", "demo", "--account", "demo"], "");
        assert_eq!(twice.status.code(), Some(2));
    }
}

#[test]
fn a_sound_file_is_told_and_a_damaged_one_ends_with_6() {
    let installation = Installation::with_account();
    let report = json(&installation.succeed(&["check", "--json"], ""));
    assert_eq!(report["faults"], Value::Array(Vec::new()));
    assert!(report["sealed_values"].as_i64() >= Some(3), "{report}");

    let mut bytes = std::fs::read(installation.database()).expect("the file");
    let before = bytes.len();
    // The last page in use is a table's or an index's leaf; its end holds the oldest row.
    let end = bytes.iter().rposition(|byte| *byte != 0).expect("content");
    bytes[end] ^= 1;
    bytes.truncate(before);
    std::fs::write(installation.database(), bytes).expect("space");
    let output = installation.run(&["check"], "");
    assert_eq!(output.status.code(), Some(6), "{output:?}");
}

#[test]
fn another_programs_file_and_a_newer_version_end_with_5() {
    let installation = Installation::with_account();
    let original = std::fs::read(installation.database()).expect("the file");
    let overwrite = |at: usize, value: u32| {
        let mut bytes = original.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        std::fs::write(installation.database(), bytes).expect("space");
        installation.run(&["account", "list"], "")
    };
    // Offsets of the SQLite file format: `user_version` at 60, `application_id` at 68.
    refused(&overwrite(60, 99), 5, "99");
    refused(&overwrite(68, 7), 5, "not a peerbox database");
    std::fs::write(installation.database(), "a text file, long enough to be none of ours".repeat(50))
        .expect("space");
    refused(&installation.run(&["account", "list"], ""), 5, "not a peerbox database");
}

#[test]
fn a_missing_or_wrong_key_ends_with_10() {
    let installation = Installation::with_account();
    refused(&installation.run(&["--key-file", "/nowhere/key", "account", "list"], ""), 10, "/nowhere/key");
    let other = Installation::with_account();
    let key = other.key_file();
    refused(&installation.run(&["--key-file", key.to_str().expect("text"), "check"], ""), 10, "master key");
}

#[test]
fn a_rotated_key_opens_and_the_one_before_does_not() {
    let installation = Installation::with_account();
    let path = installation.key_file();
    let before = std::fs::read(&path).expect("a key");
    installation.succeed(&["key", "rotate"], "");
    installation.succeed(&["check"], "");
    let previous = path.with_file_name("master.key.previous");
    assert_ne!(std::fs::read(&path).expect("a key"), before);
    assert_eq!(std::fs::read(&previous).expect("a key"), before);
    let previous = previous.to_str().expect("text");
    refused(&installation.run(&["--key-file", previous, "check"], ""), 10, "master key");

    let next = installation.root().join("next.key");
    let next = next.to_str().expect("text");
    installation.succeed(&["key", "rotate", "--to", next], "");
    refused(&installation.run(&["check"], ""), 10, "master key");
    installation.succeed(&["--key-file", next, "check"], "");
}

#[test]
fn a_passphrase_can_take_the_keys_place() {
    let installation = Installation::with_account();
    let file = installation.root().join("passphrase");
    std::fs::write(&file, "open sesame\n").expect("space");
    let file = file.to_str().expect("text");
    installation.succeed(&["key", "rotate", "--to-passphrase-file", file], "");
    refused(&installation.run(&["check"], ""), 10, "PEERBOX_PASSPHRASE_FILE");
    let check = |passphrase: &str| {
        std::fs::write(file, passphrase).expect("space");
        installation
            .command(&["check"])
            .env("PEERBOX_PASSPHRASE_FILE", file)
            .output()
            .expect("the executable")
    };
    assert!(check("open sesame").status.success());
    refused(&check("close sesame"), 10, "the passphrase does not open");

    std::fs::write(file, "s\u{e9}same, open").expect("space");
    let present = installation.root().join("present");
    std::fs::write(&present, "open sesame").expect("space");
    let mut rotate = installation.command(&["key", "rotate", "--to-passphrase-file", file]);
    let rotated = rotate.env("PEERBOX_PASSPHRASE_FILE", present).output().expect("the executable");
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    assert!(check("se\u{301}same, open").status.success(), "the same letters from another keyboard");
    refused(&check("sesame, open"), 10, "the passphrase does not open");
}

#[test]
fn a_new_key_never_overwrites() {
    let installation = Installation::empty();
    let path = installation.key_file();
    assert_eq!(installation.succeed(&["key", "where"], ""), format!("{}\n", path.display()));
    assert_eq!(installation.succeed(&["key", "new"], ""), format!("{}\n", path.display()));
    refused(&installation.run(&["key", "new"], ""), 7, "exists");
    installation.create_account("a", "anna", "a good password");
    assert_eq!(json(&installation.succeed(&["key", "where", "--json"], ""))["exists"], true);
}

/// The number that the name of the last step to the current schema begins with.
fn last_migration() -> i64 {
    let steps = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/steps")).expect("steps");
    let names = steps.map(|step| step.expect("a step").file_name().display().to_string());
    let numbers = names.filter_map(|name| name.split('_').next()?.parse().ok());
    numbers.max().expect("a step")
}

#[test]
fn a_channel_for_callbacks_comes_with_all_that_a_processor_is_told() {
    let installation = Installation::with_account();
    let create = ["channel", "create", "1", "--for", "callbacks"];
    let output = installation.run(&create, "");
    let (data, words) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(data.starts_with("/api/v1/channel/") && data.lines().count() == 2, "{data}");
    assert!(words.contains("server.base_url is not set") && !words.contains("X-CallbackUrl"), "{words}");
    let mut public = installation.command(&create);
    let output = public.env("PEERBOX_SERVER__BASE_URL", "https://box.example.org/inbox").output();
    let output = output.expect("an end");
    let (data, words) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let (address, secret) = data.trim().split_once('\n').expect("two lines");
    assert!(address.starts_with("https://box.example.org/inbox/api/v1/channel/"), "{data}");
    for line in [
        format!("X-CallbackUrl: {address}\nX-CallbackToken: {secret}\n"),
        format!("\"callBackUrl\": \"{address}\",\n  \"callBackToken\": \"Bearer {secret}\""),
        format!("curl -H 'Authorization: Bearer {secret}'"),
    ] {
        assert!(words.contains(&line), "{line}: {words}");
    }
}

#[test]
fn the_program_describes_itself() {
    let installation = Installation::empty();
    let versions = json(&installation.succeed(&["version", "--json"], ""));
    assert_eq!(versions["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(versions["schema"], last_migration());
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(installation.succeed(&["completions", shell], "").contains("passwd"), "{shell}");
    }
    assert!(installation.succeed(&["man"], "").contains("Exit codes"));
    installation.succeed(&["man", "--dir", "pages"], "");
    assert!(installation.root().join("pages/peerbox-account-create.1").exists());
    assert!(!installation.root().join("pages/peerbox-account-help.1").exists());
}

#[test]
fn the_compose_sample_fits_the_containerfile_and_sets_what_exists() {
    const CONTAINERFILE: &str = include_str!("../../Containerfile");
    let installation = Installation::empty();
    let sample = installation.succeed(&["init", "--docker"], "");
    let lines = || sample.lines().map(|line| line.trim_start_matches(['#', ' ']));
    let mut check = installation.command(&["config", "check"]);
    let settings: Vec<_> = lines().filter(|line| line.starts_with("PEERBOX_")).collect();
    assert_eq!(settings.len(), 2, "{sample}");
    for setting in settings {
        let (variable, value) = setting.split_once(": ").expect("a value");
        check.env(variable, value.trim_matches('"'));
    }
    let output = check.output().expect("the program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let places: Vec<_> = lines().filter_map(|line| line.strip_prefix("- ")?.split_once(":/")).collect();
    let volumes: Vec<_> = places.iter().map(|(_, folder)| format!("\"/{folder}\"")).collect();
    assert!(CONTAINERFILE.contains(&format!("VOLUME [{}]", volumes.join(", "))), "{places:?}");
    let port = CONTAINERFILE.lines().find_map(|line| line.strip_prefix("EXPOSE ")).expect("a port");
    assert!(sample.contains(&format!("\"127.0.0.1:{port}:{port}\"")), "{sample}");
    assert!(CONTAINERFILE.contains(&format!("PEERBOX_SERVER__LISTEN=0.0.0.0:{port}")), "{CONTAINERFILE}");
}
