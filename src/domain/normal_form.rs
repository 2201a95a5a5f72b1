//! Unicode's normal forms, and what makes two names look alike: one person typed one thing, on whatever keyboard.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_security::MixedScript;

/// With letters and their marks in one (NFC), which is how most keyboards write.
pub fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// With letters and their marks apart (NFD), as some systems write.
pub fn decomposed(text: &str) -> String {
    DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned()
}

/// Composed, with characters that only differ in how they are set, such as ligatures and full width, made plain (NFKC).
pub fn plain(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned()
}

/// Plain and without case. Small letters are made from capitals, so that ß and ss, ς and σ are one.
pub fn folded(text: &str) -> String {
    plain(&plain(text).to_uppercase().to_lowercase())
}

/// Each run of white space as one space, and none at the ends.
pub fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A character that nobody sees, that moves others about, or that has no meaning everybody shares.
pub fn is_unseen(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        || matches!(
            category,
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::PrivateUse
                | GeneralCategory::Surrogate
                | GeneralCategory::Unassigned
        )
}

/// Whether letters of alphabets come together that nobody writes together, so that some of them pass for others. Latin
/// letters stand among Chinese, Japanese and Korean ones.
pub fn mixes_alphabets(text: &str) -> bool {
    if text.is_single_script() {
        return false;
    }
    let others: String = text.chars().filter(|character| !character.is_ascii_alphabetic()).collect();
    let scripts = others.as_str().resolve_script_set();
    !(scripts.hanb || scripts.jpan || scripts.kore)
}

/// Whether a text of another alphabet passes for one in Latin letters.
pub fn passes_for_latin(text: &str) -> bool {
    let is_foreign = |character: char| character.is_alphabetic() && !character.is_ascii();
    text.chars().any(is_foreign)
        && !text.chars().any(|character| character.is_ascii_alphabetic())
        && !plain(text).is_ascii()
        && unicode_security::skeleton(text).all(|character| character.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_in_many_forms_is_one() {
        for (one, other) in [
            ("José", "Jose\u{301}"),
            ("ﬁn", "FIN"),
            ("ｊｏｅ", "Joe"),
            ("STRASSE", "straße"),
            ("ΣΑΣ", "σας"),
            ("\u{212a}im", "Kim"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        assert_eq!(folded("Plain Name_1"), "plain name_1");
        assert_eq!(spaced(" a\u{a0} b\t"), "a b");
    }

    #[test]
    fn what_nobody_sees_is_found() {
        for character in
            ['\0', '\u{200b}', '\u{200d}', '\u{202e}', '\u{feff}', '\u{ad}', '\u{e000}', '\u{2028}']
        {
            assert!(is_unseen(character), "{character:?}");
        }
        for character in ['a', ' ', 'é', '\u{301}', '漢', '😀', '-'] {
            assert!(!is_unseen(character), "{character:?}");
        }
    }

    #[test]
    fn look_alikes_of_other_alphabets_are_found() {
        for name in ["\u{430}dmin", "p\u{430}ypal", "Ελena"] {
            assert!(mixes_alphabets(name), "{name}");
        }
        for name in ["admin", "Мария", "Ελένη", "佐藤 Ken", "김 Min", "Kjær 3", "box@example.org", "אבי"]
        {
            assert!(!mixes_alphabets(name), "{name}");
            assert!(!passes_for_latin(name), "{name}");
        }
        assert!(passes_for_latin("\u{441}\u{43e}\u{441}\u{43e}"));
    }
}
