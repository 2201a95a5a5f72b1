//! The phones that are told of a channel: apps registered them with a token.

use crate::domain::phone::{Phone, PhoneState};
use crate::service::contacts::Counterparty;
use crate::web::frame::call::Call;
use crate::web::frame::guards::Guard;
use crate::web::words::format::When;

/// One of them.
pub struct PhoneRow {
    /// Whose token it is.
    pub whose: String,
    pub created: When,
    pub tone: &'static str,
    pub word: &'static str,
    pub taken: Option<When>,
    pub failing_since: Option<When>,
    pub next_try: Option<When>,
    pub status: Option<u16>,
}

impl PhoneRow {
    pub fn new<G: Guard>(phone: &Phone, counterparties: &[Counterparty], call: &Call<G>) -> Self {
        let whose = counterparties.iter().find(|one| one.token.id == phone.token);
        let when = |at| When::new(at, call.now());
        let (tone, word) = match phone.state {
            PhoneState::AtWork if phone.failing_since.is_some() => ("warn", "Failing"),
            PhoneState::AtWork => ("ok", "At work"),
            PhoneState::GaveUp => ("warn", "Gave up"),
            PhoneState::Gone => ("", "Gone"),
        };
        Self {
            whose: whose.map(|one| one.token.description.clone()).unwrap_or_default(),
            created: when(phone.created),
            tone,
            word,
            taken: phone.taken.map(when),
            failing_since: phone.failing_since.map(when),
            next_try: phone.next_try.map(when),
            status: phone.status,
        }
    }
}
