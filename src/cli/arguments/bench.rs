//! `bench`: a load that somebody puts on a server of their own.

use std::time::Duration;

use clap::Args;

use crate::cli::arguments::contacts::Reach;
use crate::cli::arguments::shared::Listing;
use crate::cli::arguments::values;

#[derive(Debug, Args)]
#[command(after_help = "\
Messages are written, read one by one and deleted, also when it is interrupted. It runs only in a channel whose Owner token the \
contact has, and nothing that is measured is tried again. Times are those of a client, with the way to the server. Where deleting \
is refused it ends after one message, and says which one stays.

Examples:
  peerbox bench mine
  peerbox bench mine --requests 10000 --bytes 4k --connections 8 --json")]
pub(in crate::cli) struct Bench {
    /// A contact, by name or by address: a channel of your own
    #[arg(value_name = "NAME_OR_ADDRESS")]
    pub(in crate::cli) channel: String,
    /// Write at most so many messages
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = values::whole(1..=100_000_u32))]
    pub(in crate::cli) requests: u32,
    /// Bytes of each
    #[arg(long, value_name = "BYTES", default_value = "1k", value_parser = values::bytes(1..=1_048_576))]
    pub(in crate::cli) bytes: u64,
    /// Connections that ask at once
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = values::whole(1..=64_u8))]
    pub(in crate::cli) connections: u8,
    /// Write, and read, no longer than that, at most ten minutes
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = values::duration_up_to(Duration::from_mins(10)))]
    pub(in crate::cli) seconds: Duration,
    #[command(flatten)]
    pub(in crate::cli) form: Listing,
    #[command(flatten)]
    pub(in crate::cli) reach: Reach,
}
