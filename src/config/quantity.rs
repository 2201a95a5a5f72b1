//! Durations, sizes and rates as people write them: `12h`, `64k`, `5 per 15m`.

use std::time::Duration;

use crate::domain::size;

/// So many times in each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    pub count: u32,
    pub per: Duration,
}

/// Reads `90s`, `12h`, `30d` or `1h 30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| format!("{text:?} is not a duration; write for example 90s, 12h or 30d"))
}

/// A duration of at least `least`, for pauses that must not be a busy loop.
pub(super) fn duration_from(text: &str, least: Duration) -> Result<Duration, String> {
    let length = duration(text)?;
    if length < least {
        return Err(format!("{text:?} is too short; the least is {}", humantime::format_duration(least)));
    }
    Ok(length)
}

/// Reads bytes: `65536`, `64k`, `5M`, `1G`.
pub fn bytes(text: &str) -> Result<u64, String> {
    size::parse(text).ok_or_else(|| format!("{text:?} is not a size; write for example 65536, 64k, 5M or 1G"))
}

/// Reads a rate: `30 per minute`, `5 per 15m`.
pub(super) fn rate(text: &str) -> Result<Rate, String> {
    let unusable = || format!("{text:?} is not a rate; write for example \"30 per minute\" or \"5 per 15m\"");
    let (count, period) = text.split_once(" per ").ok_or_else(unusable)?;
    let count = whole(count.trim()).map_err(|_| unusable())?;
    let per = match period.trim() {
        "second" => Duration::from_secs(1),
        "minute" => Duration::from_mins(1),
        "hour" => Duration::from_hours(1),
        "day" => Duration::from_hours(24),
        other => humantime::parse_duration(other).map_err(|_| unusable())?,
    };
    if count == 0 || per.is_zero() {
        return Err(format!("{text:?} would let nothing through"));
    }
    Ok(Rate { count, per })
}

/// Reads a rate, or `0` for no limit.
pub(super) fn rate_or_unlimited(text: &str) -> Result<Option<Rate>, String> {
    if text == "0" { Ok(None) } else { rate(text).map(Some) }
}

/// Reads a whole number without sign or space.
pub fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits_only { text.parse().ok() } else { None };
    number.ok_or_else(|| format!("{text:?} is not a whole number in range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let check = |text: &str, expect: Option<u64>| {
            assert_eq!(duration(text).ok(), expect.map(Duration::from_secs), "{text:?}");
        };
        check("90s", Some(90));
        check("12h", Some(12 * 3600));
        check("30d", Some(30 * 86_400));
        check("1h 30m", Some(5400));
        check("90", None);
        check("", None);
        check("-1s", None);
    }

    #[test]
    fn rates() {
        let check = |text: &str, expect: Option<(u32, u64)>| {
            let expect = expect.map(|(count, secs)| Rate { count, per: Duration::from_secs(secs) });
            assert_eq!(rate(text).ok(), expect, "{text:?}");
        };
        check("30 per minute", Some((30, 60)));
        check("5 per 15m", Some((5, 900)));
        check("1 per second", Some((1, 1)));
        check("0 per minute", None);
        check("5 per 0s", None);
        check("5", None);
        check("per minute", None);
        assert_eq!(rate_or_unlimited("0"), Ok(None));
    }
}
