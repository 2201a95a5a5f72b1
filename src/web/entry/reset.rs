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
    problems: Problems,
}

pub async fn ask(
    call: AnyCall,
    query: web::Query<Code>,
    sessions: web::Data<Sessions>,
    newcomers: web::Data<Newcomers>,
) -> Result<HttpResponse, Refusal> {
    let code = query.into_inner().code.unwrap_or_default();
    let problems = if sessions.find_reset(SessionSecret::new(code.as_str())).await?.is_some() {
        Problems::none()
    } else {
        newcomers.slow_down(call.site.client(&call.request)).await?;
        Problems::one("", USED_UP)
    };
    html(&page(&call, code, problems))
}

const USED_UP: &str =
    "This link was used already or is older than an hour. Ask the operator for another one.";

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
    let problems = match accounts.use_reset_link(code, form.password).await {
        Ok(()) => return call.told("/login", Done::PasswordChanged),
        Err(Error::ResetLinkUsedUp) => {
            newcomers.slow_down(call.site.client(&call.request)).await?;
            Problems::one("", USED_UP)
        }
        Err(Error::PasswordTooShort { least }) => Problems::one("password", too_short(least)),
        Err(error) => return Err(error.into()),
    };
    html_again(&page(&call, form.code, problems))
}

fn page(call: &AnyCall, code: String, problems: Problems) -> ResetPage {
    ResetPage { c: call.gate(), code, password_min: call.site.password_min, problems }
}
