//! Exit codes: what they mean and which failure has which.

use std::io;
use std::process::ExitCode;

use crate::auth::error::AuthError;
use crate::client::address::InvalidAddress;
use crate::client::book::ContactsError;
use crate::client::contact::InvalidContactName;
use crate::client::error::ClientError;
use crate::client::invitation::InvalidInvitation;
use crate::client::key_files::InvalidKeyFile;
use crate::config;
use crate::crypto::sealed_box::UnusableKey;
use crate::domain::account::InvalidName;
use crate::domain::id::InvalidId;
use crate::domain::plural::counted;
use crate::server::ServerError;
use crate::service;
use crate::store::backups::BackupError;
use crate::store::error::{OpenError, StoreError};
use crate::transfer::error::TransferError;

/// How a command ended. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Ok = 0,
    Failure = 1,
    Usage = 2,
    Configuration = 3,
    Data = 4,
    Schema = 5,
    Integrity = 6,
    Object = 7,
    Bind = 8,
    Unwell = 9,
    Key = 10,
    Refused = 11,
    Unreachable = 12,
    NotOpened = 13,
    NoAnswer = 14,
}

/// The same for the help text and the manual page.
pub(super) const CODES: &str = "\
Exit codes:
   0  done
   1  something failed while running
   2  wrong usage
   3  the configuration is invalid
   4  the data, or a file, cannot be used: missing folder, permissions, served already, locked, disk full
   5  the file was written by another version, or by another program
   6  the file is damaged, or gone from where it was; or a message is damaged at another server
   7  an account, user, channel, token or contact does not exist, or exists already
   8  cannot listen on the address
   9  the server is not ready, or something is wrong with the installation
  10  the master key is missing or is not the one of this file, or that of the contacts is so
  11  another server refused what a contact's command asked for
  12  another server cannot be reached, or answers what no Peer Channels server does
  13  a message is sealed for a key that is not here, or a key is not the one that a link names
  14  the message is sent, and no answer came in the time that was given";

impl Exit {
    /// Finds the code of a failure by the first cause that has one.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        error.chain().find_map(code_of).unwrap_or(Self::Failure)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failure of the command line's own.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("{0}")]
    Usage(String),
    #[error("there is no {kind} {name:?}")]
    NotFound { kind: &'static str, name: String },
    #[error("the {kind} {name:?} exists already")]
    Exists { kind: &'static str, name: String },
    #[error(
        "the file is damaged: {}; `peerbox restore` puts a backup in its place, or what can be read of it",
        counted(*.0, "fault")
    )]
    Damaged(u64),
    #[error("{} cannot be read any more: the server lost what was written", counted(*.0, "message"))]
    Lost(u64),
    /// All else is in the export.
    #[error(
        "the export lacks {}; all else is in it. A backup from before the damage may have the rest",
        counted(*.0, "damaged value")
    )]
    LeftOut(u64),
    #[error(
        "a password needs at least {}; choose a longer one, or pass --allow-weak-password",
        counted(*least as u64, "character")
    )]
    WeakPassword { least: usize },
    /// All else was taken in.
    #[error(
        "{} did not get what the dump has; delete such a channel here and import again to have it as it was there",
        counted(*.0 as u64, "changed channel")
    )]
    LeftChannels(usize),
    /// The same of an export.
    #[error(
        "{} did not get what the file has; delete such a channel here and import again to have it as it is in the file",
        counted(*.0 as u64, "known channel")
    )]
    Behind(usize),
    #[error(
        "{folder} belongs to the user {user}, who could not read what root makes there; run this as that user: \
         sudo -u {user} peerbox ..."
    )]
    OfAnother { folder: String, user: String },
    #[error("cannot write {path}: {why}")]
    NotWritten { path: String, why: io::Error },
    /// What a look at the server found.
    #[error("{0}")]
    Unwell(String),
    /// Files that the configuration names.
    #[error("{0}")]
    Configuration(String),
    #[error("nothing was changed")]
    NoConsent,
    #[error("it is sent, and {0} has not answered yet")]
    NoAnswer(String),
    /// A message or key is not what it should be.
    #[error("{0}")]
    NotOpened(String),
}

