//! The account holder's own side of a channel, which the inbox reads and writes as. No API token shares it.

use std::sync::Arc;

use crate::auth::access::{Footing, Owner, Reader, Writer};
use crate::auth::error::AuthError;
use crate::domain::id::{ChannelId, TokenId};
use crate::store::Store;
use crate::store::{channel_access, tokens};

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

    /// Writing as a counterparty whose token that is, for whoever could take it and do the same.
    pub fn writer_with(&self, owner: &Owner, id: &ChannelId, token: TokenId) -> Result<Writer, AuthError> {
        self.store.read_now(|tx| {
            let access = channel_access::find(tx, id)?.filter(|access| access.account == owner.account());
            let access = Arc::new(access.ok_or(AuthError::Forbidden)?);
            let rights = tokens::permissions(tx, token)?.filter(|rights| rights.write);
            if rights.is_none() || !tokens::exists(tx, access.row, token)? {
                return Err(AuthError::Forbidden);
            }
            Ok(Writer::new(Footing::of_token(access, token, tx.access_epoch()?, None), None))
        })
    }

    fn footing(&self, owner: &Owner, id: &ChannelId) -> Result<Footing, AuthError> {
        let access = self.store.read_now(|tx| channel_access::find(tx, id))?;
        let own = access.filter(|access| access.account == owner.account()).ok_or(AuthError::Forbidden)?;
        Ok(Footing::of_holder(Arc::new(own), owner.clone()))
    }
}
