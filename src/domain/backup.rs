//! When backups are made, and which of them are kept.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp as Instant, Zoned};

use crate::domain::time::Timestamp;

/// A time of the day at which a backup is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(Time);

impl TimeOfDay {
    /// Reads `03:15`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let two_digits = |part: &str| {
            let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse::<i8>().ok() } else { None }
        };
        Time::new(two_digits(hour)?, two_digits(minute)?, 0, 0).ok().map(Self)
    }

    /// The first such time after an instant. One that a day lacks, as clocks change, is as much later.
    pub fn next(self, after: Timestamp, zone: &TimeZone) -> Timestamp {
        let at = zoned(after, zone);
        let on = |date: Date| date.to_datetime(self.0).to_zoned(zone.clone()).ok();
        let days = [at.date().yesterday(), Ok(at.date()), at.date().tomorrow()];
        let times = days.into_iter().flatten().filter_map(on).filter(|time| *time > at);
        times.min().map_or_else(|| after.after(std::time::Duration::from_hours(24)), |time| timestamp(&time))
    }
}

/// As it is read.
impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

/// How many backups are kept: the last of each of so many days, and of each of so many weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// Days that have a backup.
    pub daily: u32,
    /// Weeks that have a backup, from Monday on.
    pub weekly: u32,
}

impl Keep {
    /// Reads `7 daily, 4 weekly`, either of which may be left out.
    pub fn parse(text: &str) -> Option<Self> {
        let mut keep = Self::default();
        for part in text.split(',') {
            let (count, what) = part.trim().split_once(' ')?;
            let place = match what.trim() {
                "daily" => &mut keep.daily,
                "weekly" => &mut keep.weekly,
                _ => return None,
            };
            if *place != 0 {
                return None;
            }
            *place = count.parse().ok().filter(|count| (1..=10_000).contains(count))?;
        }
        Some(keep)
    }

    /// Which of these backups are kept, by when they were made. The newest always is.
    pub fn kept(self, made: &[Timestamp], zone: &TimeZone) -> BTreeSet<Timestamp> {
        let mut newest_first = made.to_vec();
        newest_first.sort_unstable_by(|one, other| other.cmp(one));
        let mut kept: BTreeSet<Timestamp> = newest_first.first().copied().into_iter().collect();
        let day = |at: &Timestamp| zoned(*at, zone).date();
        let monday = |at: &Timestamp| {
            let date = day(at);
            let since_monday = i64::from(date.weekday().to_monday_zero_offset());
            date.checked_sub(SignedDuration::from_hours(24 * since_monday)).unwrap_or(date)
        };
        for (most, period) in [(self.daily, &day as &dyn Fn(&Timestamp) -> Date), (self.weekly, &monday)] {
            let mut periods = BTreeSet::new();
            for at in &newest_first {
                if periods.len() == most as usize {
                    break;
                }
                if periods.insert(period(at)) {
                    kept.insert(*at);
                }
            }
        }
        kept
    }
}

fn zoned(at: Timestamp, zone: &TimeZone) -> Zoned {
    Instant::from_millisecond(at.as_millis()).unwrap_or_default().to_zoned(zone.clone())
}

fn timestamp(at: &Zoned) -> Timestamp {
    Timestamp::from_millis(at.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("an instant")
    }

    #[test]
    fn a_time_of_the_day_is_read_as_it_is_written() {
        for text in ["03:15", "00:00", "23:59"] {
            assert!(TimeOfDay::parse(text).is_some(), "{text}");
        }
        for text in ["", "3:15", "24:00", "03:60", "03:15:00", "+3:15", "0315", "03:1"] {
            assert_eq!(TimeOfDay::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_next_time_is_today_or_tomorrow_also_where_clocks_change() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let check = |time: &str, after: &str, expect: &str| {
            let next = TimeOfDay::parse(time).expect("a time").next(at(after), &berlin);
            assert_eq!(next.to_string(), at(expect).to_string(), "{time} after {after}");
        };
        check("03:15", "2026-11-26T01:00:00Z", "2026-11-26T02:15:00Z");
        check("03:15", "2026-11-26T02:15:00Z", "2026-11-27T02:15:00Z");
        check("00:30", "2026-11-26T23:29:59Z", "2026-11-26T23:30:00Z");
        // 02:15 is not there on the day when clocks go forward, and twice on the day when they go back.
        check("02:15", "2026-03-28T12:00:00Z", "2026-03-29T01:15:00Z");
        check("02:15", "2026-10-24T12:00:00Z", "2026-10-25T00:15:00Z");
        check("02:15", "2026-10-25T00:15:00Z", "2026-10-26T01:15:00Z");
    }

    #[test]
    fn how_many_are_kept_is_read_as_it_is_written() {
        assert_eq!(Keep::parse("7 daily, 4 weekly"), Some(Keep { daily: 7, weekly: 4 }));
        assert_eq!(Keep::parse("2 weekly"), Some(Keep { daily: 0, weekly: 2 }));
        for text in ["", "7", "daily", "0 daily", "7 daily, 7 daily", "7 hourly", "-1 daily", "7 daily,"] {
            assert_eq!(Keep::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_of_each_day_and_week_is_kept_and_always_the_newest() {
        let made: Vec<Timestamp> = (1..=30)
            .flat_map(|day| ["03", "15"].map(|hour| at(&format!("2026-11-{day:02}T{hour}:00:00Z"))))
            .collect();
        let kept = Keep { daily: 3, weekly: 3 }.kept(&made, &TimeZone::UTC);
        let days: Vec<String> = kept.iter().map(|at| at.to_string()[8..13].to_owned()).collect();
        // The 30th is a Monday: the weeks end on the 30th, 29th and 22nd.
        assert_eq!(days, ["22T15", "28T15", "29T15", "30T15"]);
        assert_eq!(Keep::default().kept(&made, &TimeZone::UTC).len(), 1);
        assert!(Keep { daily: 1, weekly: 1 }.kept(&[], &TimeZone::UTC).is_empty());
    }
}
