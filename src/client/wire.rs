//! Requests and their answers, sent again where that helps, with a bound on time and bytes.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Body, Certificate, Client, Method, Response, StatusCode};
use tokio::sync::Semaphore;

use crate::client::address::ServerAddress;
use crate::client::error::ClientError;
use crate::client::outage::Outage;
use crate::client::pace::{Pace, Pieces, Progress, TooSlow};
use crate::client::refusal::{Silence, refusal};
use crate::crypto::random;
use crate::domain::secret::BearerToken;

/// How long a connection may take.
const TO_CONNECT: Duration = Duration::from_secs(10);

/// The longest answer that is read: a page of the longest messages.
const MOST_BYTES: usize = 512 * 1024 * 1024;

/// The longest refusal that is read.
const MOST_OF_REFUSAL: usize = 64 * 1024;

/// The first pause before something is tried again, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How many requests wait for their answers at once: after a restart all channels of an account have something to ask.
const AT_ONCE: usize = 4;

const TOO_LONG: &str = "it took too long";

/// Whom to trust on the way, and how long to try.
#[derive(Clone)]
pub struct Way {
    /// Certificates in PEM that are trusted beside those of the system.
    pub authorities: Option<String>,
    /// Take plain http beyond this machine.
    pub insecure_http: bool,
    /// How long to try again what may work in a while; the pauses count.
    pub patience: Duration,
    /// Told why something is tried again.
    pub notice: fn(&str),
    /// Told how far a body is.
    pub progress: Option<Progress>,
}

/// Requests to one server.
pub struct Wire {
    http: Client,
    server: ServerAddress,
    patience: Duration,
    notice: fn(&str),
    outage: Outage,
    turns: Semaphore,
    progress: Option<Progress>,
}

/// What is asked.
pub struct Asked {
    pub method: Method,
    /// The whole address.
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether it does no harm to ask twice.
    pub is_repeatable: bool,
    /// What a refusal means where the server does not say.
    pub silence: Silence,
}

impl Asked {
    /// A request that changes nothing.
    pub fn get(url: String, headers: HeaderMap) -> Self {
        let (body, silence) = (Bytes::new(), Silence::OF_READING);
        Self { method: Method::GET, url, headers, body, is_repeatable: true, silence }
    }
}

/// The answer to what was done.
pub struct Answer {
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Pauses that double, each shortened by chance so that many clients do not come back at once.
#[derive(Debug, Clone, Copy)]
pub struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pauses {
    /// The next one.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST_PAUSE);
        let [chance] = random::bytes::<1>();
        pause / 2 + pause.mul_f64(f64::from(chance) / 512.0)
    }

    /// The next one, or what the server asks for where that is longer.
    pub fn pause_after(&mut self, error: &ClientError) -> Duration {
        self.next_pause().max(error.wait().unwrap_or_default())
    }
}

impl Wire {
    /// To a server.
    pub fn new(server: &ServerAddress, way: &Way) -> Result<Self, ClientError> {
        if server.is_open_to_all() && !way.insecure_http {
            return Err(ClientError::OpenToAll { at: server.to_string() });
        }
        // Another part of the program may have done it.
        let _present = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .http1_only()
            .connect_timeout(TO_CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("peerbox/", env!("CARGO_PKG_VERSION")));
        if server.is_plain() && !way.insecure_http {
            // It is on this machine, and a proxy may be anywhere.
            client = client.no_proxy();
        }
        if let Some(pem) = &way.authorities {
            client = client.tls_certs_merge(require_certificates(pem)?);
        } else if server.is_plain() {
            // A machine without certificates can do without them here.
            client = client.tls_certs_only([]);
        }
        let http = client.build().map_err(|error| ClientError::Certificates(why(&error)))?;
        Ok(Self {
            http,
            server: server.clone(),
            patience: way.patience,
            notice: way.notice,
            outage: Outage::new(way.notice),
            turns: Semaphore::new(AT_ONCE),
            progress: way.progress.clone(),
        })
    }

