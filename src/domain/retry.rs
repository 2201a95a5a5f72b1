//! When a call that failed is made again.

use std::time::Duration;

/// How long is waited after the first, second, … try; after more it is always the last.
const PAUSES: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(4),
];

/// The longest pause that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// The pause after so many tries. `dice` is random, so that receivers which fail together are not called together; `asked` is
/// the pause that the receiver asked for.
pub fn pause(tries: u32, asked: Option<Duration>, dice: u8) -> Duration {
    let step = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    // From four to six fifths of it.
    let pause = PAUSES[step] * 4 / 5 + PAUSES[step] * 2 / 5 * u32::from(dice) / 255;
    pause.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_never_the_same_for_all() {
        assert_eq!(
            (pause(1, None, 0), pause(1, None, 255)),
            (Duration::from_secs(4), Duration::from_secs(6))
        );
        assert!((2..10).all(|tries| pause(tries, None, 0) >= pause(tries - 1, None, 0)));
        assert_eq!(pause(400, None, 255), Duration::from_hours(4) * 6 / 5);
        let asked = Some(Duration::from_mins(7));
        assert_eq!(pause(1, asked, 0), Duration::from_mins(7), "the receiver asked for it");
        assert_eq!(pause(1, Some(Duration::MAX), 0), LONGEST_ASKED);
    }
}
