//! PostgreSQL's text format of `COPY`: fields between tabs, with backslashes before what would not be text.

use std::borrow::Cow;

/// The line that ends a block.
pub(super) const END: &[u8] = b"\\.";

const NULL: &[u8] = b"\\N";

/// The value of a field; `None` for null.
pub(super) fn value(field: &[u8]) -> Option<Cow<'_, [u8]>> {
    if field == NULL {
        return None;
    }
    if !field.contains(&b'\\') {
        return Some(field.into());
    }
    let mut value = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, after) = if byte == b'\\' { escaped(after) } else { (byte, after) };
        value.push(byte);
        rest = after;
    }
    Some(value.into())
}

/// The byte that follows a backslash stands for, and what comes after it.
fn escaped(rest: &[u8]) -> (u8, &[u8]) {
    let Some((&letter, after)) = rest.split_first() else { return (b'\\', rest) };
    let named = match letter {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'0'..=b'7' => return number(rest, 8, 3),
        b'x' if after.first().is_some_and(u8::is_ascii_hexdigit) => return number(after, 16, 2),
        other => other,
    };
    (named, after)
}

/// A byte in digits, at most so many. What is too large for one loses its upper bits, as in PostgreSQL.
fn number(text: &[u8], radix: u32, most: usize) -> (u8, &[u8]) {
    let digits = text.iter().take(most).map_while(|byte| char::from(*byte).to_digit(radix));
    let (mut value, mut length) = (0_u32, 0);
    for digit in digits {
        value = value * radix + digit;
        length += 1;
    }
    (value.to_le_bytes()[0], &text[length..])
}

/// The bytes of a `bytea`, in either of the forms in which it is written; `None` for neither.
pub(super) fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    match text.strip_prefix(b"\\x") {
        Some(hex) => {
            let pairs = hex.chunks(2).map(|pair| {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let [high, low] = pair else { return None };
                u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
            });
            pairs.collect()
        }
        None => of_escapes(text),
    }
}

/// The older form: backslashes are doubled, and what cannot be read is three octal digits.
fn of_escapes(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'\\', [b'\\', after @ ..]) => {
                bytes.push(b'\\');
                after
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                bytes.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                after
            }
            (b'\\', _) => return None,
            (byte, after) => {
                bytes.push(byte);
                after
            }
        };
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As PostgreSQL writes a value.
    fn written(value: &[u8]) -> Vec<u8> {
        let mut field = Vec::new();
        for &byte in value {
            match byte {
                0x08 => field.extend(b"\\b"),
                b'\t' => field.extend(b"\\t"),
                b'\n' => field.extend(b"\\n"),
                0x0b => field.extend(b"\\v"),
                0x0c => field.extend(b"\\f"),
                b'\r' => field.extend(b"\\r"),
                b'\\' => field.extend(b"\\\\"),
                byte => field.push(byte),
            }
        }
        field
    }

    #[test]
    fn escapes_mean_what_the_manual_says() {
        assert_eq!(value(b"\\N"), None);
        for (field, expected) in [
            (&b""[..], &b""[..]),
            (b"plain", b"plain"),
            (b"\\\\N", b"\\N"),
            (b"a\\tb\\nc\\\\d\\re\\bf\\fg\\v", b"a\tb\nc\\d\re\x08f\x0cg\x0b"),
            (b"\\101\\7\\x41\\x4\\q\\xg", b"A\x07A\x04qxg"),
            (b"\\777", b"\xff"),
            (b"end\\", b"end\\"),
        ] {
            assert_eq!(value(field).as_deref(), Some(expected), "{field:?}");
        }
    }

    #[test]
    fn bytes_come_in_two_forms() {
        assert_eq!(bytes(b"\\x00ff5C").as_deref(), Some(&b"\0\xff\\"[..]));
        assert_eq!(bytes(b"a\\\\b\\000\\377").as_deref(), Some(&b"a\\b\0\xff"[..]));
        assert_eq!(bytes(b"").as_deref(), Some(&b""[..]));
        for wrong in [&b"\\x0"[..], b"\\x0g", b"\\", b"\\9", b"\\400", b"\\12"] {
            assert_eq!(bytes(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(value in proptest::collection::vec(any::<u8>(), 0..200)) {
            let read = super::value(&written(&value)).map(Cow::into_owned);
            prop_assert_eq!(read, Some(value.clone()));
            let hex = value.iter().fold("\\x".to_owned(), |hex, byte| hex + &format!("{byte:02x}"));
            prop_assert_eq!(bytes(hex.as_bytes()), Some(value));
        }

        #[test]
        fn nothing_becomes_longer_or_panics(field in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(super::value(&field).is_none_or(|value| value.len() <= field.len()));
            prop_assert!(bytes(&field).is_none_or(|bytes| bytes.len() <= field.len()));
        }
    }
}
