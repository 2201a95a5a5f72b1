//! `channel`: what channels there are, and one more for programs.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use crate::auth::console;
use crate::callbacks::ready::Processors;
use crate::cli::arguments::{ChannelCommand, Listing};
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::{output, people};
use crate::domain::channel::{Channel, ChannelLabel, ChannelState, NewChannel, Sequencing};
use crate::domain::size::size;
use crate::domain::token::NewToken;
use crate::service::channels::{ChannelSummary, Channels};
use crate::service::keys::Keys;
use crate::service::tokens::Tokens;
use crate::store::Store;

pub(super) async fn run(invocation: Invocation, command: ChannelCommand) -> Result<()> {
    match command {
        ChannelCommand::Create { account, purpose: _, name, form } => {
            create(&invocation, &account, &name, form).await
        }
        ChannelCommand::List { account, listing } => list(&invocation, account.named(), listing).await,
    }
}

/// Makes a channel for callbacks, which is all that one is made for here.
async fn create(invocation: &Invocation, account: &str, name: &str, form: Listing) -> Result<()> {
    let label = ChannelLabel::new(name).map_err(|error| CommandError::Usage(error.to_string()))?;
    let limits = &invocation.config.limits;
    let work = async |store: Store| {
        let account = people::account(&people::service(store.clone(), invocation), account).await?;
        let owner = console::owner_of(account.id);
        let made =
            Channels::new(store.clone(), limits).create(&owner, NewChannel::for_callbacks(label)).await?;
        let id = made.channel.id;
        let key = Keys::new(store.clone()).in_use(&owner).await?;
        let token = Tokens::new(store, limits).issue(&owner, &id, NewToken::for_callbacks()).await?;
        Ok((id, token, key))
    };
    let (id, token, key) = invocation.with_store(work).await?;
    let path = format!("/api/v1/channel/{}", id.as_str());
    let public = invocation.config.server.base_url.as_ref().map(|url| format!("{url}{path}"));
    let secret = token.secret.expose();
    if form.json {
        let (id, token) = (id.as_str(), token.id.to_string());
        let made = json!({"id": id, "path": path, "address": public, "token_id": token, "token": secret});
        return output::json(&made);
    }
    let whose = match public {
        Some(_) => "its address",
        None => "its address below that of the server (server.base_url is not set)",
    };
    output::say(&format!("a channel for callbacks is made; {whose}, and the secret to write there:"));
    output::line(public.as_ref().unwrap_or(&path))?;
    output::line(secret)?;
    if let Some(address) = public {
        ready_lines(&Processors::new(&address, secret, key.map(|key| key.public)));
    }
    Ok(())
}

/// What to give to a processor, for people.
fn ready_lines(lines: &Processors) {
    let sealed = lines.mapi_sealed.as_ref().map(|lines| ("mAPI, with reports that only you can read", lines));
    let kinds = [
        ("ARC and Arcade: headers of the request", &lines.arc),
        ("mAPI: members of the request", &lines.mapi),
    ];
    for (what, lines) in kinds.into_iter().chain(sealed).chain([("try it", &lines.curl)]) {
        output::say(&format!("\n{what}:\n{lines}"));
    }
}

#[expect(clippy::struct_excessive_bools, reason = "the JSON has the flags that the API has")]
#[derive(Serialize)]
struct ChannelLine {
    id: String,
    account: i64,
    label: String,
    public_read: bool,
    public_write: bool,
    sequenced: bool,
    locked: bool,
    min_age_days: Option<i32>,
    max_age_days: Option<i32>,
    auto_prune: bool,
    head: i64,
    messages: u64,
    bytes: u64,
    tokens: u64,
    created: String,
}

impl From<ChannelSummary> for ChannelLine {
    fn from(ChannelSummary { channel, tokens }: ChannelSummary) -> Self {
        let Channel { retention, .. } = channel;
        Self {
            id: channel.id.as_str().to_owned(),
            account: channel.account.0,
            label: channel.label,
            public_read: channel.public.read,
            public_write: channel.public.write,
            sequenced: channel.sequencing == Sequencing::Sequenced,
            locked: channel.state == ChannelState::Locked,
            min_age_days: retention.min_age_days(),
            max_age_days: retention.max_age_days(),
            auto_prune: retention.auto_prune(),
            head: channel.head.0,
            messages: channel.messages,
            bytes: channel.bytes,
            tokens,
            created: channel.created.to_string(),
        }
    }
}

impl ChannelLine {
    /// The flags that are set, in words.
    fn flags(&self) -> String {
        let flags = [
            (self.public_read, "public-read"),
            (self.public_write, "public-write"),
            (self.sequenced, "sequenced"),
            (self.locked, "locked"),
        ];
        let set: Vec<&str> = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
        if set.is_empty() { "-".to_owned() } else { set.join(",") }
    }
}

async fn list(invocation: &Invocation, account: Option<String>, form: Listing) -> Result<()> {
    let work = async |store: Store| {
        let accounts = people::service(store.clone(), invocation);
        let channels = Channels::new(store, &invocation.config.limits);
        let owners = match account {
            Some(account) => vec![people::account(&accounts, &account).await?],
            None => accounts.list(&console::operator()).await?,
        };
        let mut lines = Vec::new();
        for owner in owners {
            let listed = channels.summaries(&console::owner_of(owner.id)).await?;
            lines.extend(listed.into_iter().map(ChannelLine::from));
        }
        Ok(lines)
    };
    let lines: Vec<ChannelLine> = invocation.with_store(work).await?;
    let heading = &["id", "account", "flags", "tokens", "messages", "stored", "created", "label"];
    output::listing(form, &lines, heading, |channel| {
        vec![
            channel.id.clone(),
            channel.account.to_string(),
            channel.flags(),
            channel.tokens.to_string(),
            channel.messages.to_string(),
            size(channel.bytes),
            channel.created.clone(),
            channel.label.clone(),
        ]
    })
}
