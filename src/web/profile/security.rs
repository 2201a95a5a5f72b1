//! Changing the password.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::session::Sessions;
use crate::auth::sign_ins::SignIns;
use crate::domain::secret::Password;
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::password::{refused_own, too_short};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::{When, count};

#[derive(Template)]
#[template(path = "profile/security.html")]
struct SecurityPage {
    c: Chrome,
    tab: &'static str,
    user: String,
    password_min: usize,
    unlocked_until: Option<When>,
    minutes: String,
    problems: Problems,
}

pub async fn show(call: Call) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("profile").await?;
    html(&page(&call, c, Problems::none()))
}

pub struct NewPassword {
    current: Password,
    fresh: Password,
}

impl Form for NewPassword {
    fn read(fields: &Fields) -> Self {
        Self { current: Password::new(fields.text("current")), fresh: Password::new(fields.text("fresh")) }
    }
}

pub async fn change_password(
    Submitted(form): Submitted<NewPassword>,
    call: Call,
    accounts: web::Data<Accounts>,
    sign_ins: web::Data<SignIns>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    if let Some(refused) = refused_own(&call, &accounts, &sign_ins, form.current).await? {
        let c = call.chrome("profile").await?;
        return refused.answer(&page(&call, c, refused.problem_at("current")));
    }
    let secret = match accounts.set_own_password(&call.session, form.fresh).await {
        Err(Error::PasswordTooShort { least }) => {
            let c = call.chrome("profile").await?;
            return html_again(&page(&call, c, Problems::one("fresh", too_short(least))));
        }
        outcome => outcome?,
    };
    call.renewed(call.told("/profile/security", Done::PasswordChanged)?, &sessions, &secret)
}

fn page(call: &Call, c: Chrome, problems: Problems) -> SecurityPage {
    SecurityPage {
        tab: "security",
        user: c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default(),
        password_min: call.site.password_min,
        unlocked_until: call.session.confirmed_until().map(|until| When::new(until, call.now())),
        minutes: count(call.site.step_up.as_secs() / 60, "minute"),
        problems,
        c,
    }
}
