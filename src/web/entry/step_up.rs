//! Giving the password again before delicate actions.

use actix_web::{HttpResponse, web};

use crate::auth::csrf;
use crate::auth::session::Sessions;
use crate::auth::sign_ins::SignIns;
use crate::domain::secret::Password;
use crate::service::accounts::Accounts;
use crate::web::entry::sign_in::Onward;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::carried::Carried;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::password::refused_own;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::own_path;
use crate::web::frame::step_up::StepUpPage;
use crate::web::frame::unsent::UnsentPage;

pub async fn ask(
    call: Call,
    query: web::Query<Onward>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let next = query.into_inner().next.unwrap_or_default();
    html(&page(&call, &accounts, &next, None, Problems::none()).await?)
}

pub struct AgainForm {
    password: Password,
    next: String,
    /// What waits for the password.
    carried: Option<Carried>,
}

impl Form for AgainForm {
    const CARRIES: bool = true;

    fn read(fields: &Fields) -> Self {
        Self {
            password: Password::new(fields.text("password")),
            next: fields.text("next"),
            carried: Carried::whole_sent_along(fields),
        }
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
        let problems = refused.problem_at("password");
        return refused.answer(&page(&call, &accounts, &form.next, form.carried, problems).await?);
    }
    let secret = sessions.confirm(&call.session).await?;
    let next = own_path(&form.next);
    let answer = match form.carried {
        None => call.redirect(next),
        Some(carried) => {
            html(&UnsentPage::confirmed(call.gate(), csrf::token(&secret), carried, next.to_owned()))?
        }
    };
    call.renewed(answer, &sessions, &secret)
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
    carried: Option<Carried>,
    problems: Problems,
) -> Result<StepUpPage, Refusal> {
    let (user, _account) = accounts.own(call.owner()).await?;
    let c = Chrome { csrf: call.session.form_token(), ..call.gate() };
    Ok(StepUpPage::new(c, &call.site, user.name, next, carried, problems))
}
