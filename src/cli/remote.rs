//! `remote`: the channels and tokens of an account at another server.

use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::arguments::{Listing, Remote, RemoteChannelCommand, RemoteCommand, RemoteTokenCommand};
use crate::cli::{consent, output, reach};
use crate::client::account::{Account, AccountToken};
use crate::config::Environment;

pub(super) async fn run(remote: Remote, environment: &Environment) -> Result<()> {
    let account = reach::account(&remote.account, &remote.reach, environment)?;
    match remote.what {
        RemoteCommand::Channel(command) => channels(&account, command).await,
        RemoteCommand::Token(command) => tokens(&account, command).await,
    }
}

async fn channels(account: &Account, command: RemoteChannelCommand) -> Result<()> {
    match command {
        RemoteChannelCommand::Create { sequenced, days, form } => {
            let retention = json!({"min_age_days": null, "max_age_days": days, "auto_prune": days.is_some()});
            let settings = json!({
                "public_read": false, "public_write": false, "sequenced": sequenced, "retention": retention,
            });
            let channel = account.create(&settings).await?;
            if form.json {
                return with_address(account, &channel.id, &channel);
            }
            match channel.access_tokens.first() {
                Some(token) => access(account, &channel.id, token),
                None => output::line(&account.address_of(&channel.id)),
            }
        }
        RemoteChannelCommand::List(form) => {
            let channels = account.channels().await?;
            output::listing(form, &channels, &["id", "tokens", "head", "sequenced", "locked"], |channel| {
                vec![
                    channel.id.clone(),
                    channel.access_tokens.len().to_string(),
                    channel.head.to_string(),
                    yes_or_no(channel.sequenced),
                    yes_or_no(channel.locked),
                ]
            })
        }
        RemoteChannelCommand::Delete { channel, consent, form } => {
            consent::ask_to_delete(&consent, &format!("the channel {channel} with all messages"))?;
            account.delete(&channel).await?;
            gone(form, &json!({"id": channel}))
        }
    }
}

async fn tokens(account: &Account, command: RemoteTokenCommand) -> Result<()> {
    match command {
        RemoteTokenCommand::Issue { channel, description, only, form } => {
            let settings = json!({
                "description": description,
                "can_read": only.as_deref() != Some("write"),
                "can_write": only.as_deref() != Some("read"),
            });
            let token = account.issue(&channel, &settings).await?;
            if form.json {
                return with_address(account, &channel, &token);
            }
            access(account, &channel, &token)
        }
        RemoteTokenCommand::List { channel, form } => list(&account.tokens(&channel).await?, form),
        RemoteTokenCommand::Revoke { channel, token, form } => {
            account.revoke(&channel, &token).await?;
            gone(form, &json!({"id": token, "channel": channel}))
        }
    }
}

fn list(tokens: &[AccountToken], form: Listing) -> Result<()> {
    output::listing(form, tokens, &["id", "read", "write", "description"], |token| {
        vec![
            token.id.clone(),
            yes_or_no(token.can_read),
            yes_or_no(token.can_write),
            token.description.clone(),
        ]
    })
}

/// What was made, and the address of its channel.
fn with_address(account: &Account, channel: &str, made: &impl Serialize) -> Result<()> {
    let mut made = serde_json::to_value(made)?;
    made["address"] = account.address_of(channel).into();
    output::json(&made)
}

/// What is not there any more, for programs.
fn gone(form: Listing, what: &Value) -> Result<()> {
    if form.json { output::json(what) } else { Ok(()) }
}

/// An address and what opens it, in one line, as QR codes have it.
fn access(account: &Account, channel: &str, token: &AccountToken) -> Result<()> {
    output::line(&format!("{}?token={}", account.address_of(channel), token.token))
}

fn yes_or_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}
