//! What the file itself says: the clock, who may come in, and how long its log is.

use std::time::Duration;

use crate::config::{PublicAccessMode, Signup};
use crate::doctor::data::Data;
use crate::doctor::finding::Finding;
use crate::doctor::subject::Subject;
use crate::domain::size::size;
use crate::domain::time::Timestamp;
use crate::store::space;

/// How far ahead a message may be dated: a clock that is set right a little is nothing.
const SET_RIGHT: Duration = Duration::from_mins(5);

/// A log that is longer is held open by somebody, or was. In bytes, with the room that it has ahead.
const LONG_LOG: u64 = 128 << 20;

pub(super) fn examine(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let data = match &subject.data {
        Ok(data) => data,
        Err(why) => {
            findings.push(Finding::bad(
                "Data",
                why.clone(),
                "mend this first: a server does not start with it either",
            ));
            return;
        }
    };
    findings.push(log(subject));
    findings.push(clock(data, subject.now));
    findings.push(sign_up(subject.config.accounts.signup));
    if subject.config.api.public_access == PublicAccessMode::Honour {
        findings.push(open_channels(data.open_channels));
    }
}

fn log(subject: &Subject<'_>) -> Finding {
    const WHAT: &str = "Write-ahead log";
    let log = space::sizes(&subject.config.data.dir).log;
    if log <= LONG_LOG {
        return Finding::good(WHAT, size(log));
    }
    Finding::note(
        WHAT,
        format!("{}, which is long: something reads the file for a long time, or did", size(log)),
        "a backup and Litestream do that, and it is given back in a quiet moment; else end the program that reads peerbox.db",
    )
}

fn clock(data: &Data, now: Timestamp) -> Finding {
    const WHAT: &str = "Clock";
    match data.newest.filter(|newest| *newest > now.after(SET_RIGHT)) {
        None => Finding::good(WHAT, format!("{now}, and no message is from the future")),
        Some(newest) => Finding::bad(
            WHAT,
            format!("it is {now}, but the newest message was received at {newest}"),
            "set the machine's clock right and let it follow a time server; messages keep their dates",
        ),
    }
}

fn sign_up(signup: Signup) -> Finding {
    const WHAT: &str = "Sign-up";
    match signup {
        Signup::Open => Finding::note(
            WHAT,
            "open: anybody who reaches this server can make an account",
            "set accounts.signup = \"closed\" if that is not wanted",
        ),
        Signup::Closed => Finding::good(WHAT, signup.as_str()),
    }
}

fn open_channels(count: u64) -> Finding {
    const WHAT: &str = "Open channels";
    match count {
        0 => Finding::good(WHAT, "every channel takes a token"),
        count => Finding::note(
            WHAT,
            format!("{count} can be used by anyone with the address, without a token"),
            "`peerbox channel list` tells which, a channel's page closes it, and api.public_access = \"off\" closes all",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_message_from_the_future_tells_of_a_wrong_clock() {
        let data = |newest| Data {
            open_channels: 0,
            begun: None,
            newest,
            fetched: None,
            trouble: None,
            proof: String::new(),
        };
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let check = |newest, expected| assert_eq!(clock(&data(newest), at(100)).state, expected);
        check(None, State::Good);
        check(Some(at(99)), State::Good);
        check(Some(at(104)), State::Good);
        check(Some(at(106)), State::Bad);
    }
}
