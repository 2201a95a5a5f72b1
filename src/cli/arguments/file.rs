//! The file: backups of it, and bringing it up to date.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::arguments::shared::{Consent, Listing};
use crate::cli::arguments::values;

#[derive(Debug, Args)]
pub(in crate::cli) struct Migrate {
    /// Only print the versions of the file and of this program, and the steps between them
    #[arg(long, conflicts_with = "dry_run")]
    pub(in crate::cli) status: bool,
    /// Only try: print the steps and the room that they need, and fail where there is too little
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) listing: Listing,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BackupCommand {
    /// Make a backup, beside a running server or without one
    Create(NewBackup),
    /// List the backups in `backup.dir`, newest first
    List(Listing),
    /// Check a backup: opens every sealed value with the master key and says what is in it
    Verify {
        #[command(flatten)]
        backup: BackupFile,
        #[command(flatten)]
        listing: Listing,
    },
    /// Remove the backups in `backup.dir` that `backup.keep` does not name and that are older than 48 hours; prints which
    Prune {
        /// Only print which
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewBackup {
    /// Where to; nothing is overwritten [default: a name with the time, in `backup.dir`]
    #[arg(value_parser = values::backup_file())]
    pub(in crate::cli) path: Option<PathBuf>,
    /// Let the backup open with a passphrase of its own, which is asked for, instead of with the master key
    #[arg(long)]
    pub(in crate::cli) with_key: bool,
    /// Read that passphrase from a file
    #[arg(long, value_name = "FILE", requires = "with_key")]
    pub(in crate::cli) passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) form: Listing,
}

/// A backup, and what opens it when that is not the master key.
#[derive(Debug, Args)]
pub(in crate::cli) struct BackupFile {
    /// The backup
    #[arg(value_parser = values::backup_file())]
    pub(in crate::cli) file: PathBuf,
    /// Read the passphrase of a backup that was made with one from a file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) passphrase_file: Option<PathBuf>,
}

pub(super) const WHERE_DAMAGED: &str = "\
Where the data itself is damaged and newer than every backup, FILE may be its peerbox.db: \
`peerbox restore --damaged peerbox.db`. What can be read of it is written into a new file, indexes and triggers are made \
anew, what does not fit together any more is mended or goes, and what is lost is named. Values that do not open stay: \
another copy may have them. With --discard they go: a message, what a channel is called, or all of a channel whose key does \
not open. A channel whose id does not open gets a new one, a token whose secret does not is revoked. Names and passwords of \
people stay; `peerbox user passwd` gives a new password.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Restore {
    #[command(flatten)]
    pub(in crate::cli) backup: BackupFile,
    /// Only check the backup and say what is in it, also beside a running server
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Take a damaged backup: what can be read of it is put in place, and what cannot is named
    #[arg(long)]
    pub(in crate::cli) damaged: bool,
    /// Remove what does not open: no other copy has it
    #[arg(long, requires = "damaged")]
    pub(in crate::cli) discard: bool,
    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
}
