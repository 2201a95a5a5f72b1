//! Look-up hashes: keyed, one subkey per column, so that the file shows neither a value nor equality across columns.

use zeroize::Zeroizing;

use crate::crypto::seal::{KEY_BYTES, Key};

/// A look-up hash as stored.
pub type Blind = [u8; 32];

/// A column that is found by hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlindColumn {
    AccountName,
    UserName,
    ChannelId,
    TokenSecret,
    IdempotencyKey,
    IdempotencyBody,
    PushDevice,
    PushEndpoint,
    SessionSecret,
    ResetCode,
    /// Not columns: what links in e-mail show.
    MailConfirmation,
    MailUnsubscription,
    /// Not a column: the key of the cache of verified credentials.
    Credential,
}

impl BlindColumn {
    const ALL: [Self; 13] = [
        Self::AccountName,
        Self::UserName,
        Self::ChannelId,
        Self::TokenSecret,
        Self::IdempotencyKey,
        Self::IdempotencyBody,
        Self::PushDevice,
        Self::PushEndpoint,
        Self::SessionSecret,
        Self::ResetCode,
        Self::MailConfirmation,
        Self::MailUnsubscription,
        Self::Credential,
    ];

    /// Context of the subkey. A released text never changes: nothing would be found any more.
    fn context(self) -> &'static str {
        match self {
            Self::AccountName => "peerbox 2026-11 blind index account.name",
            Self::UserName => "peerbox 2026-11 blind index user.name",
            Self::ChannelId => "peerbox 2026-11 blind index channel.public_id",
            Self::TokenSecret => "peerbox 2026-11 blind index token.secret",
            Self::IdempotencyKey => "peerbox 2026-11 blind index idempotency.key",
            Self::IdempotencyBody => "peerbox 2026-11 blind index idempotency.body",
            Self::PushDevice => "peerbox 2026-11 blind index push_registration.device",
            Self::PushEndpoint => "peerbox 2026-11 blind index push_subscription.endpoint",
            Self::SessionSecret => "peerbox 2026-11 blind index session.secret",
            Self::ResetCode => "peerbox 2026-11 blind index reset_link.code",
            Self::MailConfirmation => "peerbox 2026-11 blind index mailbox confirmation",
            Self::MailUnsubscription => "peerbox 2026-11 blind index mailbox unsubscription",
            Self::Credential => "peerbox 2026-11 cache of verified credentials",
        }
    }
}

/// The subkeys of all columns.
pub struct BlindIndex {
    subkeys: [Zeroizing<[u8; KEY_BYTES]>; BlindColumn::ALL.len()],
}

impl BlindIndex {
    /// One subkey for each column, from the root key.
    pub fn derive(root: &Key) -> Self {
        let subkey =
            |column: BlindColumn| Zeroizing::new(blake3::derive_key(column.context(), root.expose()));
        Self { subkeys: BlindColumn::ALL.map(subkey) }
    }

    /// The hash by which a value of a column is looked up. Equal values have equal hashes in one column only.
    pub fn of(&self, column: BlindColumn, value: &[u8]) -> Blind {
        blake3::keyed_hash(&self.subkeys[column as usize], value).into()
    }

    /// The hash of several values; each is preceded by its length, so that no two lists collide.
    pub fn of_parts(&self, column: BlindColumn, parts: &[&[u8]]) -> Blind {
        let mut hasher = blake3::Hasher::new_keyed(&self.subkeys[column as usize]);
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_roots_do_not_share_hashes() {
        let index = BlindIndex::derive(&Key::new([1; KEY_BYTES]));
        let other = BlindIndex::derive(&Key::new([2; KEY_BYTES]));
        let hash = index.of(BlindColumn::UserName, b"alice");
        assert_eq!(hash, index.of(BlindColumn::UserName, b"alice"));
        assert_ne!(hash, index.of(BlindColumn::AccountName, b"alice"));
        assert_ne!(hash, other.of(BlindColumn::UserName, b"alice"));
    }

    #[test]
    fn subkeys_are_in_the_order_of_the_columns() {
        for (position, column) in BlindColumn::ALL.into_iter().enumerate() {
            assert_eq!(position, column as usize);
        }
    }

    #[test]
    fn parts_are_separated() {
        let index = BlindIndex::derive(&Key::new([1; KEY_BYTES]));
        let of = |parts: &[&[u8]]| index.of_parts(BlindColumn::IdempotencyBody, parts);
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
    }
}