fn code_of(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(refusal) = cause.downcast_ref::<CommandError>() {
        return Some(match refusal {
            CommandError::Usage(_) | CommandError::WeakPassword { .. } => Exit::Usage,
            CommandError::NotFound { .. }
            | CommandError::Exists { .. }
            | CommandError::LeftChannels(_)
            | CommandError::Behind(_) => Exit::Object,
            CommandError::OfAnother { .. } | CommandError::NotWritten { .. } => Exit::Data,
            CommandError::Damaged(_) | CommandError::Lost(_) | CommandError::LeftOut(_) => Exit::Integrity,
            CommandError::Configuration(_) => Exit::Configuration,
            CommandError::Unwell(_) => Exit::Unwell,
            CommandError::NoConsent => Exit::Failure,
            CommandError::NoAnswer(_) => Exit::NoAnswer,
            CommandError::NotOpened(_) => Exit::NotOpened,
        });
    }
    if let Some(exit) = of_client(cause) {
        return Some(exit);
    }
    if cause.is::<InvalidName>() || cause.is::<InvalidId>() {
        return Some(Exit::Usage);
    }
    if let Some(error) = cause.downcast_ref::<service::error::Error>() {
        return Some(of_service(error));
    }
    if cause.is::<config::Mistakes>() || cause.is::<config::Error>() {
        return Some(Exit::Configuration);
    }
    if let Some(error) = cause.downcast_ref::<ServerError>() {
        return Some(match error {
            ServerError::Open(error) => of_open(error),
            ServerError::Bind { .. } => Exit::Bind,
            ServerError::Tls(_) | ServerError::Fcm(_) | ServerError::Relay(_) | ServerError::Root { .. } => {
                Exit::Configuration
            }
            ServerError::NoKey => Exit::Key,
        });
    }
    if let Some(error) = cause.downcast_ref::<BackupError>() {
        return Some(match error {
            BackupError::Exists { .. } => Exit::Object,
            BackupError::File { .. } | BackupError::NoShelf { .. } => Exit::Data,
            BackupError::NoBackup { .. } | BackupError::OtherVersion { .. } => Exit::Schema,
            BackupError::WrongKey { .. } | BackupError::WantsPassphrase { .. } => Exit::Key,
            BackupError::Inside { why, .. } => of_open(why),
            BackupError::Damaged { .. } | BackupError::CutShort { .. } | BackupError::DamagedData { .. } => {
                Exit::Integrity
            }
            BackupError::BrokenOff => Exit::Failure,
            BackupError::Open(error) => of_open(error),
        });
    }
    if let Some(error) = cause.downcast_ref::<TransferError>() {
        return Some(match error {
            TransferError::Wrong { .. } => Exit::Integrity,
            TransferError::Exists { .. } => Exit::Object,
            TransferError::Several { errors, .. } => {
                let exists = errors.iter().any(|error| matches!(error, TransferError::Exists { .. }));
                if exists { Exit::Object } else { Exit::Integrity }
            }
            TransferError::Unreadable(_) => Exit::Data,
            TransferError::Service(error) => of_service(error),
        });
    }
    if let Some(error) = cause.downcast_ref::<OpenError>() {
        return Some(of_open(error));
    }
    cause.downcast_ref::<StoreError>().map(of_store)
}

