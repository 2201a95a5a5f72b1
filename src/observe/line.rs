//! An event of the log is one line, whatever others wrote that is told in it: nobody forges a second one.

/// What begins a colour. The library below makes it harmless in what is told.
const ESCAPE: u8 = 0x1b;

/// The event with spaces in the place of control characters, but for its own end.
pub(super) fn of_event(event: &[u8]) -> Vec<u8> {
    let told = event.strip_suffix(b"\n").unwrap_or(event);
    let plain = told.iter().map(|&byte| if byte.is_ascii_control() && byte != ESCAPE { b' ' } else { byte });
    plain.chain([b'\n']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        assert_eq!(
            of_event("a \u{1b}[2mé\r\nERROR b\t\0\n".as_bytes()),
            "a \u{1b}[2mé  ERROR b  \n".as_bytes()
        );
        assert_eq!(of_event(b"a"), b"a\n");
    }
}
