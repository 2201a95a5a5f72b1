//! Whether clients reach the server: its listeners, its public address, what stands in between, its certificate.

mod asked;
mod certificate;
mod proxy;
pub(super) mod reach;

use crate::auth::probes;
use crate::config::Config;
use crate::doctor::client::{AskError, Door, DoorAnswer};
use crate::doctor::connections::asked::Asked;
use crate::doctor::finding::Finding;
use crate::doctor::seen::{EVENTS_PATH, PATH, PROOF, SOCKET_PATH, Seen};
use crate::doctor::subject::Subject;

/// Headers with which a client asks for a WebSocket.
const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "cGVlcmJveCBkb2N0b3IgIQ=="),
];

pub(super) fn examine(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let config = subject.config;
    let proof = subject.data.as_ref().map(|data| data.proof.as_str()).unwrap_or_default();
    let mut asked = Asked::default();
    findings.push(server(config, proof, &mut asked));
    findings.extend(descriptors(config, &asked));
    // Without a proof nobody answers us.
    let public = config.server.base_url.as_ref().map(Door::public).filter(|_| !proof.is_empty());
    asked.outside = public.as_ref().map(|door| ask(door, SOCKET_PATH, proof, &UPGRADE));
    findings.push(address(subject, &asked));
    findings.extend(proxy::examine(subject, &asked));
    if let (Some(door), Some(Ok((seen, _)))) = (&public, &asked.outside) {
        findings.push(events(door, proof));
        findings.push(sockets(seen));
    }
    certificate::examine(subject, &asked, findings);
    findings.extend(certificate::trust(subject, &asked));
}

/// The same as far as nobody has to be asked.
pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let asked = Asked::default();
    findings.push(address(subject, &asked));
    findings.extend(proxy::examine(subject, &asked));
    certificate::examine(subject, &asked, findings);
}

/// Asks a door how the request came, with these headers too.
fn ask(door: &Door, path: &str, proof: &str, headers: &[(&str, &str)]) -> Result<(Seen, DoorAnswer), String> {
    told(door, door.get(path, &[&[(PROOF, proof)], headers].concat()))
}

/// What a door answered of how a request came.
fn told(door: &Door, answer: Result<DoorAnswer, AskError>) -> Result<(Seen, DoorAnswer), String> {
    let answer = answer.map_err(|error| error.to_string())?;
    match serde_json::from_slice(&answer.body) {
        Ok(seen) if answer.status == 200 => Ok((seen, answer)),
        _ => Err(format!("what answers at {door} is not this server: it says {}", answer.status)),
    }
}

fn server(config: &Config, proof: &str, asked: &mut Asked) -> Finding {
    const WHAT: &str = "Server";
    let listen = config.server.listen.iter();
    let doors: Vec<Door> = listen.filter_map(Door::local).collect();
    let mut whys = Vec::new();
    for door in &doors {
        match reached(door, proof, asked) {
            Ok(200) => return Finding::good(WHAT, format!("{door} answers and stores")),
            Ok(_) => {
                return Finding::bad(
                    WHAT,
                    format!("{door} answers, but stores nothing right now"),
                    "its log says why: a full disk, or another program that holds the file",
                );
            }
            Err(why) => whys.push(why),
        }
    }
    if doors.is_empty() {
        whys.push("server.listen names no port that could be asked".to_owned());
    }
    Finding::bad(
        WHAT,
        whys.join("; "),
        "start it with `peerbox serve`; where it listens elsewhere, say so in server.listen or with --listen",
    )
}

/// Asks a listener how the request came, as far as there is a proof, and whether it is ready; answers the status of that.
fn reached(door: &Door, proof: &str, asked: &mut Asked) -> Result<u16, String> {
    if !proof.is_empty() {
        let (seen, answer) = ask(door, PATH, proof, &[])?;
        asked.inside = Some(seen);
        asked.shown = answer.certificate.map(|certificate| certificate.der);
    }
    door.get("/readyz", &[]).map(|answer| answer.status).map_err(|error| error.to_string())
}

