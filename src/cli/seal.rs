//! `seal` and `unseal`: standard input in, standard output out, without any contact or server.

use std::io::{Read, stdin};

use anyhow::{Context, Result, bail};

use crate::cli::arguments::{Seal, Unseal};
use crate::cli::exit::CommandError;
use crate::cli::{output, reach};
use crate::client::key_files;
use crate::crypto::sealed_box;
use crate::domain::key::PublicKey;

/// The most bytes that are sealed or opened: a box is whole before any of it is told.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// Seals standard input.
pub(super) fn seal(seal: &Seal) -> Result<()> {
    let key = named_key(&seal.to)?;
    output::raw(&sealed_box::seal(&input()?, &key)?)
}

/// Opens what was sealed.
pub(super) fn unseal(unseal: &Unseal) -> Result<()> {
    let pair = key_files::read(&reach::secret_text(Some(&unseal.key), "key file")?)?;
    match pair.open(&input()?) {
        Some(content) => output::raw(&content),
        None => bail!(CommandError::NotOpened("this is damaged, or sealed for another key".to_owned())),
    }
}

/// A key as it was typed.
pub(super) fn named_key(text: &str) -> Result<PublicKey> {
    let wrong =
        || CommandError::Usage("a key is `libsodium sealed_box` and the base64 of 32 bytes".to_owned());
    let key = PublicKey::parse(text).ok_or_else(wrong)?;
    // Some numbers are nobody's key, which sealing finds.
    sealed_box::seal(b"", &key)?;
    Ok(key)
}

fn input() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!(CommandError::Usage("that is more than 1 GiB; seal it in parts".to_owned()));
    }
    Ok(bytes)
}
