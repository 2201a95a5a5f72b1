//! The relay through which e-mail is sent.

use std::path::PathBuf;

use lettre::message::Mailbox;

use crate::config::choice::MailTls;
use crate::config::{Config, Error};
use crate::domain::host::is_this_machine;
use crate::domain::mail_address::MailAddress;

/// Where e-mail goes out, if it does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SmtpConfig {
    /// The relay; absent: no e-mail is sent.
    pub host: Option<String>,
    /// Absent: the usual one of `tls`.
    pub port: Option<u16>,
    pub tls: MailTls,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    /// Whom messages are from.
    pub from: Option<Mailbox>,
    /// Whom to believe beside those whom the system believes.
    pub root_file: Option<PathBuf>,
}

/// `box@example.org`, or with a name before it.
pub(super) fn sender(text: &str) -> Result<Mailbox, String> {
    let read: Option<Mailbox> = text.parse().ok();
    let is_plain = |read: &Mailbox| MailAddress::parse(read.email.as_ref()).is_ok();
    let wrong = || format!("{text:?} is not a mail address; write for example peerbox <box@example.org>");
    read.filter(is_plain).ok_or_else(wrong)
}

pub(super) fn relay_port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| format!("{text:?} is not a port; write for example 587"))
}

impl Config {
    /// The rules of the relay.
    pub(super) fn settle_mail(&self) -> Result<(), Error> {
        let smtp = &self.smtp;
        let Some(host) = &smtp.host else { return Ok(()) };
        let together = |why| Err(Error::Together(why));
        if smtp.from.is_none() {
            return together("smtp.host needs smtp.from, the address that messages are from");
        }
        if self.server.base_url.is_none() {
            return together("smtp.host needs server.base_url, for the links in messages");
        }
        if smtp.user.is_some() != smtp.password_file.is_some() {
            return together("smtp.user and smtp.password_file belong together; set both or none");
        }
        if smtp.tls == MailTls::None && smtp.user.is_some() && !is_this_machine(host) {
            return together(
                "smtp.tls = \"none\" would send the password of smtp.user in the clear; use TLS",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_is_asked_for() {
        let check = |text: &str, expect: &str| {
            let text = format!("[data]\ndir = 'd'\n[smtp]\nhost = 'mail.example.org'\n{text}");
            let error = Config::from_toml(&text).expect_err(&text).to_string();
            assert!(error.contains(expect), "{error}");
        };
        check("", "smtp.from");
        check("from = 'nobody'", "not a mail address");
        let from = "from = 'peerbox <box@example.org>'\n";
        check(from, "server.base_url");
        let rest = format!("{from}tls = 'none'\nuser = 'box'\n");
        let url = "[server]\nbase_url = 'https://box.example.org'";
        check(&format!("{rest}{url}"), "smtp.password_file");
        check(&format!("{rest}password_file = 'p'\n{url}"), "in the clear");
    }
}
