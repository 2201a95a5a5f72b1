//! Deleting or disabling an account or a user of others, after a question.

use actix_web::{HttpResponse, web};

use crate::domain::account::{Account, User};
use crate::domain::id::{AccountId, UserId};
use crate::service::accounts::Accounts;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::confirm::{ConfirmPage, Typed, loss_of};
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::Pressed;
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::guards::ConfirmedManaging;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::count;

pub async fn ask_account(
    call: Call<ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let account = account(&call, &accounts).await?;
    html(&account_page(&call, &account, Problems::none()).await?)
}

pub async fn delete_account(
    SubmittedBy(typed, call): SubmittedBy<Typed, ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let account = account(&call, &accounts).await?;
    if typed.0 != account.name {
        let problem = "This is not the account's name. Nothing was deleted.";
        return html_again(&account_page(&call, &account, Problems::one("typed", problem)).await?);
    }
    accounts.delete(&call.right, account.id).await?;
    call.told("/admin", Done::OtherAccountDeleted)
}

pub async fn ask_user(
    call: Call<ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let user = user(&call, &accounts).await?;
    let c = call.chrome("admin").await?;
    html(&ConfirmPage {
        c,
        heading: format!("Delete the user {}?", user.name),
        action: format!("/admin/users/{}/delete", user.id.0),
        carried: Vec::new(),
        consequences: vec![
            "Nobody can sign in by that name any more, and every browser that is signed in by it is signed out. The \
             account with its channels and messages stays, and so do its access tokens."
                .to_owned(),
        ],
        typed: String::new(),
        word: "Delete the user",
        back: "/admin".to_owned(),
        problems: Problems::none(),
    })
}

pub async fn delete_user(
    SubmittedBy(_pressed, call): SubmittedBy<Pressed, ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let user = user(&call, &accounts).await?;
    accounts.delete_user(&call.right, user.id).await?;
    call.told("/admin", Done::UserDeleted)
}

pub async fn ask_disable_account(
    call: Call<ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let account = account(&call, &accounts).await?;
    html(&ConfirmPage {
        c: call.chrome("admin").await?,
        heading: format!("Disable the account {}?", account.name),
        action: format!("/admin/accounts/{}", account.id.0),
        carried: vec![("do", "disable".to_owned())],
        consequences: vec![
            format!(
                "Nobody can sign in to it, and every browser that is signed in is signed out. Every access token stops \
                 working, for people and programs, in {}.",
                count(account.channels, "channel")
            ),
            "Nothing is deleted, and you can enable the account again.".to_owned(),
        ],
        typed: String::new(),
        word: "Disable the account",
        back: "/admin".to_owned(),
        problems: Problems::none(),
    })
}

pub async fn ask_disable_user(
    call: Call<ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let user = user(&call, &accounts).await?;
    html(&ConfirmPage {
        c: call.chrome("admin").await?,
        heading: format!("Disable the user {}?", user.name),
        action: format!("/admin/users/{}", user.id.0),
        carried: vec![("do", "disable".to_owned())],
        consequences: vec![
            "Nobody can sign in by that name, and every browser that is signed in by it is signed out. The account with \
             its channels and messages stays, and so do its access tokens."
                .to_owned(),
            "You can enable the user again.".to_owned(),
        ],
        typed: String::new(),
        word: "Disable the user",
        back: "/admin".to_owned(),
        problems: Problems::none(),
    })
}

/// The account that the address names; the own one is deleted from the profile.
async fn account(call: &Call<ConfirmedManaging>, accounts: &Accounts) -> Result<Account, Refusal> {
    let id: AccountId = call.named("account")?;
    if id == call.owner().account() {
        return Err(Refusal::NotFound);
    }
    Ok(accounts.get(&call.right, id).await?)
}

/// The user that the address names; nobody deletes or disables oneself.
async fn user(call: &Call<ConfirmedManaging>, accounts: &Accounts) -> Result<User, Refusal> {
    let id: UserId = call.named("user")?;
    if id == call.owner().user() {
        return Err(Refusal::NotFound);
    }
    Ok(accounts.user(&call.right, id).await?)
}

async fn account_page(
    call: &Call<ConfirmedManaging>,
    account: &Account,
    problems: Problems,
) -> Result<ConfirmPage, Refusal> {
    Ok(ConfirmPage {
        c: call.chrome("admin").await?,
        heading: format!("Delete the account {}?", account.name),
        action: format!("/admin/accounts/{}/delete", account.id.0),
        carried: Vec::new(),
        consequences: vec![
            loss_of(account),
            "Backups keep what they have until they are removed.".to_owned(),
        ],
        typed: account.name.clone(),
        word: "Delete the account",
        back: "/admin".to_owned(),
        problems,
    })
}
