//! What goes wrong between a client and a server.

use std::time::Duration;

/// Why something was not done. Scripts tell the kinds apart by their exit codes.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server answered, and did not do it.
    #[error("the server refused: {words} ({status})")]
    Refused {
        /// As the body says it where it does.
        status: u16,
        words: String,
        /// How long the server asks to wait.
        wait: Option<Duration>,
        /// Whether an earlier try of the same may have arrived.
        is_sent: bool,
    },
    #[error("{at} cannot be reached: {why}")]
    Unreachable {
        at: String,
        why: String,
        /// Whether this or an earlier try may have arrived.
        is_sent: bool,
    },
    #[error("the certificate of {at} is not trusted: {why}")]
    Untrusted { at: String, why: String },
    #[error(
        "{at} answers with a redirect to {to}, and nothing secret is sent to another address; if that one is right, add the \
         contact again with it"
    )]
    Moved { at: String, to: String },
    /// It broke off after it was sent, and sent again it might be there twice.
    #[error(
        "the connection to {at} broke off ({why}), and nobody knows whether the message arrived; look before you send it \
         again"
    )]
    Unknown { at: String, why: String },
    #[error("{at} answers something that no Peer Channels server does: {why}")]
    Strange { at: String, why: &'static str },
    #[error(
        "{at} is plain http, where everybody on the way can read along; use https, or pass --insecure-http"
    )]
    OpenToAll { at: String },
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
    #[error("a token or password cannot stand in a header")]
    Header,
    #[error("{0:?} is no id")]
    Id(String),
}

impl ClientError {
    /// Whether the same may work in a while.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Unreachable { .. } => true,
            _ => false,
        }
    }

    /// Whether the server surely did nothing: it was not reached, or refused. A proxy that says 502 or 504 may have handed the
    /// request on, and a server that says 500 does not know.
    pub fn is_before_all(&self) -> bool {
        match self {
            Self::Refused { status, is_sent, .. } => !is_sent && (*status < 500 || *status == 503),
            Self::Unreachable { is_sent, .. } => !is_sent,
            Self::Unknown { .. } | Self::Strange { .. } => false,
            _ => true,
        }
    }

    /// The same, after a try of which nobody knows whether it arrived.
    #[must_use]
    pub fn after_doubt(mut self) -> Self {
        if let Self::Refused { is_sent, .. } | Self::Unreachable { is_sent, .. } = &mut self {
            *is_sent = true;
        }
        self
    }

    /// How long the server asks to wait.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Refused { wait, .. } => *wait,
            _ => None,
        }
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}
