//! Giving the password again before delicate actions.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::session::Sessions;
use crate::auth::sign_ins::SignIns;
use crate::domain::secret::Password;
use crate::service::accounts::Accounts;
use crate::web::entry::sign_in::Onward;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::password::refused_own;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::own_path;
use crate::web::words::format::count;

#[derive(Template)]
#[template(path = "entry/step_up.html")]
struct StepUpPage {
    c: Chrome,
    next: String,
    back: String,
    user: String,
    minutes: String,
    problems: Problems,
}

pub async fn ask(
    call: Call,
    query: web::Query<Onward>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let next = query.into_inner().next.unwrap_or_default();
    html(&page(&call, &accounts, &next, Problems::none()).await?)
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

pub async fn confirm(
    Submitted(form): Submitted<AgainForm>,
    call: Call,
    accounts: web::Data<Accounts>,
    sign_ins: web::Data<SignIns>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    if let Some(refused) = refused_own(&call, &accounts, &sign_ins, form.password).await? {
        return refused.answer(&page(&call, &accounts, &form.next, refused.problem_at("password")).await?);
    }
    let secret = sessions.confirm(&call.session).await?;
    call.renewed(call.redirect(own_path(&form.next)), &sessions, &secret)
}

pub async fn lock(
    _form: Submitted<Pressed>,
    call: Call,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    sessions.lock(&call.session).await?;
    call.told("/profile/security", Done::Locked)
}

async fn page(
    call: &Call,
    accounts: &Accounts,
    next: &str,
    problems: Problems,
) -> Result<StepUpPage, Refusal> {
    let (user, _account) = accounts.own(call.owner()).await?;
    let next = own_path(next).to_owned();
    // Cancelling goes to the channel, profile or server that the action belongs to, which asks for nothing.
    let back =
        match next.split(['?', '#']).next().unwrap_or_default().split('/').collect::<Vec<_>>().as_slice() {
            ["", "channels", channel, ..] => format!("/channels/{channel}"),
            ["", "profile", ..] => "/profile".to_owned(),
            ["", "admin", ..] => "/admin".to_owned(),
            _ => "/inbox".to_owned(),
        };
    let c = Chrome { csrf: call.session.form_token(), ..call.gate() };
    Ok(StepUpPage {
        c,
        next,
        back,
        user: user.name,
        minutes: count(call.site.step_up.as_secs() / 60, "minute"),
        problems,
    })
}
