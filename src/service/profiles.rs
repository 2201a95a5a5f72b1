//! What an account holder says about oneself, and what the account has used of what it may.

use crate::auth::access::Owner;
use crate::config::LimitsConfig;
use crate::domain::account::{Account, MAX_NAME_CHARS};
use crate::domain::normal_form;
use crate::domain::receiver::Watched;
use crate::domain::zone::Zone;
use crate::events::Event;
use crate::service::Reading;
use crate::service::error::Error;
use crate::store::profiles::{self, Profile};
use crate::store::{Store, accounts};

/// The longest contact, in characters.
pub const MAX_CONTACT_CHARS: usize = 256;

/// Reading and changing the customer profile.
#[derive(Clone)]
pub struct Profiles {
    store: Store,
    quota: u64,
    channels: u32,
}

/// An account with its profile and its limits, 0 being unlimited.
#[derive(Debug)]
pub struct Holdings {
    pub account: Account,
    pub profile: Profile,
    pub quota_bytes: u64,
    pub most_channels: u32,
}

impl Profiles {
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        Self { store, quota: limits.storage_per_account, channels: limits.channels_per_account }
    }

    /// What the account has and what it may have.
    pub fn show(&self, owner: &Owner) -> Reading<Holdings> {
        let (account, quota_bytes, most_channels) = (owner.account(), self.quota, self.channels);
        self.store.reading(move |tx| {
            let profile = profiles::load(tx, account)?;
            let account = accounts::find(tx, account)?.ok_or(Error::AccountNotFound)?;
            let quota_bytes = account.quota.unwrap_or(quota_bytes);
            Ok(Holdings { account, profile, quota_bytes, most_channels })
        })
    }

    /// Saves what the holder wrote, cut to the lengths that are kept. A name keeps nothing that nobody sees. What is left as
    /// it was shown is not stored again: a text that does not open was shown as damaged, and those are nobody's words.
    pub async fn save(&self, owner: &Owner, display: &str, contact: &str) -> Result<(), Error> {
        let account = owner.account();
        let seen = |character: &char| !normal_form::is_unseen(*character);
        let profile = Profile {
            display: display.trim().chars().filter(seen).take(MAX_NAME_CHARS).collect(),
            contact: contact.trim().chars().take(MAX_CONTACT_CHARS).collect(),
        };
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let shown = profiles::load(tx, account)?;
                if profile.display != shown.display {
                    profiles::set_display(tx, account, &profile.display)?;
                }
                if profile.contact != shown.contact {
                    profiles::set_contact(tx, account, &profile.contact)?;
                }
                Ok(())
            })
            .await
    }

    /// The zone that the person's pages are in; `None` until one was given.
    pub fn zone(&self, owner: &Owner) -> Result<Option<Zone>, Error> {
        self.store.read_now(|tx| Ok(profiles::zone(tx, owner.user())?))
    }

    /// Changes the zone of the person; a guess does not when there is one.
    pub async fn save_zone(&self, owner: &Owner, zone: Zone, guessed: bool) -> Result<(), Error> {
        let (account, user) = (owner.account(), owner.user());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                if !guessed || profiles::zone(tx, user)?.is_none() {
                    profiles::set_zone(tx, user, &zone)?;
                    // Quiet hours and letters of every day have other times now.
                    tx.emit(Event::ReceiversChanged(Watched::Account(account)));
                }
                Ok(())
            })
            .await
    }
}