/// The code of what went wrong between a client and another server.
fn of_client(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(error) = cause.downcast_ref::<ClientError>() {
        return Some(match error {
            ClientError::Refused { .. } => Exit::Refused,
            ClientError::Unreachable { .. }
            | ClientError::Unknown { .. }
            | ClientError::Strange { .. }
            | ClientError::Untrusted { .. }
            | ClientError::Moved { .. } => Exit::Unreachable,
            ClientError::OpenToAll { .. } | ClientError::Header | ClientError::Id(_) => Exit::Usage,
            ClientError::Certificates(_) => Exit::Configuration,
        });
    }
    if let Some(error) = cause.downcast_ref::<ContactsError>() {
        return Some(match error {
            ContactsError::Unknown(_)
            | ContactsError::Exists(_)
            | ContactsError::IsAccount(_)
            | ContactsError::IsChannel(_) => Exit::Object,
            ContactsError::File { .. } => Exit::Data,
            ContactsError::Damaged { .. } | ContactsError::Newer { .. } => Exit::Configuration,
            ContactsError::NotOpened { .. } | ContactsError::Key(_) => Exit::Key,
        });
    }
    let is_usage = cause.is::<InvalidAddress>()
        || cause.is::<InvalidInvitation>()
        || cause.is::<InvalidContactName>()
        || cause.is::<InvalidKeyFile>()
        || cause.is::<UnusableKey>();
    is_usage.then_some(Exit::Usage)
}

fn of_open(error: &OpenError) -> Exit {
    match error {
        OpenError::ForeignFile | OpenError::OtherVersion { .. } | OpenError::Older { .. } => Exit::Schema,
        OpenError::WrongKey { .. }
        | OpenError::WrongPassphrase
        | OpenError::WantsPassphrase
        | OpenError::WantsKeyFile
        | OpenError::MasterKey(_) => Exit::Key,
        OpenError::Folder { .. }
        | OpenError::NotPermitted { .. }
        | OpenError::Served { .. }
        | OpenError::NotBackedUp(_)
        | OpenError::NoRoom { .. }
        | OpenError::NoDatabase(_) => Exit::Data,
        OpenError::Lost { .. } | OpenError::HalfRestored { .. } | OpenError::Torn => Exit::Integrity,
        OpenError::Store(error) => of_store(error),
        OpenError::Thread(_) => Exit::Failure,
    }
}

fn of_service(error: &service::error::Error) -> Exit {
    use service::error::Error;
    match error {
        Error::PasswordTooShort { .. } => Exit::Usage,
        Error::AccountNotFound
        | Error::UserNotFound
        | Error::UserNameTaken
        | Error::AccountNameTaken
        | Error::OtherPassword
        | Error::ChannelNotFound
        | Error::TokenNotFound
        | Error::TokenRevoked => Exit::Object,
        Error::Store(error) | Error::Auth(AuthError::Store(error)) => of_store(error),
        _ => Exit::Failure,
    }
}

fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::DiskFull
        | StoreError::NoTemporaryRoom { .. }
        | StoreError::NoTemporaryFolder
        | StoreError::GivenUp
        | StoreError::Locked
        | StoreError::Replaced
        | StoreError::Unsound
        | StoreError::Failing(_)
        | StoreError::Stalled
        | StoreError::CommitFailed { is_passing: true, .. }
        | StoreError::Pool(_) => Exit::Data,
        StoreError::NotAuthentic(_) | StoreError::Malformed(_) | StoreError::Damaged(_) => Exit::Integrity,
        StoreError::Sqlite(_)
        | StoreError::Busy
        | StoreError::Closed
        | StoreError::Panicked
        | StoreError::CommitFailed { .. } => Exit::Failure,
    }
}

/// The chain of causes as one sentence. Some errors tell their cause themselves, which is not said twice.
pub(super) fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if sentence.is_empty() {
            sentence = cause;
        } else if !sentence.contains(&cause) {
            sentence = format!("{sentence}: {cause}");
        }
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cause_with_a_code_decides() {
        let check =
            |error: anyhow::Error, expect: Exit| assert_eq!(Exit::of(&error.context("while trying")), expect);
        check(OpenError::WrongKey { earlier: None }.into(), Exit::Key);
        check(OpenError::Store(StoreError::DiskFull).into(), Exit::Data);
        check(CommandError::Exists { kind: "account", name: "a".to_owned() }.into(), Exit::Object);
        check(config::Error::Together("x").into(), Exit::Configuration);
        check(anyhow::anyhow!("anything else"), Exit::Failure);
    }
}
