//! `backup`, `restore` and `compact`: copies of the file while it is in use, one put back, and the file written anew.

use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::json;

use crate::cli::arguments::{BackupCommand, BackupFile, Listing, NewBackup, Restore};
use crate::cli::consent;
use crate::cli::interrupted::Interrupted;
use crate::cli::invocation::Invocation;
use crate::cli::open::{ask_for_passphrase, claim, key_source, require_own};
use crate::cli::progress::Progress;
use crate::cli::{output, password};
use crate::clock::SystemClock;
use crate::config::DataConfig;
use crate::domain::plural::counted;
use crate::domain::size::size;
use crate::domain::time::Clock;
use crate::store::backups::{self, BackupError, Contents, Copying, IfDamaged, Shelf, TakenOver, Target};
use crate::store::error::OpenError;
use crate::store::open::{KeySource, Missing};
use crate::store::space;

pub(super) fn run(mut invocation: Invocation, command: BackupCommand) -> Result<()> {
    let config = &invocation.config;
    let shelf = Shelf::of(config);
    match command {
        BackupCommand::Create(new) => create(&mut invocation, &shelf, new),
        BackupCommand::List(form) => list(&shelf, form),
        BackupCommand::Verify { backup, listing } => verify(&mut invocation, &backup, listing),
        BackupCommand::Prune { dry_run } => prune(&invocation, &shelf, dry_run),
    }
}

fn create(invocation: &mut Invocation, shelf: &Shelf, new: NewBackup) -> Result<()> {
    let target = match &new.path {
        Some(path) => Target::File(path),
        None => {
            require_own(&invocation.config.data.dir)?;
            Target::Shelf(shelf, SystemClock.now())
        }
    };
    let passphrase = match new.passphrase_file {
        Some(path) => Some(password::new_passphrase_in(&path)?),
        None if new.with_key => Some(password::new_passphrase("--passphrase-file")?),
        None => None,
    };
    let folder = invocation.config.data.dir.clone();
    let interrupted = Interrupted::listen()?;
    let copied = match &passphrase {
        None => backups::make(&Copying { folder: &folder, target, with_key: None }, told(&interrupted))?,
        Some(passphrase) => with_key(invocation, |key| {
            let with_key = Some((key, passphrase));
            backups::make(&Copying { folder: &folder, target, with_key }, told(&interrupted))
        })?,
    };
    if new.form.json {
        let path = copied.path.display().to_string();
        return output::json(&json!({"path": path, "bytes": copied.bytes, "with_key": passphrase.is_some()}));
    }
    output::line(&copied.path.display().to_string())?;
    output::say(&match passphrase {
        None => format!("{}; it opens with the master key, which is not in it", size(copied.bytes)),
        Some(_) => format!("{}; it opens with that passphrase and needs no other key", size(copied.bytes)),
    });
    Ok(())
}

/// Says on a terminal how far it is, and goes on until somebody breaks it off.
fn told(interrupted: &Interrupted) -> impl FnMut(u32, u32) -> bool + Send + 'static {
    let interrupted = interrupted.clone();
    let mut progress = Progress::default();
    move |done, pages| {
        progress.tell(done.into(), pages.into());
        !interrupted.is_set()
    }
}

#[derive(Serialize)]
struct Listed {
    path: PathBuf,
    made: String,
    bytes: u64,
}

fn list(shelf: &Shelf, form: Listing) -> Result<()> {
    let backups = shelf.list()?.into_iter();
    let listed: Vec<Listed> = backups
        .map(|backup| Listed { path: backup.path, made: backup.made.to_string(), bytes: backup.bytes })
        .collect();
    output::listing(form, &listed, &["made", "size", "file"], |backup| {
        vec![backup.made.clone(), size(backup.bytes), backup.path.display().to_string()]
    })
}

#[derive(Serialize)]
struct Found {
    accounts: u64,
    channels: u64,
    messages: u64,
    newest_message: Option<String>,
    sealed_values: u64,
}

impl Found {
    fn of(contents: &Contents) -> Self {
        Self {
            accounts: contents.accounts,
            channels: contents.channels,
            messages: contents.messages,
            newest_message: contents.newest.map(|at| at.to_string()),
            sealed_values: contents.opened,
        }
    }

    fn sentence(&self) -> String {
        let newest = self.newest_message.as_ref();
        let newest = newest.map(|at| format!(", the newest of {at}")).unwrap_or_default();
        let accounts = counted(self.accounts, "account");
        let (channels, messages) = (counted(self.channels, "channel"), counted(self.messages, "message"));
        format!("{accounts}, {channels}, {messages}{newest}")
    }
}

/// Takes the passphrase that a backup was made with, and refuses what is no backup before anything else.
fn prepare(invocation: &mut Invocation, file: &Path, passphrase_file: Option<&PathBuf>) -> Result<()> {
    backups::require_backup(file)?;
    if let Some(path) = passphrase_file {
        invocation.config.data.key_file = None;
        invocation.config.data.passphrase = Some(password::passphrase_in(path)?);
    }
    Ok(())
}

