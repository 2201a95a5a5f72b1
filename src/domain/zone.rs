//! Zones of the earth in which it is the same time of day, by their names in the database that everybody uses.

use jiff::tz::TimeZone;
use time::{Date, OffsetDateTime, PrimitiveDateTime, UtcOffset};

use crate::domain::time::Timestamp;

/// A zone with its rules for all times.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Zone {
    /// The zone without rules, in which the server counts.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: TimeZone::UTC }
    }

    /// The zone of that name, such as `Europe/Berlin`.
    pub fn find(name: &str) -> Option<Self> {
        let rules = jiff::tz::db().get(name).ok()?;
        Some(Self { name: rules.iana_name()?.to_owned(), rules })
    }

    /// The names of all zones, in order.
    pub fn names() -> Vec<String> {
        let is_place = |name: &String| {
            (name.contains('/') || name == "UTC") && !name.starts_with("Etc/") && !name.starts_with("posix/")
        };
        jiff::tz::db().available().map(|name| name.as_str().to_owned()).filter(is_place).collect()
    }

    /// The name of this one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What calendars and clocks of the zone show at an instant.
    pub fn calendar(&self, at: Timestamp) -> OffsetDateTime {
        let utc = at.calendar();
        let seconds = self.rules.to_offset(instant(at)).seconds();
        UtcOffset::from_whole_seconds(seconds)
            .ok()
            .and_then(|offset| utc.checked_to_offset(offset))
            .unwrap_or(utc)
    }

    /// What the zone's time is called at an instant: `CET`, `CEST`, `UTC`.
    pub fn abbreviation(&self, at: Timestamp) -> String {
        self.rules.to_offset_info(instant(at)).abbreviation().to_owned()
    }

    /// When a day begins.
    pub fn start_of(&self, day: Date) -> Option<Timestamp> {
        let start = civil(day)?.to_zoned(self.rules.clone()).ok()?;
        Some(Timestamp::from_millis(start.timestamp().as_millisecond()))
    }

    /// When the clocks of the zone show that time: the first of two instants, and as much later as clocks are put forward
    /// where they pass over it.
    pub fn instant(&self, shown: PrimitiveDateTime) -> Option<Timestamp> {
        let hour = i8::try_from(shown.hour()).ok()?;
        let minute = i8::try_from(shown.minute()).ok()?;
        let time = civil(shown.date())?.at(hour, minute, 0, 0);
        let instant = self.rules.to_ambiguous_timestamp(time).compatible().ok()?;
        Some(Timestamp::from_millis(instant.as_millisecond()))
    }
}

fn civil(day: Date) -> Option<jiff::civil::Date> {
    let year = i16::try_from(day.year()).ok()?;
    let month = i8::try_from(u8::from(day.month())).ok()?;
    jiff::civil::Date::new(year, month, i8::try_from(day.day()).ok()?).ok()
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_summers_and_days_of_its_own() {
        let Some(zone) = Zone::find("europe/berlin") else { panic!("a zone that everybody knows") };
        assert_eq!(zone.name(), "Europe/Berlin");
        let at = |text| Timestamp::parse(text).unwrap_or(Timestamp::from_millis(0));
        let shown = |text| zone.calendar(at(text)).hour();
        assert_eq!((shown("2026-01-31T23:30:00Z"), shown("2026-07-31T23:30:00Z")), (0, 1));
        assert_eq!(zone.abbreviation(at("2026-07-31T23:30:00Z")), "CEST");
        let day = zone.calendar(at("2026-01-31T23:30:00Z")).date();
        assert_eq!(zone.start_of(day), Some(at("2026-01-31T23:00:00Z")));
        let three = day.with_hms(3, 0, 0).ok().and_then(|shown| zone.instant(shown));
        assert_eq!(three, Some(at("2026-02-01T02:00:00Z")));
        assert!(Zone::find("Nowhere/Else").is_none() && Zone::find("").is_none());
        assert!(Zone::names().len() > 300 && Zone::names().contains(&"Asia/Tokyo".to_owned()));
    }
}
