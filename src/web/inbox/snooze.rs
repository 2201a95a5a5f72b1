//! Until when messages are snoozed: a few times to choose from, and any other.

use std::time::Duration;

use askama::Template;
use time::macros::format_description;
use time::{Date, PrimitiveDateTime, Weekday};

use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::problems::Problems;
use crate::web::words::format::{Now, When, count};

/// When a day begins that something is put off to.
const MORNING: u8 = 8;

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
    /// Any other time, as a field of dates and times writes it.
    other: String,
    /// By whose clocks.
    zone: String,
    problems: Problems,
}

struct Preset {
    word: &'static str,
    at: Timestamp,
    told: String,
}

impl SnoozePage {
    pub fn new(c: Chrome, keys: Vec<String>, back: String, number: u64, now: Now<'_>) -> Self {
        Self {
            c,
            heading: format!("Snooze {}", count(number, "message")),
            keys,
            back,
            presets: presets(now).map(|(word, at)| Preset { word, at, told: When::new(at, now).full }),
            other: format!("{}T{MORNING:02}:00", next_day(now)),
            zone: now.zone.name().to_owned(),
            problems: Problems::none(),
        }
    }

    /// The same with a time that was chosen, and is none.
    pub fn again(self, other: String) -> Self {
        let problems = Problems::one("at", "Choose a time to come, within ten years.");
        Self { other, problems, ..self }
    }
}

/// Times that most people choose, by the clocks of the reader's zone.
fn presets(now: Now<'_>) -> [(&'static str, Timestamp); 3] {
    let morning = |day: Date| {
        let shown = day.with_hms(MORNING, 0, 0).ok();
        shown.and_then(|shown| now.zone.instant(shown)).unwrap_or(now.at)
    };
    let monday = now.zone.calendar(now.at).date().next_occurrence(Weekday::Monday);
    [
        ("In three hours", now.at.after(LATER)),
        ("Tomorrow morning", morning(next_day(now))),
        ("Next week", morning(monday)),
    ]
}

fn next_day(now: Now<'_>) -> Date {
    let today = now.zone.calendar(now.at).date();
    today.next_day().unwrap_or(today)
}

/// The instant that was chosen: that of a button, or else a day and an hour in the reader's zone.
pub fn chosen(until: &str, at: &str, zone: &Zone) -> Option<Timestamp> {
    if until != "other" {
        return Timestamp::parse(until);
    }
    let at = at.get(.."2026-01-31T08:00".len())?;
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    zone.instant(PrimitiveDateTime::parse(at, format).ok()?)
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

    #[test]
    fn mornings_are_at_eight_also_on_days_when_clocks_change() {
        for (zone, now, tomorrow, monday) in [
            ("Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T06:00:00", "2026-03-30T06:00:00"),
            ("Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T07:00:00", "2026-10-26T07:00:00"),
            ("Australia/Sydney", "2026-10-03T01:00:00Z", "2026-10-03T21:00:00", "2026-10-04T21:00:00"),
            ("Australia/Sydney", "2026-04-04T01:00:00Z", "2026-04-04T22:00:00", "2026-04-05T22:00:00"),
        ] {
            let (zone, at) = (Zone::find(zone), Timestamp::parse(now));
            let (Some(zone), Some(at)) = (zone, at) else { panic!("a zone and a time") };
            let [(_, later), (_, next), (_, week)] = presets(Now { at, zone: &zone });
            assert_eq!(later, at.after(LATER));
            assert_eq!(next.to_string(), format!("{tomorrow}.000Z"), "{} {now}", zone.name());
            assert_eq!(week.to_string(), format!("{monday}.000Z"), "{} {now}", zone.name());
        }
        let Some(berlin) = Zone::find("Europe/Berlin") else { panic!("a zone") };
        let chosen = |at| chosen("other", at, &berlin).map(|at| at.to_string());
        assert_eq!(chosen("2026-03-29T02:30").as_deref(), Some("2026-03-29T01:30:00.000Z"), "never shown");
        assert_eq!(chosen("2026-10-25T02:30").as_deref(), Some("2026-10-25T00:30:00.000Z"), "shown twice");
    }
}