fn verify(invocation: &mut Invocation, backup: &BackupFile, form: Listing) -> Result<()> {
    prepare(invocation, &backup.file, backup.passphrase_file.as_ref())?;
    let found =
        Found::of(&with_key(invocation, |key| backups::examine(&backup.file, key, IfDamaged::Refuse))?);
    if form.json {
        return output::json(&found);
    }
    output::line(&found.sentence())?;
    output::say(&format!("sound: {} opened", counted(found.sealed_values, "sealed value")));
    Ok(())
}

fn prune(invocation: &Invocation, shelf: &Shelf, dry_run: bool) -> Result<()> {
    let keep = invocation.config.backup.keep;
    let (zone, now) = (TimeZone::system(), SystemClock.now());
    let gone = if dry_run { shelf.surplus(keep, &zone, now)? } else { shelf.prune(keep, &zone, now)? };
    for backup in gone {
        output::line(&backup.path.display().to_string())?;
    }
    Ok(())
}

pub(super) fn restore(mut invocation: Invocation, restore: &Restore) -> Result<()> {
    let folder = invocation.config.data.dir.clone();
    let file = &backups::source(&restore.backup.file, &folder);
    prepare(&mut invocation, file, restore.backup.passphrase_file.as_ref())?;
    let if_damaged = match (restore.damaged, restore.discard) {
        (false, _) => IfDamaged::Refuse,
        (true, false) => IfDamaged::TakeOver,
        (true, true) => IfDamaged::Discard,
    };
    if restore.dry_run {
        let contents = with_key(&mut invocation, |key| backups::examine(file, key, if_damaged))?;
        output::line(&format!("would restore {}", Found::of(&contents).sentence()))?;
        say_damaged(&contents, if_damaged);
        say_other_key(&invocation.config.data)?;
        return Ok(());
    }
    let serving = claim(&folder, Missing::Make)?;
    let candidate =
        with_key(&mut invocation, |key| backups::candidate(file, &folder, &serving, key, if_damaged))?;
    let found = Found::of(&candidate.contents).sentence();
    say_damaged(&candidate.contents, if_damaged);
    say_other_key(&invocation.config.data)?;
    if candidate.replaces_something() {
        consent::ask(
            restore.consent.yes,
            "put the backup in place",
            &format!("Put {found} where the data in {} is? That is kept beside it.", folder.display()),
        )?;
    }
    let restored = candidate.put_in_place(SystemClock.now())?;
    output::line(&format!("restored {found}"))?;
    if let Some(aside) = restored.aside {
        output::say(&format!(
            "what was there before is in {}; delete it once it is not needed",
            aside.display()
        ));
    }
    output::say("whatever was changed since is as it was then: passwords, revoked tokens, deleted messages");
    Ok(())
}

/// Says what became of what is damaged.
fn say_damaged(contents: &Contents, if_damaged: IfDamaged) {
    let Some(TakenOver { faults, first, lost, left }) = &contents.taken_over else { return };
    output::say(&format!("the backup is damaged: {}, the first is: {first}", counted(*faults, "fault")));
    for what in lost.in_words() {
        output::say(&format!("lost: {what}"));
    }
    if let Some(first) = left.first() {
        let faults = counted(left.count(), "fault");
        output::say(&format!(
            "what stays as it is: {faults}, the first is: {first}; once it is restored, `peerbox check` names all"
        ));
        if if_damaged == IfDamaged::TakeOver {
            output::say("--discard removes what does not open, if no other copy has it");
        }
    }
    output::say("all else is in it and fits together");
}

/// Says that the server needs another key than before once the backup is in its place.
fn say_other_key(data: &DataConfig) -> Result<()> {
    let key = key_source(data)?;
    let is_usual = matches!(&key, KeySource::File(path) if data.generated_key_file.as_ref() == Some(path));
    if is_usual || backups::opens_data(&data.dir, &key) {
        return Ok(());
    }
    output::say(&match key {
        KeySource::File(path) => format!(
            "the backup opens with the key {0}, and so does the data once it is restored: pass --key-file {0} from \
             then on, or `peerbox key rotate --key-file {0} --to FILE` puts another key in its place",
            path.display()
        ),
        KeySource::Passphrase(_) => "the backup opens with a passphrase, and so does the data once it is restored: \
             give it with PEERBOX_PASSPHRASE_FILE from then on, and name no key file with data.key_file or --key-file, \
             which goes before it; `peerbox key rotate --to FILE` then puts a key file in its place"
            .to_owned(),
    });
    Ok(())
}

pub(super) fn compact(invocation: &Invocation) -> Result<()> {
    let folder = &invocation.config.data.dir;
    let (before, after) = space::compact(folder, &claim(folder, Missing::Refuse)?)?;
    output::say(&format!("{} before, {} now", size(before), size(after)));
    Ok(())
}

/// Runs work that needs the key, and asks for the passphrase when one is wanted and somebody is there.
fn with_key<T>(
    invocation: &mut Invocation,
    work: impl Fn(&KeySource) -> std::result::Result<T, BackupError>,
) -> Result<T> {
    let data = &mut invocation.config.data;
    match work(&key_source(data)?) {
        Err(BackupError::Open(OpenError::WantsPassphrase) | BackupError::WantsPassphrase { .. })
            if ask_for_passphrase(data)? =>
        {
            Ok(work(&key_source(data)?)?)
        }
        outcome => Ok(outcome?),
    }
}
