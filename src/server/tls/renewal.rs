//! Fetches the certificate, and another before it ends.

use std::cmp::max;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use crate::config::TlsConfig;
use crate::crypto::certificate::CertificateFacts;
use crate::crypto::random;
use crate::domain::text::in_one_line;
use crate::domain::time::{Clock, Timestamp};
use crate::server::tls::authority::{Authority, OrderError, Proof};
use crate::server::tls::{Certificate, pem};
use crate::service::certificate::Certificates;

/// How often the authority is asked when it wants the certificate renewed.
const ASKED_EVERY: Duration = Duration::from_hours(6);

/// How soon the data is tried again that had no room.
const KEPT_AGAIN: Duration = Duration::from_mins(1);

/// The first pause after an order that did not succeed, and the longest. An authority counts failed looks at a name, and
/// the usual one takes five in an hour.
const AFTER_REFUSAL: (Duration, Duration) = (Duration::from_mins(2), Duration::from_hours(6));

/// The same where it was not reached or had trouble of its own, which it does not count.
const AFTER_SILENCE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(10));

/// Whoever failed is not to come back at the same moment as everybody else.
const SCATTER: u64 = 4;

/// As much is told of why no certificate came.
const MOST_CHARS: usize = 300;

/// Keeps the certificate in use a valid one, for as long as it is run.
pub(in crate::server) struct Renewal {
    certificate: Certificate,
    config: TlsConfig,
    kept: Certificates,
    clock: Arc<dyn Clock>,
    /// The ways in which the authority may look; another one is tried after each refusal.
    proofs: Vec<Proof>,
    authority: Option<Authority>,
    /// A certificate in use that the data had no room for.
    unkept: Option<Zeroizing<String>>,
}

/// The certificate in use, as far as it matters here.
struct InUse {
    first: CertificateDer<'static>,
    facts: CertificateFacts,
}

impl Renewal {
    /// `has_plain` tells whether port 80 is listened to as well.
    pub(in crate::server) fn new(
        certificate: &Certificate,
        kept: Certificates,
        clock: Arc<dyn Clock>,
        has_plain: bool,
    ) -> Option<Self> {
        let config = certificate.from.clone();
        if config.domains.is_empty() {
            return None;
        }
        let proofs = if has_plain { vec![Proof::Http, Proof::Tls] } else { vec![Proof::Tls] };
        Some(Self {
            certificate: certificate.clone(),
            config,
            kept,
            clock,
            proofs,
            authority: None,
            unkept: None,
        })
    }

    /// Runs until dropped.
    pub(in crate::server) async fn run(mut self) {
        let mut in_use = self.take_up_kept().await;
        if in_use.as_ref().is_some_and(|in_use| self.is_for_all(&in_use.facts)) {
            // What went wrong before concerned others.
            self.note(None).await;
        }
        // How often the authority refused in a row, and how often it was not heard.
        let (mut refused, mut silent) = (0, 0);
        loop {
            let now = self.clock.now();
            self.keep_what_is_not().await;
            if let Some(current) = in_use.as_ref().filter(|current| self.is_for_all(&current.facts))
                && refused + silent == 0
            {
                let due = self.due(current).await;
                if due > now {
                    let most = if self.unkept.is_some() { KEPT_AGAIN } else { ASKED_EVERY };
                    self.clock.sleep(due.since(now).min(most)).await;
                    continue;
                }
            }
            match self.renew(in_use.as_ref(), self.proofs[refused % self.proofs.len()]).await {
                Ok(renewed) => {
                    tracing::info!(ends = %renewed.facts.ends, "got a certificate");
                    in_use = Some(renewed);
                    (refused, silent) = (0, 0);
                    self.note(None).await;
                }
                Err(error) => {
                    let before = if error.is_silence() { &mut silent } else { &mut refused };
                    let pause = pause(&error, *before);
                    *before += 1;
                    let ends = in_use.as_ref().map(|in_use| in_use.facts.ends.to_string());
                    // Most of it is what the authority wrote.
                    let error = in_one_line(&error.to_string(), MOST_CHARS);
                    tracing::error!(%error, ends, again_in = ?pause, "no certificate came");
                    self.note(Some(error)).await;
                    self.clock.sleep(pause).await;
                }
            }
        }
    }

    /// Keeps the certificate in use, where the data had no room for it before.
    async fn keep_what_is_not(&mut self) {
        let Some(text) = &self.unkept else { return };
        match self.kept.keep_pem(text.clone()).await {
            Ok(()) => self.unkept = None,
            Err(error) => {
                tracing::error!(%error, "the certificate in use could not be kept; it is tried again");
            }
        }
    }

