//! Making an account where sign-up is open.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::newcomers::Newcomers;
use crate::auth::session::Sessions;
use crate::auth::sign_ins::SignIns;
use crate::http::failure::Failure;
use crate::service::accounts::Accounts;
use crate::web::entry::new_account::{Asking, NewAccount, create, enter};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;

#[derive(Template)]
#[template(path = "entry/register.html")]
struct RegisterPage {
    c: Chrome,
    open: bool,
    account: String,
    user: String,
    password_min: usize,
    problems: Problems,
}

pub async fn ask(call: AnyCall, accounts: web::Data<Accounts>) -> Result<HttpResponse, Refusal> {
    if !accounts.any()? {
        return Ok(call.redirect("/setup"));
    }
    html(&page(&call, NewAccount::empty(String::new()), Problems::none()))
}

pub async fn make(
    Submitted(form): Submitted<NewAccount>,
    call: AnyCall,
    accounts: web::Data<Accounts>,
    newcomers: web::Data<Newcomers>,
    sign_ins: web::Data<SignIns>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    // The first account is the operator's, and only the set-up code makes that one.
    if !call.site.signup_open || !accounts.any()? {
        return Err(Failure::silent(StatusCode::FORBIDDEN).into());
    }
    let newcomer = newcomers.admit(call.site.client(&call.request))?;
    let problems = create(&accounts, Asking::Newcomer(newcomer), &form, call.site.password_min).await?;
    if problems.any() {
        return html_again(&page(&call, form, problems));
    }
    enter(&call, &sign_ins, &sessions, form).await
}

fn page(call: &AnyCall, form: NewAccount, problems: Problems) -> RegisterPage {
    RegisterPage {
        c: call.gate(),
        open: call.site.signup_open,
        account: form.account,
        user: form.user,
        password_min: call.site.password_min,
        problems,
    }
}
