//! Whether programs elsewhere come to the server's address, as those that report on transactions do.

use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

use crate::config::BaseUrl;
use crate::doctor::client::{Door, LONG_PATIENCE};
use crate::doctor::connections::asked::Asked;
use crate::doctor::connections::{ask, certificate, told};
use crate::doctor::finding::Finding;
use crate::doctor::seen::{API_PATH, PATH, PROOF};
use crate::doctor::subject::Subject;
use crate::outbound;

/// For how long such a program waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// How these programs call themselves, which firewalls for websites often refuse: ARC, by either form of HTTP, and Arcade.
const GO: [&str; 3] = ["Go-http-client/1.1", "Go-http-client/2.0", "arcade-webhook/1.0"];

/// How a browser does.
const BROWSER: &str = "Mozilla/5.0";

const PROGRAMS: &str = "Programs";

pub(in crate::doctor) fn examine(subject: &Subject<'_>) -> Vec<Finding> {
    const WHAT: &str = "Address";
    let Some(url) = &subject.config.server.base_url else {
        return vec![Finding::note(
            WHAT,
            "server.base_url is not set: the address is the one that your browser asked for, which nobody elsewhere may reach",
            "the operator of this server should set it to the address that others reach",
        )];
    };
    let mut findings = vec![way(url), place(url)];
    let proof = subject.data.as_ref().map(|data| data.proof.as_str()).unwrap_or_default();
    if !proof.is_empty() {
        let mut asked = Asked::default();
        findings.extend(answers(subject, &Door::public(url).with_patience(LONG_PATIENCE), proof, &mut asked));
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

/// Posts as such a program does, and looks at the pages where that does not come through.
fn answers(subject: &Subject<'_>, door: &Door, proof: &str, asked: &mut Asked) -> [Finding; 2] {
    let post = |program: &str| told(door, door.post(API_PATH, &[(PROOF, proof), ("User-Agent", program)]));
    #[expect(clippy::disallowed_methods, reason = "machine time: how long the network took")]
    let begun = Instant::now();
    let posted = post(BROWSER);
    let took = begun.elapsed();
    let refused = posted.as_ref().err().cloned();
    let outside = posted.or_else(|why| ask(door, PATH, proof, &[("User-Agent", BROWSER)]).map_err(|_| why));
    let answers = match &outside {
        Ok(_) => pace(took),
        Err(why) => Finding::bad(
            "Answers",
            format!("it does not lead here, asked from this machine: {why}"),
            "look at the address, the proxy and the firewall",
        ),
    };
    let is_here = outside.is_ok();
    asked.outside = Some(outside);
    let programs = match (is_here, refused, certificate::believed(subject, asked)) {
        (false, ..) => {
            Finding::note(PROGRAMS, "not known while nobody comes here", "look at the address first")
        }
        (true, Some(why), _) => Finding::bad(
            PROGRAMS,
            format!("what is posted to paths that begin with /api/ is refused, though pages are not: {why}"),
            "let what stands in front pass POST to paths that begin with /api/",
        ),
        (true, None, Some(Err(why))) => Finding::bad(
            PROGRAMS,
            format!(
                "a program in Go, as ARC and Arcade are, does not believe the certificate and gives up: {why}"
            ),
            certificate::FULL_CHAIN,
        ),
        (true, None, _) if took >= PATIENCE => {
            Finding::note(PROGRAMS, "not known while answers come this late", "look at that first")
        }
        (true, None, _) => let_through(post),
    };
    [answers, programs]
}

fn pace(took: Duration) -> Finding {
    const WHAT: &str = "Answers";
    if took < PATIENCE {
        let says = format!("it answers in {} milliseconds, asked from this machine", took.as_millis());
        return Finding::good(WHAT, says);
    }
    Finding::bad(
        WHAT,
        format!("it answers only after {} seconds; programs wait for {}", took.as_secs(), PATIENCE.as_secs()),
        "see what holds requests up: the proxy, or a machine with too much to do",
    )
}

/// Whether programs are let through by the names that they go by.
fn let_through<T>(post: impl Fn(&str) -> Result<T, String>) -> Finding {
    for program in GO {
        if let Err(why) = post(program) {
            return Finding::bad(
                PROGRAMS,
                format!("a program that calls itself {program} is refused, though a browser is not: {why}"),
                "let the firewall in front pass `Go-http-client` and `arcade-webhook` to paths that begin with /api/",
            );
        }
    }
    Finding::good(PROGRAMS, "a program in Go, as ARC and Arcade are, is let through")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_is_told_in_seconds() {
        let words = |took| format!("{:?}", pace(Duration::from_millis(took)));
        assert!(words(4_999).contains("it answers in 4999 milliseconds"));
        assert!(words(6_100).contains("only after 6 seconds; programs wait for 5"));
    }
}
