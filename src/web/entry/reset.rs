//! A new password with a link from the operator.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::newcomers::Newcomers;
use crate::auth::session::Sessions;
use crate::domain::secret::{Password, SessionSecret};
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::web::entry::new_account::Code;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::password::too_short;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;

#[derive(Template)]
#[template(path = "entry/reset.html")]
struct ResetPage {
    c: Chrome,
    code: String,
    password_min: usize,
    /// No password can be chosen with it any more.
    is_used_up: bool,
    problems: Problems,
}

pub async fn ask(
    call: AnyCall,
    query: web::Query<Code>,
    sessions: web::Data<Sessions>,
    newcomers: web::Data<Newcomers>,
) -> Result<HttpResponse, Refusal> {
    let code = query.into_inner().code.unwrap_or_default();
    let is_used_up = sessions.find_reset(SessionSecret::new(code.as_str())).await?.is_none();
    if is_used_up {
        newcomers.slow_down(call.site.client(&call.request)).await?;
    }
    html(&page(&call, code, is_used_up, Problems::none()))
}

pub struct ResetForm {
    code: String,
    password: Password,
}

impl Form for ResetForm {
    const FOR_VISITORS: bool = true;

    fn read(fields: &Fields) -> Self {
        Self { code: fields.text("code"), password: Password::new(fields.text("password")) }
    }
}

pub async fn set(
    Submitted(form): Submitted<ResetForm>,
    call: AnyCall,
    accounts: web::Data<Accounts>,
    newcomers: web::Data<Newcomers>,
) -> Result<HttpResponse, Refusal> {
    let code = SessionSecret::new(form.code.as_str());
    let (is_used_up, problems) = match accounts.use_reset_link(code, form.password).await {
        Ok(()) => return call.told("/login", Done::PasswordChanged),
        Err(Error::ResetLinkUsedUp) => {
            newcomers.slow_down(call.site.client(&call.request)).await?;
            (true, Problems::none())
        }
        Err(Error::PasswordTooShort { least }) => (false, Problems::one("password", too_short(least))),
        Err(error) => return Err(error.into()),
    };
    html_again(&page(&call, form.code, is_used_up, problems))
}

fn page(call: &AnyCall, code: String, is_used_up: bool, problems: Problems) -> ResetPage {
    ResetPage { c: call.gate(), code, password_min: call.site.password_min, is_used_up, problems }
}
