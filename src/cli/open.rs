//! Opening the data for a command, beside a running server or without one.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::cli::exit::Refusal;
use crate::cli::{output, password};
use crate::clock::SystemClock;
use crate::config::{self, Config, DataConfig, Environment, Flags, Synchronous};
use crate::store::Store;
use crate::store::open::{self, FILE_NAME, KeySource, OpenError, Opened, Options};

/// What a command works with.
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) environment: Environment,
}

impl Session {
    pub(super) fn new(flags: &Flags, environment: Environment) -> Result<Self> {
        let config = config::load(flags, &environment)?.config;
        Ok(Self { config, environment })
    }

    /// Runs work on the data, which must exist.
    pub(super) async fn with_store<F, T>(&self, work: impl FnOnce(Store) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        if !self.config.data.dir.join(FILE_NAME).exists() {
            bail!(Refusal::NoDatabase(self.config.data.dir.display().to_string()));
        }
        self.with_new_store(work, |_key_file| {}).await
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
        let mut data = self.config.data.clone();
        let opened = match open(&data) {
            Err(OpenError::WantsPassphrase) if ask_for_passphrase(&mut data)? => open(&data)?,
            outcome => outcome?,
        };
        if let Some(path) = &opened.new_key_file {
            made(path);
        }
        let outcome = work(opened.store.clone()).await;
        opened.store.close().await;
        outcome
    }
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
        None => bail!(Refusal::Usage(
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

fn open(data: &DataConfig) -> Result<Opened, OpenError> {
    let Some(key) = KeySource::of(data) else { return Err(OpenError::WantsKeyFile) };
    let options = Options {
        folder: data.dir.clone(),
        key,
        synchronous_full: data.synchronous == Synchronous::Full,
        readers: 1,
    };
    open::open(&options, Arc::new(SystemClock))
}
