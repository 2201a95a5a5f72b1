//! When a token ends by itself: how its holder chooses that, and how it is told.

use std::time::Duration;

use time::Date;
use time::macros::format_description;

use crate::domain::time::Timestamp;
use crate::domain::token::NewEnd;
use crate::web::frame::forms::fields::Fields;
use crate::web::words::format::{Now, When, stretch};

/// The choice as it was made. Nothing chosen is what was so far.
#[derive(Default)]
pub struct ExpiryChoice {
    pub choice: String,
    /// The last day, where that was chosen.
    pub day: String,
}

impl ExpiryChoice {
    pub fn read(fields: &Fields) -> Self {
        Self { choice: fields.text("ends"), day: fields.line("ends_on") }
    }

    /// When it is to end; or what is wrong with the choice.
    pub fn judge(&self, now: Now<'_>) -> Result<NewEnd, &'static str> {
        let days = |days: u64| Ok(NewEnd::At(now.after(Duration::from_hours(24 * days))));
        match self.choice.as_str() {
            "never" => Ok(NewEnd::Never),
            "1" => days(1),
            "7" => days(7),
            "30" => days(30),
            "90" => days(90),
            "date" => {
                let end = self.end_of_day(now).filter(|end| *end > now.at);
                end.map(NewEnd::At).ok_or("Choose the last day, one that is not over.")
            }
            _ => Ok(NewEnd::AsBefore),
        }
    }

    /// The day counts as a whole, in the reader's zone.
    fn end_of_day(&self, now: Now<'_>) -> Option<Timestamp> {
        let day = Date::parse(&self.day, format_description!("[year]-[month]-[day]")).ok()?;
        now.zone.start_of(day.next_day()?)
    }
}

/// The end of a token as it is told.
pub struct Expiry {
    pub is_over: bool,
    /// `Expires in 3 days`, `Expired`.
    pub words: String,
    pub at: When,
}

impl Expiry {
    pub fn new(end: Timestamp, now: Now<'_>) -> Self {
        let is_over = end <= now.at;
        let words =
            if is_over { "Expired".to_owned() } else { format!("Expires in {}", stretch(end.since(now.at))) };
        Self { is_over, words, at: When::new(end, now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::Zone;

    #[test]
    fn a_chosen_day_counts_as_a_whole_where_the_reader_is() {
        let Some(zone) = Zone::find("Europe/Berlin") else { panic!("a zone that everybody knows") };
        let at = |text| Timestamp::parse(text).unwrap_or(Timestamp::from_millis(0));
        let now = Now { at: at("2026-11-26T10:00:00Z"), zone: &zone };
        let judged = |choice: &str, day: &str| {
            ExpiryChoice { choice: choice.to_owned(), day: day.to_owned() }.judge(now)
        };
        assert_eq!(judged("date", "2026-11-26"), Ok(NewEnd::At(at("2026-11-26T23:00:00Z"))));
        assert_eq!(judged("7", ""), Ok(NewEnd::At(at("2026-12-03T10:00:00Z"))));
        assert_eq!(judged("never", "2026-11-26"), Ok(NewEnd::Never));
        assert_eq!(judged("", ""), Ok(NewEnd::AsBefore));
        for wrong in ["", "2026-11-25", "2026-13-01", "9999-12-31", "tomorrow"] {
            assert!(judged("date", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_left_is_told_in_its_largest_unit() {
        let zone = Zone::utc();
        let now = Now { at: Timestamp::from_millis(0), zone: &zone };
        let words = |minutes: i64| Expiry::new(Timestamp::from_millis(minutes * 60_000), now).words;
        assert_eq!(words(0), "Expired");
        assert_eq!(words(1), "Expires in 1 minute");
        assert_eq!(words(60 * 5), "Expires in 5 hours");
        assert_eq!(words(60 * 24 * 3 + 5), "Expires in 3 days");
        assert_eq!(words(60 * 24 * 7 - 1), "Expires in 7 days");
    }
}
