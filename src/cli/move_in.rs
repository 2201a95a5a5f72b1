//! `import-reference`: moving in from the reference server with a dump of its database.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::auth::console;
use crate::cli::arguments::ImportReference;
use crate::cli::invocation::Invocation;
use crate::cli::open::say_key_was_made;
use crate::cli::output;
use crate::service::moving_in::{MovedIn, Movers, MovingIn};
use crate::store::Store;
use crate::store::open;
use crate::transfer::error::TransferError;
use crate::transfer::reference::dump::Dump;
use crate::transfer::reference::import;

pub(super) fn run(mut invocation: Invocation, what: &ImportReference) -> Result<()> {
    let named = || what.dump.display().to_string();
    let source = File::open(&what.dump).map_err(TransferError::from).with_context(named)?;
    let dump = Dump::open(BufReader::new(source)).with_context(named)?;
    let data = &mut invocation.config.data;
    let is_empty = open::standing(&data.dir)?.found.is_none();
    if what.dry_run && is_empty {
        // Tried where nobody keeps anything.
        let elsewhere = TempDir::new().context("cannot make a folder to try it in")?;
        data.dir = elsewhere.path().join("data");
        data.key_file = Some(elsewhere.path().join("master.key"));
        data.passphrase = None;
        return move_in(&invocation, dump, true, |_key_file| {});
    }
    invocation.claim()?;
    move_in(&invocation, dump, what.dry_run, say_key_was_made)
}

fn move_in(
    invocation: &Invocation,
    mut dump: Dump<BufReader<File>>,
    dry_run: bool,
    made: impl FnOnce(&Path),
) -> Result<()> {
    let work = async |store: Store| {
        let take_in = move |moving: &mut MovingIn<'_>| import::take_in(&mut dump, moving);
        let moved = Movers::new(store).run(&console::operator(), dry_run, take_in).await?;
        tell(&moved, dry_run)
    };
    Builder::new_current_thread().enable_all().build()?.block_on(invocation.with_new_store(work, made))
}

fn tell(moved: &MovedIn, dry_run: bool) -> Result<()> {
    let word = if dry_run { "would import" } else { "imported" };
    let counts = [
        (moved.accounts, "accounts"),
        (moved.users, "users"),
        (moved.channels, "channels"),
        (moved.tokens, "tokens"),
        (moved.messages, "messages"),
        (moved.devices, "devices"),
    ];
    let counts: Vec<_> = counts.iter().map(|(count, what)| format!("{count} {what}")).collect();
    output::line(&format!("{word} {}", counts.join(", ")))?;
    for (count, what) in [
        (moved.revoked, "of the tokens are revoked"),
        (moved.deleted, "messages were deleted there"),
        (moved.empty, "messages without a byte are left out"),
        (moved.untyped, "messages have a content type that cannot be kept, and none that says anything"),
        (moved.other_credentials, "credentials are no name and password, and are left out"),
        (moved.known_accounts, "accounts are here already"),
        (moved.known_users, "users are here already and keep the password that they have here"),
        (moved.known_channels, "channels are here already and stay as they are"),
        (moved.open_channels, "channels are open to whoever knows their address, which was not so there"),
    ] {
        if count > 0 {
            output::say(&format!("{count} {what}"));
        }
    }
    if moved.open_channels > 0 {
        output::say("api.public_access = \"off\" keeps strangers out of all channels, as the reference does");
    }
    if moved.is_unmanaged {
        output::say("nobody manages this server yet: `peerbox user add NAME --account ACCOUNT --admin`");
    }
    Ok(())
}
