//! Until when messages are snoozed: a few times to choose from, and any other.

use std::time::Duration;

use askama::Template;
use time::macros::format_description;
use time::{Date, PrimitiveDateTime, Weekday};

use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::web::frame::chrome::Chrome;
use crate::web::words::format::{Now, When, count};

/// When a day begins that something is put off to.
const MORNING: u64 = 8;

/// What is later today.
const LATER: Duration = Duration::from_hours(3);

/// The question until when.
#[derive(Template)]
#[template(path = "inbox/snooze.html")]
pub struct SnoozePage {
    c: Chrome,
    heading: String,
    keys: Vec<String>,
    back: String,
    presets: [Preset; 3],
    /// As a field of dates and times writes it.
    tomorrow: String,
}

struct Preset {
    word: &'static str,
    at: Timestamp,
    told: String,
}

impl SnoozePage {
    pub fn new(c: Chrome, keys: Vec<String>, back: String, number: u64, now: Now<'_>) -> Self {
        let today = now.zone.calendar(now.at).date();
        let morning = |day: Date| {
            let start = now.zone.start_of(day).unwrap_or(now.at);
            start.after(Duration::from_hours(MORNING))
        };
        let next_day = today.next_day().unwrap_or(today);
        let preset = |word, at| Preset { word, at, told: When::new(at, now).full };
        Self {
            c,
            heading: format!("Snooze {}", count(number, "message")),
            keys,
            back,
            presets: [
                preset("Later today", now.at.after(LATER)),
                preset("Tomorrow morning", morning(next_day)),
                preset("Next week", morning(today.next_occurrence(Weekday::Monday))),
            ],
            tomorrow: format!("{next_day}T{MORNING:02}:00"),
        }
    }
}

/// The instant that was chosen: that of a button, or else a day and an hour in the reader's zone.
pub fn chosen(until: &str, at: &str, zone: &Zone) -> Option<Timestamp> {
    if until != "other" {
        return Timestamp::parse(until);
    }
    let at = at.get(.."2026-01-31T08:00".len())?;
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    let at = PrimitiveDateTime::parse(at, format).ok()?;
    let minutes = u64::from(at.hour()) * 60 + u64::from(at.minute());
    Some(zone.start_of(at.date())?.after(Duration::from_mins(minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_chosen_by_button_or_in_the_readers_zone() {
        let zone = Zone::find("Europe/Zurich").unwrap_or_else(Zone::utc);
        let chosen = |until, at| chosen(until, at, &zone).map(|at| at.to_string());
        let eight = Some("2026-03-02T08:00:00.000Z".to_owned());
        assert_eq!(chosen("2026-03-02T08:00:00.000Z", ""), eight);
        assert_eq!(chosen("other", "2026-03-02T09:00"), eight);
        assert_eq!(chosen("other", "2026-03-02T09:00:59"), eight);
        for (until, at) in
            [("", ""), ("soon", ""), ("other", ""), ("other", "x"), ("other", "2026-03-02T\u{e9}9:000")]
        {
            assert_eq!(chosen(until, at), None, "{until} {at}");
        }
    }
}
