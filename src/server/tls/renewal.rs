//! Fetches the certificate, and another before it ends.

use std::cmp::max;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use crate::config::TlsConfig;
use crate::crypto::certificate::CertificateFacts;
use crate::crypto::random;
use crate::domain::time::{Clock, Timestamp};
use crate::server::tls::authority::{Authority, OrderError, Proof};
use crate::server::tls::{Certificate, pem};
use crate::service::certificate::Certificates;

/// How often the authority is asked when it wants the certificate renewed.
const ASKED_EVERY: Duration = Duration::from_hours(6);

/// The first pause after an order that did not succeed, and the longest. An authority counts failed looks at a name, and
/// the usual one takes five in an hour.
const AFTER_REFUSAL: (Duration, Duration) = (Duration::from_mins(2), Duration::from_hours(6));

/// The same where it was not reached or had trouble of its own, which it does not count.
const AFTER_SILENCE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(10));

/// Whoever failed is not to come back at the same moment as everybody else.
const SCATTER: u64 = 4;

/// Keeps the certificate in use a valid one, for as long as it is run.
pub(in crate::server) struct Renewal {
    certificate: Certificate,
    config: TlsConfig,
    kept: Certificates,
    clock: Arc<dyn Clock>,
    /// The ways in which the authority may look; another one is tried after each failure.
    proofs: Vec<Proof>,
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
        Some(Self { certificate: certificate.clone(), config, kept, clock, proofs })
    }

    /// Runs until dropped.
    pub(in crate::server) async fn run(self) {
        let mut in_use = self.take_up_kept().await;
        let mut failures = 0;
        loop {
            let now = self.clock.now();
            let current = in_use.as_ref().filter(|current| self.is_for_all(&current.facts));
            if let Some(current) = current.filter(|_| failures == 0) {
                let due = self.due(current).await;
                if due > now {
                    self.clock.sleep(due.since(now).min(ASKED_EVERY)).await;
                    continue;
                }
            }
            match self.renew(in_use.as_ref(), self.proofs[failures % self.proofs.len()]).await {
                Ok(renewed) => {
                    tracing::info!(ends = %renewed.facts.ends, "got a certificate");
                    in_use = Some(renewed);
                    failures = 0;
                    self.note(None).await;
                }
                Err(error) => {
                    let pause = pause(&error, failures);
                    failures += 1;
                    let ends = in_use.as_ref().map(|in_use| in_use.facts.ends.to_string());
                    tracing::error!(%error, ends, again_in = ?pause, "no certificate came");
                    self.note(Some(error.to_string())).await;
                    self.clock.sleep(pause).await;
                }
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
        let key = pem::parse(text)?;
        let first = key.cert.first().cloned();
        let facts = first.as_ref().and_then(|first| CertificateFacts::of(first));
        let (Some(first), Some(facts)) = (first, facts) else {
            return Err(OrderError::Refused("what came is no certificate".to_owned()));
        };
        self.certificate.put(key);
        Ok(InUse { first, facts })
    }

    /// Whether it is for all domains that are configured now.
    fn is_for_all(&self, facts: &CertificateFacts) -> bool {
        self.config.domains.iter().all(|domain| facts.names.contains(&domain.to_string()))
    }

    /// When it is to be renewed: as the authority wants it, and never later than by its own end.
    async fn due(&self, current: &InUse) -> Timestamp {
        let own = current.facts.due();
        let Ok(authority) = Authority::open(&self.config, &self.kept).await else { return own };
        let Some((from, to)) = authority.wanted(&current.first).await else { return own };
        let place = random_below(u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX));
        from.after(Duration::from_millis(place)).min(max(own, from))
    }

    async fn renew(&self, replaced: Option<&InUse>, proof: Proof) -> Result<InUse, OrderError> {
        let authority = Authority::open(&self.config, &self.kept).await?;
        let replaced = replaced.map(|in_use| &in_use.first);
        let ordered = authority.order(proof, replaced, self.certificate.answers()).await;
        if matches!(ordered, Err(OrderError::UnknownAccount)) {
            self.kept.forget_authority().await?;
        }
        let text = ordered?;
        let in_use = self.take_up(&text)?;
        self.kept.keep_pem(text).await?;
        Ok(in_use)
    }
}

/// How long to wait after so many failures before this one.
fn pause(error: &OrderError, before: usize) -> Duration {
    let (first, longest) = match error {
        OrderError::Unreachable(_) | OrderError::Disturbed(_) | OrderError::UnknownAccount => AFTER_SILENCE,
        _ => AFTER_REFUSAL,
    };
    let doubled = first.saturating_mul(1 << before.min(16)).min(longest);
    let most = u64::try_from(doubled.as_millis()).unwrap_or(u64::MAX) / SCATTER;
    doubled + Duration::from_millis(random_below(most))
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
    }
}
