//! Signing in and out, and giving the password again before delicate actions.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use serde::Deserialize;

use crate::auth::access::Owner;
use crate::auth::basic::{Credentialing, Credentials};
use crate::auth::error::AuthError;
use crate::auth::session::{Device, Session, Sessions};
use crate::domain::secret::{Password, SessionSecret};
use crate::http::failure::{Failure, retry_after};
use crate::service::accounts::Accounts;
use crate::web::chrome::{Chrome, Problems};
use crate::web::cookies::Jar;
use crate::web::device;
use crate::web::error_page::{Refusal, come_back_in, redirect};
use crate::web::flash::Done;
use crate::web::forms::{Fields, Form, Pressed, Submitted};
use crate::web::guards::{SignedIn, session_of};
use crate::web::page::{Pages, html, html_again};
use crate::web::site::{Site, own_path};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    c: Chrome,
    notice: String,
    wrong_origin: Option<String>,
    next: String,
    user: String,
    remember: bool,
    signup_open: bool,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "step_up.html")]
struct StepUpPage {
    c: Chrome,
    next: String,
    back: String,
    user: String,
    minutes: u64,
    problems: Problems,
}

/// Where to go on afterwards.
#[derive(Deserialize)]
pub struct Onward {
    next: Option<String>,
}

struct LoginForm {
    user: String,
    password: Password,
    remember: bool,
    next: String,
}

impl Form for LoginForm {
    const FOR_VISITORS: bool = true;

    fn read(fields: &Fields) -> Self {
        Self {
            user: fields.line("user"),
            password: Password::new(fields.text("password")),
            remember: fields.ticked("remember"),
            next: fields.text("next"),
        }
    }
}

#[get("/login")]
pub async fn show(
    request: HttpRequest,
    query: web::Query<Onward>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let next = query.into_inner().next.unwrap_or_default();
    if session_of(&request).await?.is_some() {
        // Signed in already, perhaps in another tab: on to where the link or the refused page meant to go.
        return Ok(redirect(&site.base, own_path(&next)));
    }
    if !accounts.any().await? {
        return Ok(redirect(&site.base, "/setup"));
    }
    let form = LoginForm { user: String::new(), password: Password::new(""), remember: true, next };
    html(&page(&request, &pages, &site, form, Problems::none()))
}

#[post("/login")]
pub async fn sign_in(
    request: HttpRequest,
    Submitted(form): Submitted<LoginForm>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    credentialing: web::Data<Credentialing>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    let credentials = Credentials { user: form.user.clone(), password: form.password.clone() };
    match credentialing.sign_in(&credentials, site.client(&request)).await {
        Ok(owner) => {
            let next = own_path(&form.next).to_owned();
            begin(&request, &site, &sessions, &owner, form.remember, &next).await
        }
        Err(error) => {
            let refused = PasswordRefused::by(error, "The name or the password is wrong.")?;
            refused.answer(&page(&request, &pages, &site, form, refused.problem_at("")))
        }
    }
}

#[post("/logout")]
pub async fn sign_out(
    _form: Submitted<Pressed>,
    me: SignedIn,
    site: web::Data<Site>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    sessions.end(me.owner(), me.0.id()).await?;
    Ok(signed_out(&site))
}

#[get("/step-up")]
pub async fn ask_again(
    request: HttpRequest,
    me: SignedIn,
    query: web::Query<Onward>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let next = query.into_inner().next.unwrap_or_default();
    let page = step_up_page(&request, &pages, &site, &accounts, &me.0, &next, Problems::none()).await?;
    html(&page)
}

struct AgainForm {
    password: Password,
    next: String,
}

impl Form for AgainForm {
    fn read(fields: &Fields) -> Self {
        Self { password: Password::new(fields.text("password")), next: fields.text("next") }
    }
}

#[post("/step-up")]
#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn confirm(
    request: HttpRequest,
    Submitted(form): Submitted<AgainForm>,
    me: SignedIn,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
    credentialing: web::Data<Credentialing>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    let user = accounts.signed_in(me.owner()).await?.name;
    let credentials = Credentials { user, password: form.password };
    match credentialing.confirm(&credentials, site.client(&request)).await {
        Ok(owner) if owner.user() == me.owner().user() => {
            let secret = sessions.confirm(&me.0).await?;
            let mut answer = redirect(&site.base, own_path(&form.next));
            answer
                .add_cookie(&session_cookie(&site, &sessions, &secret, me.0.remembered()))
                .map_err(broken)?;
            Ok(answer)
        }
        Ok(_) => Err(Refusal::NotFound),
        Err(error) => {
            let refused = PasswordRefused::by(error, "The password is not right.")?;
            let problems = refused.problem_at("password");
            let page = step_up_page(&request, &pages, &site, &accounts, &me.0, &form.next, problems).await?;
            refused.answer(&page)
        }
    }
}

