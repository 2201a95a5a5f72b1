//! Opening the data for a command, beside a running server or without one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use nix::unistd::{Uid, User};

use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::{output, password};
use crate::clock::SystemClock;
use crate::config::{Config, DataConfig, Synchronous};
use crate::store::Store;
use crate::store::backups;
use crate::store::error::{OpenError, StoreError};
use crate::store::folder::{FILE_NAME, Serving};
use crate::store::open::{self, KeySource, Missing, Opened, Options};
use crate::store::tx::ReadTx;

impl Invocation {
    /// Runs work on the data, which must exist.
    pub(super) async fn with_store<F, T>(&self, work: impl FnOnce(Store) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        run(self.opened(Missing::Refuse)?, work).await
    }

    /// Runs work on the data, which is made, with its master key, when there is none; `made` hears of a new key file.
    pub(super) async fn with_new_store<F, T>(
        &self,
        work: impl FnOnce(Store) -> F,
        made: impl FnOnce(&Path),
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let opened = self.opened(Missing::Make)?;
        if let Some(path) = &opened.new_key_file {
            made(path);
        }
        run(opened, work).await
    }

    /// Takes the right to serve the folder, for a command beside which nobody may.
    pub(super) fn claim(&mut self, missing: Missing) -> Result<()> {
        self.serving = Some(claim(&self.config.data.dir, missing)?);
        Ok(())
    }

    /// Runs a read on the data and changes nothing at all.
    pub(super) fn look<T>(
        &self,
        mut work: impl FnMut(&ReadTx<'_>) -> std::result::Result<T, StoreError>,
    ) -> Result<T> {
        self.asking(Missing::Refuse, |options| open::look_into(options, &SystemClock, &mut work))
    }

    fn opened(&self, missing: Missing) -> Result<Opened> {
        require_own(&self.config.data.dir)?;
        self.asking(missing, |options| open::open(options, Arc::new(SystemClock)))
    }

    /// Opens, and asks for the passphrase when one is wanted and somebody is there.
    fn asking<T>(
        &self,
        missing: Missing,
        mut open: impl FnMut(&Options) -> std::result::Result<T, OpenError>,
    ) -> Result<T> {
        let (mut config, is_ours) = (self.config.clone(), self.serving.is_some());
        match open(&options(&config, missing, is_ours)?) {
            Err(OpenError::WantsPassphrase) if ask_for_passphrase(&mut config.data)? => {
                Ok(open(&options(&config, missing, is_ours)?)?)
            }
            outcome => Ok(outcome?),
        }
    }
}

/// The right to serve the folder, for a command that needs it for itself.
pub(super) fn claim(folder: &Path, missing: Missing) -> Result<Serving> {
    require_own(folder)?;
    Ok(match missing {
        Missing::Make => Serving::claim(folder)?,
        Missing::Refuse => Serving::claim_database(folder)?,
    })
}

/// Refuses root where the data is another user's: the server, which runs as that user, could not read what root makes.
pub(super) fn require_own(folder: &Path) -> Result<()> {
    let owner = fs::metadata(folder.join(FILE_NAME)).or_else(|_| fs::metadata(folder));
    let Some(owner) = owner.ok().map(|found| Uid::from_raw(found.uid())) else { return Ok(()) };
    if !Uid::effective().is_root() || owner.is_root() {
        return Ok(());
    }
    let known = User::from_uid(owner).ok().flatten();
    bail!(CommandError::OfAnother {
        folder: folder.display().to_string(),
        user: known.map_or_else(|| format!("'#{owner}'"), |user| user.name),
    })
}

async fn run<F, T>(opened: Opened, work: impl FnOnce(Store) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let outcome = work(opened.store.clone()).await;
    opened.store.close().await;
    outcome
}

/// Says where a new master key is and what it means.
pub(super) fn say_key_was_made(path: &Path) {
    output::say(&key_was_made(path));
}

/// Where a new master key is and what it means, in a sentence.
pub(super) fn key_was_made(path: &Path) -> String {
    format!(
        "made the master key {}; back it up apart from the data, without it the data is lost",
        path.display()
    )
}

/// Where the master key comes from, as far as the configuration knows.
pub(super) fn key_source(data: &DataConfig) -> Result<KeySource> {
    match KeySource::of(data) {
        Some(source) => Ok(source),
        None => bail!(CommandError::Usage(
            "there is no home folder to keep the master key in; set --key-file or PEERBOX_KEY_FILE"
                .to_owned()
        )),
    }
}

/// Asks for the passphrase when somebody is there to type it.
pub(super) fn ask_for_passphrase(data: &mut DataConfig) -> Result<bool> {
    let Some(passphrase) = password::passphrase()? else { return Ok(false) };
    data.key_file = None;
    data.passphrase = Some(passphrase);
    Ok(true)
}

fn options(config: &Config, missing: Missing, is_ours: bool) -> std::result::Result<Options, OpenError> {
    let data = &config.data;
    Ok(Options {
        folder: data.dir.clone(),
        key: KeySource::of(data).ok_or(OpenError::WantsKeyFile)?,
        synchronous_full: data.synchronous == Synchronous::Full,
        readers: 1,
        missing,
        older: backups::before_update(config, Arc::new(SystemClock)),
        is_ours,
    })
}
