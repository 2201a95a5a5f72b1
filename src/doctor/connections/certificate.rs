//! When certificates end, and whether they are for the name that people use.

use std::fs;
use std::time::Duration;

use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

use crate::config::BaseUrl;
use crate::crypto::certificate::CertificateFacts;
use crate::doctor::connections::asked::Asked;
use crate::doctor::finding::Finding;
use crate::doctor::subject::Subject;
use crate::domain::time::Timestamp;
use crate::outbound;

const WHAT: &str = "Certificate";

/// What helps against each that may be wrong.
struct Fixes {
    over: &'static str,
    foreign: &'static str,
    soon: &'static str,
}

const OF_FILE: Fixes = Fixes {
    over: "renew it, and send the server SIGHUP",
    foreign: "get one for that name, or set server.base_url to a name that it is for",
    soon: "see why it was not renewed; send the server SIGHUP when it is",
};

const FETCHED: Fixes = Fixes {
    over: "see the log for why no other came",
    foreign: "add that name to tls.domains",
    soon: "see the log for why no other came",
};

/// Left to its end, when a renewal must have failed. One that is short is renewed later.
const SOON: Duration = Duration::from_hours(7 * 24);

pub(super) fn examine(subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
    let outside = asked.outside.as_ref().and_then(|asked| asked.as_ref().ok());
    let shown = outside.and_then(|(_, answer)| answer.certificate.as_ref());
    let Some(tls) = &subject.config.tls else {
        // That of a proxy.
        findings.extend(shown.map(|shown| judged(subject, &shown.der, &OF_FILE)));
        return;
    };
    if !tls.domains.is_empty() {
        findings.extend(fetched(subject));
        return;
    }
    let in_file = fs::read(&tls.cert_file).ok().and_then(|pem| CertificateDer::from_pem_slice(&pem).ok());
    let Some(in_file) = in_file else {
        let says = format!("{} is not readable as PEM", tls.cert_file.display());
        findings.push(Finding::bad(WHAT, says, "put the certificate back before the next start"));
        return;
    };
    if asked.shown.as_ref().is_some_and(|shown| shown.as_slice() != in_file.as_ref()) {
        findings.push(Finding::note(
            WHAT,
            "the server shows another one than is in tls.cert_file",
            "send the server SIGHUP after a renewal",
        ));
    }
    findings.push(judged(subject, shown.map_or(in_file.as_ref(), |shown| &shown.der), &OF_FILE));
}

/// That of an authority, which the server fetches and renews.
fn fetched(subject: &Subject<'_>) -> Vec<Finding> {
    let Ok(data) = &subject.data else { return Vec::new() };
    let bad = |first: &str, trouble: &str| {
        let fix = "mend what it names, where that is yours; the server goes on trying by itself";
        Finding::bad(WHAT, format!("{first}: {trouble}"), fix)
    };
    match (&data.fetched, &data.trouble) {
        (None, None) => {
            vec![Finding::note(WHAT, "the first one was not fetched yet", "give the server a minute")]
        }
        (None, Some(trouble)) => vec![bad("the first one did not come", trouble)],
        (Some(der), None) => vec![judged(subject, der, &FETCHED)],
        (Some(der), Some(trouble)) => vec![bad("no other came", trouble), judged(subject, der, &FETCHED)],
    }
}

/// Whether programs elsewhere believe what the public address shows. A private authority is no fault by itself.
pub(super) fn trust(subject: &Subject<'_>, asked: &Asked) -> Option<Finding> {
    const WHAT: &str = "Trust";
    Some(match believed(subject, asked)? {
        Ok(()) => Finding::good(WHAT, "this system believes the certificate of the public address"),
        Err(why) => Finding::note(
            WHAT,
            format!(
                "only programs that know its issuer believe the certificate of the public address: {why}"
            ),
            FULL_CHAIN,
        ),
    })
}

/// What helps against a certificate that is not believed.
pub(super) const FULL_CHAIN: &str = "get one from an authority that systems know, and show the whole chain: with it all intermediate certificates";

/// Whether programs that know what this system knows believe the public address; `None` where nothing was shown there.
pub(super) fn believed(subject: &Subject<'_>, asked: &Asked) -> Option<Result<(), String>> {
    let (_, answer) = asked.outside.as_ref()?.as_ref().ok()?;
    let (shown, url) = (answer.certificate.as_ref()?, subject.config.server.base_url.as_ref()?);
    Some(outbound::believed(&shown.der, &shown.others, url.host(), subject.now))
}

fn day(time: Timestamp) -> String {
    time.to_string()[..10].to_owned()
}

fn judged(subject: &Subject<'_>, der: &[u8], fixes: &Fixes) -> Finding {
    let Some(facts) = CertificateFacts::of(der) else {
        return Finding::bad(WHAT, "it cannot be read", "make a new one");
    };
    let day = day(facts.ends);
    if facts.ends <= subject.now {
        return Finding::bad(WHAT, format!("it ended on {day}"), fixes.over);
    }
    if let Some(url) = subject.config.server.base_url.as_ref().filter(|url| !is_for(der, url)) {
        return Finding::bad(WHAT, format!("it is not for {}", url.origin()), fixes.foreign);
    }
    if facts.ends.since(subject.now) < SOON.min(facts.lifetime() / 6) {
        return Finding::bad(WHAT, format!("it ends on {day}, which is soon"), fixes.soon);
    }
    Finding::good(WHAT, format!("it ends on {day}"))
}

fn is_for(der: &[u8], url: &BaseUrl) -> bool {
    let der = CertificateDer::from(der);
    let (Ok(certificate), Ok(name)) =
        (ParsedCertificate::try_from(&der), ServerName::try_from(url.host().to_owned()))
    else {
        return false;
    };
    verify_server_name(&certificate, &name).is_ok()
}
