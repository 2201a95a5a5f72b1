//! `serve`: runs the server until it is told to stop.

use anyhow::Result;

use crate::cli::arguments::Serve;
use crate::config::{self, Environment, Flags};

pub(super) fn run(serve: Serve, flags: Flags, environment: &Environment) -> Result<()> {
    let flags = flags.with_list("--listen", "server.listen", serve.listen).with(
        "--base-url",
        "server.base_url",
        serve.base_url,
    );
    let _loaded = config::load(&flags, environment)?;
    anyhow::bail!("not yet")
}
