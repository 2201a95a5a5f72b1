//! Making an account where sign-up is open.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::basic::Credentialing;
use crate::auth::newcomers::Newcomers;
use crate::auth::session::Sessions;
use crate::http::failure::Failure;
use crate::service::accounts::Accounts;
use crate::web::entry::new_account::{Asking, NewAccount, create, enter};
use crate::web::frame::answers::{html, html_again, redirect};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::page::Pages;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;

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

pub async fn ask(
    request: HttpRequest,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    if !accounts.any().await? {
        return Ok(redirect(&site.base, "/setup"));
    }
    html(&register_page(&request, &pages, &site, NewAccount::empty(String::new()), Problems::none()))
}

#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn make(
    request: HttpRequest,
    Submitted(form): Submitted<NewAccount>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
    newcomers: web::Data<Newcomers>,
    credentialing: web::Data<Credentialing>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    // The first account is the operator's, and only the set-up code makes that one.
    if !site.signup_open || !accounts.any().await? {
        return Err(Failure::silent(StatusCode::FORBIDDEN).into());
    }
    let newcomer = newcomers.admit(site.client(&request))?;
    let problems = create(&accounts, Asking::Newcomer(newcomer), &form, site.password_min).await?;
    if problems.any() {
        return html_again(&register_page(&request, &pages, &site, form, problems));
    }
    enter(&request, &site, &credentialing, &sessions, form).await
}

fn register_page(
    request: &HttpRequest,
    pages: &Pages,
    site: &Site,
    form: NewAccount,
    problems: Problems,
) -> RegisterPage {
    RegisterPage {
        c: pages.gate(request),
        open: site.signup_open,
        account: form.account,
        user: form.user,
        password_min: site.password_min,
        problems,
    }
}
