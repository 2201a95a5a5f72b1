//! `export` and `import`: an account's channels as a file, and back.
//!
//! An import is one commit. A server beside it could store nothing until that is done, so there must be none.

use std::fs::File;
use std::future::pending;
use std::io::{self, BufRead, BufReader, ErrorKind, Write, stdin, stdout};
use std::path::Path;
use std::pin::pin;

use anyhow::{Context, Result, bail};

use crate::auth::console;
use crate::cli::arguments::{ExportRequest, ImportFile};
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::progress::Progress;
use crate::cli::{interrupted, output, people};
use crate::domain::id::ChannelId;
use crate::domain::plural::counted;
use crate::domain::size::size;
use crate::service::error::Error;
use crate::service::exports::Exports;
use crate::service::imports::{Behind, Import, Imported, Imports};
use crate::store::Store;
use crate::store::backups::unfinished;
use crate::store::folder;
use crate::store::open::Missing;
use crate::transfer::error::TransferError;
use crate::transfer::export::ExportText;
use crate::transfer::import::ExportFile;

/// What stands for standard input or output.
const STANDARD: &str = "-";

pub(super) async fn export(invocation: Invocation, what: ExportRequest) -> Result<()> {
    let only = what.channel.as_deref().map(str::parse::<ChannelId>).transpose()?;
    let work = async |store: Store| {
        let account = people::account(&people::service(store.clone(), &invocation), &what.account).await?;
        let owner = console::owner_of(account.id);
        let begun = ExportText::begin(&Exports::new(store), &owner, only, what.with_secrets).await;
        let mut lines = match (begun, &what.channel) {
            (Err(Error::ChannelNotFound), Some(name)) => {
                bail!(CommandError::NotFound { kind: "channel", name: name.clone() })
            }
            (begun, _) => begun?,
        };
        let left_out = match what.file.as_deref().filter(|path| *path != Path::new(STANDARD)) {
            // A signal ends it at once, also where nobody reads.
            None => match written(to(&mut stdout().lock(), &mut lines, pending()).await)? {
                Some(left_out) => left_out,
                None => return Ok(()),
            },
            Some(path) => to_file(path, &mut lines).await?,
        };
        output::say(&format!(
            "{}{}",
            counted(lines.written(), "message"),
            if what.with_secrets { "; the file opens your channels, keep it safe" } else { "" }
        ));
        if left_out == 0 { Ok(()) } else { bail!(CommandError::LeftOut(left_out)) }
    };
    invocation.with_store(work).await
}

/// Writes all lines, and tells how much is damaged and left out.
async fn to(
    target: &mut impl Write,
    lines: &mut ExportText,
    told_to_end: impl Future<Output = ()>,
) -> Result<u64> {
    let (mut progress, mut left_out, mut told_to_end) = (Progress::default(), 0, pin!(told_to_end));
    loop {
        let piece = tokio::select! {
            biased;
            () = &mut told_to_end => bail!("the export was broken off"),
            piece = lines.next() => piece?,
        };
        let Some(piece) = piece else { break };
        target.write_all(&piece).context("cannot write the export")?;
        progress.tell(lines.written(), lines.messages());
        for what in lines.take_left_out() {
            output::say(&format!("{what} is damaged and left out"));
            left_out += 1;
        }
    }
    target.flush().context("cannot write the export")?;
    Ok(left_out)
}

/// What is left out, once all was read. A reader that has seen enough, such as `head`, is no failure.
fn written(outcome: Result<u64>) -> Result<Option<u64>> {
    let is_enough = |error: &io::Error| error.kind() == ErrorKind::BrokenPipe;
    match outcome {
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(is_enough) => Ok(None),
        outcome => outcome.map(Some),
    }
}

/// Writes a file that has its name only when it is whole.
async fn to_file(path: &Path, lines: &mut ExportText) -> Result<u64> {
    let cannot_write = |why| CommandError::NotWritten { path: path.display().to_string(), why };
    if path.symlink_metadata().is_ok() {
        bail!(CommandError::Exists { kind: "file", name: path.display().to_string() });
    }
    let beside = folder::containing(path);
    // What is written until a signal holds messages in clear, and goes.
    let told_to_end = interrupted::listen().context("signals cannot be listened to")?;
    let mut file = unfinished::begin(beside).map_err(cannot_write)?;
    let left_out =
        to(&mut file, lines, told_to_end).await.map_err(|error| match error.downcast::<io::Error>() {
            Ok(why) => cannot_write(why).into(),
            Err(other) => other,
        })?;
    file.as_file().sync_all().map_err(cannot_write)?;
    file.persist_noclobber(path).map_err(|error| cannot_write(error.error))?;
    File::open(beside).and_then(|folder| folder.sync_all()).map_err(cannot_write)?;
    Ok(left_out)
}

pub(super) async fn import(mut invocation: Invocation, what: ImportFile) -> Result<()> {
    invocation.claim(Missing::Refuse)?;
    let (source, bytes) = source(&what.file)?;
    let file = ExportFile::begin(source)?;
    let work = async |store: Store| {
        let name = what.account.as_ref().unwrap_or(&file.account).clone();
        let account = people::account(&people::service(store.clone(), &invocation), &name).await?;
        let mut progress = Progress::default();
        let told = move |done| progress.tell(done, bytes);
        let taken = move |import: &mut Import<'_>| file.take_in(import, told);
        let imported = Imports::new(store.clone()).run(&console::operator(), account.id, taken).await?;
        tell(&imported)?;
        let account = people::service(store, &invocation).get(&console::operator(), account.id).await?;
        let most = account.quota.unwrap_or(invocation.config.limits.storage_per_account);
        if most != 0 && account.bytes > most {
            output::say(&format!(
                "the account stores {} and takes no messages above its quota, {}",
                size(account.bytes),
                size(most)
            ));
        }
        match imported.behind.len() {
            0 => Ok(()),
            behind => bail!(CommandError::Behind(behind)),
        }
    };
    invocation.with_store(work).await
}

/// A file or standard input, and how many bytes it has; 0 when nobody knows.
fn source(path: &Path) -> Result<(Box<dyn BufRead + Send>, u64)> {
    if path == Path::new(STANDARD) {
        return Ok((Box::new(BufReader::new(stdin())), 0));
    }
    let named = || path.display().to_string();
    let file = File::open(path).map_err(TransferError::from).with_context(named)?;
    let bytes = file.metadata().map_err(TransferError::from).with_context(named)?.len();
    Ok((Box::new(BufReader::new(file)), bytes))
}

fn tell(imported: &Imported) -> Result<()> {
    let (channels, tokens) = (counted(imported.channels, "channel"), counted(imported.tokens, "token"));
    output::line(&format!("imported {channels}, {tokens}, {}", counted(imported.messages, "message")))?;
    output::counts(&[
        (imported.known, "channels that were here already and stay as they are"),
        (imported.new_secrets, "tokens with new values, as theirs were not in the file; hand them out anew"),
        (imported.damaged, "messages that were damaged before and are left out"),
    ]);
    for Behind { id, messages } in &imported.behind {
        output::say(&format!(
            "channel {} was here already and stays as it is, without {} of the file",
            id.as_str(),
            counted(*messages, "message")
        ));
    }
    Ok(())
}
