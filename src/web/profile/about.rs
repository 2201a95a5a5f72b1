//! The profile: who one is, what the account holds, where its API is; and deleting all of it.

use std::ops::Deref;

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::account::{Role, Standing, User};
use crate::domain::plural::noun;
use crate::domain::size::size;
use crate::domain::zone::Zone;
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::service::profiles::{Holdings, Profiles};
use crate::web::frame::answers::{html, html_again, signed_out};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::{ConfirmPage, Typed, loss_of};
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Choice, Fields, Form};
use crate::web::frame::forms::submitted::{Submitted, SubmittedBy};
use crate::web::frame::guards::Confirmed;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::{When, number, sentence};

#[derive(Template)]
#[template(path = "profile/about.html")]
struct ProfilePage {
    c: Chrome,
    tab: &'static str,
    shown_name: String,
    name: String,
    contact: String,
    zones: Vec<Choice>,
    channels: String,
    channels_of: String,
    messages: String,
    messages_word: String,
    stored: String,
    quota: String,
    quota_bytes: u64,
    stored_bytes: u64,
    account: String,
    account_id: String,
    api: String,
    since: When,
    users: Vec<UserRow>,
}

struct UserRow {
    name: String,
    you: bool,
    disabled: bool,
    role: &'static str,
    since: When,
}

pub async fn show(
    call: Call,
    profiles: web::Data<Profiles>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let shown = profiles.show(call.owner()).and(accounts.own_users(call.owner()));
    let (c, (holdings, users)) = call.page("profile", shown).await?;
    html(&page(&call, c, holdings, users))
}

pub struct About {
    name: String,
    contact: String,
    zone: String,
}

impl Form for About {
    const IS_KEPT: bool = true;
    fn read(fields: &Fields) -> Self {
        Self { name: fields.line("name"), contact: fields.line("contact"), zone: fields.line("zone") }
    }
}

pub async fn save(
    SubmittedBy(about, call): SubmittedBy<About>,
    profiles: web::Data<Profiles>,
) -> Result<HttpResponse, Refusal> {
    profiles.save(call.owner(), &about.name, &about.contact).await?;
    if let Some(zone) = Zone::find(&about.zone) {
        profiles.save_zone(call.owner(), zone, false).await?;
    }
    call.told("/profile", Done::ProfileSaved)
}

/// The zone of a browser.
pub struct Guess(String);

impl Form for Guess {
    fn read(fields: &Fields) -> Self {
        Self(fields.line("zone"))
    }
}

/// What a script tells of its reader, once. A zone that is not known here is none.
pub async fn guess_zone(
    Submitted(guess): Submitted<Guess>,
    call: Call,
    profiles: web::Data<Profiles>,
) -> Result<HttpResponse, Refusal> {
    let zone = Zone::find(&guess.0).unwrap_or_else(Zone::utc);
    profiles.save_zone(call.owner(), zone, true).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn ask_delete(
    call: Call<Confirmed>,
    profiles: web::Data<Profiles>,
) -> Result<HttpResponse, Refusal> {
    let (c, holdings) = call.page("profile", profiles.show(call.owner())).await?;
    html(&delete_page(c, &holdings, Problems::none()))
}

pub async fn delete(
    SubmittedBy(typed, call): SubmittedBy<Typed, Confirmed>,
    profiles: web::Data<Profiles>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let (_user, account) = accounts.own(call.owner()).await?;
    let problem = if typed.0 == account.name {
        match accounts.delete_own(call.owner()).await {
            Ok(()) => None,
            Err(error @ Error::LastOperator) => Some(format!("{} Nothing was deleted.", sentence(&error))),
            Err(error) => return Err(error.into()),
        }
    } else {
        Some("This is not the account's name. Nothing was deleted.".to_owned())
    };
    if let Some(problem) = problem {
        let (c, holdings) = call.page("profile", profiles.show(call.owner())).await?;
        return html_again(&delete_page(c, &holdings, Problems::one("typed", problem)));
    }
    Ok(signed_out(&call.site, Done::AccountDeleted))
}

/// The question, with which this browser is left, too.
#[derive(Template)]
#[template(path = "profile/delete.html")]
struct DeletePage(ConfirmPage);

/// For the template, which is that of the question.
impl Deref for DeletePage {
    type Target = ConfirmPage;

    fn deref(&self) -> &ConfirmPage {
        &self.0
    }
}

fn delete_page(c: Chrome, holdings: &Holdings, problems: Problems) -> DeletePage {
    let account = &holdings.account;
    DeletePage(ConfirmPage {
        c,
        heading: "Delete this account?".to_owned(),
        action: "/profile/delete".to_owned(),
        carried: Vec::new(),
        consequences: vec![
            loss_of(account),
            "What was sealed for you cannot be opened any more: the copies of your keys go too. Keys in a browser \
             stay there until you choose to forget them, under Keys."
                .to_owned(),
            "Copies of the file, such as backups, keep what they have, but its channels cannot be opened from this \
             server any more."
                .to_owned(),
        ],
        typed: account.name.clone(),
        word: "Delete the account",
        back: "/profile".to_owned(),
        problems,
    })
}

fn zones(current: &str) -> Vec<Choice> {
    let names = Zone::names().into_iter();
    names.map(|name| Choice { chosen: name == current, word: name.replace('_', " "), value: name }).collect()
}

fn page(call: &Call, c: Chrome, holdings: Holdings, users: Vec<User>) -> ProfilePage {
    let Holdings { account, profile, quota_bytes, most_channels } = holdings;
    let own_name = users.iter().find(|user| user.id == call.owner().user()).map(|user| user.name.clone());
    let users = users.into_iter().map(|user| UserRow {
        you: user.id == call.owner().user(),
        disabled: user.standing == Standing::Disabled,
        role: match user.role {
            Role::Operator => "Manages the server",
            Role::Holder => "Account holder",
        },
        since: When::new(user.created, call.now()),
        name: user.name,
    });
    let shown_name =
        Some(profile.display.clone()).filter(|name| !name.is_empty()).or(own_name).unwrap_or_default();
    let plural = noun(account.channels, "channel");
    ProfilePage {
        tab: "profile",
        shown_name,
        name: profile.display,
        contact: profile.contact,
        zones: zones(call.now().zone.name()),
        channels: number(account.channels),
        channels_of: match most_channels {
            0 => plural,
            most => format!("{plural} of {}", number(most.into())),
        },
        messages: number(account.messages),
        messages_word: noun(account.messages, "message"),
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
        api: call.site.api(&call.request),
        since: When::new(account.created, call.now()),
        users: users.collect(),
        c,
    }
}
