//! The account holder's own side of a channel, which the inbox reads and writes as. No API token shares it.

use std::sync::Arc;

use crate::auth::access::{Footing, Owner, Reader, Writer};
use crate::auth::error::AuthError;
use crate::domain::id::ChannelId;
use crate::store::Store;
use crate::store::channel_access;

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
        Ok(Reader::of_owner_side(self.footing(owner, id)?))
    }

    /// Writing to the account's channel, with the same refusals. What the owner side has not read holds it back.
    pub fn writer(&self, owner: &Owner, id: &ChannelId) -> Result<Writer, AuthError> {
        let footing = self.footing(owner, id)?;
        let reader = Reader::of_owner_side(footing.clone());
        Ok(Writer::new(footing, Some(&reader)))
    }

    fn footing(&self, owner: &Owner, id: &ChannelId) -> Result<Footing, AuthError> {
        let access = self.store.read_now(|tx| channel_access::find(tx, id))?;
        let own = access.filter(|access| access.account == owner.account()).ok_or(AuthError::Forbidden)?;
        Ok(Footing::of_holder(Arc::new(own), owner.clone()))
    }
}
