//! Making accounts without being signed in: the first one with the set-up code, further ones where sign-up is open,
//! and a new password with a link from the operator.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use serde::Deserialize;

use crate::auth::basic::{Credentialing, Credentials};
use crate::auth::newcomers::{Newcomer, Newcomers};
use crate::auth::session::Sessions;
use crate::auth::setup::{Founder, SetupCode};
use crate::domain::account::{AccountName, UserName};
use crate::domain::secret::{Password, SessionSecret};
use crate::http::failure::Failure;
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::web::chrome::{Chrome, Problems};
use crate::web::error_page::{Refusal, redirect};
use crate::web::flash::Done;
use crate::web::forms::{Fields, Form, Submitted};
use crate::web::page::{Pages, html, html_again};
use crate::web::sign_in::{PasswordRefused, begin, told};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "setup.html")]
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

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    c: Chrome,
    open: bool,
    account: String,
    user: String,
    password_min: usize,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage {
    c: Chrome,
    code: String,
    password_min: usize,
    problems: Problems,
}

/// A code in the address.
#[derive(Deserialize)]
pub struct Code {
    code: Option<String>,
}

/// A new account with its first user.
struct NewAccount {
    code: String,
    account: String,
    user: String,
    password: Password,
}

impl Form for NewAccount {
    const FOR_VISITORS: bool = true;

    fn read(fields: &Fields) -> Self {
        Self {
            code: fields.line("code"),
            account: fields.line("account"),
            user: fields.line("user"),
            password: Password::new(fields.text("password")),
        }
    }
}

impl NewAccount {
    fn empty(code: String) -> Self {
        Self { code, account: String::new(), user: String::new(), password: Password::new("") }
    }
}

#[get("/setup")]
pub async fn show(
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

#[post("/setup")]
#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn set_up(
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

#[get("/register")]
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

#[post("/register")]
#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn register(
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

#[get("/reset")]
pub async fn ask_new_password(
    request: HttpRequest,
    query: web::Query<Code>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    sessions: web::Data<Sessions>,
    newcomers: web::Data<Newcomers>,
) -> Result<HttpResponse, Refusal> {
    let code = query.into_inner().code.unwrap_or_default();
    let problems = if sessions.find_reset(SessionSecret::new(code.as_str())).await?.is_some() {
        Problems::none()
    } else {
        newcomers.slow_down(site.client(&request)).await?;
        Problems::one("", USED_UP)
    };
    html(&ResetPage { c: pages.gate(&request), code, password_min: site.password_min, problems })
}

const USED_UP: &str =
    "This link was used already or is older than an hour. Ask the operator for another one.";

struct ResetForm {
    code: String,
    password: Password,
}

impl Form for ResetForm {
    const FOR_VISITORS: bool = true;

    fn read(fields: &Fields) -> Self {
        Self { code: fields.text("code"), password: Password::new(fields.text("password")) }
    }
}

#[post("/reset")]
pub async fn set_new_password(
    request: HttpRequest,
    Submitted(form): Submitted<ResetForm>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
    newcomers: web::Data<Newcomers>,
) -> Result<HttpResponse, Refusal> {
    let code = SessionSecret::new(form.code.as_str());
    let problems = match accounts.use_reset_link(code, form.password).await {
        Ok(()) => return told(&site, "/login", Done::PasswordChanged),
        Err(Error::ResetLinkUsedUp) => {
            newcomers.slow_down(site.client(&request)).await?;
            Problems::one("", USED_UP)
        }
        Err(Error::PasswordTooShort { least }) => Problems::one("password", too_short(least)),
        Err(error) => return Err(error.into()),
    };
    let c = pages.gate(&request);
    html_again(&ResetPage { c, code: form.code, password_min: site.password_min, problems })
}

/// Who asks for an account: somebody with the set-up code, or anybody where sign-up is open.
enum Asking {
    Founder(Founder),
    Newcomer(Newcomer),
}

/// Makes the account; what the person can mend comes back as problems.
async fn create(
    accounts: &Accounts,
    asking: Asking,
    form: &NewAccount,
    password_min: usize,
) -> Result<Problems, Refusal> {
    let mut problems = Problems::none();
    let name =
        AccountName::new(&form.account).map_err(|error| problems.add("account", sentence(&error))).ok();
    let user = UserName::new(&form.user).map_err(|error| problems.add("user", sentence(&error))).ok();
    if form.password.length() < password_min {
        problems.add("password", too_short(password_min));
    }
    let (Some(name), Some(user), false) = (name, user, problems.any()) else { return Ok(problems) };
    let password = form.password.clone();
    let made = match asking {
        Asking::Founder(founder) => accounts.create_first(&founder, name, user, password).await,
        Asking::Newcomer(newcomer) => accounts.register(&newcomer, name, user, password).await,
    };
    match made {
        Ok(_) => Ok(Problems::none()),
        Err(Error::SetUpAlready) => Err(set_up_already()),
        Err(Error::AccountNameTaken) => Ok(Problems::one("account", "This account name is taken.")),
        Err(Error::UserNameTaken) => Ok(Problems::one("user", "This user name is taken.")),
        Err(Error::PasswordTooShort { least }) => Ok(Problems::one("password", too_short(least))),
        Err(error) => Err(error.into()),
    }
}

/// Signs in to the account that was just made; its first step is a channel.
async fn enter(
    request: &HttpRequest,
    site: &Site,
    credentialing: &Credentialing,
    sessions: &Sessions,
    form: NewAccount,
) -> Result<HttpResponse, Refusal> {
    let credentials = Credentials { user: form.user, password: form.password };
    match credentialing.confirm(&credentials, site.client(request)).await {
        Ok(owner) => begin(request, site, sessions, &owner, true, "/channels/new?first=1").await,
        Err(error) => {
            // The account exists; the person signs in by hand.
            PasswordRefused::by(error, "")?;
            Ok(redirect(&site.base, "/login"))
        }
    }
}

async fn not_set_up(accounts: &Accounts) -> Result<(), Refusal> {
    if accounts.managed().await? { Err(set_up_already()) } else { Ok(()) }
}

fn set_up_already() -> Refusal {
    Failure::new(StatusCode::GONE, "Somebody manages this server already; sign in instead").into()
}

fn wrong_code() -> Problems {
    Problems::one("code", "This is not the code of this start. Restart peerbox: it prints a new one.")
}

/// What is wrong with a password, in one sentence.
pub fn too_short(least: usize) -> String {
    format!("The password needs at least {least} characters.")
}

/// An error as a sentence of its own.
pub fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
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
