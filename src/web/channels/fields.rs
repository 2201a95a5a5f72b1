//! What a holder says of a channel, on the form of a new one and on that of its settings.

use crate::domain::channel::{Channel, ChannelLabel, Direction, InvalidRetention, PublicAccess, Retention};
use crate::web::frame::forms::fields::Fields;
use crate::web::frame::problems::Problems;
use crate::web::words::format::sentence;

/// The most days that a field takes; a century.
const MOST_DAYS: i32 = 36_500;

/// The fields as they were typed.
#[derive(Clone, Default)]
pub struct ChannelForm {
    pub label: String,
    pub direction: Direction,
    pub public: PublicAccess,
    pub min_days: String,
    /// What happens: empty for a channel that only announces a number of days and deletes nothing by itself.
    pub max_days: String,
}

/// The fields, understood.
pub struct Judged {
    pub label: ChannelLabel,
    pub retention: Retention,
}

impl ChannelForm {
    pub fn read(fields: &Fields) -> Self {
        Self {
            label: fields.line("label"),
            direction: direction(&fields.text("preset")),
            public: PublicAccess { read: fields.ticked("public_read"), write: fields.ticked("public_write") },
            min_days: fields.line("min_days"),
            max_days: fields.line("max_days"),
        }
    }

    pub fn of(channel: &Channel) -> Self {
        let (min_days, max_days) = days_of(&channel.retention);
        Self {
            label: channel.label.clone(),
            direction: channel.direction,
            public: channel.public,
            min_days,
            max_days,
        }
    }

    /// The fields as a form that asks once more sends them on.
    pub fn carried(&self) -> Vec<(&'static str, String)> {
        let ticked = |name, is: bool| is.then(|| (name, "yes".to_owned()));
        let texts = [
            ("label", self.label.clone()),
            ("preset", self.preset().to_owned()),
            ("min_days", self.min_days.clone()),
            ("max_days", self.max_days.clone()),
        ];
        let boxes = [ticked("public_read", self.public.read), ticked("public_write", self.public.write)];
        texts.into_iter().chain(boxes.into_iter().flatten()).collect()
    }

    /// The value of the direction's field.
    pub fn preset(&self) -> &'static str {
        match self.direction {
            Direction::TwoWay => "both",
            Direction::Incoming => "receive",
            Direction::Outgoing => "broadcast",
            Direction::Callbacks => "callbacks",
        }
    }

    /// The new settings. `now` is how long messages are kept so far. A field that was not changed keeps its value, even one
    /// that only a program can set.
    pub fn judge(&self, now: &Retention) -> Result<Judged, Problems> {
        let mut problems = Problems::none();
        let label =
            ChannelLabel::new(&self.label).map_err(|error| problems.add("label", sentence(&error))).ok();
        match (label, self.retention(now, &mut problems)) {
            (Some(label), Some(retention)) => Ok(Judged { label, retention }),
            _ => Err(problems),
        }
    }

    fn retention(&self, now: &Retention, problems: &mut Problems) -> Option<Retention> {
        let (shown_min, shown_max) = days_of(now);
        let min = if self.min_days == shown_min { Ok(now.min_age_days()) } else { days(&self.min_days) };
        let max = if self.max_days == shown_max {
            Ok((now.max_age_days(), now.auto_prune()))
        } else {
            days(&self.max_days).map(|days| (days, days.is_some()))
        };
        let min = min.map_err(|wrong| problems.add("min_days", wrong));
        let max = max.map_err(|wrong| problems.add("max_days", wrong));
        let (Ok(min), Ok((max, auto_prune))) = (min, max) else { return None };
        match Retention::new(min, max, auto_prune) {
            Ok(retention) => Some(retention),
            Err(InvalidRetention::Negative | InvalidRetention::MinAboveMax) => {
                problems.add("min_days", "Keep at least must not be more days than delete after.");
                None
            }
        }
    }
}

/// The two fields of a channel with these days.
fn days_of(retention: &Retention) -> (String, String) {
    let shown =
        |days: Option<i32>| days.filter(|days| *days > 0).map(|days| days.to_string()).unwrap_or_default();
    let pruned = retention.max_age_days().filter(|_| retention.auto_prune());
    (shown(retention.min_age_days()), shown(pruned))
}

/// The days of one field, without a value for no limit; or what is wrong with it.
fn days(text: &str) -> Result<Option<i32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<i32>() {
        Ok(days @ 0..=MOST_DAYS) => Ok(Some(days).filter(|days| *days > 0)),
        _ => Err(format!("A whole number of days, at most {MOST_DAYS}.")),
    }
}

/// The days of a field as far as they are understood, for a sentence about them.
pub fn days_said(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

fn direction(preset: &str) -> Direction {
    match preset {
        "receive" => Direction::Incoming,
        "broadcast" => Direction::Outgoing,
        "callbacks" => Direction::Callbacks,
        _ => Direction::TwoWay,
    }
}
