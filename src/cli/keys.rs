//! `key`: the master key's file, where it is, and putting another in its place.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::arguments::{KeyCommand, Listing};
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::open::{ask_for_passphrase, key_source, require_own, say_key_was_made};
use crate::cli::{output, password};
use crate::config::DataConfig;
use crate::crypto::master_key::MasterKey;
use crate::domain::secret::Password;
use crate::store::error::OpenError;
use crate::store::open::KeySource;
use crate::store::rotation;

pub(super) fn run(invocation: Invocation, command: KeyCommand) -> Result<()> {
    let data = invocation.config.data;
    if matches!(command, KeyCommand::Rotate { .. }) {
        require_own(&data.dir)?;
    }
    match command {
        KeyCommand::New { file } => new(&data, file),
        KeyCommand::Where(form) => tell_where(&data, form),
        KeyCommand::Rotate { to: Some(path), .. } => rotate_to_file(data, &path),
        KeyCommand::Rotate { to_passphrase_file: Some(path), .. } => {
            rotate_to_passphrase(data, password::new_passphrase_in(&path)?)
        }
        KeyCommand::Rotate { to_passphrase: true, .. } => {
            rotate_to_passphrase(data, password::new_passphrase("--to-passphrase-file")?)
        }
        KeyCommand::Rotate { .. } => rotate_in_place(&data),
    }
}

fn new(data: &DataConfig, file: Option<PathBuf>) -> Result<()> {
    let path = match (file, key_source(data)?) {
        (Some(path), _) | (None, KeySource::File(path)) => path,
        (None, KeySource::Passphrase(_)) => {
            bail!(CommandError::Usage("the key comes from a passphrase; name the new file".to_owned()))
        }
    };
    if path.exists() {
        bail!(CommandError::Exists { kind: "file", name: path.display().to_string() });
    }
    MasterKey::random().write_new(&path)?;
    output::line(&path.display().to_string())?;
    say_key_was_made(&path);
    Ok(())
}

#[derive(Serialize)]
struct Whereabouts {
    source: &'static str,
    path: Option<PathBuf>,
    exists: bool,
}

fn tell_where(data: &DataConfig, form: Listing) -> Result<()> {
    let whereabouts = match key_source(data)? {
        KeySource::File(path) => Whereabouts { source: "file", exists: path.exists(), path: Some(path) },
        KeySource::Passphrase(_) => {
            Whereabouts { source: "passphrase", exists: true, path: data.passphrase_file.clone() }
        }
    };
    if form.json {
        return output::json(&whereabouts);
    }
    match &whereabouts.path {
        Some(path) => output::line(&path.display().to_string())?,
        None => output::line(whereabouts.source)?,
    }
    if !whereabouts.exists {
        output::say("there is no such file yet; it is made together with a new database");
    }
    Ok(())
}

fn rotate_to_file(data: DataConfig, path: &Path) -> Result<()> {
    let made = !path.exists();
    if made {
        MasterKey::random().write_new(path)?;
    }
    let outcome = rotate(data, &KeySource::File(path.to_owned()));
    if outcome.is_err() && made {
        // Nothing was sealed with it, so nothing is lost; left behind it would look like a key in use.
        let _ = fs::remove_file(path);
    }
    outcome?;
    if made {
        say_key_was_made(path);
    }
    output::say(&format!("the master key is now {}; name it with --key-file from now on", path.display()));
    Ok(())
}

fn rotate_to_passphrase(data: DataConfig, passphrase: Password) -> Result<()> {
    rotate(data, &KeySource::Passphrase(passphrase))?;
    output::say(
        "the master key now comes from the passphrase; give it with PEERBOX_PASSPHRASE_FILE from now on",
    );
    Ok(())
}

fn rotate_in_place(data: &DataConfig) -> Result<()> {
    let KeySource::File(path) = key_source(data)? else {
        bail!(CommandError::Usage(
            "the key comes from a passphrase; pass --to FILE or --to-passphrase".to_owned()
        ));
    };
    let previous = rotation::rotate_in_place(&data.dir, &path)?;
    output::say(&format!(
        "the master key in {} is new, back it up apart from the data; the one before is {}",
        path.display(),
        previous.display()
    ));
    Ok(())
}

fn rotate(mut data: DataConfig, next: &KeySource) -> Result<()> {
    match rotation::rotate_master_key(&data.dir, key_source(&data)?, next) {
        Err(OpenError::WantsPassphrase) if ask_for_passphrase(&mut data)? => {
            Ok(rotation::rotate_master_key(&data.dir, key_source(&data)?, next)?)
        }
        outcome => Ok(outcome?),
    }
}
