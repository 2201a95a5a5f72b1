//! Whether the relay of e-mail answers.

use crate::doctor::finding::Finding;
use crate::doctor::subject::Subject;
use crate::outbound::mail::Relay;

const WHAT: &str = "E-mail";

pub(super) fn examine(subject: &Subject<'_>) -> Option<Finding> {
    let host = subject.config.smtp.host.as_ref()?;
    let asked = match Relay::of(subject.config) {
        Ok(Some(relay)) => ask(&relay),
        Ok(None) => return None,
        Err(error) => Err(error.to_string()),
    };
    Some(match asked {
        Ok(()) => Finding::good(WHAT, format!("the relay {host} takes messages")),
        Err(why) => Finding::bad(
            WHAT,
            format!("the relay {host} takes none: {why}"),
            "look at smtp.* and at the relay",
        ),
    })
}

/// On a runtime of its own: whoever examines waits.
fn ask(relay: &Relay) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(relay.check()).map_err(|error| error.to_string())
}