    /// Asks until there is an answer or patience is at its end.
    pub async fn ask(&self, asked: &Asked) -> Result<Answer, ClientError> {
        let mut pauses = Pauses::default();
        let (mut waited, mut is_doubtful) = (Duration::ZERO, false);
        loop {
            let error = match self.ask_once(asked).await {
                Ok(answer) => {
                    self.outage.ends(|| format!("{} answers again", self.server));
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let left = self.patience.saturating_sub(waited);
            let helps = error.is_passing() && (asked.is_repeatable || error.is_before_all());
            if !helps || left.is_zero() || error.wait().is_some_and(|wait| wait > left) {
                return Err(if is_doubtful { error.after_doubt() } else { error });
            }
            let pause = pauses.pause_after(&error).min(left);
            waited += pause;
            is_doubtful |= !error.is_before_all();
            self.tries_again(&error);
            tokio::time::sleep(pause).await;
        }
    }

    /// Says once why something is tried again; when the server answers, that is said too.
    pub fn tries_again(&self, error: &ClientError) {
        self.outage.begins(|| format!("{error}; trying again"));
    }

    /// Whether sockets open, which is told like everything else.
    pub fn sockets(&self) -> Outage {
        Outage::new(self.notice)
    }

    async fn ask_once(&self, asked: &Asked) -> Result<Answer, ClientError> {
        // It is never closed.
        let _turn = self.turns.acquire().await.ok();
        let pace = Pace::begin();
        match pace.keep(self.answer(asked, &pace)).await {
            Ok(outcome) => outcome,
            Err(TooSlow) => Err(self.broken(asked, TOO_LONG.to_owned())),
        }
    }

    async fn answer(&self, asked: &Asked, pace: &Pace) -> Result<Answer, ClientError> {
        let response = self.begin(asked, pace).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let most = if status.is_success() { MOST_BYTES } else { MOST_OF_REFUSAL };
        let body = body(response, most, pace).await.map_err(|why| self.broken(asked, why))?;
        let body = body.ok_or_else(|| self.strange("the answer is too long"))?;
        if status.is_success() {
            return Ok(Answer { headers, body });
        }
        match elsewhere(status, &headers) {
            Some(to) => Err(ClientError::Moved { at: self.server.to_string(), to }),
            None => Err(refusal(status, &headers, &body, asked.silence)),
        }
    }

    /// Asks once, and gives an answer that has no body: a handshake.
    pub async fn shaken(&self, asked: &Asked) -> Result<Response, ClientError> {
        let pace = Pace::begin();
        match pace.keep(self.begin(asked, &pace)).await {
            Ok(outcome) => outcome,
            Err(TooSlow) => Err(self.broken(asked, TOO_LONG.to_owned())),
        }
    }

    /// Asks once, and gives the answer before its body.
    async fn begin(&self, asked: &Asked, pace: &Pace) -> Result<Response, ClientError> {
        let request = self.http.request(asked.method.clone(), &asked.url).headers(asked.headers.clone());
        let request = if asked.body.is_empty() {
            request
        } else {
            let pieces = Pieces::new(asked.body.clone(), pace.clone(), self.progress.clone());
            request.body(Body::wrap(pieces))
        };
        request.send().await.map_err(|error| match distrust(&error) {
            Some(why) => ClientError::Untrusted { at: self.server.to_string(), why },
            None if error.is_connect() => self.unreachable(why(&error), false),
            None => self.broken(asked, why(&error)),
        })
    }

    fn broken(&self, asked: &Asked, why: String) -> ClientError {
        if asked.is_repeatable {
            self.unreachable(why, true)
        } else {
            ClientError::Unknown { at: self.server.to_string(), why }
        }
    }

    fn unreachable(&self, why: String, is_sent: bool) -> ClientError {
        ClientError::Unreachable { at: self.server.to_string(), why, is_sent }
    }

    /// What is said of an answer that no such server gives.
    pub fn strange(&self, why: &'static str) -> ClientError {
        ClientError::Strange { at: self.server.to_string(), why }
    }
}

/// The body; `None` when it is longer than that.
async fn body(mut response: Response, most: usize, pace: &Pace) -> Result<Option<Bytes>, String> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|error| why(&error))? {
        if body.len() + piece.len() > most {
            return Ok(None);
        }
        pace.add(piece.len());
        body.extend_from_slice(&piece);
    }
    Ok(Some(body.freeze()))
}

/// Where an answer sends whoever asks, if it does; without a query, which may hold a secret.
fn elsewhere(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let to = headers.get(LOCATION).filter(|_| status.is_redirection())?;
    let to = to.to_str().ok()?.split(['?', '#']).next()?;
    Some(to.chars().take(300).collect())
}

/// The certificates in a file; there has to be one.
pub fn require_certificates(pem: &str) -> Result<Vec<Certificate>, ClientError> {
    match Certificate::from_pem_bundle(pem.as_bytes()) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(ClientError::Certificates("there is no certificate in PEM".to_owned())),
        Err(error) => Err(ClientError::Certificates(why(&error))),
    }
}

/// A header that is not written to any log.
pub fn secret_header(text: &str) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| ClientError::Header)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The header that a token goes in.
pub fn bearer(token: &BearerToken) -> Result<(HeaderName, HeaderValue), ClientError> {
    Ok((AUTHORIZATION, secret_header(&format!("Bearer {}", token.expose()))?))
}

/// Says in a header what a body is.
pub fn typed(headers: &mut HeaderMap, content_type: &str) -> Result<(), ClientError> {
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).map_err(|_| ClientError::Header)?);
    Ok(())
}

/// The innermost cause, which says most; without the address, which may hold a token.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return TOO_LONG.to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request failed".to_owned(),
        None => cause.to_string(),
    }
}

/// What TLS found wrong, wherever it lies: an error of input and output does not show what is in it as its source.
fn fault_of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inside = || error.downcast_ref::<io::Error>()?.get_ref().and_then(|inner| fault_of_tls(inner));
    error.downcast_ref().or_else(inside).or_else(|| error.source().and_then(fault_of_tls))
}

/// What is wrong with the server's certificate, if that is why nothing came about, and what helps.
fn distrust(error: &reqwest::Error) -> Option<String> {
    let fault = fault_of_tls(error)
        .filter(|fault| matches!(fault, rustls::Error::InvalidCertificate(_)))?
        .to_string();
    let helps = match &fault {
        fault if fault.contains("UnknownIssuer") => "; pass --cacert FILE with that of whoever signed it",
        fault if fault.contains("CaUsedAsEndEntity") => {
            "; it is that of an authority, which a server may not have: `openssl req -x509` makes one for a server with \
             -addext basicConstraints=critical,CA:FALSE"
        }
        _ => "",
    };
    Some(format!("{fault}{helps}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound() {
        let mut pauses = Pauses::default();
        let all: Vec<_> = (0..12).map(|_| pauses.next_pause()).collect();
        assert!(all[0] <= FIRST_PAUSE && all[0] >= FIRST_PAUSE / 2);
        assert!(all[11] <= LONGEST_PAUSE && all[11] >= LONGEST_PAUSE / 2);
    }
}
