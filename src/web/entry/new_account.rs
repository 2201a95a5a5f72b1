//! A new account with its first user, made by whoever may, and entered at once.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Deserialize;

use crate::auth::newcomers::Newcomer;
use crate::auth::session::Sessions;
use crate::auth::setup::Founder;
use crate::auth::sign_ins::{Credentials, SignIns};
use crate::domain::account::{AccountName, UserName};
use crate::domain::secret::Password;
use crate::http::failure::Failure;
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::web::entry::sign_in::begin;
use crate::web::frame::call::AnyCall;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::password::{PasswordRefused, too_short};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::sentence;

/// A code in the address.
#[derive(Deserialize)]
pub struct Code {
    pub code: Option<String>,
}

/// A new account with its first user.
pub struct NewAccount {
    pub code: String,
    pub account: String,
    pub user: String,
    pub password: Password,
}

impl Form for NewAccount {
    const FOR_VISITORS: bool = true;

    fn read(fields: &Fields) -> Self {
        Self {
            code: fields.line("code"),
            account: fields.line("account"),
            user: fields.line("user"),
            password: Password::new(fields.text("password")),
        }
    }
}

impl NewAccount {
    pub fn empty(code: String) -> Self {
        Self { code, account: String::new(), user: String::new(), password: Password::new("") }
    }
}

/// Who asks for an account: somebody with the set-up code, or anybody where sign-up is open.
pub enum Asking {
    Founder(Founder),
    Newcomer(Newcomer),
}

/// Makes the account; what the person can mend comes back as problems.
pub async fn create(
    accounts: &Accounts,
    asking: Asking,
    form: &NewAccount,
    password_min: usize,
) -> Result<Problems, Refusal> {
    let mut problems = Problems::none();
    let name =
        AccountName::new(&form.account).map_err(|error| problems.add("account", sentence(&error))).ok();
    let user = UserName::new(&form.user).map_err(|error| problems.add("user", sentence(&error))).ok();
    if form.password.length() < password_min {
        problems.add("password", too_short(password_min));
    }
    let (Some(name), Some(user), false) = (name, user, problems.any()) else { return Ok(problems) };
    let password = form.password.clone();
    let made = match asking {
        Asking::Founder(founder) => accounts.create_first(&founder, name, user, password).await,
        Asking::Newcomer(newcomer) => accounts.register(&newcomer, name, user, password).await,
    };
    match made {
        Ok(_) => Ok(Problems::none()),
        Err(Error::SetUpAlready) => Err(set_up_already()),
        Err(Error::AccountNameTaken) => Ok(Problems::one("account", "This account name is taken.")),
        Err(Error::UserNameTaken) => Ok(Problems::one("user", "This user name is taken.")),
        Err(Error::PasswordTooShort { least }) => Ok(Problems::one("password", too_short(least))),
        Err(error) => Err(error.into()),
    }
}

/// Signs in to the account that was just made; its first step is a channel.
pub async fn enter(
    call: &AnyCall,
    sign_ins: &SignIns,
    sessions: &Sessions,
    form: NewAccount,
) -> Result<HttpResponse, Refusal> {
    let credentials = Credentials { user: form.user, password: form.password };
    match sign_ins.confirm(&credentials, call.site.client(&call.request)).await {
        Ok(owner) => begin(call, sessions, &owner, true, "/channels/new?first=1").await,
        Err(error) => {
            // The account exists; the person signs in by hand.
            PasswordRefused::by(error, "")?;
            Ok(call.redirect("/login"))
        }
    }
}

pub fn set_up_already() -> Refusal {
    Failure::new(StatusCode::GONE, "Somebody manages this server already; sign in instead").into()
}
