//! Managing the server: its state, its accounts and their users.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::access::Operator;
use crate::auth::session::Sessions;
use crate::domain::account::{Account, AccountName, Role, Standing, User, UserName};
use crate::domain::id::UserId;
use crate::domain::plural;
use crate::domain::secret::Password;
use crate::domain::size::size;
use crate::service::accounts::{Accounts, FirstUser};
use crate::service::error::Error;
use crate::web::admin::state::{self, ServerState, Tile};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::guards::{ConfirmedManaging, Guard, Managing};
use crate::web::frame::password::too_short;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::{number, sentence};

#[derive(Template)]
#[template(path = "admin/accounts.html")]
struct AdminPage {
    c: Chrome,
    version: &'static str,
    reset_link: Option<String>,
    reset_user: String,
    warnings: Vec<String>,
    state: ServerState,
    accounts: Vec<AccountRow>,
    form_account: String,
    form_user: String,
    password_min: usize,
    problems: Problems,
}

struct AccountRow {
    id: i64,
    name: String,
    disabled: bool,
    users: Vec<ManagedUser>,
    channels: u64,
    stored: String,
    /// What the account may store, if that is limited.
    quota: Option<String>,
    yours: bool,
}

struct ManagedUser {
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
    form: Option<NewUser>,
    problems: Problems,
}

pub async fn show(call: Call<Managing>, accounts: web::Data<Accounts>) -> Result<HttpResponse, Refusal> {
    html(&page(&call, &accounts, Said::default()).await?)
}

pub struct NewUser {
    account: String,
    user: String,
    password: Password,
}

impl Form for NewUser {
    fn read(fields: &Fields) -> Self {
        Self {
            account: fields.line("account"),
            user: fields.line("user"),
            password: Password::new(fields.text("password")),
        }
    }
}

pub async fn create(
    SubmittedBy(form, call): SubmittedBy<NewUser, ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    match make(&accounts, &call.right, &form).await? {
        Ok(done) => call.told("/admin", done),
        Err(problems) => {
            let said = Said { form: Some(form), problems, reset: None };
            html_again(&page(&call, &accounts, said).await?)
        }
    }
}

/// A new account, or another user where the account exists.
async fn make(
    accounts: &Accounts,
    operator: &Operator,
    form: &NewUser,
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
    SubmittedBy(doing, call): SubmittedBy<Doing, ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let id = call.named("account")?;
    let (standing, done) = match doing.0.as_str() {
        "disable" => (Standing::Disabled, Done::AccountDisabled),
        "enable" => (Standing::Enabled, Done::AccountEnabled),
        _ => return call.told("/admin", Done::NothingChosen),
    };
    changed(&call, accounts.set_standing(&call.right, id, standing).await, done)
}

/// Goes on to the list, which tells that the standing is another one, or that nobody shuts oneself out.
fn changed(
    call: &Call<ConfirmedManaging>,
    outcome: Result<(), Error>,
    done: Done,
) -> Result<HttpResponse, Refusal> {
    match outcome {
        Err(Error::OneselfDisabled) => call.told("/admin", Done::OneselfStays),
        outcome => {
            outcome?;
            call.told("/admin", done)
        }
    }
}

pub async fn change_user(
    SubmittedBy(doing, call): SubmittedBy<Doing, ConfirmedManaging>,
    accounts: web::Data<Accounts>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    let id: UserId = call.named("user")?;
    let standing = match doing.0.as_str() {
        "reset" => None,
        "disable" => Some((Standing::Disabled, Done::UserDisabled)),
        "enable" => Some((Standing::Enabled, Done::UserEnabled)),
        _ => return call.told("/admin", Done::NothingChosen),
    };
    if let Some((standing, done)) = standing {
        return changed(&call, accounts.set_user_standing(&call.right, id, standing).await, done);
    }
    if id == call.owner().user() {
        // Whoever knows the own password changes it there; a link would need no knowledge of it.
        return Ok(call.redirect("/profile/security"));
    }
    let user = accounts.user(&call.right, id).await?;
    let code = sessions.make_reset(&call.right, id).await?;
    let link = format!("{}/reset?code={}", call.site.public_url(&call.request), code.expose());
    let said = Said { reset: Some((link, user.name)), ..Said::default() };
    html(&page(&call, &accounts, said).await?)
}

async fn page<G: Guard<Permit = Operator>>(
    call: &Call<G>,
    accounts: &Accounts,
    said: Said,
) -> Result<AdminPage, Refusal> {
    let (c, listed) = call.page("admin", accounts.all(&call.right)).await?;
    let sum = |of: fn(&Account) -> u64| listed.iter().map(|(account, _)| of(account)).sum::<u64>();
    let tile = |value: u64, thing: &str| Tile::new(number(value), plural::noun(value, thing));
    let mut state = state::of(call).await?;
    state.tiles.extend([
        tile(listed.len() as u64, "account"),
        tile(sum(|account| account.channels), "channel"),
        tile(sum(|account| account.messages), "message"),
        Tile::new(size(sum(|account| account.bytes)), "stored"),
    ]);
    let rows = listed.into_iter().map(|(account, users)| AccountRow {
        id: account.id.0,
        disabled: account.standing == Standing::Disabled,
        users: users.into_iter().map(|user| user_row(user, call.owner().user())).collect(),
        channels: account.channels,
        stored: size(account.bytes),
        quota: match account.quota {
            None => call.site.quota.map(size),
            Some(own) => (own > 0).then(|| size(own)),
        },
        yours: account.id == call.owner().account(),
        name: account.name,
    });
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
        warnings: call.site.warnings(&call.request),
        state,
        accounts: rows.collect(),
        form_account,
        form_user,
        password_min: call.site.password_min,
        problems: said.problems,
    })
}

fn user_row(user: User, oneself: UserId) -> ManagedUser {
    ManagedUser {
        id: user.id.0,
        name: user.name,
        operator: user.role == Role::Operator,
        disabled: user.standing == Standing::Disabled,
        you: user.id == oneself,
    }
}
