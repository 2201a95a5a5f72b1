//! The README's promises, taken from its own text.

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
    let script = lines_after("## A first exchange\n")
        .replace("http://127.0.0.1:5010", &server.site.base())
        .replace("target/release/peerbox", env!("CARGO_BIN_EXE_peerbox"));
    let installed = installation.command(&[]);
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", &script]).current_dir(installation.root()).env_clear();
    shell.envs(installed.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.env("PATH", env!("PATH")).output().expect("bash");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    // "Hello, anybody home?", once in the answer to the writer and once as unread; then nothing is unread.
    assert_eq!(printed.matches("SGVsbG8sIGFueWJvZHkgaG9tZT8=").count(), 2, "{printed}");
    assert!(printed.ends_with("][]"), "{printed}");
}
