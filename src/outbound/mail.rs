//! The one way for e-mail to leave: the relay that the operator named. It may be anywhere, also in this machine.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::config::{Config, MailTls};
use crate::domain::mail_address::MailAddress;
use crate::domain::time::Timestamp;

/// How long all may take until the message is on its way, and how long the relay may then look at it.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOKED_AT: Duration = Duration::from_mins(2);

/// How long whoever only looks whether the relay answers waits for it.
const LOOKING: Duration = Duration::from_secs(5);

/// How long is waited for the end of a conversation, which changes nothing any more.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why `smtp.*` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("cannot read {path}, which {setting} names: {source}", path = path.display())]
    Read { setting: &'static str, path: PathBuf, source: std::io::Error },
    #[error("smtp.root_file: {0}")]
    Roots(String),
    #[error("smtp.host: {0}")]
    Tls(String),
}

/// Why a message was not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MailError {
    /// There is no such mailbox; in the relay's own words.
    #[error("{0}")]
    Refused(String),
    /// Anything else: not now, not from us, or the relay cannot be spoken to.
    #[error("{0}")]
    Failed(String),
}

/// A message to one person, in text.
pub struct Email<'a> {
    pub to: &'a MailAddress,
    pub subject: &'a str,
    pub text: String,
    /// The same for every try, so that readers of mail show it once.
    pub id: &'a str,
    /// Where one click ends messages of this kind.
    pub unsubscribe: Option<&'a str>,
    pub written: Timestamp,
}

/// The relay.
pub struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    from: Mailbox,
    /// The server's own name, of which message ids are.
    name: String,
}

enum Tls {
    None,
    /// The relay has to change to it at once.
    Start(TlsParameters),
    Implicit(TlsParameters),
}

impl Relay {
    /// That of the configuration, if it names one.
    pub fn of(config: &Config) -> Result<Option<Self>, RelayError> {
        let smtp = &config.smtp;
        let (Some(host), Some(from), Some(base)) = (&smtp.host, &smtp.from, &config.server.base_url) else {
            return Ok(None);
        };
        let parameters = || parameters(host, smtp.root_file.as_deref());
        let (tls, usual) = match smtp.tls {
            MailTls::None => (Tls::None, 25),
            MailTls::StartTls => (Tls::Start(parameters()?), 587),
            MailTls::Implicit => (Tls::Implicit(parameters()?), 465),
        };
        let credentials = match (&smtp.user, &smtp.password_file) {
            (Some(user), Some(path)) => {
                let password = read("smtp.password_file", path)?;
                Some(Credentials::new(user.clone(), password.trim_end().to_owned()))
            }
            _ => None,
        };
        let (host, port, name) = (host.clone(), smtp.port.unwrap_or(usual), base.host().to_owned());
        Ok(Some(Self { host, port, tls, credentials, from: from.clone(), name }))
    }

    /// Hands it over: taken means that the relay will see to it.
    pub async fn send(&self, mail: Email<'_>) -> Result<(), MailError> {
        let to = mail.to.clone();
        let message = self.message(mail).map_err(|error| MailError::Failed(error.to_string()))?.formatted();
        let mut connection = in_time(PATIENCE, self.begun(&to)).await?;
        let taken = in_time(LOOKED_AT, async { connection.message(&message).await.map_err(failed) }).await;
        // Whatever comes of the farewell: taken is taken.
        let _ended = timeout(FAREWELL, connection.quit()).await;
        taken.map(|_said| ())
    }

    /// Whether the relay answers, speaks TLS as demanded and knows us.
    pub async fn check(&self) -> Result<(), MailError> {
        let mut connection = in_time(LOOKING, self.connected()).await?;
        let _ended = timeout(FAREWELL, connection.quit()).await;
        Ok(())
    }

    /// A connection over which the message can follow.
    async fn begun(&self, to: &MailAddress) -> Result<AsyncSmtpConnection, MailError> {
        let mut connection = self.connected().await?;
        let from = Mail::new(Some(self.from.email.clone()), vec![]);
        connection.command(from).await.map_err(failed)?;
        connection.command(Rcpt::new(to.get().clone(), vec![])).await.map_err(of_address)?;
        connection.command(Data).await.map_err(failed)?;
        Ok(connection)
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, MailError> {
        let us = match self.name.parse() {
            Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(self.name.clone()),
        };
        let implicit = if let Tls::Implicit(tls) = &self.tls { Some(tls.clone()) } else { None };
        let to = (self.host.as_str(), self.port);
        let connection = AsyncSmtpConnection::connect_tokio1(to, None, &us, implicit, None);
        let mut connection = connection.await.map_err(failed)?;
        if let Tls::Start(tls) = &self.tls {
            connection.starttls(tls.clone(), &us).await.map_err(failed)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(failed)?;
        }
        Ok(connection)
    }

    fn message(&self, mail: Email<'_>) -> Result<Message, lettre::error::Error> {
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, mail.to.get().clone()))
            .subject(mail.subject)
            .date(SystemTime::UNIX_EPOCH + mail.written.since(Timestamp::from_millis(0)))
            .message_id(Some(format!("<{}@{}>", mail.id, self.name)))
            .singlepart(SinglePart::plain(mail.text))?;
        // No machine answers what a machine wrote. RFC 3834.
        set(&mut message, "Auto-Submitted", "auto-generated");
        if let Some(address) = mail.unsubscribe {
            set(&mut message, "List-Unsubscribe", &format!("<{address}>"));
            set(&mut message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }
        Ok(message)
    }
}

