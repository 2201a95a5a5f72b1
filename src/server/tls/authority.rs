//! The authority that certificates are asked of, by its protocol (RFC 8555).

use std::time::Duration;

use instant_acme::{
    Account, AccountBuilder, AccountCredentials, AuthorizationStatus, CertificateIdentifier, ChallengeType,
    Identifier, NewAccount, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use rustls::pki_types::CertificateDer;
use zeroize::Zeroizing;

use crate::config::{Domain, TlsConfig};
use crate::domain::time::Timestamp;
use crate::server::tls::TlsError;
use crate::server::tls::answers::Answers;
use crate::server::tls::calls::{CallError, Calls};
use crate::service::certificate::Certificates;

/// The kind of certificate that is taken where it is offered: one that ends after days, so that a stolen key is soon
/// worth nothing. Addresses get no other from the usual authority.
const SHORT_LIVED: &str = "shortlived";

/// As many names as the usual authority puts into one of them.
const SHORT_LIVED_NAMES: usize = 25;

/// Problems by their names in RFC 8555, section 6.7.
const UNKNOWN_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";
const USED_NONCE: &str = "urn:ietf:params:acme:error:badNonce";
const INTERNAL: &str = "urn:ietf:params:acme:error:serverInternal";

/// How long the authority may take to look, and then to sign.
const PATIENCE: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).timeout(Duration::from_mins(2));

/// How long an order may take in all, so that a silent authority does not stop the next one.
const WHOLE_ORDER: Duration = Duration::from_mins(10);

/// How the authority sees that the names are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// It asks on port 80.
    Http,
    /// It asks on port 443.
    Tls,
}

/// Why no certificate came.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrderError {
    #[error("the authority cannot be reached or does not answer: {0}")]
    Unreachable(String),
    #[error("what answered does not speak like an authority: {0}")]
    Foreign(String),
    #[error("the authority is disturbed: {0}")]
    Disturbed(String),
    #[error("the authority wants to be asked later: {said}")]
    Later { said: String, pause: Duration },
    #[error("the authority does not know our account any more; another is made")]
    UnknownAccount,
    #[error("the authority refuses: {0}")]
    Refused(String),
    #[error(
        "the authority could not see that {name} is this server, for which it comes to port 80 or 443 from outside: {reason}"
    )]
    NotSeen { name: String, reason: String },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the data does not keep it: {0}")]
    Store(#[from] crate::service::error::Error),
}

impl OrderError {
    /// Nothing was judged, so that it may soon be tried again.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Foreign(_)
            | Self::Disturbed(_)
            | Self::Later { .. }
            | Self::UnknownAccount => true,
            Self::Refused(_) | Self::NotSeen { .. } | Self::Tls(_) | Self::Store(_) => false,
        }
    }

    /// How long the authority wants to be left alone.
    pub(super) fn asked_pause(&self) -> Duration {
        if let Self::Later { pause, .. } = self { *pause } else { Duration::ZERO }
    }
}

impl From<instant_acme::Error> for OrderError {
    fn from(error: instant_acme::Error) -> Self {
        match error {
            instant_acme::Error::Api(problem) if problem.r#type.as_deref() == Some(UNKNOWN_ACCOUNT) => {
                Self::UnknownAccount
            }
            instant_acme::Error::Api(problem) if is_passing(&problem) => Self::Disturbed(problem.to_string()),
            instant_acme::Error::Api(problem) => Self::Refused(problem.to_string()),
            instant_acme::Error::Json(why) => Self::Foreign(why.to_string()),
            instant_acme::Error::Other(error) => match error.downcast::<CallError>() {
                Ok(error) => (*error).into(),
                Err(other) => Self::Unreachable(with_causes(other.as_ref())),
            },
            other => Self::Unreachable(with_causes(&other)),
        }
    }
}

impl From<CallError> for OrderError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failed(error) => Self::Unreachable(with_causes(&error)),
            CallError::TooLong | CallError::Foreign(_) => Self::Foreign(error.to_string()),
            CallError::Later { said, pause } => Self::Later { said, pause },
        }
    }
}

/// An account at the authority, through which certificates are ordered.
pub(super) struct Authority {
    config: TlsConfig,
    account: Account,
}

