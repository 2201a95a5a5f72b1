//! `user`: who signs in to accounts.

use anyhow::{Result, bail};
use serde::Serialize;

use crate::auth::console;
use crate::cli::arguments::{Listing, UserCommand};
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::{consent, output, password, people};
use crate::domain::account::{Role, Standing, User, UserName};
use crate::service::error::Error;

pub(super) async fn run(invocation: Invocation, command: UserCommand) -> Result<()> {
    let invocation = &invocation;
    match command {
        UserCommand::List { account, listing } => list(invocation, account.named(), listing).await,
        UserCommand::Add { name, account, password: flags, admin, form } => {
            let user = UserName::new(&name)?;
            let role = if admin { Role::Operator } else { Role::Holder };
            let Some(account) = account.named() else {
                bail!(CommandError::Usage("name the user's account too: user add NAME ACCOUNT".to_owned()));
            };
            let work = async |store| {
                let accounts = people::service_for(store, invocation, &flags);
                let account = people::account(&accounts, &account).await?;
                let password = password::new_password(&flags, invocation)?;
                match accounts.add_user(&console::operator(), account.id, user, password, role).await {
                    Err(Error::UserNameTaken) => bail!(CommandError::Exists { kind: "user", name }),
                    added => added?,
                };
                let words = format!("added {name} to account {} ({})", account.id, account.name);
                let user = people::user(&accounts, &name).await?;
                output::changed(form, &UserLine::new(user, &account.name), &words)
            };
            invocation.with_store(work).await
        }
        UserCommand::Passwd { name, password: flags, form } => {
            let work = async |store| {
                let accounts = people::service_for(store, invocation, &flags);
                let user = people::user(&accounts, &name).await?;
                let password = password::new_password(&flags, invocation)?;
                accounts.set_password(&console::operator(), user.id, password).await?;
                let words = format!("{} has a new password", user.name);
                let account = accounts.get(&console::operator(), user.account).await?;
                output::changed(form, &UserLine::new(user, &account.name), &words)
            };
            invocation.with_store(work).await
        }
        UserCommand::Disable { name, form } => {
            set_standing(invocation, &name, Standing::Disabled, form).await
        }
        UserCommand::Enable { name, form } => set_standing(invocation, &name, Standing::Enabled, form).await,
        UserCommand::Delete { name, consent, form } => {
            let work = async |store| {
                let accounts = people::service(store, invocation);
                let user = people::user(&accounts, &name).await?;
                let what = format!("user {} of account {}", user.name, user.account);
                consent::ask_to_delete(&consent, &what)?;
                let account = accounts.get(&console::operator(), user.account).await?;
                accounts.delete_user(&console::operator(), user.id).await?;
                output::changed(form, &UserLine::new(user, &account.name), &format!("deleted {what}"))
            };
            invocation.with_store(work).await
        }
    }
}

async fn set_standing(invocation: &Invocation, name: &str, standing: Standing, form: Listing) -> Result<()> {
    let work = async |store| {
        let accounts = people::service(store, invocation);
        let user = people::user(&accounts, name).await?;
        accounts.set_user_standing(&console::operator(), user.id, standing).await?;
        let now = if standing == Standing::Enabled { "enabled" } else { "disabled" };
        let words = format!("user {} is {now}", user.name);
        let account = accounts.get(&console::operator(), user.account).await?;
        output::changed(form, &UserLine::new(User { standing, ..user }, &account.name), &words)
    };
    invocation.with_store(work).await
}

/// A user as listings show them.
#[derive(Serialize)]
pub(super) struct UserLine {
    id: i64,
    name: String,
    account: i64,
    account_name: String,
    admin: bool,
    enabled: bool,
    created: String,
}

impl UserLine {
    pub(super) fn new(user: User, account_name: &str) -> Self {
        Self {
            id: user.id.0,
            name: user.name,
            account: user.account.0,
            account_name: account_name.to_owned(),
            admin: user.role == Role::Operator,
            enabled: user.standing == Standing::Enabled,
            created: user.created.to_string(),
        }
    }

    /// The user in a few words.
    pub(super) fn described(&self) -> String {
        let mut words = self.name.clone();
        if self.admin {
            words.push_str(", admin");
        }
        if !self.enabled {
            words.push_str(", disabled");
        }
        words
    }
}

async fn list(invocation: &Invocation, account: Option<String>, form: Listing) -> Result<()> {
    let work = async |store| {
        let service = people::service(store, invocation);
        let owners = match account {
            Some(account) => vec![people::account(&service, &account).await?],
            None => service.list(&console::operator()).await?,
        };
        let mut lines = Vec::new();
        for owner in owners {
            let users = service.users(&console::operator(), owner.id).await?;
            lines.extend(users.into_iter().map(|user| UserLine::new(user, &owner.name)));
        }
        Ok(lines)
    };
    let lines = invocation.with_store(work).await?;
    output::listing(form, &lines, &["id", "name", "account", "role", "standing", "created"], |user| {
        vec![
            user.id.to_string(),
            user.name.clone(),
            format!("{} ({})", user.account, user.account_name),
            (if user.admin { "admin" } else { "holder" }).to_owned(),
            (if user.enabled { "enabled" } else { "disabled" }).to_owned(),
            user.created.clone(),
        ]
    })
}
