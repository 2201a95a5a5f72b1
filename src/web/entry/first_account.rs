//! Making the first account, with the set-up code that was printed at start.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::newcomers::Newcomers;
use crate::auth::session::Sessions;
use crate::auth::setup::SetupCode;
use crate::auth::sign_ins::SignIns;
use crate::service::accounts::Accounts;
use crate::web::entry::new_account::{Asking, Code, NewAccount, create, enter, set_up_already};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;

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
    key_file: Option<String>,
    problems: Problems,
}

pub async fn ask(
    call: AnyCall,
    query: web::Query<Code>,
    accounts: web::Data<Accounts>,
    setup: web::Data<SetupCode>,
    newcomers: web::Data<Newcomers>,
) -> Result<HttpResponse, Refusal> {
    not_set_up(&accounts).await?;
    let code = query.into_inner().code.unwrap_or_default();
    let problems = if code.is_empty() || setup.matches(&code) {
        Problems::none()
    } else {
        newcomers.slow_down(call.site.client(&call.request)).await?;
        wrong_code()
    };
    html(&page(&call, &setup, NewAccount::empty(code), problems))
}

pub async fn make(
    Submitted(form): Submitted<NewAccount>,
    call: AnyCall,
    accounts: web::Data<Accounts>,
    setup: web::Data<SetupCode>,
    newcomers: web::Data<Newcomers>,
    sign_ins: web::Data<SignIns>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    not_set_up(&accounts).await?;
    let problems = if let Some(founder) = setup.founder(&form.code) {
        create(&accounts, Asking::Founder(founder), &form, call.site.password_min).await?
    } else {
        newcomers.slow_down(call.site.client(&call.request)).await?;
        wrong_code()
    };
    if problems.any() {
        return html_again(&page(&call, &setup, form, problems));
    }
    setup.spend();
    enter(&call, &sign_ins, &sessions, form).await
}

async fn not_set_up(accounts: &Accounts) -> Result<(), Refusal> {
    if accounts.managed().await? { Err(set_up_already()) } else { Ok(()) }
}

fn wrong_code() -> Problems {
    Problems::one("code", "This is not the code of this start. Restart peerbox: it prints a new one.")
}

fn page(call: &AnyCall, setup: &SetupCode, form: NewAccount, problems: Problems) -> SetupPage {
    SetupPage {
        c: call.gate(),
        ask_code: !setup.matches(&form.code),
        code: form.code,
        account: form.account,
        user: form.user,
        password_min: call.site.password_min,
        address: call.site.public_url(&call.request),
        // Only the operator, who has the code, learns where the data is.
        folder: call.site.folder.clone(),
        key_file: call.site.key_file.as_ref().map(|path| path.display().to_string()),
        problems,
    }
}
