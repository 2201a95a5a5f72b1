//! Where settings come from, and what is said about those that cannot be used.

use std::process::Output;

use crate::support::process::Installation;

struct Case {
    installation: Installation,
    variables: Vec<(String, String)>,
}

impl Case {
    fn new() -> Self {
        Self { installation: Installation::empty(), variables: Vec::new() }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file below the installation's folder and gives its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.installation.root().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("space");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.installation.command(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.output().expect("the executable")
    }

    /// What `config show` says about a setting: value and origin.
    #[track_caller]
    fn shown(&self, arguments: &[&str], key: &str) -> (String, String) {
        let output = self.run(&[&["config", "show", "--json"], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let settings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let setting = settings.as_array().expect("a list").iter().find(|setting| setting["key"] == key);
        let text = |name: &str| setting.expect(key)[name].as_str().expect("a text").to_owned();
        (text("value"), text("from"))
    }

    /// That the configuration is refused with exit code 3 and one sentence, which this gives.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["config", "check"], arguments].concat());
        let errors = String::from_utf8(output.stderr).expect("text");
        assert_eq!((output.status.code(), errors.lines().count()), (Some(3), 1), "{errors}");
        assert!(output.stdout.is_empty());
        errors.trim().to_owned()
    }
}

#[test]
fn nothing_set_is_a_usable_configuration() {
    let case = Case::new();
    assert!(case.run(&["config", "check"]).status.success());
    assert_eq!(case.shown(&[], "server.listen"), ("127.0.0.1:5010".to_owned(), "default".to_owned()));
    let data = case.installation.data_dir().display().to_string();
    assert_eq!(case.shown(&[], "data.dir"), (data, "XDG_DATA_HOME".to_owned()));
}

#[test]
fn a_flag_is_stronger_than_a_variable_than_a_file_than_the_default() {
    let case = Case::new();
    let check = |case: &Case, arguments: &[&str], expect: &str| {
        assert_eq!(case.shown(arguments, "log.format").1, expect);
    };
    check(&case, &[], "default");
    let file = case.file("peerbox.toml", "[log]\nformat = \"json\"\n");
    check(&case, &["--config", &file], &file);
    let case = case.variable("PEERBOX_LOG__FORMAT", "text");
    check(&case, &["--config", &file], "PEERBOX_LOG__FORMAT");
    check(&case, &["--config", &file, "--log-format", "json"], "--log-format");
}

#[test]
fn the_persons_own_file_is_found_without_being_named() {
    let case = Case::new();
    let file = case.file("config/peerbox/config.toml", "[ui]\ntitle = \"Anna's box\"\n");
    assert_eq!(case.shown(&[], "ui.title"), ("Anna's box".to_owned(), file));
}

#[test]
fn a_variable_may_name_a_file_that_holds_the_value() {
    let case = Case::new();
    let file = case.file("notice", "Down on Sunday.\n");
    let case = case.variable("PEERBOX_UI__NOTICE_FILE", &file);
    assert_eq!(case.shown(&[], "ui.notice").0, "Down on Sunday.");
    let case = case.variable("PEERBOX_UI__NOTICE", "Down on Monday.");
    let sentence = case.refused(&[]);
    assert!(sentence.contains("PEERBOX_UI__NOTICE and PEERBOX_UI__NOTICE_FILE"), "{sentence}");
}

#[test]
fn variables_of_the_reference_server_still_work() {
    let case = Case::new().variable("AppConfiguration:MaxMessageContentLength", "1234");
    assert_eq!(case.shown(&[], "limits.message_bytes").0, "1234");
}

#[test]
fn mistakes_are_refused_by_source_and_key_with_advice() {
    let check = |text: &str, parts: &[&str]| {
        let case = Case::new();
        let file = case.file("bad.toml", text);
        let sentence = case.refused(&["--config", &file]);
        assert!(sentence.contains(&file), "{sentence}");
        for part in parts {
            assert!(sentence.contains(part), "{part} is not in {sentence}");
        }
    };
    check("[server]\nlistne = \"x\"", &["server.listne", "did you mean \"server.listen\""]);
    check("[srever]\nlisten = \"x\"", &["\"srever\"", "did you mean \"server\""]);
    check("[server]\nlisten = \"5010\"", &["server.listen", "127.0.0.1:5010"]);
    check("[limits]\nmessage_bytes = \"17M\"", &["limits.message_bytes", "16M"]);
    check("[limits]\nlogin = \"often\"", &["limits.login", "5 per 15m"]);
    check("[sessions]\nidle = \"90\"", &["sessions.idle", "30d"]);
    check("[api]\npublic_access = \"no\"", &["api.public_access", "honour, off"]);
}

#[test]
fn all_mistakes_of_all_sources_are_told_at_once() {
    let case = Case::new();
    let file = case.file("bad.toml", "[server]\nlisten = \"5010\"\n[log]\nformat = \"xml\"\nwrong = 1");
    let case = case.variable("PEERBOX_UI__TITLE", "").variable("PEERBOX_LIMITS__LOGIN", "often");
    let case = case.variable("PEERBOX_ZZZ", "1");
    for command in ["check", "show"] {
        let output = case.run(&["config", command, "--config", &file]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{told}");
        let lines: Vec<_> = told.lines().collect();
        assert_eq!((lines[0], lines.len()), ("peerbox: the configuration has 6 mistakes:", 7), "{told}");
        for part in
            ["server.listen", "log.format", "\"log.wrong\"", "ui.title", "limits.login", "PEERBOX_ZZZ"]
        {
            assert!(lines.iter().any(|line| line.contains(part)), "{part} in {told}");
        }
    }
}

#[test]
fn files_that_a_server_could_not_use_are_refused_as_by_the_server() {
    let case = Case::new();
    let text = case.file("text", "no certificate, no key");
    let check = |name: &str, toml: &str, parts: &[&str]| {
        let file = case.file(name, toml);
        for command in [&["config", "check"][..], &["serve", "--only-check"]] {
            let output = case.run(&[command, &["--config", &file]].concat());
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{command:?}: {told}");
            assert_eq!(told.lines().count(), parts.len() + usize::from(parts.len() > 1), "{told}");
            for part in parts {
                assert!(told.contains(part), "{part} is not in {told}");
            }
        }
        let output = case.run(&["serve", "--listen", "127.0.0.1:0", "--config", &file]);
        assert!(matches!(output.status.code(), Some(3 | 10)), "{output:?}");
    };
    let smtp = "smtp.host = 'a.example.org'\nsmtp.from = 'b@example.org'\nsmtp.user = 'b'\n\
                server.base_url = 'https://a.example.org'\n";
    check("1", &format!("tls.cert_file = '/nosuch.pem'\ntls.key_file = '{text}'"), &["/nosuch.pem"]);
    check("2", &format!("tls.cert_file = '{text}'\ntls.key_file = '{text}'"), &["holds no certificate"]);
    check("3", "push.fcm_service_account_file = '/nosuch.json'", &["/nosuch.json"]);
    check("4", &format!("{smtp}smtp.password_file = '/nosuch'"), &["/nosuch"]);
    check("5", &format!("push.root_file = '{text}'"), &["push.root_file names"]);
    let acme = "tls.domains = ['a.example.org']\n";
    check("6", &format!("{acme}tls.acme_root_file = '{text}'"), &["tls.acme_root_file names"]);
    check("7", &format!("data.key_file = '{text}'"), &["does not hold a key"]);
    let several =
        format!("{smtp}smtp.password_file = '/nosuch'\npush.root_file = '/none'\ndata.key_file = '{text}'");
    check("8", &several, &["/nosuch", "/none", "does not hold a key"]);
}

#[test]
fn unknown_variables_are_refused_with_the_nearest_one() {
    let sentence = Case::new().variable("PEERBOX_SERVER__LISTNE", "x").refused(&[]);
    assert!(sentence.contains("did you mean \"PEERBOX_SERVER__LISTEN\"?"), "{sentence}");
}

#[test]
fn a_configuration_file_that_is_named_must_be_there() {
    let sentence = Case::new().refused(&["--config", "/nowhere/peerbox.toml"]);
    assert!(sentence.contains("--config") && sentence.contains("/nowhere/peerbox.toml"), "{sentence}");
}

#[test]
fn a_usual_file_that_cannot_be_looked_at_is_not_passed_over() {
    let case = Case::new();
    let folder = case.installation.root().join("round");
    std::os::unix::fs::symlink(&folder, &folder).expect("a link that leads to itself");
    let case = case.variable("XDG_CONFIG_HOME", folder.to_str().expect("a path in UTF-8"));
    let refusal = case.refused(&[]);
    assert!(refusal.contains("round/peerbox/config.toml"), "{refusal}");
}

#[test]
fn every_setting_is_explained_and_the_readme_names_only_what_there_is() {
    let output = Case::new().run(&["config", "keys"]);
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(
        printed.contains("limits.message_bytes = 1M\n    The longest message, at most 16M.\n"),
        "{printed}"
    );
    assert!(printed.contains("server.base_url = (unset)\n"), "{printed}");
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("\n## Configuration\n").expect("the section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let told: Vec<_> = rows.map(|(key, rest)| (key, rest.split(" | ").next().unwrap_or_default())).collect();
    assert!(told.len() > 5, "{told:?}");
    for (key, default) in told {
        let default = if default == "unset" { "(unset)" } else { default.trim_matches('`') };
        assert!(printed.contains(&format!("{key} = {default}\n")), "README: {key} = {default}");
    }
    let manual = Case::new().run(&["config", "--help"]);
    assert!(String::from_utf8_lossy(&manual.stdout).contains("limits.message_bytes = 1M"));
}

#[test]
fn an_empty_list_of_domains_is_none() {
    let case = Case::new().variable("PEERBOX_TLS__DOMAINS", "");
    assert_eq!(case.run(&["config", "check"]).status.code(), Some(0));
    assert_eq!(case.shown(&[], "server.listen").0, "127.0.0.1:5010");
}

#[test]
fn what_a_start_warns_of_is_said_before_it() {
    let warned = |listen: &str| {
        let output = Case::new().variable("PEERBOX_METRICS__LISTEN", listen).run(&["config", "check"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8_lossy(&output.stderr).contains("everybody who reaches metrics.listen")
    };
    assert!(warned("0.0.0.0:9101"));
    assert!(!warned("127.0.0.1:9101"));
    let refused = Case::new().variable("PEERBOX_METRICS__LISTEN", "0.0.0.0").refused(&[]);
    assert!(refused.contains("127.0.0.1:9101") && !refused.contains("https://"), "{refused}");
}
