//! Accounts and the users who sign in to them.

use clap::Subcommand;

use crate::cli::arguments::shared::{AccountArgument, AccountChoice, Consent, Listing, PasswordFlags};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AccountCommand {
    /// Make an account and its first user
    Create {
        /// What it is called; underscores stand for spaces
        name: String,
        /// Name of the first user
        #[arg(long, value_name = "USER")]
        user: String,
        #[command(flatten)]
        password: PasswordFlags,
        /// Give the user no say over the server, although nobody manages it yet
        #[arg(long)]
        no_admin: bool,
        /// Succeed without any change when the account exists
        #[arg(long)]
        if_not_exists: bool,
        #[command(flatten)]
        form: Listing,
    },
    /// List all accounts
    List(Listing),
    /// Show one account with its users
    Show {
        #[command(flatten)]
        account: AccountArgument,
        #[command(flatten)]
        listing: Listing,
    },
    /// Set how much an account may store
    ///
    /// Instead of what `limits.storage_per_account` allows everybody. What is stored above it stays; nothing is added until
    /// there is room again.
    Quota {
        #[command(flatten)]
        account: AccountArgument,
        /// 65536, 500M, 2G (a unit is 1024 times the one before), none for no limit, default for the server's
        quota: String,
        #[command(flatten)]
        form: Listing,
    },
    /// Refuse every sign-in and token of an account; nothing is deleted
    Disable {
        #[command(flatten)]
        account: AccountArgument,
        #[command(flatten)]
        form: Listing,
    },
    /// Undo disable
    Enable {
        #[command(flatten)]
        account: AccountArgument,
        #[command(flatten)]
        form: Listing,
    },
    /// Delete an account with its users, channels, tokens and messages
    Delete {
        #[command(flatten)]
        account: AccountArgument,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        form: Listing,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Add a user to an account
    Add {
        /// The name to sign in with
        name: String,
        #[command(flatten)]
        account: AccountChoice,
        #[command(flatten)]
        password: PasswordFlags,
        /// The user may also manage the other accounts of this server
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        form: Listing,
    },
    /// List users, of all accounts or of one
    List {
        #[command(flatten)]
        account: AccountChoice,
        #[command(flatten)]
        listing: Listing,
    },
    /// Give a user another password, which ends every sign-in of theirs
    Passwd {
        /// The user
        name: String,
        #[command(flatten)]
        password: PasswordFlags,
        #[command(flatten)]
        form: Listing,
    },
    /// Refuse a user at once; every sign-in of theirs ends. The tokens of the account stay
    Disable {
        /// The user
        name: String,
        #[command(flatten)]
        form: Listing,
    },
    /// Let a user sign in again
    Enable {
        /// The user
        name: String,
        #[command(flatten)]
        form: Listing,
    },
    /// Delete a user; the account stays
    Delete {
        /// The user
        name: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        form: Listing,
    },
}
