//! Sentences in which names of settings and commands stand between backticks.

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedPiece {
    pub text: String,
    /// Whether it is to be typed as it stands.
    pub is_code: bool,
}

/// The sentence in pieces.
pub fn pieces(sentence: &str) -> Vec<QuotedPiece> {
    let parts = sentence.split('`').enumerate();
    let pieces = parts.map(|(place, text)| QuotedPiece { text: text.to_owned(), is_code: place % 2 == 1 });
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_piece_is_code() {
        let check = |sentence: &str, expected: &[(&str, bool)]| {
            let found = pieces(sentence);
            let found: Vec<_> = found.iter().map(|piece| (piece.text.as_str(), piece.is_code)).collect();
            assert_eq!(found, expected, "{sentence}");
        };
        check("run `peerbox doctor` now", &[("run ", false), ("peerbox doctor", true), (" now", false)]);
        check("`off`", &[("off", true)]);
        check("plain", &[("plain", false)]);
        check("", &[]);
    }
}
