//! The README's promises, taken from its own text.

use std::path::Path;
use std::process::Command;

use crate::support::process::Installation;

const README: &str = include_str!("../../README.md");

/// The shell lines of the first code block after a heading.
fn lines_after(heading: &str) -> String {
    let (_, rest) = README.split_once(heading).expect("the heading");
    let (_, block) = rest.split_once("```sh\n").expect("a code block");
    block.split_once("```").expect("its end").0.to_owned()
}

#[tokio::test]
async fn the_first_exchange_works_when_pasted() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    let built = Path::new(env!("CARGO_BIN_EXE_peerbox")).parent().expect("a folder");
    let script = lines_after("## First message in two minutes\n")
        .replace("http://127.0.0.1:5010", &server.site.base())
        .replace("$PWD/target/release", built.to_str().expect("a path in UTF-8"));
    let installed = installation.command(&[]);
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", &script]).current_dir(installation.root()).env_clear();
    shell.envs(installed.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.env("PATH", env!("PATH")).output().expect("bash");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(printed.matches("SGVsbG8sIGFueWJvZHkgaG9tZT8=").count(), 1, "the writer's answer: {printed}");
    assert!(printed.ends_with("\nHello, anybody home?\n[]\n"), "{printed}");
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let help = Installation::empty().succeed(&["--help"], "");
    let (_, codes) = help.split_once("Exit codes:\n").expect("the codes");
    assert!(README.contains(codes.trim_end()), "paste this:\n{codes}");
}
