//! Who calls receivers: what all calls have in common. How each kind is told stands in the files beside it.

use crate::config::BaseUrl;
use crate::domain::text::in_one_line;
use crate::domain::time::Timestamp;
use crate::domain::webhook::ANSWER_KEPT;
use crate::notify::outbox::fcm::Fcm;
use crate::observe::deliveries::Deliveries;
use crate::outbound::Client;
use crate::outbound::call::{Answer, SendError};
use crate::outbound::mail::Relay;
use crate::store::Store;

/// Takes turns.
pub(super) struct Caller {
    pub(super) store: Store,
    pub(super) client: Client,
    /// Through which phones are told, if they are.
    pub(super) fcm: Option<Fcm>,
    /// Through which e-mail is sent, if it is.
    pub(super) relay: Option<Relay>,
    /// The address of the pages, if it is known.
    pub(super) base: Option<String>,
    pub(super) deliveries: Deliveries,
}

impl Caller {
    pub(super) fn new(
        store: Store,
        client: Client,
        fcm: Option<Fcm>,
        relay: Option<Relay>,
        base: Option<&BaseUrl>,
    ) -> Self {
        let base = base.map(|base| format!("{}{}", base.origin(), base.path()));
        Self { store, client, fcm, relay, base, deliveries: Deliveries::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.store.clock().now()
    }

    pub(super) fn tells_phones(&self) -> bool {
        self.fcm.is_some()
    }
}

/// The beginning of the answer, or why there is none.
pub(super) fn words(answered: &Result<Answer, SendError>) -> String {
    match answered {
        Ok(Answer { status: 300..=399, .. }) => "It leads elsewhere, and no redirect is followed.".to_owned(),
        Ok(answer) => in_one_line(&String::from_utf8_lossy(&answer.body), ANSWER_KEPT),
        Err(error) => in_one_line(&error.to_string(), ANSWER_KEPT),
    }
}
