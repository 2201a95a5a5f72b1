//! The keys that an account is written to with: published and retired by its holder.

use crate::auth::access::Owner;
use crate::domain::id::KeyId;
use crate::domain::key::{AccountKey, KeyUse, MOST_KEYS, PublicKey};
use crate::service::Reading;
use crate::service::error::Error;
use crate::store::{Store, account_keys};

/// Publishing, showing and retiring keys.
#[derive(Clone)]
pub struct Keys {
    store: Store,
}

impl Keys {
    /// The keys of accounts in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The key that others are to seal with: the newest that is not retired.
    pub fn in_use(&self, owner: &Owner) -> Reading<Option<AccountKey>> {
        let account = owner.account();
        self.store.reading(move |tx| Ok(account_keys::in_use(tx, account)?.into_iter().next()))
    }

    /// The account's keys, newest first.
    pub fn list(&self, owner: &Owner) -> Reading<Vec<AccountKey>> {
        let account = owner.account();
        self.store.reading(move |tx| Ok(account_keys::list(tx, account)?))
    }

    /// Publishes a key, which others are to seal with from now on, and a wrapped copy of its secret half where one was made.
    /// The key of before stays, to open what it sealed. One that is there already only gets the copy.
    pub async fn publish(
        &self,
        owner: &Owner,
        public: PublicKey,
        copy: Option<String>,
        used: KeyUse,
    ) -> Result<(), Error> {
        let account = owner.account();
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let id = match account_keys::find(tx, account, &public)? {
                    Some(key) => key.id,
                    None if account_keys::count(tx, account)? >= MOST_KEYS => {
                        return Err(Error::TooManyKeys { most: MOST_KEYS });
                    }
                    None => account_keys::insert(tx, account, &public, used)?,
                };
                if let Some(copy) = &copy {
                    account_keys::set_copy(tx, account, id, copy)?;
                }
                Ok(())
            })
            .await
    }

    /// From now on nobody is to seal with that key. What it sealed is opened with it as before.
    pub async fn retire(&self, owner: &Owner, key: KeyId) -> Result<(), Error> {
        let account = owner.account();
        self.store
            .write(owner.clone(), move |tx, _owner| {
                if account_keys::retire(tx, account, key)? { Ok(()) } else { Err(Error::KeyNotFound) }
            })
            .await
    }
}
