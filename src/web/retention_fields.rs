//! The fields that two forms of a channel share: its name, and how long its messages stay.

use crate::domain::account::MAX_NAME_CHARS;
use crate::domain::channel::{InvalidRetention, Retention};
use crate::web::chrome::Problems;

/// The retention that two fields of days mean; empty is no limit.
pub fn judge(min: &str, max: &str, auto_prune: bool, problems: &mut Problems) -> Option<Retention> {
    let mut days = |field: &'static str, text: &str| {
        if text.is_empty() {
            return None;
        }
        let number = text.parse::<i32>().ok().filter(|days| (0..=36_500).contains(days));
        if number.is_none() {
            problems.add(field, "A whole number of days, at most 36500.");
        }
        number
    };
    let (min, max) = (days("min_days", min), days("max_days", max));
    match Retention::new(min, max, auto_prune && max.is_some_and(|days| days > 0)) {
        Ok(retention) => Some(retention),
        Err(InvalidRetention::Negative) => None,
        Err(InvalidRetention::MinAboveMax) => {
            problems.add("min_days", "Keep at least must not be more days than delete after.");
            None
        }
    }
}

/// A channel's private name may be empty, but not endless.
pub fn check_label(label: &str, problems: &mut Problems) {
    if label.chars().count() > MAX_NAME_CHARS || label.chars().any(char::is_control) {
        problems
            .add("label", "The name is longer than 128 characters, or has characters that cannot be shown.");
    }
}