fn set(message: &mut Message, name: &'static str, value: &str) {
    let name = HeaderName::new_from_ascii_str(name);
    // As it is: addresses in angle brackets are neither folded nor encoded.
    message.headers_mut().insert_raw(HeaderValue::dangerous_new_pre_encoded(
        name,
        value.to_owned(),
        value.to_owned(),
    ));
}

fn parameters(host: &str, roots: Option<&Path>) -> Result<TlsParameters, RelayError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = roots {
        let text = read("smtp.root_file", path)?;
        let root =
            Certificate::from_pem(text.as_bytes()).map_err(|error| RelayError::Roots(words(&error)))?;
        builder = builder.add_root_certificate(root);
    }
    builder.build_rustls().map_err(|error| RelayError::Tls(words(&error)))
}

fn read(setting: &'static str, path: &Path) -> Result<Zeroizing<String>, RelayError> {
    let read = fs::read_to_string(path).map(Zeroizing::new);
    read.map_err(|source| RelayError::Read { setting, path: path.to_owned(), source })
}

async fn in_time<T>(
    patience: Duration,
    said: impl Future<Output = Result<T, MailError>>,
) -> Result<T, MailError> {
    let late = || Err(MailError::Failed("the relay says nothing".to_owned()));
    timeout(patience, said).await.unwrap_or_else(|_late| late())
}

/// What the relay said to an address.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn of_address(error: Error) -> MailError {
    let is_refusal = error.status().is_some_and(|code| is_no_mailbox(code.into(), &cause(&error)));
    if is_refusal { MailError::Refused(words(&error)) } else { MailError::Failed(words(&error)) }
}

/// Whether an answer to an address says that there is no such mailbox (RFC 3463). Relays say with the same numbers that they
/// forward nothing for us, are full, or do not trust the sender: what the operator can mend ends nobody's e-mails.
fn is_no_mailbox(code: u16, said: &str) -> bool {
    match enhanced(said) {
        // The sender's address.
        Some((1, 7 | 8)) => false,
        Some((1, _) | (2, 1)) => code >= 500,
        // None, or one that says no more than the code does.
        None | Some((0 | 5, _)) => matches!(code, 550 | 551 | 553),
        Some(_) => false,
    }
}

/// Subject and detail of the enhanced code that an answer begins with, if it does.
fn enhanced(said: &str) -> Option<(u16, u16)> {
    let mut parts = said.split_whitespace().next()?.splitn(3, '.');
    let _class: u16 = parts.next()?.parse().ok()?;
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn failed(error: Error) -> MailError {
    MailError::Failed(words(&error))
}

/// The relay's own words with their number, or what went wrong.
fn words(error: &Error) -> String {
    let cause = cause(error);
    error.status().map_or_else(|| cause.clone(), |code| format!("{code} {cause}"))
}

/// The first cause, which needs none of what came of it.
fn cause(error: &Error) -> String {
    let mut first: &dyn std::error::Error = error;
    while let Some(cause) = first.source() {
        first = cause;
    }
    first.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mailbox_that_is_not_there_is_refused() {
        let no_mailbox = [
            (550, "5.1.1 no such user"),
            (554, "5.1.1 no such user"),
            (550, "5.1.10 no such user"),
            (550, "5.2.1 mailbox disabled"),
            (550, "5.5.0 mailbox unavailable"),
            (550, "no such user here"),
            (551, "gone elsewhere"),
            (553, ""),
        ];
        for (code, said) in no_mailbox {
            assert!(is_no_mailbox(code, said), "{code} {said}");
        }
        let else_wrong = [
            (550, "5.7.1 relay denied"),
            (554, "5.7.1 relay denied"),
            (550, "5.7.23 SPF"),
            (550, "5.3.2 not now"),
            (550, "5.4.1 no route"),
            (550, "5.2.2 over quota"),
            (552, "over quota"),
            (550, "5.1.8 the sender has no domain"),
            (554, "no"),
            (450, "4.1.1 perhaps later"),
            (450, "perhaps later"),
        ];
        for (code, said) in else_wrong {
            assert!(!is_no_mailbox(code, said), "{code} {said}");
        }
    }
}
