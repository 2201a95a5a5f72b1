//! Text without case and without marks on letters, in which people find what they typed the easy way, and where in the
//! original it was found.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// The text as it is looked through: `Schlüssel` is `schlussel`, `STRASSE` and `straße` are one.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let folding = Folding::new();
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        folding.add(character, &mut folded);
    }
    folded
}

/// Where the first of the words begins in a text that may be long. The words are folded.
pub fn first_found(text: &str, words: &[String]) -> Option<usize> {
    let folded = folded(text);
    let first =
        words.iter().filter(|word| !word.is_empty()).filter_map(|word| folded.find(word.as_str())).min()?;
    let folding = Folding::new();
    let (mut before, mut letter) = (0, String::new());
    for (start, character) in text.char_indices() {
        letter.clear();
        folding.add(character, &mut letter);
        before += letter.len();
        if before > first {
            return Some(start);
        }
    }
    None
}

/// Where words stand in a line of text, as ranges of its bytes, in order and apart from each other. The words are folded.
pub fn found(text: &str, words: &[String]) -> Vec<(usize, usize)> {
    let folding = Folding::new();
    let mut folded = String::with_capacity(text.len());
    // For each byte of the folded text, the character of the original that it comes from.
    let mut origins = Vec::with_capacity(text.len());
    for (start, character) in text.char_indices() {
        folding.add(character, &mut folded);
        origins.resize(folded.len(), (start, start + character.len_utf8()));
    }
    let mut ranges = Vec::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        for (at, _) in folded.match_indices(word.as_str()) {
            let mut end = origins[at + word.len() - 1].1;
            // A mark belongs to the letter before it.
            end += text[end..]
                .chars()
                .take_while(|next| folding.is_mark(*next))
                .map(char::len_utf8)
                .sum::<usize>();
            ranges.push((origins[at].0, end));
        }
    }
    ranges.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for (start, end) in ranges {
        match apart.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => apart.push((start, end)),
        }
    }
    apart
}

/// Latin letters that Unicode takes for letters of their own, not for others with marks, and what people type who have no
/// such key. Sorted.
const DRAWN_TOGETHER: [(char, &str); 13] = [
    ('æ', "ae"),
    ('ð', "d"),
    ('ø', "o"),
    ('þ', "th"),
    ('đ', "d"),
    ('ħ', "h"),
    ('ĸ', "k"),
    ('ł', "l"),
    ('ŋ', "n"),
    ('œ', "oe"),
    ('ŧ', "t"),
    ('ɓ', "b"),
    ('ɗ', "d"),
];

/// Unicode's tables.
struct Folding {
    apart: DecomposingNormalizerBorrowed<'static>,
    categories: icu_properties::CodePointMapDataBorrowed<'static, GeneralCategory>,
}

impl Folding {
    fn new() -> Self {
        Self { apart: DecomposingNormalizerBorrowed::new_nfkd(), categories: CodePointMapData::new() }
    }

    fn add(&self, character: char, folded: &mut String) {
        if character.is_ascii() {
            folded.push(character.to_ascii_lowercase());
            return;
        }
        // Small letters are made from capitals, so that ß and ss, ς and σ are one.
        let plain = character.to_uppercase().flat_map(char::to_lowercase);
        for part in self.apart.normalize_iter(plain).filter(|part| !self.is_mark(*part)) {
            match DRAWN_TOGETHER.binary_search_by_key(&part, |(letter, _)| *letter) {
                Ok(at) => folded.push_str(DRAWN_TOGETHER[at].1),
                Err(_) => folded.push(part),
            }
        }
    }

    fn is_mark(&self, character: char) -> bool {
        !character.is_ascii() && self.categories.get(character) == GeneralCategory::NonspacingMark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_marks_make_no_difference() {
        for (text, expected) in [
            ("Schlüssel", "schlussel"),
            ("SCHLU\u{308}SSEL", "schlussel"),
            ("Straße", "strasse"),
            ("Ångström ﬁn", "angstrom fin"),
            ("ΣΑΣ σας", "σασ σασ"),
            ("漢字 42", "漢字 42"),
            ("Løkke ŁÓDŹ Đorđe Ægir œuvre", "lokke lodz dorde aegir oeuvre"),
            ("Þór Iğdır İzmir ǿ ħ ŧ ŋ", "thor igdir izmir o h t n"),
        ] {
            assert_eq!(folded(text), expected, "{text}");
        }
    }

    #[test]
    fn letters_that_are_drawn_together_are_sorted_and_cannot_be_taken_apart() {
        assert!(DRAWN_TOGETHER.is_sorted());
        let folding = Folding::new();
        for (letter, plain) in DRAWN_TOGETHER {
            assert_eq!(folding.apart.normalize(&letter.to_string()), letter.to_string());
            assert_eq!(folded(&letter.to_uppercase().to_string()), plain);
        }
    }

    #[test]
    fn what_was_found_is_where_it_stands() {
        let marked = |text: &str, words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| folded(word)).collect();
            found(text, &words).iter().map(|(start, end)| text[*start..*end].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            marked("der Schlüssel, die Schlu\u{308}ssel", &["schlussel"]),
            ["Schlüssel", "Schlu\u{308}ssel"]
        );
        assert_eq!(marked("Straße", &["ss"]), ["ß"]);
        assert_eq!(marked("Kjær, Kjaer, Łódź", &["kjaer", "lodz"]), ["Kjær", "Kjaer", "Łódź"]);
        assert_eq!(marked("Æsir", &["e"]), ["Æ"]);
        assert_eq!(marked("aXbx", &["x", "ax"]), ["aX", "x"]);
        assert_eq!(marked("Zoe\u{308}", &["zoë"]), ["Zoe\u{308}"]);
        assert_eq!(marked("none", &["", "other"]), [""; 0]);
    }

    #[test]
    fn the_first_that_was_found_is_found_alone_too() {
        for (text, words, at) in [
            ("der Schlüssel, die Schlu\u{308}ssel", ["ssel", "die"], Some(10)),
            ("\u{fdfa}\u{301} Straße", ["ss", ""], Some(10)),
            ("plain Text", ["text", "plain"], Some(0)),
            ("none", ["", "other"], None),
        ] {
            let words = words.map(str::to_owned);
            assert_eq!(first_found(text, &words), at, "{text}");
            assert_eq!(found(text, &words).first().map(|(start, _)| *start), at, "{text}");
        }
    }
}
