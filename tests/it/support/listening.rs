//! A listener on the command line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::support::app::{PASSWORD, USER};
use crate::support::process::Installation;
use crate::support::soon;

/// A listener whose words are awaited.
pub struct Listening {
    child: Child,
    words: BufReader<std::process::ChildStderr>,
}

impl Listening {
    pub fn begin(client: &Installation, arguments: &[&str]) -> Self {
        Self::with_password(client, arguments, None)
    }

    /// Of all channels of an account.
    pub fn of_account(client: &Installation, base: &str, arguments: &[&str]) -> Self {
        let all = ["--all-channels", "--server", base, "--user", USER];
        Self::with_password(client, &[&all, arguments].concat(), Some(PASSWORD))
    }

    fn with_password(client: &Installation, arguments: &[&str], password: Option<&str>) -> Self {
        let mut command = client.command(&[&["listen"], arguments].concat());
        command.envs(password.map(|password| ("PEERBOX_PASSWORD", password)));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the executable");
        let words = BufReader::new(child.stderr.take().expect("its words"));
        Self { child, words }
    }

    /// What it says until it says this, or ends.
    pub async fn says(mut self, words: &'static str) -> (Self, String) {
        let waiting = tokio::task::spawn_blocking(move || {
            let mut said = String::new();
            while !said.contains(words) && self.words.read_line(&mut said).expect("its words") > 0 {}
            (self, said)
        });
        let (this, said) = soon("the listener's words", waiting).await.expect("a thread");
        assert!(said.contains(words), "{said}");
        (this, said)
    }

    pub async fn ends(mut self) -> Option<i32> {
        let waiting = tokio::task::spawn_blocking(move || self.child.wait().expect("an end").code());
        soon("the listener", waiting).await.expect("a thread")
    }
}

impl Drop for Listening {
    /// It would go on for ever where a case failed.
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
    }
}
