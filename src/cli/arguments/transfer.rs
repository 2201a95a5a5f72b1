//! Taking an account along: its export, its import, and moving in from the reference server.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// Where to, readable only by you; nothing is overwritten [default: standard output]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Account by id (digits) or by name
    #[arg(long, value_name = "ACCOUNT")]
    pub(in crate::cli) account: String,
    /// Only the channel of this id
    // One in 64 begins with a hyphen.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(in crate::cli) channel: Option<String>,
    /// Also write the values of tokens, and what the holder's browser sealed for itself
    #[arg(long)]
    pub(in crate::cli) with_secrets: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportFile {
    /// What `export` wrote; `-` is standard input
    pub(in crate::cli) file: PathBuf,
    /// Account by id (digits) or by name [default: the one that has the name that it had there]
    #[arg(long, value_name = "ACCOUNT")]
    pub(in crate::cli) account: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportReference {
    /// What `pg_dump` wrote in its plain form
    pub(in crate::cli) dump: PathBuf,
    /// Only try: print what would be imported and change nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}
