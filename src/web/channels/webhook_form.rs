//! The form of a webhook: where it calls, in which form, and how much it tells.

use crate::domain::secret::ReceiverToken;
use crate::domain::web_address::WebAddress;
use crate::domain::webhook::{Extent, WebhookForm, WebhookSettings};
use crate::notify::outbox::Outbox;
use crate::web::frame::forms::fields::{Choice, Fields, Form};
use crate::web::frame::problems::Problems;
use crate::web::words::format::sentence;

/// What each form is called, and what it is for.
const FORMS: [(WebhookForm, &str, &str); 3] = [
    (WebhookForm::Standard, "standard", "Plain JSON, for a program"),
    (WebhookForm::Ntfy, "ntfy", "ntfy"),
    (WebhookForm::Gotify, "gotify", "Gotify"),
];

/// What was typed in. Its token is a secret, so the form does not come back with it.
pub struct WebhookFields {
    pub address: String,
    form: WebhookForm,
    pub with_message: bool,
    token: String,
    without_token: bool,
}

impl Form for WebhookFields {
    fn read(fields: &Fields) -> Self {
        let form = fields.text("form");
        Self {
            address: fields.line("address"),
            form: FORMS.iter().find(|one| one.1 == form).map_or(WebhookForm::Standard, |one| one.0),
            with_message: fields.ticked("message"),
            token: fields.line("token"),
            without_token: fields.ticked("without_token"),
        }
    }
}

impl WebhookFields {
    pub fn empty() -> Self {
        Self {
            address: String::new(),
            form: WebhookForm::Standard,
            with_message: false,
            token: String::new(),
            without_token: false,
        }
    }

    pub fn of(settings: &WebhookSettings) -> Self {
        Self {
            address: settings.address.as_str().to_owned(),
            form: settings.form,
            with_message: settings.extent == Extent::Message,
            ..Self::empty()
        }
    }

    /// The forms to choose from.
    pub fn forms(&self) -> Vec<Choice> {
        FORMS.iter().map(|(form, value, word)| Choice::new(*value, *word, *form == self.form)).collect()
    }

    /// What the form comes to. A field for the token that is left empty keeps the one that there is.
    pub fn judge(
        &self,
        outbox: &Outbox,
        before: Option<&WebhookSettings>,
    ) -> Result<WebhookSettings, Problems> {
        let mut problems = Problems::none();
        let address = WebAddress::parse(&self.address);
        let address = address.map_err(|error| problems.add("address", sentence(&error)));
        if let Ok(address) = &address
            && let Err(error) = outbox.may_call(address)
        {
            problems.add("address", sentence(&error));
        }
        let token = ReceiverToken::parse(&self.token);
        if token.is_none() && !self.token.is_empty() {
            problems.add("token", "A token has no spaces and only plain letters, digits and signs.");
        }
        let Ok(address) = address else { return Err(problems) };
        if problems.any() {
            return Err(problems);
        }
        let token = match before {
            _ if token.is_some() => token,
            // Not to another machine: whoever may change the address would learn it.
            Some(before) if !self.without_token && same_place(&before.address, &address) => {
                before.token.clone()
            }
            _ => None,
        };
        let extent = if self.with_message { Extent::Message } else { Extent::Arrival };
        Ok(WebhookSettings { address, form: self.form, extent, token })
    }
}

fn same_place(one: &WebAddress, other: &WebAddress) -> bool {
    (one.authority(), one.is_https()) == (other.authority(), other.is_https())
}

/// What a form is called in a list.
pub fn form_word(form: WebhookForm) -> &'static str {
    FORMS.iter().find(|one| one.0 == form).map_or("", |one| one.2)
}
