//! Managing the server: its state, its accounts and their users.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::access::Operator;
use crate::auth::session::{Session, Sessions};
use crate::domain::account::{Account, AccountName, Role, Standing, UserName};
use crate::domain::id::{AccountId, UserId};
use crate::domain::secret::Password;
use crate::service::accounts::{Accounts, FirstUser};
use crate::service::error::Error;
use crate::web::frame::answers::{html, html_again, redirect, told};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::{ConfirmedOperator, OperatorPage};
use crate::web::frame::page::Pages;
use crate::web::frame::password::too_short;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;
use crate::web::words::format::{number, sentence, size};

#[derive(Template)]
#[template(path = "admin/accounts.html")]
struct AdminPage {
    c: Chrome,
    version: &'static str,
    reset_link: Option<String>,
    reset_user: String,
    warnings: Vec<String>,
    tiles: Vec<Tile>,
    accounts: Vec<AccountRow>,
    form_account: String,
    form_user: String,
    password_min: usize,
    problems: Problems,
}

struct Tile {
    figure: String,
    word: &'static str,
}

struct AccountRow {
    id: i64,
    name: String,
    disabled: bool,
    users: Vec<UserRow>,
    channels: u64,
    stored: String,
    yours: bool,
}

struct UserRow {
    id: i64,
    name: String,
    operator: bool,
    disabled: bool,
    you: bool,
}

/// What the page shows beside the state of the server.
#[derive(Default)]
struct Said {
    reset: Option<(String, String)>,
    form: Option<NewAccount>,
    problems: Problems,
}

pub async fn show(
    request: HttpRequest,
    me: OperatorPage,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    html(&page(&request, &me.0, &me.1, &pages, &site, &accounts, Said::default()).await?)
}

pub struct NewAccount {
    account: String,
    user: String,
    password: Password,
}

impl Form for NewAccount {
    fn read(fields: &Fields) -> Self {
        Self {
            account: fields.line("account"),
            user: fields.line("user"),
            password: Password::new(fields.text("password")),
        }
    }
}

pub async fn create(
    request: HttpRequest,
    Submitted(form): Submitted<NewAccount>,
    me: ConfirmedOperator,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    match make(&accounts, &me.1, &form).await? {
        Ok(done) => told(&site, "/admin", done),
        Err(problems) => {
            let said = Said { form: Some(form), problems, reset: None };
            html_again(&page(&request, &me.0, &me.1, &pages, &site, &accounts, said).await?)
        }
    }
}

/// A new account, or another user where the account exists.
async fn make(
    accounts: &Accounts,
    operator: &Operator,
    form: &NewAccount,
) -> Result<Result<Done, Problems>, Refusal> {
    let name = match AccountName::new(&form.account) {
        Ok(name) => name,
        Err(error) => return Ok(Err(Problems::one("account", sentence(&error)))),
    };
    let user = match UserName::new(&form.user) {
        Ok(user) => user,
        Err(error) => return Ok(Err(Problems::one("user", sentence(&error)))),
    };
    let outcome = match accounts.find_by_name(operator, name.clone()).await {
        Ok(account) => accounts
            .add_user(operator, account, user, form.password.clone(), Role::Holder)
            .await
            .map(|_| Done::UserAdded),
        Err(Error::AccountNotFound) => accounts
            .create(operator, name, user, form.password.clone(), FirstUser::Holder)
            .await
            .map(|_| Done::AccountMade),
        Err(error) => return Err(error.into()),
    };
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(Error::UserNameTaken) => Ok(Err(Problems::one("user", "This user name is taken."))),
        Err(Error::PasswordTooShort { least }) => Ok(Err(Problems::one("password", too_short(least)))),
        Err(error) => Err(error.into()),
    }
}

/// What to do with an account or user.
pub struct Doing(String);

impl Form for Doing {
    fn read(fields: &Fields) -> Self {
        Self(fields.text("do"))
    }
}

