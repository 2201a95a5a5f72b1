//! Failures of one cause are told once in a while, with how many there were, instead of each time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::time::Timestamp;

/// How long a cause that was told is only counted.
const SILENCE: Duration = Duration::from_mins(1);

/// Causes that are told apart. More are forgotten, the oldest first.
const CAUSES: usize = 32;

/// What was told lately.
#[derive(Default)]
pub struct Repeats {
    told: Mutex<Vec<Cause>>,
}

struct Cause {
    text: String,
    told: Timestamp,
    untold: u64,
}

impl Repeats {
    /// When it is time to tell the cause: how often it came since it was told last.
    pub fn tell(&self, text: &str, now: Timestamp) -> Option<u64> {
        let mut causes = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = causes.iter_mut().find(|cause| cause.text == text) {
            cause.untold += 1;
            if cause.told <= now && now.since(cause.told) < SILENCE {
                return None;
            }
            cause.told = now;
            return Some(std::mem::take(&mut cause.untold));
        }
        if causes.len() == CAUSES {
            causes.remove(0);
        }
        causes.push(Cause { text: text.to_owned(), told: now, untold: 0 });
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_at_once_and_then_counted() {
        let repeats = Repeats::default();
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        assert_eq!(repeats.tell("full", at(0)), Some(1));
        assert_eq!(repeats.tell("full", at(1)), None);
        assert_eq!(repeats.tell("other", at(2)), Some(1));
        assert_eq!(repeats.tell("full", at(59)), None);
        assert_eq!(repeats.tell("full", at(60)), Some(3));
        assert_eq!(repeats.tell("full", at(30)), Some(1), "the clock went backwards");
    }
}
