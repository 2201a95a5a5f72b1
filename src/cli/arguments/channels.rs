//! Channels and their tokens.

use clap::Subcommand;

use crate::cli::arguments::shared::{AccountChoice, Listing};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ChannelCommand {
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
    /// List the tokens of a channel; secrets are masked
    List {
        /// The channel's id
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        channel: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// Revoke a token, which closes its sockets
    Revoke {
        /// The channel's id
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        channel: String,
        /// The token's id, not its secret
        token: String,
    },
}
