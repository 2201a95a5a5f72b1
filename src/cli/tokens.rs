//! `token`: the message API tokens of a channel.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;
use serde_json::json;

use crate::auth::access::Owner;
use crate::auth::console;
use crate::cli::arguments::{self, TokenCommand};
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::output;
use crate::config;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::time::Timestamp;
use crate::domain::token::{ApiToken, Description, History, NewToken, Permissions};
use crate::service::error::Error;
use crate::service::tokens::Tokens;
use crate::store::Store;
use crate::store::channel_access;
use crate::store::error::StoreError;

/// The longest that a token is said to last from now on; who means longer names no end.
const LONGEST: Duration = Duration::from_hours(24 * 366 * 100);

pub(super) async fn run(invocation: Invocation, command: TokenCommand) -> Result<()> {
    let limits = &invocation.config.limits;
    match command {
        TokenCommand::Create(asked) => {
            let work = async |store: Store| {
                let new = judged(&asked, store.clock().now())?;
                let (owner, id) = owner_and_id(&store, &asked.channel.id).await?;
                Ok(Tokens::new(store, limits).issue(&owner, &id, new).await?)
            };
            let token = invocation.with_store(work).await?;
            if asked.form.json {
                let secret = token.secret.expose().to_owned();
                return output::json(&TokenLine { secret, ..TokenLine::from(token) });
            }
            let end = token.expires.map(|end| format!(" and ends at {end}")).unwrap_or_default();
            output::say(&format!("token {} is made{end}; its secret:", token.id));
            output::line(token.secret.expose())
        }
        TokenCommand::List { channel, listing } => {
            let work = async |store: Store| {
                let (owner, id) = owner_and_id(&store, &channel.id).await?;
                Ok(Tokens::new(store, limits).list(&owner, &id).await?)
            };
            let lines: Vec<TokenLine> =
                invocation.with_store(work).await?.into_iter().map(TokenLine::from).collect();
            let heading = &["id", "secret", "read", "write", "delete", "created", "ends", "description"];
            output::listing(listing, &lines, heading, |token| {
                vec![
                    token.id.clone(),
                    token.secret.clone(),
                    yes_or_no(token.can_read),
                    yes_or_no(token.can_write),
                    yes_or_no(token.can_delete),
                    token.created.clone(),
                    token.expires_at.clone().unwrap_or_else(|| "never".to_owned()),
                    token.description.clone(),
                ]
            })
        }
        TokenCommand::Revoke { channel, token, form } => {
            let work = async |store: Store| {
                let (owner, id) = owner_and_id(&store, &channel.id).await?;
                let wrong =
                    |_| CommandError::Usage("a token's id is a number, and not its secret".to_owned());
                let token_id: TokenId = token.parse().map_err(wrong)?;
                match Tokens::new(store, limits).revoke(&owner, &id, token_id).await {
                    Err(Error::TokenNotFound) => bail!(CommandError::NotFound { kind: "token", name: token }),
                    revoked => revoked?,
                }
                let line = json!({"id": token, "channel": channel.id});
                output::changed(form, &line, &format!("token {token} is revoked"))
            };
            invocation.with_store(work).await
        }
    }
}

/// The token that is asked for at a time. It never deletes what others wrote: such a token the API makes.
fn judged(asked: &arguments::TokenRequest, now: Timestamp) -> Result<NewToken> {
    let usage = |text: String| CommandError::Usage(text);
    let description = Description::new(&asked.description).map_err(|error| usage(error.to_string()))?;
    let may = |right: &str| asked.only.as_deref().is_none_or(|only| only == right);
    let permissions = Permissions { read: may("read"), write: may("write"), delete: false };
    let history = if asked.history { History::Included } else { History::Hidden };
    let expires = match &asked.expires {
        Some(text) => Some(end_of(text, now).ok_or_else(|| {
            usage(format!(
                "--expires: {text:?} is no time to come: write 12h, 30d, 2030-01-31 or 2030-01-31T12:00:00Z"
            ))
        })?),
        None => None,
    };
    Ok(NewToken { description, permissions, history, expires })
}

/// The time to come that somebody named: from now on, or the beginning of a day, or the moment.
fn end_of(text: &str, now: Timestamp) -> Option<Timestamp> {
    let end = match config::duration(text) {
        Ok(length) if length <= LONGEST => now.after(length),
        Ok(_) => return None,
        Err(_) => Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))?,
    };
    (end > now).then_some(end)
}

fn yes_or_no(may: bool) -> String {
    (if may { "yes" } else { "no" }).to_owned()
}

#[derive(Serialize)]
struct TokenLine {
    /// A text, as in the API.
    id: String,
    /// Enough to recognise it, not enough to use it.
    secret: String,
    description: String,
    can_read: bool,
    can_write: bool,
    /// What others wrote; its own messages a writer deletes anyway.
    can_delete: bool,
    created: String,
    /// When it ends by itself.
    expires_at: Option<String>,
}

impl From<ApiToken> for TokenLine {
    fn from(token: ApiToken) -> Self {
        let beginning: String = token.secret.expose().chars().take(4).collect();
        Self {
            id: token.id.to_string(),
            secret: format!("{beginning}…"),
            description: token.description,
            can_read: token.permissions.read,
            can_write: token.permissions.write,
            can_delete: token.permissions.write && token.permissions.delete,
            created: token.created.to_string(),
            expires_at: token.expires.map(|end| end.to_string()),
        }
    }
}

/// The channel of that id, with the right to act for whoever owns it.
async fn owner_and_id(store: &Store, text: &str) -> Result<(Owner, ChannelId)> {
    let missing = || CommandError::NotFound {
        kind: "channel of an enabled account with the id",
        name: text.to_owned(),
    };
    let id: ChannelId = text.parse().map_err(|_| missing())?;
    let wanted = id.clone();
    let found = store.read::<_, StoreError, _>(move |tx| channel_access::find(tx, &wanted)).await?;
    let access = found.ok_or_else(missing)?;
    Ok((console::owner_of(access.account), id))
}
