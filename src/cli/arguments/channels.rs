//! Channels and their tokens.

use clap::{Args, Subcommand};

use crate::cli::arguments::shared::{AccountChoice, Listing};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ChannelCommand {
    /// Make a channel for programs and a token that can only write, and print its address and the token's secret
    Create {
        /// Account by id (digits) or by name
        account: String,
        /// What it is for: `callbacks`, reports of what became of transactions, which are kept for 90 days
        #[arg(long = "for", value_name = "PURPOSE", value_parser = ["callbacks"])]
        purpose: String,
        /// What you call it; nobody else sees that
        #[arg(long, default_value = "Transaction callbacks")]
        name: String,
        #[command(flatten)]
        form: Listing,
    },
    /// List channels, of all accounts or of one
    List {
        #[command(flatten)]
        account: AccountChoice,
        #[command(flatten)]
        listing: Listing,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Make a token and print its secret; it may read and write what is written from now on
    Create(TokenRequest),
    /// List the tokens of a channel; secrets are masked
    List {
        #[command(flatten)]
        channel: ChannelArgument,
        #[command(flatten)]
        listing: Listing,
    },
    /// Revoke a token, which closes its sockets
    Revoke {
        #[command(flatten)]
        channel: ChannelArgument,
        /// The token's id, not its secret
        token: String,
        #[command(flatten)]
        form: Listing,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ChannelArgument {
    /// The channel's id
    // One in 64 begins with a hyphen.
    #[arg(value_name = "CHANNEL", allow_hyphen_values = true)]
    pub(in crate::cli) id: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TokenRequest {
    #[command(flatten)]
    pub(in crate::cli) channel: ChannelArgument,
    /// What it is for
    pub(in crate::cli) description: String,
    /// Let it only `read` or only `write`
    #[arg(long, value_name = "RIGHT", value_parser = ["read", "write"])]
    pub(in crate::cli) only: Option<String>,
    /// Let it see what is there already
    #[arg(long)]
    pub(in crate::cli) history: bool,
    /// When it ends by itself: in 12h, in 30d, as 2030-01-31 begins in UTC, or at a time such as 2030-01-31T12:00:00Z
    #[arg(long, value_name = "WHEN")]
    pub(in crate::cli) expires: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) form: Listing,
}
