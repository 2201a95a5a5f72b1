//! Whether programs elsewhere come to the server's address, as those that report on transactions do.

use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

use crate::config::BaseUrl;
use crate::doctor::client::Door;
use crate::doctor::connections::asked::Asked;
use crate::doctor::connections::{ask, certificate};
use crate::doctor::finding::Finding;
use crate::doctor::seen::PATH;
use crate::doctor::subject::Subject;
use crate::outbound;

/// For how long such a program waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// How these programs call themselves, which firewalls for websites often refuse.
const GO: (&str, &str) = ("User-Agent", "Go-http-client/1.1");

pub(in crate::doctor) fn examine(subject: &Subject<'_>) -> Vec<Finding> {
    const WHAT: &str = "Address";
    let Some(url) = &subject.config.server.base_url else {
        return vec![Finding::note(
            WHAT,
            "server.base_url is not set: the address is the one that your browser asked for, which nobody elsewhere may reach",
            "whoever keeps the server should set it to the address that others reach",
        )];
    };
    let mut findings = vec![way(url), place(url)];
    let proof = subject.data.as_ref().map(|data| data.proof.as_str()).unwrap_or_default();
    if !proof.is_empty() {
        let mut asked = Asked::default();
        findings.extend(answers(&Door::public(url), proof, &mut asked));
        certificate::examine(subject, &asked, &mut findings);
    }
    findings
}

fn way(url: &BaseUrl) -> Finding {
    const WHAT: &str = "https";
    if url.is_https() {
        return Finding::good(WHAT, "the address begins with https");
    }
    Finding::bad(
        WHAT,
        format!("{url} is plain http: whoever is on the way reads the token and the reports"),
        "serve it over https, with `peerbox serve --domain` or behind a proxy",
    )
}

fn place(url: &BaseUrl) -> Finding {
    const WHAT: &str = "Public";
    let host = url.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let Ok(found) = (bare, url.port()).to_socket_addrs() else {
        return Finding::bad(WHAT, format!("the name {host} has no address"), "look at the name's records");
    };
    let found: Vec<_> = found.map(|address| address.ip()).collect();
    match (found.iter().find(|address| outbound::is_public(**address)), found.first()) {
        (Some(public), _) => {
            Finding::good(WHAT, format!("{host} leads to {public}, an address of the internet"))
        }
        (None, private) => Finding::bad(
            WHAT,
            match private {
                Some(private) => format!("{host} leads to {private}, which nobody elsewhere reaches"),
                None => format!("the name {host} has no address"),
            },
            "give it an address of the internet, or use a processor in the same network",
        ),
    }
}

/// Asks as a browser would and as a program in Go.
fn answers(door: &Door, proof: &str, asked: &mut Asked) -> [Finding; 2] {
    const WHAT: &str = "Answers";
    const PROGRAMS: &str = "Programs";
    #[expect(clippy::disallowed_methods, reason = "machine time: how long the network took")]
    let begun = Instant::now();
    let outside = ask(door, PATH, proof, &[]);
    let took = begun.elapsed();
    let answers = match &outside {
        Ok(_) if took < PATIENCE => Finding::good(
            WHAT,
            format!("it answers in {} milliseconds, asked from this machine", took.as_millis()),
        ),
        Ok(_) => Finding::bad(
            WHAT,
            format!(
                "it answers only after {} seconds; programs wait for {}",
                took.as_secs(),
                PATIENCE.as_secs()
            ),
            "see what holds requests up: the proxy, or a machine with too much to do",
        ),
        Err(why) => Finding::bad(
            WHAT,
            format!("it does not lead here, asked from this machine: {why}"),
            "look at the address, the proxy and the firewall",
        ),
    };
    let programs = match (ask(door, PATH, proof, &[GO]), outside.is_ok()) {
        (Ok(_), _) => Finding::good(PROGRAMS, "a program in Go, as ARC and Arcade are, is let through"),
        (Err(why), true) => Finding::bad(
            PROGRAMS,
            format!("a program in Go is refused, though a browser is not: {why}"),
            "let the firewall in front pass `Go-http-client` and `arcade-webhook` to paths that begin with /api/",
        ),
        (Err(_), false) => {
            Finding::note(PROGRAMS, "not known while nobody comes here", "look at the address first")
        }
    };
    asked.outside = Some(outside);
    [answers, programs]
}
