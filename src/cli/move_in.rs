//! `import-reference`: moving in from the reference server with a dump of its database.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::runtime::Builder;

use crate::auth::console;
use crate::cli::arguments::ImportReference;
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::open::say_key_was_made;
use crate::cli::output;
use crate::crypto::random;
use crate::domain::plural::counted;
use crate::domain::secret::{BearerToken, Password};
use crate::service::moved_in::{LeftChannel, MovedIn};
use crate::service::movers::Movers;
use crate::service::moving_in::MovingIn;
use crate::store::open::{self, Missing};
use crate::store::{Store, room};
use crate::transfer::error::TransferError;
use crate::transfer::reference::dump::Dump;
use crate::transfer::reference::import;

pub(super) fn run(mut invocation: Invocation, what: &ImportReference) -> Result<()> {
    let named = || what.dump.display().to_string();
    let source = File::open(&what.dump).map_err(TransferError::from).with_context(named)?;
    let bytes = source.metadata().map_err(TransferError::from).with_context(named)?.len();
    let dump = Dump::open(BufReader::new(source)).with_context(named)?;
    let data = &mut invocation.config.data;
    let is_empty = open::standing(&data.dir, &invocation.config.backup.dir)?.found.is_none();
    if what.dry_run && is_empty {
        // Tried where nobody keeps anything.
        let elsewhere = room::for_trial(bytes)
            .context("cannot try it in the folder of temporary files; name another with TMPDIR")?;
        data.dir = elsewhere.path().join("data");
        // What a kill leaves there is noise.
        data.key_file = None;
        data.passphrase = Some(Password::new(BearerToken::from_random(&random::bytes()).expose()));
        return move_in(&invocation, dump, true, |_key_file| {});
    }
    invocation.claim(Missing::Make)?;
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
        (moved.accounts, "account"),
        (moved.users, "user"),
        (moved.channels, "channel"),
        (moved.tokens, "token"),
        (moved.messages, "message"),
        (moved.devices, "device"),
    ];
    let counts: Vec<_> = counts.iter().map(|(count, what)| counted(*count, what)).collect();
    output::line(&format!("{word} {}", counts.join(", ")))?;
    output::counts(&[
        (moved.revoked, "revoked tokens among them"),
        (moved.deleted, "messages that were deleted there"),
        (moved.empty, "messages without a byte, which are left out"),
        (
            moved.untyped,
            "messages with a content type that cannot be kept, which have none that says anything",
        ),
        (moved.other_credentials, "credentials that are no name and password, which are left out"),
        (moved.known_accounts, "accounts that are here already"),
        (moved.known_users, "users that are here already, who keep the password that they have here"),
        (moved.known_channels, "channels that are here already, of which nothing is new"),
        (moved.grown_channels, "channels that are here already and get what is new"),
        (moved.revoked_since, "tokens that are here already and were revoked there since"),
        (moved.deleted_since, "messages that are here already and were deleted there since"),
        (moved.states_since, "messages that are here already and were read there since, for each reader"),
        (moved.open_channels, "channels open to whoever knows their address, which was not so there"),
    ]);
    if moved.open_channels > 0 {
        output::say("api.public_access = \"off\" keeps strangers out of all channels, as the reference does");
    }
    if moved.is_unmanaged {
        output::say("nobody manages this server yet: `peerbox user add NAME --account ACCOUNT --admin`");
    }
    for LeftChannel { id, lacks } in &moved.left {
        let lacking = [
            (lacks.messages, "message"),
            (lacks.tokens, "token"),
            (lacks.revocations, "revocation"),
            (lacks.deletions, "deletion"),
        ];
        let lacking: Vec<_> = lacking
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| counted(*count, what))
            .collect();
        output::say(&format!(
            "channel {} was changed here and stays so, without {}",
            id.as_str(),
            lacking.join(", ")
        ));
    }
    if moved.left.is_empty() { Ok(()) } else { bail!(CommandError::LeftChannels(moved.left.len())) }
}
