//! The README's promises, taken from its own text.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::app::App;
use crate::support::person::Person;
use crate::support::process::Installation;

const README: &str = include_str!("../../README.md");

/// The shell lines of the first code block after these words.
fn lines_after(words: &str) -> String {
    let (_, rest) = README.split_once(words).expect("the words");
    let (_, block) = rest.split_once("```sh\n").expect("a code block");
    block.split_once("```").expect("its end").0.to_owned()
}

/// What stands between the end of these words, which open it, and the next backtick.
fn inline_code(words: &str) -> String {
    let (_, rest) = README.split_once(words).expect("the words");
    rest.split('`').next().unwrap_or_default().to_owned()
}

/// All that `cargo test` needs beside the toolchain.
fn requires(tools: &[&str]) {
    for tool in tools {
        let found = Command::new(tool).arg("--version").output();
        assert!(found.is_ok(), "cargo test needs `{tool}`, which is not there: {found:?}");
    }
}

#[tokio::test]
async fn the_first_exchange_works_when_pasted_and_goes_on_in_the_browser() {
    requires(&["bash", "curl"]);
    let installation = Installation::empty();
    let server = installation.serve("").await;
    let built = Path::new(env!("CARGO_BIN_EXE_peerbox")).parent().expect("a folder");
    let answer = lines_after("## First message in two minutes\n")
        + &lines_after("On the wire it is:\n")
        + &inline_code("gets the answer with `");
    let script = answer
        .replace("http://127.0.0.1:5010", &server.site.base())
        .replace("$PWD/target/release", built.to_str().expect("a path in UTF-8"));
    let installed = installation.command(&[]);
    let pasted = |script: &str| {
        let mut shell = Command::new("bash");
        shell.args(["-e", "-o", "pipefail", "-c", script]).current_dir(installation.root()).env_clear();
        shell.envs(installed.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("PWD_BUILT", built).env("PATH", env!("PATH")).output().expect("bash")
    };
    let output = pasted(&script);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        printed.starts_with("1\n#1  ") && printed.contains("\n  Hello, anybody home?\n\n{\"sequence\":2,"),
        "{printed}"
    );
    assert!(
        printed.contains("\"payload\":\"SGVsbG8gYWdhaW4=\"") && printed.ends_with("}\n[]\n"),
        "{printed}"
    );

    // The message is unread in the browser, as the README says.
    let mut demo = Person::new(&server.site);
    demo.sign_in("demo", "a long password").await;
    let inbox = demo.get("/inbox").await.is(200).text();
    assert!(inbox.contains("Hello, anybody home?") && inbox.contains("(2) Inbox"), "{inbox}");

    // Whoever knows the published password manages nothing, and the operator can still set the server up.
    demo.get("/admin").await.is(404);
    let users: Value =
        serde_json::from_str(&installation.succeed(&["user", "list", "--json"], "")).expect("JSON");
    assert_eq!(users[0]["admin"], false, "{users}");
    let log = server.log();
    let code = log.split("/setup?code=").nth(1).and_then(|rest| rest.lines().next()).expect("a code");
    let mut operator = Person::new(&server.site);
    operator.get(&format!("/setup?code={code}")).await.is(200);
    let fields =
        [("code", code), ("account", "Home"), ("user", "anna"), ("password", "a password of my own")];
    assert_eq!(Person::sent_to(&operator.post("/setup", &fields).await), "/channels/new?first=1");
    operator.get("/admin").await.is(200);
    // What removes it, and then all of it can be pasted again.
    let removing = inline_code("Everybody knows that password, so `").replace("demo;", "demo --yes;");
    let removing = removing.replace("theirs;", "theirs --yes;");
    let again = pasted(&format!("export PEERBOX_PASSWORD=x; PATH=$PWD_BUILT:$PATH; {removing}; {script}"));
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    installation.succeed(&["account", "delete", "demo", "--yes"], "");
    operator.get("/admin").await.is(200);
}

#[tokio::test]
async fn what_producers_are_told_to_send_is_taken() {
    let app = App::start().await;
    let channel = app.channel().await;
    let producer = channel.write_only().await;
    let section = README.split_once("## Producers of callbacks").expect("the section").1;
    for (told, sends) in
        [("X-CallbackToken: TOKEN", "Bearer TOKEN"), ("\"callBackToken\": \"Bearer TOKEN\"", "Bearer TOKEN")]
    {
        assert!(section.contains(told), "{told}");
        let authorization = sends.replace("TOKEN", &producer.secret);
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        app.site.call("POST", &producer.path(""), &headers, "{\"txStatus\":\"MINED\"}").await.ok();
    }
    producer.read("").await.refused(401);
}
