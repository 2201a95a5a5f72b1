//! What is sealed of a contact.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// All of a contact, sealed as one: whoever can write the file can neither have a token sent elsewhere, nor have messages
/// sealed for another key, nor give a contact the name of another.
#[derive(Serialize, Deserialize)]
pub struct Sealed {
    pub name: String,
    pub address: String,
    pub token: Option<String>,
    pub link: Option<String>,
    pub seal_to: Option<String>,
    pub sealing: Option<String>,
    pub key_is_checked: bool,
    /// Whether the server is one of ours.
    pub peerbox: bool,
    pub holder: bool,
    pub sent: u64,
    /// Number and sequence of the last letter.
    pub heard: Option<(u64, u64)>,
    pub pairs: Vec<String>,
    #[serde(default)]
    pub authorities: Option<String>,
}

impl Drop for Sealed {
    fn drop(&mut self) {
        self.token.zeroize();
        self.link.zeroize();
        self.pairs.zeroize();
    }
}
