//! Flags and arguments of several commands.

use clap::Args;

/// The choice of form of what is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct Listing {
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// What stands between a command and something that cannot be undone.
#[derive(Debug, Args)]
pub(in crate::cli) struct Consent {
    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AccountArgument {
    /// Account by id (digits) or by name
    pub(in crate::cli) account: String,
}

/// An account that is named at its place or with a flag.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(in crate::cli) struct AccountChoice {
    /// Account by id (digits) or by name
    #[arg(value_name = "ACCOUNT")]
    place: Option<String>,
    /// Name the account with a flag instead
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

impl AccountChoice {
    pub(in crate::cli) fn named(self) -> Option<String> {
        self.place.or(self.account)
    }
}

/// Where a new password comes from. Only the reference's own command takes it as an argument, which other users of the
/// machine can read.
#[derive(Debug, Args)]
pub(in crate::cli) struct PasswordFlags {
    /// Read the password from standard input
    #[arg(long)]
    pub(in crate::cli) password_stdin: bool,
    /// Take a password that is shorter than `accounts.password_min`
    #[arg(long)]
    pub(in crate::cli) allow_weak_password: bool,
}

impl PasswordFlags {
    /// The least number of characters; not even a weak password is empty.
    pub(in crate::cli) fn least(&self, configured: usize) -> usize {
        if self.allow_weak_password { 1 } else { configured }
    }
}
