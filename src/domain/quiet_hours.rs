//! Hours of every day in which a person is told nothing.

use time::Duration;

use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;

/// Minutes after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute(u16);

impl Minute {
    pub fn new(minute: u16) -> Option<Self> {
        (minute < 24 * 60).then_some(Self(minute))
    }

    /// Reads `22:30`, as forms send it.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let number = |digits: &str| {
            let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { digits.parse::<u16>().ok() } else { None }
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        if minute < 60 { Self::new(hour * 60 + minute) } else { None }
    }

    /// As a number.
    pub fn get(self) -> u16 {
        self.0
    }

    /// When clocks of the zone show it next after this.
    pub fn next(self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let (hour, minute) = self.parts();
        let today = zone.calendar(after).date();
        let days = (0..=2).filter_map(|days| today.checked_add(Duration::days(days)));
        let mut shown = days.filter_map(|day| zone.instant(day.with_hms(hour, minute, 0).ok()?));
        shown.find(|at| *at > after)
    }

    /// The hour, and the minute in it.
    fn parts(self) -> (u8, u8) {
        let part = |number| u8::try_from(number).unwrap_or_default();
        (part(self.0 / 60), part(self.0 % 60))
    }
}

impl std::fmt::Display for Minute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (hour, minute) = self.parts();
        write!(f, "{hour:02}:{minute:02}")
    }
}

/// From one time of day to another, which may be the next morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: Minute,
    until: Minute,
}

impl QuietHours {
    /// None where both are the same: nobody wants to be told nothing at all in this way.
    pub fn new(from: Minute, until: Minute) -> Option<Self> {
        (from != until).then_some(Self { from, until })
    }

    /// When they begin.
    pub fn from(self) -> Minute {
        self.from
    }

    /// When they end.
    pub fn until(self) -> Minute {
        self.until
    }

    /// When they end, if it is quiet now.
    pub fn end_of_present(self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        self.near(now, zone).find(|(from, until)| *from <= now && now < *until).map(|(_, until)| until)
    }

    /// When they ended last.
    pub fn last_end(self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        self.near(now, zone).map(|(_, until)| until).filter(|until| *until <= now).max()
    }

    /// Those that begin on the days around this one.
    fn near(self, now: Timestamp, zone: &Zone) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = zone.calendar(now).date();
        (-2..=1).filter_map(move |days| {
            let first = today.checked_add(Duration::days(days))?;
            let last = if self.from.get() < self.until.get() { first } else { first.next_day()? };
            let at = |day: time::Date, minute: Minute| {
                let (hour, minute) = minute.parts();
                zone.instant(day.with_hms(hour, minute, 0).ok()?)
            };
            Some((at(first, self.from)?, at(last, self.until)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    fn quiet(from: &str, until: &str) -> QuietHours {
        let minute = |text| Minute::parse(text).expect("a minute");
        QuietHours::new(minute(from), minute(until)).expect("hours")
    }

    #[test]
    fn nights_go_on_into_the_morning_of_the_zone() {
        let zone = Zone::find("Europe/Berlin").expect("a zone");
        let night = quiet("22:00", "07:30");
        let end = |text| night.end_of_present(at(text), &zone);
        assert_eq!(end("2026-01-10T20:59:59Z"), None);
        assert_eq!(end("2026-01-10T21:00:00Z"), Some(at("2026-01-11T06:30:00Z")));
        assert_eq!(end("2026-01-11T06:29:59Z"), Some(at("2026-01-11T06:30:00Z")));
        assert_eq!(end("2026-01-11T06:30:00Z"), None);
        assert_eq!(end("2026-07-10T20:00:00Z"), Some(at("2026-07-11T05:30:00Z")), "in summer");
        assert_eq!(night.last_end(at("2026-01-11T12:00:00Z"), &zone), Some(at("2026-01-11T06:30:00Z")));
        assert_eq!(night.last_end(at("2026-01-11T06:00:00Z"), &zone), Some(at("2026-01-10T06:30:00Z")));
    }

    #[test]
    fn a_pause_at_noon_is_of_one_day() {
        let noon = quiet("12:00", "14:00");
        let end = |text| noon.end_of_present(at(text), &Zone::utc());
        assert_eq!(end("2026-01-10T13:59:00Z"), Some(at("2026-01-10T14:00:00Z")));
        assert_eq!((end("2026-01-10T11:59:00Z"), end("2026-01-10T14:00:00Z")), (None, None));
    }

    #[test]
    fn times_of_day_are_read_strictly() {
        assert_eq!(Minute::parse("23:59").map(|minute| minute.to_string()).as_deref(), Some("23:59"));
        for wrong in ["", "24:00", "12:60", "1:00", "12:0", "12", "aa:bb", "12:00:00", "+1:00"] {
            assert_eq!(Minute::parse(wrong), None, "{wrong}");
        }
    }
}