impl Authority {
    /// Takes the account that is kept, or makes one.
    pub(super) async fn open(config: &TlsConfig, kept: &Certificates) -> Result<Self, OrderError> {
        let builder = || {
            let calls = Calls::new(config.acme_root_file.as_deref())?;
            Ok::<_, instant_acme::Error>(Account::builder_with_http(Box::new(calls)))
        };
        if let Some(credentials) = kept.authority().await?.and_then(|text| credentials(config, &text)) {
            let account = within_time(builder()?.from_credentials(credentials)).await?;
            return Ok(Self { config: config.clone(), account });
        }
        let (account, credentials) = within_time(register(builder()?, config)).await?;
        let text = serde_json::to_string(&credentials).map(Zeroizing::new);
        let text = text.map_err(|error| OrderError::Refused(error.to_string()))?;
        let text = Zeroizing::new(format!("{}\n{}", config.acme_directory, text.as_str()));
        if let Err(error) = kept.keep_authority(text).await {
            tracing::error!(%error, "the account at the authority could not be kept; the next start makes another");
        }
        Ok(Self { config: config.clone(), account })
    }

    /// Gets a certificate for the domains: secret key and certificates as PEM.
    pub(super) async fn order(
        &self,
        proof: Proof,
        replaced: Option<&CertificateDer<'_>>,
        answers: &Answers,
    ) -> Result<Zeroizing<String>, OrderError> {
        let outcome = within_time(self.order_now(proof, replaced, answers)).await;
        answers.clear();
        outcome
    }

    async fn order_now(
        &self,
        proof: Proof,
        replaced: Option<&CertificateDer<'_>>,
        answers: &Answers,
    ) -> Result<Zeroizing<String>, OrderError> {
        let identifiers: Vec<_> = self.config.domains.iter().map(identifier).collect();
        let ask = |replaced| {
            let mut order = NewOrder::new(&identifiers);
            if identifiers.len() <= SHORT_LIVED_NAMES
                && self.account.profiles().any(|profile| profile.name == SHORT_LIVED)
            {
                order = order.profile(SHORT_LIVED);
            }
            match replaced {
                Some(replaced) => order.replaces(replaced),
                None => order,
            }
        };
        let named = replaced.and_then(|replaced| CertificateIdentifier::try_from(replaced).ok());
        let mut order = match self.account.new_order(&ask(named)).await {
            // Saying which one it replaces only spares us limits; where that is not understood, it goes without.
            Err(error) if replaced.is_some() && is_about_replaced(&error) => {
                self.account.new_order(&ask(None)).await?
            }
            outcome => outcome?,
        };
        self.answer(&mut order, proof, answers).await?;
        match order.poll_ready(&PATIENCE).await {
            Ok(OrderStatus::Invalid) => {
                return Err(not_seen(&mut order, "it does not say why".to_owned()).await);
            }
            Ok(_) => {}
            Err(error) => {
                return Err(match error.into() {
                    OrderError::Refused(why) => not_seen(&mut order, why).await,
                    passing => passing,
                });
            }
        }
        let key = Zeroizing::new(order.finalize().await?);
        let chain = order.poll_certificate(&PATIENCE).await?;
        Ok(Zeroizing::new([key.as_str(), &chain].concat()))
    }

    /// Has answers ready for what the authority will ask, and tells it to ask.
    async fn answer(&self, order: &mut Order, proof: Proof, answers: &Answers) -> Result<(), OrderError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let name = authorization.identifier().to_string();
            let kind = match proof {
                Proof::Http => ChallengeType::Http01,
                Proof::Tls => ChallengeType::TlsAlpn01,
            };
            let Some(mut challenge) = authorization.challenge(kind) else {
                let reason = "it does not offer to look in this way".to_owned();
                return Err(OrderError::NotSeen { name, reason });
            };
            let answer = challenge.key_authorization();
            match proof {
                Proof::Http => answers.give_over_http(challenge.token.clone(), answer.as_str().to_owned()),
                Proof::Tls => {
                    if let Some(domain) = self.config.domains.iter().find(|domain| domain.to_string() == name)
                    {
                        answers.give_over_tls(domain, answer.digest().as_ref())?;
                    }
                }
            }
            challenge.set_ready().await?;
        }
        Ok(())
    }

    /// The time in which the authority wants the certificate renewed (RFC 9773); absent where it does not say.
    pub(super) async fn wanted(&self, certificate: &CertificateDer<'_>) -> Option<(Timestamp, Timestamp)> {
        let named = CertificateIdentifier::try_from(certificate).ok()?;
        let (told, _again) = within_time(self.account.renewal_info(&named)).await.ok()?;
        let at =
            |time: time::OffsetDateTime| Timestamp::from_millis(time.unix_timestamp().saturating_mul(1000));
        Some((at(told.suggested_window.start), at(told.suggested_window.end)))
    }
}

