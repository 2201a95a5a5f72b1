//! `token`: the message API tokens of a channel.

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::auth::access::Owner;
use crate::auth::console;
use crate::cli::arguments::TokenCommand;
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::output;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::token::ApiToken;
use crate::service::error::Error;
use crate::service::tokens::Tokens;
use crate::store::Store;
use crate::store::channel_access;
use crate::store::error::StoreError;

pub(super) async fn run(invocation: Invocation, command: TokenCommand) -> Result<()> {
    let limits = &invocation.config.limits;
    match command {
        TokenCommand::List { channel, listing } => {
            let work = async |store: Store| {
                let (owner, id) = owner_and_id(&store, &channel).await?;
                Ok(Tokens::new(store, limits).list(&owner, &id).await?)
            };
            let lines: Vec<TokenLine> =
                invocation.with_store(work).await?.into_iter().map(TokenLine::from).collect();
            let heading = &["id", "secret", "read", "write", "delete", "created", "description"];
            output::listing(listing, &lines, heading, |token| {
                vec![
                    token.id.clone(),
                    token.secret.clone(),
                    yes_or_no(token.can_read),
                    yes_or_no(token.can_write),
                    yes_or_no(token.can_delete),
                    token.created.clone(),
                    token.description.clone(),
                ]
            })
        }
        TokenCommand::Revoke { channel, token } => {
            let work = async |store: Store| {
                let (owner, id) = owner_and_id(&store, &channel).await?;
                let token_id: TokenId =
                    token.parse().context("the token's id is a number, not its secret")?;
                match Tokens::new(store, limits).revoke(&owner, &id, token_id).await {
                    Err(Error::TokenNotFound) => bail!(CommandError::NotFound { kind: "token", name: token }),
                    revoked => revoked?,
                }
                output::say(&format!("token {token} is revoked"));
                Ok(())
            };
            invocation.with_store(work).await
        }
    }
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
