//! Looks for what must not be found: a text in every form in which it could leak into a file.

use std::fs;
use std::path::Path;

/// The forms in which `text` would be found in bytes: raw, hex, base64 at each alignment, UTF-16.
fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).expect("four bits");
    let hex: String = text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let mut forms = vec![
        ("raw", text.as_bytes().to_vec()),
        ("UTF-16LE", utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        ("UTF-16BE", utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
        ("upper-case hex", hex.to_uppercase().into_bytes()),
        ("hex", hex.into_bytes()),
    ];
    for skipped in 0..3 {
        // Without the first and last groups, which depend on what stands around.
        let shifted = [&b"\0\0\0"[skipped..], text.as_bytes()].concat();
        let encoded = base64_simd::STANDARD.encode_to_string(&shifted);
        let inner = encoded.trim_end_matches('=');
        let inner = inner[4..inner.len() - 4].to_owned();
        forms.push(("URL-safe base64", inner.replace('+', "-").replace('/', "_").into_bytes()));
        forms.push(("base64", inner.into_bytes()));
    }
    forms
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}

/// Every place where one of `texts` is found, in words.
pub fn found_in(what: &str, bytes: &[u8], texts: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for text in texts {
        assert!(text.len() >= 12, "{text:?} is too short to look for");
        for (form, wanted) in forms(text) {
            if contains(bytes, &wanted) {
                found.push(format!("{text} as {form} in {what}"));
            }
        }
    }
    found
}

/// The same over every file of a folder, which must not be empty.
pub fn found_under(folder: &Path, texts: &[String]) -> Vec<String> {
    let entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    assert!(!entries.is_empty(), "nothing to look at in {}", folder.display());
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap_or_default().display().to_string();
        if path.is_dir() {
            found.extend(found_under(&path, texts));
        } else {
            found.extend(found_in(&name, &fs::read(&path).expect("a file"), texts));
        }
    }
    found
}

#[test]
fn a_text_is_found_in_every_form() {
    let text = "marker-of-this-test".to_owned();
    for around in ["", "a", "ab"] {
        let whole = format!("{around}{text} and more");
        let encoded = base64_simd::STANDARD.encode_to_string(whole.as_bytes());
        let found = found_in("here", encoded.as_bytes(), std::slice::from_ref(&text));
        assert_eq!(
            found,
            [format!("{text} as URL-safe base64 in here"), format!("{text} as base64 in here")]
        );
    }
    assert_eq!(found_in("here", b"6d61726b65722d6f662d746869732d74657374", &[text]).len(), 1);
}