/// Whether the fault is the authority's own, and not in what it was asked.
fn is_passing(problem: &Problem) -> bool {
    matches!(problem.r#type.as_deref(), Some(USED_NONCE | INTERNAL))
        || problem.status.is_some_and(|status| status >= 500)
}

/// Whether an order failed for what it says about the certificate that it replaces (RFC 9773, section 7.4).
fn is_about_replaced(error: &instant_acme::Error) -> bool {
    const KINDS: [&str; 3] = ["malformed", "conflict", "alreadyReplaced"];
    match error {
        instant_acme::Error::Api(problem) => {
            let kind =
                problem.r#type.as_deref().and_then(|kind| kind.strip_prefix("urn:ietf:params:acme:error:"));
            kind.is_some_and(|kind| KINDS.contains(&kind))
        }
        instant_acme::Error::Other(error) => !error.is::<CallError>(),
        // The library looks by itself whether the authority understands it.
        _ => true,
    }
}

/// The account that is kept, if it is one of this authority.
fn credentials(config: &TlsConfig, text: &str) -> Option<AccountCredentials> {
    let (directory, credentials) = text.split_once('\n')?;
    serde_json::from_str(credentials).ok().filter(|_| directory == config.acme_directory)
}

async fn register(
    builder: AccountBuilder,
    config: &TlsConfig,
) -> Result<(Account, AccountCredentials), instant_acme::Error> {
    let contact: Vec<&str> = config.acme_contact.as_deref().into_iter().collect();
    let account =
        NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    builder.create(&account, config.acme_directory.clone(), None).await
}

fn identifier(domain: &Domain) -> Identifier {
    match domain {
        Domain::Name(name) => Identifier::Dns(name.clone()),
        Domain::Address(address) => Identifier::Ip(*address),
    }
}

/// What the authority says about a name that it looked for in vain.
async fn not_seen(order: &mut Order, in_general: String) -> OrderError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_err() {
            break;
        }
        let problem = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref());
        if let Some(problem) = problem {
            if is_passing(problem) {
                return OrderError::Disturbed(problem.to_string());
            }
            let (name, reason) = (authorization.identifier().to_string(), problem.to_string());
            return OrderError::NotSeen { name, reason };
        }
    }
    OrderError::Refused(in_general)
}

async fn within_time<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, OrderError>
where
    OrderError: From<E>,
{
    match tokio::time::timeout(WHOLE_ORDER, work).await {
        Ok(outcome) => Ok(outcome?),
        Err(_elapsed) => Err(OrderError::Unreachable("it took too long".to_owned())),
    }
}

/// What is said of a failed connection is mostly in its causes, some of which say the same.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_goes_without_what_it_replaces_where_that_is_at_fault() {
        let problem = |kind: &str| {
            let text = format!("{{\"type\":\"urn:ietf:params:acme:error:{kind}\"}}");
            serde_json::from_str::<Problem>(&text).expect("a problem").into()
        };
        let check = |error: instant_acme::Error, expect: bool| {
            assert_eq!(is_about_replaced(&error), expect, "{error}");
        };
        check(instant_acme::Error::Unsupported("renewal information"), true);
        check(instant_acme::Error::Other("replaces field mismatch".into()), true);
        check(problem("alreadyReplaced"), true);
        check(problem("rateLimited"), false);
        check(instant_acme::Error::Other(Box::new(CallError::TooLong)), false);
    }
}
