//! The keys that an account is written to with: published and retired by its holder, told to whoever may write there.

use crate::auth::access::{Owner, Visitor};
use crate::domain::channel::{ChannelState, Sequencing};
use crate::domain::id::KeyId;
use crate::domain::key::{AccountKey, MOST_KEYS, PublicKey};
use crate::service::Reading;
use crate::service::error::Error;
use crate::store::{Store, account_keys, channels, profiles};

/// Publishing, showing and retiring keys.
#[derive(Clone)]
pub struct Keys {
    store: Store,
}

/// What whoever comes to a channel is told of it and of its holder.
#[derive(Debug)]
pub struct Reception {
    /// What to seal with; `None` when the holder has no key.
    pub key: Option<PublicKey>,
    /// What the holder is called; empty when nothing was said.
    pub name: String,
    /// What the holder says to whoever comes; may be empty.
    pub greeting: String,
    /// Whether messages are taken at all.
    pub state: ChannelState,
    /// Whether what is unread has to be read before writing.
    pub sequencing: Sequencing,
}

impl Keys {
    /// The keys of accounts in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The account's keys, newest first.
    pub fn list(&self, owner: &Owner) -> Reading<Vec<AccountKey>> {
        let account = owner.account();
        self.store.reading(move |tx| Ok(account_keys::list(tx, account)?))
    }

    /// Publishes a key, which others are to seal with from now on, and a wrapped copy of its secret half where one was made.
    /// The key of before stays, to open what it sealed. One that is there already only gets the copy.
    pub async fn publish(&self, owner: &Owner, public: PublicKey, copy: Option<String>) -> Result<(), Error> {
        let account = owner.account();
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let id = match account_keys::find(tx, account, &public)? {
                    Some(key) => key.id,
                    None if account_keys::count(tx, account)? >= MOST_KEYS => {
                        return Err(Error::TooManyKeys { most: MOST_KEYS });
                    }
                    None => account_keys::insert(tx, account, &public)?,
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

    /// What whoever comes to a channel is told.
    pub fn receive(&self, visitor: &Visitor) -> Result<Reception, Error> {
        let (row, account) = (visitor.channel().row, visitor.channel().account);
        self.store.read_now(|tx| {
            let key = account_keys::current(tx, account)?;
            let (greeting, state) = channels::greeting(tx, row)?.ok_or(Error::ChannelNotFound)?;
            Ok(Reception {
                key: key.map(|key| key.public),
                name: profiles::load(tx, account)?.display,
                greeting,
                state,
                sequencing: visitor.channel().sequencing,
            })
        })
    }
}
