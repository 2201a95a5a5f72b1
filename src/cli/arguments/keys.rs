//! The keys of contacts, and sealing without any contact.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::arguments::shared::Listing;
use crate::client::key_files::KeyFileForm;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ContactKeyCommand {
    /// Make a new pair; what was sealed for older ones still opens
    #[command(after_help = "\
Examples:
  peerbox contact key new anna
  peerbox contact key new shop --json")]
    New {
        /// The contact
        name: String,
        #[command(flatten)]
        form: Listing,
    },
    /// Show the public halves, the newest first
    #[command(after_help = "\
Examples:
  peerbox contact key show anna
  peerbox contact key show anna --json | jq -r '.[0].key'")]
    Show {
        /// The contact
        name: String,
        #[command(flatten)]
        form: Listing,
    },
    /// Take in a pair from a key file, of which the forms of all programs of the field are known
    #[command(after_help = "\
Examples:
  peerbox contact key import box key.json
  decrypt key.json.enc | peerbox contact key import box")]
    Import {
        /// The contact
        name: String,
        /// The file [default: standard input]
        file: Option<PathBuf>,
        #[command(flatten)]
        form: Listing,
    },
    /// Print the newest pair as a key file, its secret half included
    #[command(after_help = "\
Examples:
  (umask 077; peerbox contact key export anna > key.json)
  (umask 077; peerbox contact key export anna --form ios > key.json)")]
    Export {
        /// The contact
        name: String,
        /// Who is to read it
        #[arg(long, default_value = KeyFileForm::NAMES[0], value_parser = KeyFileForm::NAMES)]
        form: String,
        /// Print older pairs too, each in a line; `import` takes them all
        #[arg(long)]
        all: bool,
    },
    /// Print both fingerprints, ours and theirs, to be compared aloud
    #[command(after_help = "\
Examples:
  peerbox contact key fingerprint anna
  peerbox contact key fingerprint anna --json")]
    Fingerprint {
        /// The contact
        name: String,
        #[command(flatten)]
        form: Listing,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  peerbox seal --to \"$KEY\" < plan.pdf > plan.box
  tar c folder | peerbox seal --to \"$KEY\" | peerbox send shop --plain")]
pub(in crate::cli) struct Seal {
    /// The public key: `libsodium sealed_box` and its base64, or the base64 alone
    #[arg(long, value_name = "KEY")]
    pub(in crate::cli) to: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  peerbox unseal --key key.json < plan.box > plan.pdf
  curl -s -H \"$TOKEN\" \"$CHANNEL/1\" | peerbox unseal --key key.json")]
pub(in crate::cli) struct Unseal {
    /// A key file, of any form of the field
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) key: PathBuf,
}
