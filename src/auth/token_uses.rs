//! When tokens were last used, to the hour: kept in memory, and written down now and then by a job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::id::TokenId;
use crate::domain::time::Timestamp;

/// The precision: within an hour a token is noted once, however often it is used.
const HOUR_MS: i64 = 60 * 60 * 1000;

/// Tokens that wait to be written down; a further one is not noted until some were.
const MOST: usize = 20_000;

/// A cheap handle: told of each use, asked by whoever shows or stores it.
#[derive(Clone, Default)]
pub struct TokenUses {
    unwritten: Arc<Mutex<HashMap<TokenId, Timestamp>>>,
}

/// The hour in which an instant lies.
pub fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().div_euclid(HOUR_MS) * HOUR_MS)
}

impl TokenUses {
    /// Notes that a token was used in that hour.
    pub fn note(&self, token: TokenId, hour: Timestamp) {
        let mut unwritten = self.unwritten();
        if unwritten.len() < MOST || unwritten.contains_key(&token) {
            unwritten.insert(token, hour);
        }
    }

    /// The last uses that are not written down yet. Whoever shows them asks before reading the file: what is written down
    /// meanwhile would be in neither.
    pub fn all(&self) -> HashMap<TokenId, Timestamp> {
        self.unwritten().clone()
    }

    /// Some that are to be written down.
    pub fn some(&self, most: usize) -> Vec<(TokenId, Timestamp)> {
        self.unwritten().iter().take(most).map(|(token, hour)| (*token, *hour)).collect()
    }

    /// These are written down.
    pub fn written(&self, written: &[(TokenId, Timestamp)]) {
        let mut unwritten = self.unwritten();
        for (token, hour) in written {
            if unwritten.get(token) == Some(hour) {
                unwritten.remove(token);
            }
        }
    }

    fn unwritten(&self) -> MutexGuard<'_, HashMap<TokenId, Timestamp>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
