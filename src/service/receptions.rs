//! What whoever comes to a channel is told: the key to seal with, whose it is, and what the holder says and shows.

use crate::auth::access::{Owner, Visitor};
use crate::config::LimitsConfig;
use crate::domain::channel::{ChannelState, Sequencing};
use crate::domain::id::ChannelId;
use crate::domain::key::PublicKey;
use crate::domain::reception::{Greeting, Picture};
use crate::service::Reading;
use crate::service::channels::owned_access;
use crate::service::error::Error;
use crate::service::quota;
use crate::store::{Store, account_keys, channels, pictures, profiles};

/// Welcoming whoever comes.
#[derive(Clone)]
pub struct Receptions {
    store: Store,
    quota: i64,
}

/// What whoever comes to a channel is told of it and of its holder.
#[derive(Debug)]
pub struct Reception {
    /// What to seal with, newest first; nothing when the holder has no key. Links name one of them.
    pub keys: Vec<PublicKey>,
    /// What the holder is called; empty when nothing was said.
    pub name: String,
    /// What the holder says to whoever comes; may be empty.
    pub greeting: String,
    /// Whether there is a picture.
    pub has_picture: bool,
    /// Whether messages are taken at all.
    pub state: ChannelState,
    /// Whether what is unread has to be read before writing.
    pub sequencing: Sequencing,
}

/// What the holder says and shows.
#[derive(Debug)]
pub struct Shown {
    /// What the holder is called everywhere; empty when nothing was said.
    pub name: String,
    pub greeting: String,
    pub has_picture: bool,
}

/// What becomes of a channel's picture.
#[derive(Debug, Clone)]
pub enum NewPicture {
    AsBefore,
    None,
    Of(Picture),
}

impl Receptions {
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        Self { store, quota: quota::of_config(limits) }
    }

    /// What whoever comes to a channel is told.
    pub fn receive(&self, visitor: &Visitor) -> Result<Reception, Error> {
        let (row, account) = (visitor.channel().row, visitor.channel().account);
        self.store.read_now(|tx| {
            let keys = account_keys::in_use(tx, account)?;
            let (greeting, state) = channels::greeting(tx, row)?.ok_or(Error::ChannelNotFound)?;
            Ok(Reception {
                keys: keys.into_iter().map(|key| key.public).collect(),
                name: profiles::load(tx, account)?.display,
                greeting,
                has_picture: pictures::exists(tx, row)?,
                state,
                sequencing: visitor.channel().sequencing,
            })
        })
    }

    /// The picture that whoever comes sees.
    pub async fn picture(&self, visitor: &Visitor) -> Result<Option<Picture>, Error> {
        let channel = visitor.channel().clone();
        self.store.read(move |tx| Ok(pictures::find(tx, &channel)?)).await
    }

    /// The same for the holder.
    pub fn own_picture(&self, owner: &Owner, channel: &ChannelId) -> Reading<Option<Picture>> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store.reading(move |tx| Ok(pictures::find(tx, &owned_access(tx, account, &channel)?)?))
    }

    /// What the channel says and shows to whoever comes, for its holder.
    pub fn shown(&self, owner: &Owner, channel: &ChannelId) -> Reading<Shown> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store.reading(move |tx| {
            let access = owned_access(tx, account, &channel)?;
            let (greeting, _state) = channels::greeting(tx, access.row)?.ok_or(Error::ChannelNotFound)?;
            let has_picture = pictures::exists(tx, access.row)?;
            Ok(Shown { name: profiles::load(tx, account)?.display, greeting, has_picture })
        })
    }

    /// Has the channel say and show something else.
    pub async fn save(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        greeting: Greeting,
        picture: NewPicture,
    ) -> Result<(), Error> {
        let (account, channel, quota) = (owner.account(), channel.clone(), self.quota);
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let access = owned_access(tx, account, &channel)?;
                quota::within(tx, account, quota, || {
                    channels::set_greeting(tx, access.row, &greeting)?;
                    match &picture {
                        NewPicture::AsBefore => {}
                        NewPicture::None => pictures::set(tx, &access, None)?,
                        NewPicture::Of(picture) => pictures::set(tx, &access, Some(picture))?,
                    }
                    Ok(())
                })
            })
            .await
    }
}
