//! Signing in and out.

use actix_web::http::header::USER_AGENT;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::auth::access::Owner;
use crate::auth::csrf;
use crate::auth::session::{Device, Sessions};
use crate::auth::sign_ins::{Credentials, SignIns};
use crate::domain::secret::{Password, SessionSecret};
use crate::domain::web_address::WebAddress;
use crate::notify::outbox::Outbox;
use crate::service::accounts::Accounts;
use crate::service::notifications::Notifications;
use crate::web::frame::answers::{html, signed_out};
use crate::web::frame::call::{AnyCall, Call};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::cookies::{Jar, session_cookie};
use crate::web::frame::flash::Done;
use crate::web::frame::forms::carried::Carried;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::session_of;
use crate::web::frame::password::{PasswordRefused, tries_left};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::{Refusal, broken};
use crate::web::frame::site::own_path;
use crate::web::frame::unsent::UnsentPage;
use crate::web::words::device;

#[derive(Template)]
#[template(path = "entry/sign_in.html")]
struct LoginPage {
    c: Chrome,
    notice: String,
    wrong_origin: Option<String>,
    next: String,
    user: String,
    remember: bool,
    signup_open: bool,
    sends_mail: bool,
    carried: Option<Carried>,
    problems: Problems,
}

/// Where to go on afterwards.
#[derive(Deserialize)]
pub struct Onward {
    pub next: Option<String>,
}

pub struct LoginForm {
    user: String,
    password: Password,
    remember: bool,
    next: String,
    /// What was typed when the session ended.
    carried: Option<Carried>,
}

impl Form for LoginForm {
    const FOR_VISITORS: bool = true;
    const CARRIES: bool = true;

    fn read(fields: &Fields) -> Self {
        Self {
            user: fields.line("user"),
            password: Password::new(fields.text("password")),
            remember: fields.ticked("remember"),
            next: fields.text("next"),
            carried: Carried::sent_along(fields),
        }
    }
}

pub async fn show(
    call: AnyCall,
    query: web::Query<Onward>,
    accounts: web::Data<Accounts>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let next = query.into_inner().next.unwrap_or_default();
    if session_of(&call.request).await?.is_some() {
        // Signed in already, perhaps in another tab: on to where the link or the refused page meant to go.
        return Ok(call.redirect(own_path(&next)));
    }
    if !accounts.any()? {
        return Ok(call.redirect("/setup"));
    }
    let form =
        LoginForm { user: String::new(), password: Password::new(""), remember: true, next, carried: None };
    html(&page(&call, &outbox, form, Problems::none()))
}

pub async fn sign_in(
    Submitted(form): Submitted<LoginForm>,
    call: AnyCall,
    sign_ins: web::Data<SignIns>,
    sessions: web::Data<Sessions>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let credentials = Credentials { user: form.user.clone(), password: form.password.clone() };
    match sign_ins.sign_in(&credentials, call.site.client(&call.request)).await {
        Ok(owner) => {
            let next = own_path(&form.next).to_owned();
            let (answer, secret) = begun(&call, &sessions, &owner, form.remember, &next).await?;
            match form.carried {
                None => Ok(answer),
                Some(carried) => give_back(&call, &answer, carried, csrf::token(&secret), next),
            }
        }
        Err(error) => {
            let tries = tries_left(&sign_ins, &form.user, call.site.client(&call.request));
            let wrong = format!("The name or the password is wrong. {tries}");
            let refused = PasswordRefused::by(error, &wrong)?;
            refused.answer(&page(&call, &outbox, form, refused.problem_at("")))
        }
    }
}

/// By which a browser is told of messages that had itself subscribed; its script fills it in.
pub struct Leaving(Option<WebAddress>);

impl Form for Leaving {
    fn read(fields: &Fields) -> Self {
        Self(WebAddress::parse(&fields.text("endpoint")).ok())
    }
}

pub async fn sign_out(
    Submitted(Leaving(told_at)): Submitted<Leaving>,
    call: Call,
    sessions: web::Data<Sessions>,
    notifications: web::Data<Notifications>,
) -> Result<HttpResponse, Refusal> {
    if let Some(address) = told_at {
        notifications.remove_at(call.owner(), address).await?;
    }
    sessions.end(call.owner(), call.session.id()).await?;
    Ok(signed_out(&call.site, Done::SignedOut))
}

/// The page with what was typed when the session ended, in place of the way on.
fn give_back(
    call: &AnyCall,
    begun: &HttpResponse,
    carried: Carried,
    token: String,
    next: String,
) -> Result<HttpResponse, Refusal> {
    let mut page = html(&UnsentPage::signed_in(call.gate(), token, carried, next))?;
    for cookie in begun.cookies() {
        page.add_cookie(&cookie).map_err(broken)?;
    }
    Ok(page)
}

/// Begins a session for somebody who just proved who it is, and goes on.
pub async fn begin(
    call: &AnyCall,
    sessions: &Sessions,
    owner: &Owner,
    remember: bool,
    next: &str,
) -> Result<HttpResponse, Refusal> {
    Ok(begun(call, sessions, owner, remember, next).await?.0)
}

async fn begun(
    call: &AnyCall,
    sessions: &Sessions,
    owner: &Owner,
    remember: bool,
    next: &str,
) -> Result<(HttpResponse, SessionSecret), Refusal> {
    let AnyCall { request, site, .. } = call;
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let address = site.client(request).map_or_else(|| "local".to_owned(), |address| address.to_string());
    let secret = sessions.begin(owner, Device { name: device::name(agent), address }, remember).await?;
    let mut answer = call.redirect(next);
    answer.add_cookie(&session_cookie(site, sessions, &secret, remember)).map_err(broken)?;
    answer.add_cookie(&Jar::Visit.clear(site)).map_err(broken)?;
    Ok((answer, secret))
}

fn page(call: &AnyCall, outbox: &Outbox, form: LoginForm, problems: Problems) -> LoginPage {
    let site = &call.site;
    LoginPage {
        c: call.gate(),
        notice: site.notice.clone(),
        wrong_origin: site.right_address(&call.request),
        next: form.next,
        user: form.user,
        remember: form.remember,
        signup_open: site.signup_open,
        sends_mail: outbox.sends_mail(),
        carried: form.carried,
        problems,
    }
}
