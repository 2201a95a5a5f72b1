//! One turn of a mailbox: what a person is told by e-mail, and what is noted of it. Never what messages say.

use std::fmt::Write;

use crate::crypto::random;
use crate::domain::mail_address::MailAddress;
use crate::domain::mailbox::{self, Said};
use crate::domain::plural::counted;
use crate::domain::telling::Telling;
use crate::domain::text::in_one_line;
use crate::domain::webhook::{ANSWER_KEPT, Outcome};
use crate::notify::outbox::caller::Caller;
use crate::outbound::mail::{Email, MailError, Relay};
use crate::store::mailings::{Due, Tried};

impl Caller {
    /// Tells a person.
    pub(super) async fn tell_mailbox(&self, relay: &Relay, due: Box<Due>) -> Tried {
        let base = self.base.as_deref().unwrap_or_default();
        let unsubscribe = format!("{base}/unsubscribe/{}", due.unsubscribe);
        let mail = Email {
            to: &due.mailbox.address,
            subject: &due.unread.of("unread message"),
            text: text(&due, base, &unsubscribe),
            id: &self.store.keyring().opaque(&due.subject),
            unsubscribe: Some(&unsubscribe),
            written: self.now(),
        };
        let answered = relay.send(mail).await;
        let (said, outcome) = match &answered {
            Ok(()) => (Said::Taken, Outcome::Taken),
            Err(MailError::Refused(_)) => (Said::Refused, Outcome::PassedOver),
            Err(MailError::Failed(_)) => (Said::Failed, Outcome::Failed),
        };
        let (now, [dice]) = (self.now(), random::bytes());
        let verdict = mailbox::judge(&due.mailbox, said, now, dice);
        let answer = answered.err().map(|error| shortened(&error)).unwrap_or_default();
        let telling = Telling { at: now, messages: due.unread.number, outcome, status: None, answer };
        Tried { mailbox: due.mailbox, told: due.told, verdict, telling }
    }

    /// Sends the link that shows whose an address is.
    pub(super) async fn ask_for_confirmation(&self, to: &MailAddress, shown: &str) -> Result<(), String> {
        let text = |base: &str| {
            format!(
                "Somebody who is signed in at {base} wants to be notified of new messages at this address.\n\nIf that was \
             you, open this link and confirm it. It works for a day.\n\n{base}/profile/notifications/email/confirm?code={shown}\n\n\
             If it was not you, do nothing: no more will come.\n"
            )
        };
        self.send_link(to, "Confirm this address", text, shown).await
    }

    /// Sends an e-mail that says only that it came.
    pub(super) async fn send_test(&self, to: &MailAddress) -> Result<(), String> {
        let text = |base: &str| {
            format!("This is a test: e-mails of {base} reach this address.\n\nNobody has written to you.\n")
        };
        let id = self.now().as_millis();
        self.send_link(to, "This is a test", text, &format!("test {} {id}", to.as_str())).await
    }

    /// Sends the link with which whoever forgot the password chooses a new one.
    pub(super) async fn send_reset(&self, to: &MailAddress, code: &str) -> Result<(), String> {
        let text = |base: &str| {
            format!(
                "Somebody has forgotten the password at {base} and asked for a new one.\n\nIf that was you, open this link and \
             choose one. It works once, within six hours; no other is sent before they are over.\n\n{base}/reset?code={code}\n\n\
             If it was not you, do nothing: your password stays as it is.\n"
            )
        };
        self.send_link(to, "A new password", text, code).await
    }

    /// The id of the message tells nothing of the link, because relays keep ids.
    async fn send_link(
        &self,
        to: &MailAddress,
        subject: &str,
        text: impl FnOnce(&str) -> String,
        shown: &str,
    ) -> Result<(), String> {
        let (Some(relay), Some(base)) = (&self.relay, &self.base) else {
            return Err("this server sends no e-mail".to_owned());
        };
        let id = &self.store.keyring().opaque(&format!("mail {shown}"));
        let mail = Email { to, subject, text: text(base), id, unsubscribe: None, written: self.now() };
        relay.send(mail).await.map_err(|error| shortened(&error))
    }
}

fn shortened(error: &MailError) -> String {
    in_one_line(&error.to_string(), ANSWER_KEPT)
}

fn text(due: &Due, base: &str, unsubscribe: &str) -> String {
    let mut text =
        format!("{} in {}.\n", due.unread.of("unread message"), counted(due.channels as u64, "channel"));
    for channel in &due.named {
        let name = if channel.label.is_empty() { "A channel without a name" } else { &channel.label };
        // Writing to a string cannot fail.
        let _infallible = writeln!(text, "\n{name}: {}", channel.unread.of("message"));
        if let Some(id) = &channel.id {
            let _infallible = writeln!(text, "{base}/channels/{id}");
        }
    }
    let more = due.channels - due.named.len();
    if more > 0 && !due.named.is_empty() {
        let _infallible = writeln!(text, "\n{} more.", counted(more as u64, "channel"));
    }
    let _infallible = write!(
        text,
        "\nRead them: {base}/inbox\n\n-- \nHow often this comes: {base}/profile/notifications/email\nNo more of this: \
         {unsubscribe}\n"
    );
    text
}