#[post("/step-up/close")]
pub async fn lock(
    _form: Submitted<Pressed>,
    me: SignedIn,
    site: web::Data<Site>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    sessions.lock(&me.0).await?;
    told(&site, "/profile/security", Done::Locked)
}

/// Begins a session for somebody who just proved who it is, and goes on.
pub async fn begin(
    request: &HttpRequest,
    site: &Site,
    sessions: &Sessions,
    owner: &Owner,
    remember: bool,
    next: &str,
) -> Result<HttpResponse, Refusal> {
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let address = site.client(request).map_or_else(|| "local".to_owned(), |address| address.to_string());
    let secret = sessions.begin(owner, Device { name: device::name(agent), address }, remember).await?;
    let mut answer = redirect(&site.base, next);
    answer.add_cookie(&session_cookie(site, sessions, &secret, remember)).map_err(broken)?;
    answer.add_cookie(&Jar::Visit.clear(site)).map_err(broken)?;
    Ok(answer)
}

/// The cookie of a session; one that is not remembered ends with the browser.
pub fn session_cookie(
    site: &Site,
    sessions: &Sessions,
    secret: &SessionSecret,
    remember: bool,
) -> actix_web::cookie::Cookie<'static> {
    Jar::Session.set(site, secret.expose(), remember.then(|| sessions.longest()))
}

/// Goes on to a page, which tells what was done.
pub fn told(site: &Site, path: &str, done: Done) -> Result<HttpResponse, Refusal> {
    let mut answer = redirect(&site.base, path);
    answer.add_cookie(&done.cookie(site)).map_err(broken)?;
    Ok(answer)
}

/// The answer to somebody whose session has just ended.
pub fn signed_out(site: &Site) -> HttpResponse {
    let mut answer = redirect(&site.base, "/login");
    let done = Done::SignedOut.cookie(site);
    // Names and values of these cookies are ours, so they always fit into a header.
    let _added = answer.add_cookie(&Jar::Session.clear(site)).and_then(|()| answer.add_cookie(&done));
    answer
}

/// A password that was not taken, as its form shows it.
pub struct PasswordRefused {
    words: String,
    retry_after: Option<Duration>,
}

impl PasswordRefused {
    /// What is not about the password goes on as a refusal.
    pub fn by(error: AuthError, wrong: &str) -> Result<Self, Refusal> {
        match error {
            AuthError::Unauthenticated => Ok(Self { words: wrong.to_owned(), retry_after: None }),
            AuthError::Throttled { retry_after } => Ok(Self {
                words: format!("Too many attempts. {}", come_back_in(retry_after)),
                retry_after: Some(retry_after),
            }),
            other => Err(other.into()),
        }
    }

    pub fn problem_at(&self, field: &'static str) -> Problems {
        Problems::one(field, self.words.clone())
    }

    /// The form again. Programs learn from status and header that waiting helps.
    pub fn answer(&self, page: &impl Template) -> Result<HttpResponse, Refusal> {
        let mut answer = html_again(page)?;
        if let Some(pause) = self.retry_after {
            *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            let (name, value) = retry_after(pause);
            answer.headers_mut().insert(name, value);
        }
        Ok(answer)
    }
}

/// A header that cannot be written, which only a mistake of ours can make.
pub fn broken(error: impl std::fmt::Display) -> Refusal {
    let failure = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "");
    Refusal::Failed(Failure { cause: Some(error.to_string()), ..failure })
}

fn page(request: &HttpRequest, pages: &Pages, site: &Site, form: LoginForm, problems: Problems) -> LoginPage {
    LoginPage {
        c: pages.gate(request),
        notice: site.notice.clone(),
        wrong_origin: site.right_address(request),
        next: form.next,
        user: form.user,
        remember: form.remember,
        signup_open: site.signup_open,
        problems,
    }
}

async fn step_up_page(
    request: &HttpRequest,
    pages: &Pages,
    site: &Site,
    accounts: &Accounts,
    session: &Session,
    next: &str,
    problems: Problems,
) -> Result<StepUpPage, Refusal> {
    let user = accounts.signed_in(session.owner()).await?.name;
    let next = own_path(next).to_owned();
    // Cancelling goes to the channel or profile that the action belongs to, which asks for nothing.
    let back =
        match next.split(['?', '#']).next().unwrap_or_default().split('/').collect::<Vec<_>>().as_slice() {
            ["", "channels", channel, ..] => format!("/channels/{channel}"),
            ["", "profile", ..] => "/profile".to_owned(),
            _ => "/inbox".to_owned(),
        };
    let c = Chrome { csrf: session.form_token(), ..pages.gate(request) };
    Ok(StepUpPage { c, next, back, user, minutes: site.step_up.as_secs() / 60, problems })
}