pub async fn change_account(
    Submitted(doing): Submitted<Doing>,
    me: ConfirmedOperator,
    path: web::Path<String>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let id: AccountId = path.parse().map_err(|_| Refusal::NotFound)?;
    let (standing, done) = match doing.0.as_str() {
        "disable" => (Standing::Disabled, Done::AccountDisabled),
        "enable" => (Standing::Enabled, Done::AccountEnabled),
        _ => return told(&site, "/admin", Done::NothingChosen),
    };
    changed(&site, accounts.set_standing(&me.1, id, standing).await, done)
}

/// Goes on to the list, which tells that the standing is another one, or that nobody shuts oneself out.
fn changed(site: &Site, outcome: Result<(), Error>, done: Done) -> Result<HttpResponse, Refusal> {
    match outcome {
        Err(Error::OneselfDisabled) => told(site, "/admin", Done::NothingChosen),
        outcome => {
            outcome?;
            told(site, "/admin", done)
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn change_user(
    request: HttpRequest,
    Submitted(doing): Submitted<Doing>,
    me: ConfirmedOperator,
    path: web::Path<String>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    accounts: web::Data<Accounts>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    let id: UserId = path.parse().map_err(|_| Refusal::NotFound)?;
    let standing = match doing.0.as_str() {
        "reset" => None,
        "disable" => Some((Standing::Disabled, Done::UserDisabled)),
        "enable" => Some((Standing::Enabled, Done::UserEnabled)),
        _ => return told(&site, "/admin", Done::NothingChosen),
    };
    if let Some((standing, done)) = standing {
        return changed(&site, accounts.set_user_standing(&me.1, id, standing).await, done);
    }
    if id == me.0.owner().user() {
        // Whoever knows the own password changes it there; a link would need no knowledge of it.
        return Ok(redirect(&site.base, "/profile/security"));
    }
    let user = accounts.user(&me.1, id).await?;
    let code = sessions.make_reset(&me.1, id).await?;
    let link = format!("{}/reset?code={}", site.public_url(&request), code.expose());
    let said = Said { reset: Some((link, user.name)), ..Said::default() };
    html(&page(&request, &me.0, &me.1, &pages, &site, &accounts, said).await?)
}

async fn page(
    request: &HttpRequest,
    session: &Session,
    operator: &Operator,
    pages: &Pages,
    site: &Site,
    accounts: &Accounts,
    said: Said,
) -> Result<AdminPage, Refusal> {
    let c = pages.chrome(request, session, "admin").await?;
    let listed = accounts.list(operator).await?;
    let sum = |of: fn(&Account) -> u64| listed.iter().map(of).sum::<u64>();
    let tiles = vec![
        Tile { figure: number(listed.len() as u64), word: "accounts" },
        Tile { figure: number(sum(|account| account.channels)), word: "channels" },
        Tile { figure: number(sum(|account| account.messages)), word: "messages" },
        Tile { figure: size(sum(|account| account.bytes)), word: "stored" },
    ];
    let mut rows = Vec::new();
    for account in listed {
        let users = accounts.users(operator, account.id).await?;
        rows.push(AccountRow {
            id: account.id.0,
            disabled: account.standing == Standing::Disabled,
            users: users
                .into_iter()
                .map(|user| UserRow {
                    id: user.id.0,
                    name: user.name,
                    operator: user.role == Role::Operator,
                    disabled: user.standing == Standing::Disabled,
                    you: user.id == session.owner().user(),
                })
                .collect(),
            channels: account.channels,
            stored: size(account.bytes),
            yours: account.id == session.owner().account(),
            name: account.name,
        });
    }
    let (form_account, form_user) = said.form.map(|form| (form.account, form.user)).unwrap_or_default();
    let (reset_link, reset_user) = match said.reset {
        Some((link, user)) => (Some(link), user),
        None => (None, String::new()),
    };
    Ok(AdminPage {
        c,
        version: concat!("peerbox ", env!("CARGO_PKG_VERSION")),
        reset_link,
        reset_user,
        warnings: site.warnings(request),
        tiles,
        accounts: rows,
        form_account,
        form_user,
        password_min: site.password_min,
        problems: said.problems,
    })
}
