//! Numbers of bytes as people write and read them. A unit is 1024 times the one before, so that what was typed is shown.

const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];

/// A number of bytes for people, rounded down: `0 B`, `980 B`, `4.2 KiB`, `12 MiB`.
pub fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // In 1024ths of the unit.
    let (mut amount, mut unit) = (bytes, 0);
    while amount >= 1024 * 1024 && unit < UNITS.len() - 1 {
        amount /= 1024;
        unit += 1;
    }
    let (whole, rest) = (amount / 1024, amount % 1024);
    if whole < 10 {
        format!("{whole}.{} {}", rest * 10 / 1024, UNITS[unit])
    } else {
        format!("{whole} {}", UNITS[unit])
    }
}

/// Reads `65536`, `64k`, `5M`, `1G`, or as it is shown, `64 KiB`; `None` for anything else, and for more than can be counted.
pub fn parse(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: u64 = match text[digits.len()..].trim() {
        "" => 1,
        "k" | "K" | "KiB" => 1 << 10,
        "m" | "M" | "MiB" => 1 << 20,
        "g" | "G" | "GiB" => 1 << 30,
        "t" | "T" | "TiB" => 1 << 40,
        _ => return None,
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| digits.parse::<u64>().ok()?.checked_mul(unit)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (4_352, "4.2 KiB"),
            (65_536, "64 KiB"),
            (1_048_575, "1023 KiB"),
            (1_048_576, "1.0 MiB"),
            (500 << 20, "500 MiB"),
            (1 << 30, "1.0 GiB"),
            (1 << 50, "1024 TiB"),
            (u64::MAX, "16777215 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn sizes_are_read() {
        let check = |text: &str, expect: Option<u64>| assert_eq!(parse(text), expect, "{text:?}");
        check("0", Some(0));
        check("65536", Some(65_536));
        check("64k", Some(65_536));
        check("5M", Some(5 << 20));
        check("1G", Some(1 << 30));
        check("1 G", Some(1 << 30));
        check("500 MiB", Some(500 << 20));
        for text in ["", "k", "-1", "+1", "1.5M", "1KB", "1 k k", "99999999999T"] {
            check(text, None);
        }
    }
}
