//! `health`: whether the server that the configuration names does its work, for containers and scripts.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::cli::arguments::HealthQuestion;
use crate::cli::exit::CommandError;
use crate::cli::output;
use crate::config::{self, Config, Environment, Flags};
use crate::doctor::client::Door;

/// Between two looks of somebody who waits.
const PAUSE: Duration = Duration::from_millis(200);

#[expect(clippy::disallowed_methods, reason = "machine time: how long somebody waits")]
pub(super) fn run(health: HealthQuestion, flags: Flags, environment: &Environment) -> Result<()> {
    let config = config::load(&health.server.flags(flags), environment)?.config;
    let doors = doors(&config);
    if doors.is_empty() {
        bail!(CommandError::Unwell("server.listen names no port that could be asked".to_owned()));
    }
    let (begun, patience) = (Instant::now(), health.wait.unwrap_or_default());
    loop {
        match ready(&doors) {
            Ok(door) => {
                output::say(&format!("{door} is ready"));
                return Ok(());
            }
            Err(why) if begun.elapsed() >= patience => bail!(CommandError::Unwell(why)),
            Err(_not_yet) => thread::sleep(PAUSE),
        }
    }
}

/// Where the server of this configuration can be asked.
fn doors(config: &Config) -> Vec<Door> {
    config.server.listen.iter().filter_map(Door::local).collect()
}

/// The first listener that says that the server is ready, else why none does.
fn ready(doors: &[Door]) -> Result<&Door, String> {
    let mut whys = Vec::new();
    for door in doors {
        match door.get("/readyz", &[]) {
            Ok(answer) if answer.status == 200 => return Ok(door),
            Ok(answer) if answer.status == 503 => {
                whys.push(format!("{door} answers, but stores nothing right now"));
            }
            Ok(answer) => whys.push(format!("{door} answers {}, which is no peerbox", answer.status)),
            Err(error) => whys.push(error.to_string()),
        }
    }
    Err(whys.join("; "))
}
