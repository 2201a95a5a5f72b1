//! Searches that a holder gave names to, for the navigation.

use crate::auth::access::Owner;
use crate::domain::channel::ChannelLabel;
use crate::service::Reading;
use crate::service::error::Error;
use crate::store::{Store, saved_searches};

pub use crate::store::saved_searches::SavedSearch;

/// Searches that an account keeps.
pub const MOST: usize = 20;

/// The longest query, in bytes.
const QUERY_BYTES: usize = 4096;

/// Keeping searches.
#[derive(Clone)]
pub struct SavedSearches {
    store: Store,
}

impl SavedSearches {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Those of the account, oldest first.
    pub fn list(&self, owner: &Owner) -> Reading<Vec<SavedSearch>> {
        let account = owner.account();
        self.store.reading(move |tx| Ok(saved_searches::list(tx, account)?))
    }

    /// Keeps a search; false when there are as many as an account may have, or the query is too long.
    pub async fn save(&self, owner: &Owner, name: ChannelLabel, query: String) -> Result<bool, Error> {
        let account = owner.account();
        if query.len() > QUERY_BYTES {
            return Ok(false);
        }
        self.store
            .write(owner.clone(), move |tx, _owner| {
                if saved_searches::list(tx, account)?.len() >= MOST {
                    return Ok(false);
                }
                saved_searches::insert(tx, account, name.as_str(), &query)?;
                Ok(true)
            })
            .await
    }

    /// Forgets one.
    pub async fn delete(&self, owner: &Owner, id: i64) -> Result<(), Error> {
        let account = owner.account();
        self.store.write(owner.clone(), move |tx, _owner| Ok(saved_searches::delete(tx, account, id)?)).await
    }
}
