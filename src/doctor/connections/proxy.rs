//! Whether a proxy stands in between, and whether what it says of clients is believed.

use crate::config::Config;
use crate::doctor::connections::asked::Asked;
use crate::doctor::finding::Finding;
use crate::doctor::seen::Seen;
use crate::doctor::subject::Subject;

const WHAT: &str = "Proxy";

pub(super) fn examine(subject: &Subject<'_>, asked: &Asked) -> Option<Finding> {
    let config = subject.config;
    if config.server.trusted_proxies.iter().any(|network| network.prefix_len() == 0) {
        return Some(Finding::bad(
            WHAT,
            "server.trusted_proxies holds every address: anybody can claim to be anybody",
            "name the proxy's own address or network only",
        ));
    }
    let outside = asked.outside.as_ref().and_then(|asked| asked.as_ref().ok()).map(|(seen, _)| seen);
    subject.asked_by.as_ref().or(outside).map(|seen| judged(config, seen))
}

fn judged(config: &Config, seen: &Seen) -> Finding {
    let peer = seen.peer.map_or_else(|| "a unix socket".to_owned(), |peer| peer.to_string());
    let client = seen.client.map_or_else(|| "nobody".to_owned(), |client| client.to_string());
    let wanted = config.server.client_ip_header.as_str();
    let has_wanted = seen.forwarded.iter().any(|name| name == wanted);
    match (seen.forwarded.is_empty(), seen.trusted) {
        (false, false) => {
            let fix = match seen.peer {
                Some(peer) if peer.is_loopback() => "server.trusted_proxies = [\"loopback\"]".to_owned(),
                Some(peer) => format!("server.trusted_proxies = [\"{peer}\"], if that is your proxy"),
                None => "let the proxy connect over TCP: on a unix socket nobody is believed".to_owned(),
            };
            Finding::bad(
                WHAT,
                format!("what {peer} says of its clients is not believed, so all of them count as one"),
                fix,
            )
        }
        (false, true) if !has_wanted => Finding::bad(
            WHAT,
            format!(
                "{peer} is believed, but names clients in {}, not in {wanted}",
                seen.forwarded.join(", ")
            ),
            "set server.client_ip_header to the header that it overwrites itself",
        ),
        (true, true) => Finding::note(
            WHAT,
            format!("{peer} is believed, but names no client"),
            format!("let it set {wanted}; or take it out of server.trusted_proxies if it is no proxy"),
        ),
        (false, true) => Finding::good(WHAT, format!("{peer} is believed; this request came from {client}")),
        (true, false) => {
            Finding::good(WHAT, format!("none stands in between; this request came from {client}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_proxy_is_believed_or_not_and_that_is_said() {
        let config = Config::from_toml("data.dir = '/d'").expect("usable");
        let check = |forwarded: &[&str], trusted, expected, words: &str| {
            let seen = Seen {
                host: String::new(),
                peer: "127.0.0.1".parse().ok(),
                client: "192.0.2.1".parse().ok(),
                forwarded: forwarded.iter().map(|name| (*name).to_owned()).collect(),
                trusted,
                upgrade: false,
                descriptors: None,
            };
            let finding = judged(&config, &seen);
            assert_eq!(finding.state, expected, "{finding:?}");
            let text = format!("{} {}", finding.says, finding.fix.unwrap_or_default());
            assert!(text.contains(words), "{text}");
        };
        check(&[], false, State::Good, "none stands in between");
        check(&["x-forwarded-for"], false, State::Bad, "\"loopback\"");
        check(&["x-forwarded-for"], true, State::Good, "192.0.2.1");
        check(&["forwarded"], true, State::Bad, "not in x-forwarded-for");
        check(&[], true, State::Note, "names no client");
    }
}
