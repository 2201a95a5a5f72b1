//! The account holder's own side of a channel, which the inbox reads and writes as. No API token shares it.

use std::sync::Arc;

use crate::auth::access::{Owner, Reader, Writer};
use crate::auth::error::AuthError;
use crate::domain::id::ChannelId;
use crate::domain::message::Author;
use crate::store::Store;
use crate::store::channels::{self, ChannelAccess};

/// Makes capabilities for the owner side.
#[derive(Clone)]
pub struct OwnerSides {
    store: Store,
}

impl OwnerSides {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Reading the account's channel. A foreign channel and a missing one are the same refusal.
    pub fn reader(&self, owner: &Owner, id: &ChannelId) -> Result<Reader, AuthError> {
        Ok(Reader::of_owner_side(Arc::new(self.channel(owner, id)?)))
    }

    pub fn writer(&self, owner: &Owner, id: &ChannelId) -> Result<Writer, AuthError> {
        let channel = Arc::new(self.channel(owner, id)?);
        let reader = Reader::of_owner_side(Arc::clone(&channel));
        Ok(Writer::new(channel, Author::OwnerSide, Some(&reader)))
    }

    fn channel(&self, owner: &Owner, id: &ChannelId) -> Result<ChannelAccess, AuthError> {
        let access = self.store.read_now(|tx| channels::find_access(tx, id))?;
        access.filter(|access| access.account == owner.account()).ok_or(AuthError::Forbidden)
    }
}
