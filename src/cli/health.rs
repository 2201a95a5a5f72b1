//! `health`: whether the server of the configuration does its work, for containers and scripts.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::cli::arguments::HealthQuestion;
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::output;
use crate::config::{Environment, Flags, Listen};
use crate::doctor::client::Door;

/// How long a listener is waited for: whoever asks has several, and ends this after some seconds. What answers does so within
/// the least.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(2));

/// Between two looks of somebody who waits.
const PAUSE: Duration = Duration::from_millis(200);

#[expect(clippy::disallowed_methods, reason = "machine time: how long somebody waits")]
pub(super) fn run(health: HealthQuestion, flags: Flags, environment: &Environment) -> Result<()> {
    let is_typed = health.server.is_typed();
    let invocation = Invocation::new(&health.server.flags(flags), environment)?;
    let (begun, patience) = (Instant::now(), health.wait.unwrap_or_default());
    let (least, most) = PATIENCE;
    let for_each = health.wait.unwrap_or(most).clamp(least, most);
    loop {
        // Anew each time, as a server that is only starting tells it then.
        match ready(&invocation.places(is_typed), for_each) {
            Ok(door) => {
                output::say(&format!("{door} is ready"));
                return Ok(());
            }
            Err(why) if begun.elapsed() >= patience => bail!(CommandError::Unwell(why)),
            Err(_not_yet) => thread::sleep(PAUSE),
        }
    }
}

/// The first listener that says that the server is ready, else why none does.
fn ready(places: &[Listen], patience: Duration) -> Result<Door, String> {
    let mut whys = Vec::new();
    for door in places.iter().filter_map(Door::local).map(|door| door.with_patience(patience)) {
        match door.get("/readyz", &[]) {
            Ok(answer) if answer.status == 200 => return Ok(door),
            Ok(answer) if answer.status == 503 => {
                whys.push(format!("{door} answers, but stores nothing right now"));
            }
            Ok(answer) => whys.push(format!("{door} answers {}, which is no peerbox", answer.status)),
            Err(error) => whys.push(error.to_string()),
        }
    }
    if whys.is_empty() {
        return Err("server.listen names no port that could be asked".to_owned());
    }
    Err(whys.join("; "))
}
