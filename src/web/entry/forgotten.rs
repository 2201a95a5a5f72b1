//! A link to a new password by e-mail. Nobody learns from it who there is: the answer is the same for every name, and comes
//! before anything is looked up.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::error::AuthError;
use crate::auth::newcomers::Newcomers;
use crate::domain::account::UserName;
use crate::notify::outbox::Outbox;
use crate::service::mailboxes::Mailboxes;
use crate::web::frame::answers::html;
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::Refusal;

#[derive(Template)]
#[template(path = "entry/forgotten.html")]
struct ForgottenPage {
    c: Chrome,
    /// Whether this server sends any.
    is_sent: bool,
}

pub async fn show(call: AnyCall, outbox: web::Data<Outbox>) -> Result<HttpResponse, Refusal> {
    html(&ForgottenPage { c: call.gate(), is_sent: outbox.sends_mail() })
}

/// The name, as it was typed.
pub struct Forgetful(String);

impl Form for Forgetful {
    const FOR_VISITORS: bool = true;

    fn read(fields: &Fields) -> Self {
        Self(fields.line("user"))
    }
}

pub async fn send(
    Submitted(Forgetful(user)): Submitted<Forgetful>,
    call: AnyCall,
    newcomers: web::Data<Newcomers>,
    mailboxes: web::Data<Mailboxes>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    if !outbox.sends_mail() {
        return show(call, outbox).await;
    }
    newcomers.admit_forgetful(call.site.client(&call.request))?;
    let place = mailboxes.place_for_reset().ok_or(AuthError::Busy)?;
    if let Ok(name) = UserName::wanted(&user) {
        tokio::spawn(async move {
            serve(&mailboxes, &outbox, name).await;
            drop(place);
        });
    }
    call.told("/login", Done::ResetAsked)
}

async fn serve(mailboxes: &Mailboxes, outbox: &Outbox, name: UserName) {
    let failed = match mailboxes.reset_link(name).await {
        Ok(None) => return,
        Ok(Some((address, code))) => match outbox.send_reset(&address, code.expose()).await {
            Ok(()) => return,
            Err(why) => mailboxes.take_back(code).await.map_or_else(|error| error.to_string(), |()| why),
        },
        Err(error) => error.to_string(),
    };
    tracing::warn!(error = failed, "a link to a new password could not be sent");
}
