//! What a new holder does first, until it is done or put away.

use crate::auth::access::{Operator, Owner};
use crate::service::Reading;
use crate::service::error::Error;
use crate::store::{Store, channels, first_steps};

pub use crate::store::first_steps::StepNotes;

/// What is done of the first steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    pub channel: bool,
    /// Somebody else has a token of a channel.
    pub counterparty: bool,
    pub noted: StepNotes,
}

/// Showing and noting the first steps.
#[derive(Clone)]
pub struct FirstSteps {
    store: Store,
}

impl FirstSteps {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// How far the holder is. Who has put them away is asked nothing more.
    pub fn of(&self, owner: &Owner) -> Reading<Steps> {
        let account = owner.account();
        self.store.reading(move |tx| {
            let noted = first_steps::noted(tx, account)?;
            let looks = !noted.put_away;
            Ok(Steps {
                channel: looks && channels::count(tx, account)? > 0,
                counterparty: looks && first_steps::any_counterparty(tx, account)?,
                noted,
            })
        })
    }

    /// Puts them away.
    pub async fn put_away(&self, owner: &Owner) -> Result<(), Error> {
        self.note(owner, |noted| StepNotes { put_away: true, ..noted }).await
    }

    /// Notes that there is a copy of the key, which only somebody who manages the server can make.
    pub async fn note_key_copied(&self, operator: &Operator) -> Result<(), Error> {
        self.note(operator.owner(), |noted| StepNotes { key_copied: true, ..noted }).await
    }

    async fn note(&self, owner: &Owner, change: fn(StepNotes) -> StepNotes) -> Result<(), Error> {
        let account = owner.account();
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let noted = change(first_steps::noted(tx, account)?);
                Ok(first_steps::note(tx, account, noted)?)
            })
            .await
    }
}
