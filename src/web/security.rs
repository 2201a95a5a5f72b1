//! The password, and the sessions that are signed in with it.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;

use crate::auth::basic::{Credentialing, Credentials};
use crate::auth::session::Sessions;
use crate::domain::id::SessionId;
use crate::domain::secret::Password;
use crate::domain::time::Clock;
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::web::chrome::{Chrome, Problems};
use crate::web::error_page::Refusal;
use crate::web::flash::Done;
use crate::web::format::When;
use crate::web::forms::{Fields, Form, Submitted};
use crate::web::guards::SignedIn;
use crate::web::page::{Pages, html, html_again};
use crate::web::setup::too_short;
use crate::web::sign_in::{PasswordRefused, broken, session_cookie, signed_out, told};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage {
    c: Chrome,
    tab: &'static str,
    user: String,
    password_min: usize,
    unlocked_until: Option<When>,
    minutes: u64,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    c: Chrome,
    tab: &'static str,
    sessions: Vec<SessionRow>,
}

struct SessionRow {
    id: i64,
    device: String,
    current: bool,
    address: String,
    began: When,
    seen: When,
}

#[get("/profile/security")]
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

struct NewPassword {
    current: Password,
    fresh: Password,
}

impl Form for NewPassword {
    fn read(fields: &Fields) -> Self {
        Self { current: Password::new(fields.text("current")), fresh: Password::new(fields.text("fresh")) }
    }
}

#[post("/profile/security")]
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

#[get("/profile/sessions")]
pub async fn list(
    request: HttpRequest,
    me: SignedIn,
    pages: web::Data<Pages>,
    sessions: web::Data<Sessions>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let listed = sessions.list(me.owner()).await?;
    let c = pages.chrome(&request, &me.0, "profile").await?;
    let now = clock.now();
    let rows = listed.into_iter().map(|session| SessionRow {
        id: session.id.0,
        device: session.device,
        current: session.id == me.0.id(),
        address: session.address,
        began: When::new(session.created, now),
        seen: When::new(session.seen, now),
    });
    html(&SessionsPage { c, tab: "sessions", sessions: rows.collect() })
}

/// Which sessions end.
enum Ending {
    One(SessionId),
    Others,
    All,
    Unknown,
}

impl Form for Ending {
    fn read(fields: &Fields) -> Self {
        match fields.text("end").as_str() {
            "others" => Self::Others,
            "all" => Self::All,
            id => id.parse().map_or(Self::Unknown, Self::One),
        }
    }
}

#[post("/profile/sessions")]
pub async fn end(
    Submitted(ending): Submitted<Ending>,
    me: SignedIn,
    site: web::Data<Site>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    match ending {
        Ending::One(id) => sessions.end(me.owner(), id).await?,
        Ending::Others => sessions.end_all(me.owner(), Some(me.0.id())).await?,
        Ending::All => {
            sessions.end_all(me.owner(), None).await?;
            return Ok(signed_out(&site));
        }
        Ending::Unknown => return told(&site, "/profile/sessions", Done::NothingChosen),
    }
    told(&site, "/profile/sessions", Done::SessionEnded)
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