    /// Writes down why no certificate came, for whoever asks how the server is.
    async fn note(&self, trouble: Option<String>) {
        if let Err(error) = self.kept.note_trouble(trouble).await {
            tracing::error!(%error, "how the certificate stands could not be written down");
        }
    }

    /// Puts the certificate to use that was kept from before.
    async fn take_up_kept(&self) -> Option<InUse> {
        match self.kept.pem().await {
            Ok(pem) => {
                self.take_up(&pem?).inspect_err(|error| tracing::error!(%error, "a new one is fetched")).ok()
            }
            Err(error) => {
                tracing::error!(%error, "the certificate that was kept does not open; a new one is fetched");
                None
            }
        }
    }

    fn take_up(&self, text: &str) -> Result<InUse, OrderError> {
        let (key, read) = parsed(text)?;
        self.certificate.put(key);
        Ok(read)
    }

    /// Whether it is for all domains that are configured now.
    fn is_for_all(&self, facts: &CertificateFacts) -> bool {
        self.config.domains.iter().all(|domain| facts.names.contains(&domain.to_string()))
    }

    /// When it is to be renewed: as the authority wants it, and never later than by its own end. Never at once after it
    /// came either, whatever the authority says, so that no mistake of anybody makes us order without a pause.
    async fn due(&mut self, current: &InUse) -> Timestamp {
        let own = current.facts.due();
        let Ok(authority) = self.authority().await else { return own };
        let Some((from, to)) = authority.wanted(&current.first).await else { return own };
        let place = random_below(u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX));
        let wanted = from.after(Duration::from_millis(place)).min(max(own, from));
        max(wanted, current.facts.begins.after(current.facts.lifetime() / 3).min(own))
    }

    async fn renew(&mut self, replaced: Option<&InUse>, proof: Proof) -> Result<InUse, OrderError> {
        let replaced = replaced.map(|in_use| &in_use.first);
        let answers = self.certificate.answers().clone();
        let ordered = self.authority().await?.order(proof, replaced, &answers).await;
        if matches!(ordered, Err(OrderError::UnknownAccount)) {
            self.authority = None;
            self.kept.forget_authority().await?;
        }
        let text = ordered?;
        let (key, read) = parsed(&text)?;
        if !self.is_for_all(&read.facts) || read.facts.due() <= self.clock.now() {
            let why = "what came is for other names or another time; check the clock of this machine";
            return Err(OrderError::Refused(why.to_owned()));
        }
        self.certificate.put(key);
        self.unkept = Some(text);
        self.keep_what_is_not().await;
        Ok(read)
    }

    /// Opened once: an account that could not be kept is not made again and again.
    async fn authority(&mut self) -> Result<&Authority, OrderError> {
        let opened = match self.authority.take() {
            Some(opened) => opened,
            None => Authority::open(&self.config, &self.kept).await?,
        };
        Ok(self.authority.insert(opened))
    }
}

fn parsed(text: &str) -> Result<(CertifiedKey, InUse), OrderError> {
    let key = pem::parse(text)?;
    let first = key.cert.first().cloned();
    let facts = first.as_ref().and_then(|first| CertificateFacts::of(first));
    match (first, facts) {
        (Some(first), Some(facts)) => Ok((key, InUse { first, facts })),
        _ => Err(OrderError::Refused("what came is no certificate".to_owned())),
    }
}

/// How long to wait after so many failures before this one, and no shorter than the authority asks for.
fn pause(error: &OrderError, before: usize) -> Duration {
    let (first, longest) = if error.is_silence() { AFTER_SILENCE } else { AFTER_REFUSAL };
    let doubled = first.saturating_mul(1 << before.min(16)).min(longest);
    let most = u64::try_from(doubled.as_millis()).unwrap_or(u64::MAX) / SCATTER;
    doubled.max(error.asked_pause()) + Duration::from_millis(random_below(most))
}

fn random_below(most: u64) -> u64 {
    u64::from_be_bytes(random::bytes()) % most.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_an_end() {
        let refused = OrderError::Refused(String::new());
        let silent = OrderError::Unreachable(String::new());
        let check = |error: &OrderError, before: usize, least: u64| {
            let pause = pause(error, before).as_secs();
            assert!((least..=least + least / SCATTER).contains(&pause), "{error} {before} {pause}");
        };
        check(&refused, 0, 120);
        check(&refused, 1, 240);
        check(&refused, 100, 6 * 3600);
        check(&silent, 0, 5);
        check(&silent, 3, 40);
        check(&silent, 100, 600);
        let asked = |secs| OrderError::Later { said: String::new(), pause: Duration::from_secs(secs) };
        check(&asked(1), 0, 5);
        check(&asked(3600), 0, 3600);
    }
}
