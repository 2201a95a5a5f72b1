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
    #[error("cannot listen on {listen}: {source}{}", hint(listen, source))]
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

/// What helps whom the system does not let listen.
fn hint(listen: &str, refused: &io::Error) -> &'static str {
    if refused.kind() == io::ErrorKind::PermissionDenied && !listen.starts_with("unix:") {
        "; ports below 1024 are for root and for programs with CAP_NET_BIND_SERVICE: have systemd listen there, as \
         peerbox.socket of `peerbox init --systemd` says, or name other ports"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_not_listen_at_a_port_is_told_why() {
        let check = |listen: &str, kind: io::ErrorKind, expect: bool| {
            let error = ServerError::Bind { listen: listen.to_owned(), source: kind.into() };
            assert_eq!(error.to_string().contains("CAP_NET_BIND_SERVICE"), expect, "{error}");
        };
        check("https://[::]:443", io::ErrorKind::PermissionDenied, true);
        check("https://[::]:443", io::ErrorKind::AddrInUse, false);
        check("unix:/run/p.sock", io::ErrorKind::PermissionDenied, false);
    }
}
