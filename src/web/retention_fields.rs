//! The fields that two forms of a channel share: its name, and how long its messages stay.

use crate::domain::channel::{ChannelLabel, InvalidRetention, Retention};
use crate::web::chrome::Problems;
use crate::web::setup::sentence;

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

/// A channel's private name; it may be empty.
pub fn label(text: &str, problems: &mut Problems) -> Option<ChannelLabel> {
    ChannelLabel::new(text).map_err(|error| problems.add("label", sentence(&error))).ok()
}
