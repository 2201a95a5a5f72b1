//! The only source of randomness: the operating system.

/// Fills an array with random bytes.
///
/// # Panics
/// When the operating system cannot give random bytes; nothing secret can be made then, so nothing may go on.
#[expect(clippy::expect_used, reason = "without randomness every key and token would be guessable")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
