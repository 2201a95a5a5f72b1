//! `doctor`: what may be wrong with this installation, and how to mend it.

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::arguments::{Listing, RunningServer};
use crate::cli::exit::{CommandError, sentence};
use crate::cli::invocation::Invocation;
use crate::cli::output;
use crate::clock::SystemClock;
use crate::config::{Environment, Flags};
use crate::doctor::{self, Data, Finding, State, Subject};
use crate::domain::time::Clock;

#[derive(Serialize)]
struct Line<'a> {
    what: &'static str,
    state: &'static str,
    says: &'a str,
    fix: Option<&'a str>,
}

pub(super) fn run(
    server: RunningServer,
    form: Listing,
    flags: Flags,
    environment: &Environment,
) -> Result<()> {
    let is_typed = server.is_typed();
    let mut invocation = Invocation::new(&server.flags(flags), environment)?;
    invocation.config.server.listen = invocation.places(is_typed);
    // What is wrong with the data is one of the findings.
    let data = invocation.look(Data::read).map_err(|error| sentence(&error));
    let subject = Subject { config: &invocation.config, data, asked_by: None, now: SystemClock.now() };
    let findings = doctor::examine(&subject);
    if form.json {
        output::json(&findings.iter().map(Line::from).collect::<Vec<_>>())?;
    } else {
        for finding in &findings {
            output::line(&format!("{:<5} {:<16}{}", finding.state.word(), finding.what, finding.says))?;
            if let Some(fix) = &finding.fix {
                output::line(&format!("{:<22}{fix}", ""))?;
            }
        }
    }
    match findings.iter().filter(|finding| finding.state == State::Bad).count() {
        0 => Ok(()),
        1 => bail!(CommandError::Unwell("1 thing is wrong".to_owned())),
        several => bail!(CommandError::Unwell(format!("{several} things are wrong"))),
    }
}

impl<'a> From<&'a Finding> for Line<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { what, state, says, fix } = finding;
        Self { what, state: state.word(), says, fix: fix.as_deref() }
    }
}
