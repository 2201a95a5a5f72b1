//! The password, and the sessions that are signed in with it.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::basic::{Credentialing, Credentials};
use crate::auth::session::Sessions;
use crate::domain::secret::Password;
use crate::domain::time::Clock;
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::web::frame::answers::{html, html_again, told};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::cookies::session_cookie;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::SignedIn;
use crate::web::frame::page::Pages;
use crate::web::frame::password::{PasswordRefused, too_short};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::{Refusal, broken};
use crate::web::frame::site::Site;
use crate::web::words::format::When;

#[derive(Template)]
#[template(path = "profile/security.html")]
struct SecurityPage {
    c: Chrome,
    tab: &'static str,
    user: String,
    password_min: usize,
    unlocked_until: Option<When>,
    minutes: u64,
    problems: Problems,
}

pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let c = pages.chrome(&request, &me.0, "profile").await?;
    html(&page(c, &site, &me, &**clock, Problems::none()))
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

#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn change_password(
    request: HttpRequest,
    Submitted(form): Submitted<NewPassword>,
    me: SignedIn,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
    credentialing: web::Data<Credentialing>,
    sessions: web::Data<Sessions>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let user = accounts.signed_in(me.owner()).await?.name;
    let credentials = Credentials { user, password: form.current };
    if let Err(error) = credentialing.confirm(&credentials, site.client(&request)).await {
        let refused = PasswordRefused::by(error, "The password is not right.")?;
        let c = pages.chrome(&request, &me.0, "profile").await?;
        return refused.answer(&page(c, &site, &me, &**clock, refused.problem_at("current")));
    }
    let secret = match accounts.set_own_password(&me.0, form.fresh).await {
        Err(Error::PasswordTooShort { least }) => {
            let c = pages.chrome(&request, &me.0, "profile").await?;
            let problems = Problems::one("fresh", too_short(least));
            return html_again(&page(c, &site, &me, &**clock, problems));
        }
        outcome => outcome?,
    };
    let mut answer = told(&site, "/profile/security", Done::PasswordChanged)?;
    answer.add_cookie(&session_cookie(&site, &sessions, &secret, me.0.remembered())).map_err(broken)?;
    Ok(answer)
}

fn page(c: Chrome, site: &Site, me: &SignedIn, clock: &dyn Clock, problems: Problems) -> SecurityPage {
    SecurityPage {
        tab: "security",
        user: c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default(),
        password_min: site.password_min,
        unlocked_until: me.0.confirmed_until().map(|until| When::new(until, clock.now())),
        minutes: site.step_up.as_secs() / 60,
        problems,
        c,
    }
}
