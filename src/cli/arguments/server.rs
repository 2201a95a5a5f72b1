//! The server: running it, asking how it is, its configuration, its master key, samples for what runs it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::arguments::shared::Listing;
use crate::cli::arguments::values;
use crate::config::Flags;

#[derive(Debug, Args)]
pub(in crate::cli) struct Serve {
    /// Where to accept connections: ADDRESS:PORT or `unix:/PATH`, with `http://`, `https://` or `redirect://` before an
    /// address that speaks something else than the usual; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) listen: Vec<String>,
    /// Fetch a certificate for this name or address of the server, and serve https on port 443; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) domain: Vec<String>,
    /// Check the configuration, the key and the certificate and end, as a server tries out the program that is to follow it
    #[arg(long)]
    pub(in crate::cli) only_check: bool,
    /// Full public address, when a proxy or a container stands in between
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) base_url: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct HealthQuestion {
    /// How long to wait until it is, such as 30s
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub(in crate::cli) wait: Option<Duration>,
    #[command(flatten)]
    pub(in crate::cli) server: RunningServer,
}

/// The server that is asked.
#[derive(Debug, Args)]
pub(in crate::cli) struct RunningServer {
    /// Where it listens [default: where the server of the data folder does, else server.listen]
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// For which name it fetches a certificate, which says by itself where it listens
    #[arg(long, value_name = "NAME")]
    domain: Vec<String>,
}

impl RunningServer {
    /// Whether somebody said where it listens.
    pub(in crate::cli) fn is_typed(&self) -> bool {
        !self.listen.is_empty() || !self.domain.is_empty()
    }

    pub(in crate::cli) fn flags(self, flags: Flags) -> Flags {
        flags.with_list("--listen", "server.listen", self.listen).with_list(
            "--domain",
            "tls.domains",
            self.domain,
        )
    }
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    /// Tell whether the configuration can be used
    Check,
    /// Show every setting, its value, and where that came from
    Show(Listing),
    /// Explain every setting
    Keys,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum KeyCommand {
    /// Make a master key file
    New {
        /// Where; nothing is ever overwritten [default: where `key where` says]
        file: Option<PathBuf>,
    },
    /// Put another master key in place of the present one; the data is not rewritten, a running server goes on
    Rotate {
        /// The next key file, made when it does not exist [default: a new key in place of the present file]
        #[arg(long, value_name = "FILE", conflicts_with = "to_passphrase")]
        to: Option<PathBuf>,
        /// Derive the next key from a passphrase, which is asked for
        #[arg(long)]
        to_passphrase: bool,
        /// Read that passphrase from a file
        #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "to_passphrase"])]
        to_passphrase_file: Option<PathBuf>,
    },
    /// Tell where the master key comes from
    Where(Listing),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "flags of which exactly one is given")]
pub(in crate::cli) struct Sample {
    /// A unit that is shut in as far as it goes, and its socket
    #[arg(long)]
    pub(in crate::cli) systemd: bool,
    /// A unit of a person's own that runs a program for each message of a contact
    #[arg(long)]
    pub(in crate::cli) listen: bool,
    /// A Caddyfile
    #[arg(long)]
    pub(in crate::cli) caddy: bool,
    /// A server block of nginx
    #[arg(long)]
    pub(in crate::cli) nginx: bool,
    /// A compose file, for the image that the Containerfile makes
    #[arg(long)]
    pub(in crate::cli) docker: bool,
}
