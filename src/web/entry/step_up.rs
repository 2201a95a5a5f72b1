//! Giving the password again before delicate actions.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::basic::{Credentialing, Credentials};
use crate::auth::session::{Session, Sessions};
use crate::domain::secret::Password;
use crate::service::accounts::Accounts;
use crate::web::entry::sign_in::Onward;
use crate::web::frame::answers::{html, redirect, told};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::cookies::session_cookie;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::SignedIn;
use crate::web::frame::page::Pages;
use crate::web::frame::password::PasswordRefused;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::{Refusal, broken};
use crate::web::frame::site::{Site, own_path};

#[derive(Template)]
#[template(path = "entry/step_up.html")]
struct StepUpPage {
    c: Chrome,
    next: String,
    back: String,
    user: String,
    minutes: u64,
    problems: Problems,
}

pub async fn ask(
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

pub struct AgainForm {
    password: Password,
    next: String,
}

impl Form for AgainForm {
    fn read(fields: &Fields) -> Self {
        Self { password: Password::new(fields.text("password")), next: fields.text("next") }
    }
}

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

pub async fn lock(
    _form: Submitted<Pressed>,
    me: SignedIn,
    site: web::Data<Site>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    sessions.lock(&me.0).await?;
    told(&site, "/profile/security", Done::Locked)
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
