//! Why something cannot be moved, with the line that says so.

use std::io;

use crate::auth::error::AuthError;
use crate::service::error::Error;
use crate::service::imports::ImportRefusal;
use crate::store::error::{Fails, StoreError};

/// Nothing was taken in.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// What a line says cannot be used.
    #[error("line {line}: {why}; nothing was imported")]
    Wrong { line: u64, why: String },
    /// What a line names is here already.
    #[error("line {line}: {why}; nothing was imported")]
    Exists { line: u64, why: String },
    /// Several of these, which are told together: whoever has to change the names there wants to know all.
    #[error("{}{}", together(.errors), if *.are_all { "" } else { "\nthese are the first; there may be more" })]
    Several { errors: Vec<TransferError>, are_all: bool },
    #[error("the file cannot be read: {0}; nothing was imported")]
    Unreadable(io::Error),
    #[error(transparent)]
    Service(#[from] Error),
}

impl TransferError {
    /// What is wrong with a line.
    pub fn wrong(line: u64, why: impl Into<String>) -> Self {
        Self::Wrong { line, why: why.into() }
    }

    /// A refusal with the line that it is about.
    pub fn of_line(line: u64, refusal: ImportRefusal) -> Self {
        match refusal {
            ImportRefusal::Wrong(why) => Self::wrong(line, why),
            ImportRefusal::Exists(why) => Self::Exists { line, why: why.to_owned() },
            ImportRefusal::Failed(error) => Self::Service(error),
        }
    }
}

fn together(errors: &[TransferError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Its words hold the cause, which is told once therefore.
impl From<io::Error> for TransferError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl From<AuthError> for TransferError {
    fn from(error: AuthError) -> Self {
        Self::Service(error.into())
    }
}

impl Fails for TransferError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Service(error) => error.store_error(),
            _ => None,
        }
    }
}
