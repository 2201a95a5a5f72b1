//! One turn of a registered device: that it is told, and what is noted of it.

use crate::crypto::random;
use crate::domain::retry;
use crate::notify::outbox::caller::Caller;
use crate::notify::outbox::fcm::{self, Fcm, Said};
use crate::store::phones::{Due, Tried};

impl Caller {
    /// Tells a device. Who fails is never given up: the fault may be with the service account, and is one of all devices then.
    pub(super) async fn tell_phone(&self, fcm: &Fcm, due: Due) -> Tried {
        let told = fcm.tell(&due, &self.client, self.now()).await;
        let (said, asked) = match &told {
            Ok(answer) => (fcm::said(answer), answer.retry_after),
            Err(_) => (Said::Failed, None),
        };
        match said {
            Said::Taken => Tried::Taken { id: due.id, told: due.sequence },
            Said::Gone => Tried::Gone { device: due.device },
            Said::Failed => {
                let status = told.as_ref().ok().map(|answer| answer.status);
                let error = told.err().map(|error| error.to_string());
                tracing::warn!(status, error, "a phone could not be told; it is tried again");
                let [dice] = random::bytes();
                let at = self.now().after(retry::pause(due.tries.saturating_add(1), asked, dice));
                Tried::Again { id: due.id, at }
            }
        }
    }
}
