//! One turn of a registered device: that it is told, and what is noted of it.

use crate::crypto::random;
use crate::domain::phone;
use crate::notify::outbox::caller::Caller;
use crate::notify::outbox::fcm::{self, Fcm, Said};
use crate::store::phones::{Due, Outcome, Tried};

impl Caller {
    /// Tells a device.
    pub(super) async fn tell_phone(&self, fcm: &Fcm, due: Due) -> Tried {
        let told = fcm.tell(&due, &self.client, self.now()).await;
        let status = told.as_ref().ok().map(|answer| answer.status);
        let (said, asked) = match &told {
            Ok(answer) => (fcm::said(answer), answer.retry_after),
            Err(_) => (Said::Failed, None),
        };
        let now = self.now();
        let outcome = match said {
            Said::Taken => Outcome::Taken,
            Said::Gone => Outcome::Gone { device: due.device },
            Said::Failed => {
                let error = told.err().map(|error| error.to_string());
                tracing::warn!(status, error, "a phone could not be told");
                let [dice] = random::bytes();
                Outcome::Failed(phone::judge(due.tries, due.failing_since, status, asked, now, dice))
            }
        };
        Tried { id: due.id, told: due.sequence, at: now, status, outcome }
    }
}
