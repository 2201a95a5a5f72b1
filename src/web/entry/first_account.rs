//! Making the first account, with the set-up code that was printed at start.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::basic::Credentialing;
use crate::auth::newcomers::Newcomers;
use crate::auth::session::Sessions;
use crate::auth::setup::SetupCode;
use crate::service::accounts::Accounts;
use crate::web::entry::new_account::{Asking, Code, NewAccount, create, enter, set_up_already};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::page::Pages;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;

#[derive(Template)]
#[template(path = "entry/first_account.html")]
struct SetupPage {
    c: Chrome,
    ask_code: bool,
    code: String,
    account: String,
    user: String,
    password_min: usize,
    address: String,
    folder: String,
    problems: Problems,
}

pub async fn ask(
    request: HttpRequest,
    query: web::Query<Code>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
    setup: web::Data<SetupCode>,
    newcomers: web::Data<Newcomers>,
) -> Result<HttpResponse, Refusal> {
    not_set_up(&accounts).await?;
    let code = query.into_inner().code.unwrap_or_default();
    let problems = if code.is_empty() || setup.matches(&code) {
        Problems::none()
    } else {
        newcomers.slow_down(site.client(&request)).await?;
        wrong_code()
    };
    html(&setup_page(&request, &pages, &site, &setup, NewAccount::empty(code), problems))
}

#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn make(
    request: HttpRequest,
    Submitted(form): Submitted<NewAccount>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
    setup: web::Data<SetupCode>,
    newcomers: web::Data<Newcomers>,
    credentialing: web::Data<Credentialing>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    not_set_up(&accounts).await?;
    let problems = if let Some(founder) = setup.founder(&form.code) {
        create(&accounts, Asking::Founder(founder), &form, site.password_min).await?
    } else {
        newcomers.slow_down(site.client(&request)).await?;
        wrong_code()
    };
    if problems.any() {
        return html_again(&setup_page(&request, &pages, &site, &setup, form, problems));
    }
    setup.spend();
    enter(&request, &site, &credentialing, &sessions, form).await
}

async fn not_set_up(accounts: &Accounts) -> Result<(), Refusal> {
    if accounts.managed().await? { Err(set_up_already()) } else { Ok(()) }
}

fn wrong_code() -> Problems {
    Problems::one("code", "This is not the code of this start. Restart peerbox: it prints a new one.")
}

fn setup_page(
    request: &HttpRequest,
    pages: &Pages,
    site: &Site,
    setup: &SetupCode,
    form: NewAccount,
    problems: Problems,
) -> SetupPage {
    SetupPage {
        c: pages.gate(request),
        ask_code: !setup.matches(&form.code),
        code: form.code,
        account: form.account,
        user: form.user,
        password_min: site.password_min,
        address: site.public_url(request),
        // Only the operator, who has the code, learns where the data is.
        folder: site.folder.clone(),
        problems,
    }
}
