//! The name of a file, which travels in the `name` parameter of a message's content type: the protocol has no other place.

use mime::Mime;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::domain::message::MAX_CONTENT_TYPE_BYTES;
use crate::domain::normal_form::is_unseen;

/// What a parameter holds as it is; RFC 8187 writes everything else as the bytes of its UTF-8.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A content type that names a file. What does not fit is cut in the middle of the name, so that its ending stays.
pub fn with_name(content_type: &str, name: &str) -> String {
    let name = plain(name);
    let mut letters: Vec<char> = name.chars().collect();
    while !letters.is_empty() {
        let named = format!("{content_type}; {}", parameter(&letters.iter().collect::<String>()));
        if named.len() <= MAX_CONTENT_TYPE_BYTES {
            return named;
        }
        letters.remove(letters.len() / 2);
    }
    content_type.to_owned()
}

/// The name of the file that a message is; nothing for one that names none.
pub fn name_of(content_type: &str) -> Option<String> {
    let media: Mime = content_type.parse().ok()?;
    let encoded = media.get_param("name*").and_then(|value| decoded(value.as_str()));
    let name = plain(&encoded.or_else(|| media.get_param("name").map(|value| value.as_str().to_owned()))?);
    (!name.is_empty()).then_some(name)
}

fn parameter(name: &str) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || " -._()+,@".contains(c);
    if name.chars().all(simple) {
        format!("name=\"{name}\"")
    } else {
        format!("name*=UTF-8''{}", utf8_percent_encode(name, ENCODED))
    }
}

fn decoded(value: &str) -> Option<String> {
    let text = value.get(..7).filter(|start| start.eq_ignore_ascii_case("utf-8''")).and(value.get(7..))?;
    percent_decode_str(text).decode_utf8().ok().map(String::from)
}

/// The last part of a path, without what nobody sees or what turns a text round.
fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !is_unseen(*c)).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_as_it_went() {
        for name in
            ["price-list (2).pdf", "Prüfung; charset=utf-16.txt", "a\"b'%41.txt", "写真.jpg", ".profile"]
        {
            let named = with_name("application/pdf", name);
            assert!(named.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{named}");
            assert_eq!(name_of(&named).as_deref(), Some(name), "{named}");
        }
        assert_eq!(with_name("image/png", "a.png"), "image/png; name=\"a.png\"");
        assert_eq!(name_of("text/plain; charset=utf-8; name=\"a; b.txt\"").as_deref(), Some("a; b.txt"));
    }

    #[test]
    fn a_name_is_no_path_and_hides_nothing() {
        for (name, seen) in [
            ("C:\\docs\\a.pdf", Some("a.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("\u{202e}fdp.exe", Some("fdp.exe")),
            ("a\r\nb", Some("ab")),
            ("", None),
            ("a/", None),
        ] {
            assert_eq!(name_of(&with_name("a/b", name)).as_deref(), seen, "{name}");
        }
        for odd in ["", "a/b", "name=x", "a/b; name*=latin1''x", "a/b; name*=UTF-8''%ff", "a/b; name*=é"] {
            assert_eq!(name_of(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        for letter in ["a", "ü", "写"] {
            let named = with_name("application/pdf", &format!("{}.pdf", letter.repeat(300)));
            let name = name_of(&named).expect("a name");
            assert!(
                named.len() <= MAX_CONTENT_TYPE_BYTES && named.len() > MAX_CONTENT_TYPE_BYTES - 10,
                "{named}"
            );
            assert!(
                name.starts_with(letter) && name.rsplit_once('.').is_some_and(|(_, end)| end == "pdf"),
                "{name}"
            );
        }
        let full = "a/".to_owned() + &"b".repeat(MAX_CONTENT_TYPE_BYTES - 2);
        assert_eq!(with_name(&full, "a.pdf"), full);
    }
}