fn descriptors(config: &Config, asked: &Asked) -> Option<Finding> {
    const WHAT: &str = "Descriptors";
    /// What the file, its readers and the rest take, generously.
    const OTHERS: u64 = 256;
    let most = asked.inside.as_ref()?.descriptors?;
    let wanted = u64::from(config.limits.connections) + OTHERS;
    Some(if most < wanted {
        Finding::note(
            WHAT,
            format!(
                "{most} may be open at once, so there are fewer connections than limits.connections allows"
            ),
            format!("let the server open {wanted} files (`ulimit -n`, or LimitNOFILE= in a unit)"),
        )
    } else {
        Finding::good(WHAT, format!("{most} may be open at once"))
    })
}

fn address(subject: &Subject<'_>, asked: &Asked) -> Finding {
    const WHAT: &str = "Address";
    let Some(url) = &subject.config.server.base_url else {
        return Finding::note(
            WHAT,
            "server.base_url is not set: links and channel addresses name whatever each request was sent to",
            "set it to the address that counterparties reach, as soon as there are any on other machines",
        );
    };
    let asked_by = subject.asked_by.as_ref().map(|seen| seen.host.as_str());
    let is_own = |host: &str| subject.config.server.own_urls().any(|url| url.authority() == host);
    if let Some(other) = asked_by.filter(|other| !is_own(other)) {
        return Finding::bad(
            WHAT,
            format!("this page was asked for at {other}, but server.base_url is {url}"),
            "let the proxy pass the name on that it was asked by, or set server.base_url to the address in use",
        );
    }
    match &asked.outside {
        Some(Err(why)) => Finding::bad(
            WHAT,
            format!("{url} does not lead here: {why}"),
            "look at server.base_url, at the proxy and at the name's address; where only this machine cannot reach it, \
             ask from another one",
        ),
        Some(Ok(_)) => Finding::good(WHAT, format!("{url} leads here")),
        None => Finding::good(WHAT, format!("it is {url}")),
    }
}

fn events(door: &Door, proof: &str) -> Finding {
    const WHAT: &str = "Events";
    // As browsers ask: a proxy that packs answers packs none for whoever cannot open them.
    let like_browsers = [("Accept", "text/event-stream"), ("Accept-Encoding", "gzip, deflate, br, zstd")];
    match door.get(EVENTS_PATH, &[&[(PROOF, proof)], &like_browsers[..]].concat()) {
        Ok(answer) if answer.status == 200 && answer.lasted >= probes::EVENTS_PAUSE / 2 => {
            Finding::good(WHAT, "they come through as they happen")
        }
        Ok(answer) if answer.status == 200 => Finding::bad(
            WHAT,
            "the proxy holds them back until an answer ends: open pages are told nothing",
            "let it send answers on as they come, without packing text/event-stream; `peerbox init --nginx` shows how",
        ),
        Ok(answer) => Finding::bad(WHAT, format!("{door} answers {}", answer.status), "look at the proxy"),
        Err(error) => Finding::bad(WHAT, error.to_string(), "look at the proxy"),
    }
}

fn sockets(seen: &Seen) -> Finding {
    const WHAT: &str = "WebSockets";
    if seen.upgrade {
        return Finding::good(WHAT, "the wish for one comes through");
    }
    Finding::bad(
        WHAT,
        "the proxy does not pass the wish for a WebSocket on, so there are no notifications",
        "let it pass Upgrade and Connection on over HTTP/1.1; `peerbox init --nginx` shows how",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::domain::time::Timestamp;

    #[test]
    fn whoever_asks_by_another_name_of_the_certificate_asks_rightly() {
        let check = |more: &str, host: &str, expect: State| {
            let config = format!("data.dir = '/d'\ntls.domains = ['a.example', 'b.example']\n{more}");
            let config = Config::from_toml(&config).expect("usable");
            let (peer, client, descriptors) = (None, None, None);
            let seen = Seen {
                host: host.to_owned(),
                peer,
                client,
                forwarded: Vec::new(),
                trusted: false,
                upgrade: false,
                descriptors,
            };
            let now = Timestamp::parse("2026-01-01T00:00:00Z").expect("a time");
            let subject = Subject { config: &config, data: Err(String::new()), asked_by: Some(seen), now };
            assert_eq!(address(&subject, &Asked::default()).state, expect, "{host} {more}");
        };
        check("", "a.example", State::Good);
        check("", "b.example", State::Good);
        check("", "c.example", State::Bad);
        check("server.base_url = 'https://a.example'", "b.example", State::Bad);
    }
}
