//! Instants: milliseconds since the epoch, the wire format of `received`, and the clock that everything is told by.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds in a day, the unit of retention.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// An instant in UTC, to the millisecond: the precision that every client's parser gets right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970, in UTC.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// In milliseconds since 1970, in UTC.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// The instant `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The instant `duration` earlier.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Time passed since `earlier`; zero when the clock went backwards.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whether less than `duration` lies between the two, whichever is the earlier. What is valid for a while is judged by
    /// this: a clock that is set back must not make it last until then once more.
    pub fn is_within(self, duration: Duration, of: Self) -> bool {
        self.since(of).max(of.since(self)) < duration
    }

    /// The calendar form, in UTC.
    pub fn calendar(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// To the second, in UTC, without a sign that some file system refuses: `2026-11-26T031500Z`.
    pub fn for_file_names(self) -> String {
        format!("{}Z", self.to_string()[..19].replace(':', ""))
    }

    /// Reads an RFC 3339 text, as `Display` writes it or with another offset or precision.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_finely(text).map(|(at, _)| at)
    }

    /// The same with the nanoseconds that are left over.
    pub fn parse_finely(text: &str) -> Option<(Self, u32)> {
        let nanos = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
        let rest = u32::try_from(nanos.rem_euclid(1_000_000)).ok()?;
        Some((Self(i64::try_from(nanos.div_euclid(1_000_000)).ok()?), rest))
    }
}

/// `2026-11-22T18:43:00.123Z`: always three fraction digits and `Z`, the only form that the Android, iOS and
/// older Python clients all read correctly (the reference trims zeros).
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.calendar();
        let mut text = *b"0000-00-00T00:00:00.000Z";
        set_digits(&mut text[0..4], at.year().unsigned_abs());
        set_digits(&mut text[5..7], u8::from(at.month()).into());
        set_digits(&mut text[8..10], at.day().into());
        set_digits(&mut text[11..13], at.hour().into());
        set_digits(&mut text[14..16], at.minute().into());
        set_digits(&mut text[17..19], at.second().into());
        set_digits(&mut text[20..23], at.millisecond().into());
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

/// Every message carries a time, and formatting seven numbers took a twentieth of reading one.
fn set_digits(places: &mut [u8], mut number: u32) {
    for place in places.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// A pause that ends when the clock says so.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits for it. Injected everywhere, so that tests own time.
pub trait Clock: Send + Sync + 'static {
    /// What time it is. It may go back, when somebody sets the clock right.
    fn now(&self) -> Timestamp;

    /// Completes once `duration` has passed on this clock.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Completes once it is that time, at once when it is already.
    fn sleep_until(&self, at: Timestamp) -> Sleep {
        self.sleep(at.since(self.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_a_while_begins_no_later_than_now() {
        let (made, while_) = (Timestamp::from_millis(50_000), Duration::from_secs(30));
        for (now, is_within) in
            [(50_000, true), (79_999, true), (80_000, false), (20_001, true), (20_000, false)]
        {
            assert_eq!(Timestamp::from_millis(now).is_within(while_, made), is_within, "{now}");
        }
    }

    #[test]
    fn always_three_fraction_digits() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_763_836_980_120, "2025-11-22T18:43:00.120Z"),
            (1_763_836_980_007, "2025-11-22T18:43:00.007Z"),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp::from_millis(millis)));
        }
    }
}
