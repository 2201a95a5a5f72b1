//! `account`: who owns channels on this server.

use anyhow::{Result, bail};
use serde::Serialize;

use crate::auth::console;
use crate::cli::arguments::{AccountArgument, AccountCommand, Listing, PasswordFlags};
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::open::say_key_was_made;
use crate::cli::users::UserLine;
use crate::cli::{consent, output, password, people};
use crate::config;
use crate::domain::account::{Account, AccountName, Standing, UserName};
use crate::domain::plural::counted;
use crate::domain::size::size;
use crate::service::accounts::FirstUser;
use crate::service::error::Error;

pub(super) async fn run(invocation: Invocation, command: AccountCommand) -> Result<()> {
    match command {
        AccountCommand::Create { name, user, password, no_admin, if_not_exists, form } => {
            let may = if no_admin { FirstUser::Holder } else { FirstUser::ManagesIfNobodyDoes };
            create(&invocation, (&name, &user), &password, may, if_not_exists, form).await
        }
        AccountCommand::List(form) => list(&invocation, form).await,
        AccountCommand::Show { account, listing } => show(&invocation, account, listing).await,
        AccountCommand::Quota { account, quota, form } => set_quota(&invocation, account, &quota, form).await,
        AccountCommand::Disable { account, form } => {
            set_standing(&invocation, account, Standing::Disabled, form).await
        }
        AccountCommand::Enable { account, form } => {
            set_standing(&invocation, account, Standing::Enabled, form).await
        }
        AccountCommand::Delete { account, consent, form } => {
            invocation
                .with_store(async |store| {
                    let accounts = people::service(store, &invocation);
                    let account = people::account(&accounts, &account.account).await?;
                    let what = format!(
                        "account {} ({}) with {} and {}",
                        account.id,
                        account.name,
                        counted(account.channels, "channel"),
                        counted(account.messages, "message")
                    );
                    consent::ask_to_delete(&consent, &what)?;
                    accounts.delete(&console::operator(), account.id).await?;
                    output::changed(form, &AccountLine::from(account), &format!("deleted {what}"))
                })
                .await
        }
    }
}

async fn create(
    invocation: &Invocation,
    (name, user): (&str, &str),
    flags: &PasswordFlags,
    may: FirstUser,
    if_not_exists: bool,
    form: Listing,
) -> Result<()> {
    let (account, user) = (AccountName::new(name)?, UserName::new(user)?);
    let password = password::new_password(flags, invocation)?;
    invocation
        .with_new_store(
            async |store| {
                let (accounts, operator) =
                    (people::service_for(store, invocation, flags), console::operator());
                let id = match accounts.create(&operator, account.clone(), user.clone(), password, may).await
                {
                    Err(Error::AccountNameTaken) if if_not_exists => {
                        accounts.find_by_name(&operator, account).await?
                    }
                    Err(Error::AccountNameTaken) => {
                        bail!(CommandError::Exists { kind: "account", name: name.to_owned() })
                    }
                    Err(Error::UserNameTaken) => {
                        bail!(CommandError::Exists { kind: "user", name: user.as_str().to_owned() })
                    }
                    created => created?,
                };
                if form.json {
                    return output::json(&AccountLine::from(accounts.get(&operator, id).await?));
                }
                output::line(&format!("{name} account-id:{id}"))
            },
            say_key_was_made,
        )
        .await
}

#[derive(Serialize)]
struct AccountLine {
    id: i64,
    name: String,
    enabled: bool,
    channels: u64,
    messages: u64,
    bytes: u64,
    /// Null for what the server allows everybody, 0 for no limit.
    quota: Option<u64>,
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<UserLine>>,
}

impl From<Account> for AccountLine {
    fn from(account: Account) -> Self {
        Self {
            id: account.id.0,
            name: account.name,
            enabled: account.standing == Standing::Enabled,
            channels: account.channels,
            messages: account.messages,
            bytes: account.bytes,
            quota: account.quota,
            created: account.created.to_string(),
            users: None,
        }
    }
}

const HEADING: &[&str] = &["id", "name", "standing", "channels", "messages", "stored", "quota", "created"];

fn row(account: &AccountLine) -> Vec<String> {
    vec![
        account.id.to_string(),
        account.name.clone(),
        (if account.enabled { "enabled" } else { "disabled" }).to_owned(),
        account.channels.to_string(),
        account.messages.to_string(),
        size(account.bytes),
        match account.quota {
            None => "default".to_owned(),
            Some(0) => "none".to_owned(),
            Some(bytes) => size(bytes),
        },
        account.created.clone(),
    ]
}

async fn list(invocation: &Invocation, form: Listing) -> Result<()> {
    let list = async |store| Ok(people::service(store, invocation).list(&console::operator()).await?);
    let accounts = invocation.with_store(list).await?;
    let lines: Vec<AccountLine> = accounts.into_iter().map(AccountLine::from).collect();
    output::listing(form, &lines, HEADING, row)
}

async fn show(invocation: &Invocation, account: AccountArgument, form: Listing) -> Result<()> {
    let (account, users) = invocation
        .with_store(async |store| {
            let accounts = people::service(store, invocation);
            let account = people::account(&accounts, &account.account).await?;
            let users = accounts.users(&console::operator(), account.id).await?;
            Ok((account, users))
        })
        .await?;
    let name = account.name.clone();
    let mut line = AccountLine::from(account);
    let users: Vec<UserLine> = users.into_iter().map(|user| UserLine::new(user, &name)).collect();
    if form.json {
        line.users = Some(users);
        return output::json(&line);
    }
    for (title, value) in HEADING.iter().zip(row(&line)) {
        output::line(&format!("{:10}{}", format!("{title}:"), output::shown(&value)))?;
    }
    for user in users {
        output::line(&format!("{:10}{}", "user:", output::shown(&user.described())))?;
    }
    Ok(())
}

async fn set_quota(
    invocation: &Invocation,
    account: AccountArgument,
    quota: &str,
    form: Listing,
) -> Result<()> {
    let (quota, words) = match quota {
        "default" => (None, "what limits.storage_per_account allows everybody".to_owned()),
        "none" => (Some(0), "without limit".to_owned()),
        typed => {
            let bytes = config::bytes(typed)
                .map_err(|why| CommandError::Usage(format!("{why}, none for no limit, or default")))?;
            if bytes == 0 {
                // In the settings it is no limit, and who types it here may mean the opposite.
                bail!(CommandError::Usage(
                    "0 may mean two things; none is no limit, 1 takes nothing".to_owned()
                ));
            }
            (Some(bytes), format!("at most {}", size(bytes)))
        }
    };
    invocation
        .with_store(async |store| {
            let accounts = people::service(store, invocation);
            let account = people::account(&accounts, &account.account).await?;
            accounts.set_quota(&console::operator(), account.id, quota).await?;
            let words = format!("account {} ({}) may store {words}", account.id, account.name);
            output::changed(form, &AccountLine::from(Account { quota, ..account }), &words)
        })
        .await
}

async fn set_standing(
    invocation: &Invocation,
    account: AccountArgument,
    standing: Standing,
    form: Listing,
) -> Result<()> {
    invocation
        .with_store(async |store| {
            let accounts = people::service(store, invocation);
            let account = people::account(&accounts, &account.account).await?;
            accounts.set_standing(&console::operator(), account.id, standing).await?;
            let now = if standing == Standing::Enabled { "enabled" } else { "disabled" };
            let words = format!("account {} ({}) is {now}", account.id, account.name);
            output::changed(form, &AccountLine::from(Account { standing, ..account }), &words)
        })
        .await
}
