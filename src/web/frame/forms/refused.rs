//! Why a form was not accepted.

/// Each says what the person can do about it.
#[derive(Debug, Clone)]
pub enum FormRefusal {
    /// It was sent by a page of another origin, or by nobody who says where it came from.
    ForeignOrigin { expected: String, seen: String },
    /// Its token is not the one of this browser's session.
    WrongToken,
    /// It is not a form at all.
    NotAForm,
}

impl FormRefusal {
    /// The sentence that the page shows.
    pub fn text(&self) -> &'static str {
        match self {
            Self::ForeignOrigin { .. } => {
                "It seems to come from another site. Behind a proxy, server.base_url must be the address that \
                 browsers use, and the proxy must pass the Host header on."
            }
            Self::WrongToken => {
                "The page was open for too long or you signed in again since. Open it anew and repeat. If that does \
                 not help, cookies may be blocked, or http and https mixed up."
            }
            Self::NotAForm => "The request does not carry a form that this server knows.",
        }
    }

    /// What the operator needs to find the fault.
    pub fn facts(&self) -> Vec<String> {
        match self {
            Self::ForeignOrigin { expected, seen } => {
                vec![format!("Expected: {expected}"), format!("Seen: {seen}")]
            }
            Self::WrongToken | Self::NotAForm => Vec::new(),
        }
    }
}
