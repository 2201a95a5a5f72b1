//! The customer profile: who one is, what the account holds, where its API is; and deleting all of it.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::session::Session;
use crate::domain::account::{Role, Standing};
use crate::domain::time::{Clock, Timestamp};
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::service::profiles::{Profiles, Shown};
use crate::web::frame::answers::{html, html_again, redirect, told};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::cookies::Jar;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::{Confirmed, SignedIn};
use crate::web::frame::page::Pages;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::{Refusal, broken};
use crate::web::frame::site::Site;
use crate::web::words::format::{When, count, letters, number, size};

#[derive(Template)]
#[template(path = "profile/about.html")]
struct ProfilePage {
    c: Chrome,
    tab: &'static str,
    letters: String,
    shown_name: String,
    name: String,
    contact: String,
    channels: String,
    channels_of: String,
    messages: String,
    stored: String,
    quota: String,
    quota_bytes: u64,
    stored_bytes: u64,
    account: String,
    account_id: String,
    api: String,
    since: When,
    users: Vec<UserRow>,
    problems: Problems,
}

struct UserRow {
    name: String,
    you: bool,
    disabled: bool,
    role: &'static str,
    since: When,
}

pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    profiles: web::Data<Profiles>,
    accounts: web::Data<Accounts>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let shown = profiles.show(me.owner()).await?;
    let now = clock.now();
    let users = users(&accounts, &me.0, now).await?;
    let c = pages.chrome(&request, &me.0, "profile").await?;
    html(&page(c, site.api(&request), shown, users, now))
}

pub struct About {
    name: String,
    contact: String,
}

impl Form for About {
    fn read(fields: &Fields) -> Self {
        Self { name: fields.line("name"), contact: fields.line("contact") }
    }
}

pub async fn save(
    Submitted(about): Submitted<About>,
    me: SignedIn,
    site: web::Data<Site>,
    profiles: web::Data<Profiles>,
) -> Result<HttpResponse, Refusal> {
    profiles.save(me.owner(), &about.name, &about.contact).await?;
    told(&site, "/profile", Done::ProfileSaved)
}

pub async fn ask_delete(
    request: HttpRequest,
    me: Confirmed,
    pages: web::Data<Pages>,
    profiles: web::Data<Profiles>,
) -> Result<HttpResponse, Refusal> {
    let shown = profiles.show(me.owner()).await?;
    let c = pages.chrome(&request, &me.0, "profile").await?;
    html(&delete_page(c, &shown, Problems::none()))
}

pub struct Typed(String);

impl Form for Typed {
    fn read(fields: &Fields) -> Self {
        Self(fields.line("typed"))
    }
}

pub async fn delete(
    request: HttpRequest,
    Submitted(typed): Submitted<Typed>,
    me: Confirmed,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    profiles: web::Data<Profiles>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let shown = profiles.show(me.owner()).await?;
    let problem = if typed.0 == shown.account.name {
        match accounts.delete_own(me.owner()).await {
            Ok(()) => None,
            Err(Error::LastOperator) => {
                Some("This account manages the server, and other accounts are on it. Nothing was deleted.")
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        Some("This is not the account's name. Nothing was deleted.")
    };
    if let Some(problem) = problem {
        let c = pages.chrome(&request, &me.0, "profile").await?;
        return html_again(&delete_page(c, &shown, Problems::one("typed", problem)));
    }
    let mut answer = redirect(&site.base, "/login");
    answer.add_cookie(&Jar::Session.clear(&site)).map_err(broken)?;
    answer.add_cookie(&Done::AccountDeleted.cookie(&site)).map_err(broken)?;
    Ok(answer)
}

fn delete_page(c: Chrome, shown: &Shown, problems: Problems) -> ConfirmPage {
    let account = &shown.account;
    ConfirmPage {
        c,
        heading: "Delete this account?".to_owned(),
        action: "/profile/delete".to_owned(),
        carried: Vec::new(),
        consequences: vec![
            format!(
                "{} with {} and every access token are removed, for everyone who uses them. Every user of the \
                 account is signed out. This cannot be undone.",
                count(account.channels, "channel"),
                count(account.messages, "message")
            ),
            "Copies of the file, such as backups, keep what they have, but its channels cannot be opened from this \
             server any more."
                .to_owned(),
        ],
        typed: account.name.clone(),
        word: "Delete the account",
        back: "/profile".to_owned(),
        problems,
    }
}

async fn users(accounts: &Accounts, session: &Session, now: Timestamp) -> Result<Vec<UserRow>, Refusal> {
    let users = accounts.own_users(session.owner()).await?;
    Ok(users
        .into_iter()
        .map(|user| UserRow {
            you: user.id == session.owner().user(),
            disabled: user.standing == Standing::Disabled,
            role: match user.role {
                Role::Operator => "Manages the server",
                Role::Holder => "Account holder",
            },
            since: When::new(user.created, now),
            name: user.name,
        })
        .collect())
}

fn page(c: Chrome, api: String, shown: Shown, users: Vec<UserRow>, now: Timestamp) -> ProfilePage {
    let Shown { account, profile, quota_bytes, most_channels } = shown;
    let shown_name = if profile.display.is_empty() { account.name.clone() } else { profile.display.clone() };
    let plural = if account.channels == 1 { "channel" } else { "channels" };
    ProfilePage {
        tab: "profile",
        letters: letters(&shown_name),
        shown_name,
        name: profile.display,
        contact: profile.contact,
        channels: number(account.channels),
        channels_of: match most_channels {
            0 => plural.to_owned(),
            most => format!("{plural} of {}", number(most.into())),
        },
        messages: number(account.messages),
        stored: size(account.bytes),
        quota: if quota_bytes == 0 {
            "stored".to_owned()
        } else {
            format!("stored of {}", size(quota_bytes))
        },
        quota_bytes,
        stored_bytes: account.bytes,
        account: account.name,
        account_id: account.id.to_string(),
        api,
        since: When::new(account.created, now),
        users,
        problems: Problems::none(),
        c,
    }
}
