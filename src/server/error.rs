//! Why a server does not start.

use std::io;
use std::path::PathBuf;

use crate::notify::outbox::fcm::FcmError;
use crate::outbound::mail::RelayError;
use crate::server::tls::TlsError;
use crate::store::error::OpenError;

/// Each names what was asked for and what the system said.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("cannot listen on {listen}: {source}")]
    Bind { listen: String, source: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Fcm(#[from] FcmError),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error("{setting} names {path}: {why}", path = path.display())]
    Root { setting: &'static str, path: PathBuf, why: String },
    #[error("no master key: name its file with --key-file, or set HOME so that one can be made")]
    NoKey,
}
