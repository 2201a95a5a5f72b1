//! Where the head of a request ends, and the upgrades in it that nobody here takes.

use memchr::memchr;

/// How far the lines of a head have been looked at, so that a head in many pieces is looked at once.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Where the line begins whose end was not found yet.
    line: usize,
    /// How much of that line was looked at.
    looked: usize,
    /// Whether a line so far may ask for an upgrade; hardly any head has one.
    may_upgrade: bool,
}

/// A head that has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HeadEnd {
    /// Its length, the blank line included.
    pub(super) length: usize,
    pub(super) may_upgrade: bool,
}

impl Scan {
    /// The head at the front; `None` while it has not come to its end.
    pub(super) fn end(&mut self, received: &[u8]) -> Option<HeadEnd> {
        while let Some(length) = memchr(b'\n', &received[self.looked..]) {
            let line = &received[self.line..self.looked + length];
            self.looked += length + 1;
            self.line = self.looked;
            if matches!(line, b"" | b"\r") {
                let Self { line: length, may_upgrade, .. } = std::mem::take(self);
                return Some(HeadEnd { length, may_upgrade });
            }
            self.may_upgrade |= may_upgrade(line);
        }
        self.looked = received.len();
        None
    }
}

/// Whether a line is of one of the two headers that upgrades are asked for with.
fn may_upgrade(line: &[u8]) -> bool {
    let begins = |name: &[u8]| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name);
    match line.first() {
        Some(b'c' | b'C') => begins(b"connection"),
        Some(b'u' | b'U') => begins(b"upgrade"),
        _ => false,
    }
}

/// Whether the head asks for the one thing here that a connection is given up for: a WebSocket with notifications.
pub(super) fn asks_for_socket(head: &[u8]) -> bool {
    is_notify(head)
        && options(head, b"connection").any(|option| option.eq_ignore_ascii_case(b"upgrade"))
        && options(head, b"upgrade").any(|option| option.eq_ignore_ascii_case(b"websocket"))
}

fn is_notify(head: &[u8]) -> bool {
    const NOTIFY: &[u8] = b"/notify";
    let Some(target) = head.strip_prefix(b"GET ").and_then(|rest| rest.split(|byte| *byte == b' ').next())
    else {
        return false;
    };
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let path = path.strip_suffix(b"/").unwrap_or(path);
    path.len() >= NOTIFY.len() && path[path.len() - NOTIFY.len()..].eq_ignore_ascii_case(NOTIFY)
}

/// What stands between the commas of the headers of that name.
fn options<'a>(head: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    head.split(|byte| *byte == b'\n')
        .filter_map(move |line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            line[..colon].eq_ignore_ascii_case(name).then_some(&line[colon + 1..])
        })
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

/// Makes an upgrade that nobody here takes a header without a meaning, as RFC 9110 section 7.8 allows. The decoder would
/// take everything that follows for the other protocol, and so would lose the body and the next request.
pub(super) fn ignore_upgrade(head: &mut [u8]) {
    for line in head.split_mut(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at_mut(colon);
        if is_upgrade(name) {
            overwrite(name);
        } else if name.eq_ignore_ascii_case(b"connection") {
            for option in value[1..].split_mut(|byte| *byte == b',') {
                let start = option.len() - option.trim_ascii_start().len();
                let length = option.trim_ascii().len();
                let option = &mut option[start..start + length];
                if is_upgrade(option) {
                    overwrite(option);
                }
            }
        }
    }
}

fn is_upgrade(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"upgrade")
}

/// Of the same length, so that nothing moves.
fn overwrite(word: &mut [u8]) {
    word.copy_from_slice(b"ignored");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_at_its_blank_line_however_it_comes() {
        for head in
            ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", "GET / HTTP/1.1\nhost: x\n\n", "GET / HTTP/1.1\r\n\n"]
        {
            let all = format!("{head}rest\r\n\r\n");
            let found = HeadEnd { length: head.len(), may_upgrade: false };
            assert_eq!(Scan::default().end(all.as_bytes()).as_ref(), Some(&found), "{head:?}");
            let mut scan = Scan::default();
            for length in 0..head.len() {
                assert_eq!(scan.end(&all.as_bytes()[..length]), None, "{length} of {head:?}");
            }
            assert_eq!(scan.end(head.as_bytes()).as_ref(), Some(&found), "{head:?} byte by byte");
            assert_eq!(scan.end(all.as_bytes()), Some(found), "the next head is looked at from its start");
        }
    }

    #[test]
    fn a_head_that_may_ask_for_an_upgrade_is_noticed() {
        for (line, expected) in
            [("CONNECTION: upgrade", true), ("upgrade:h2c", true), ("content-type: a/b", false), ("u", false)]
        {
            let head = format!("GET / HTTP/1.1\r\n{line}\r\nhost: x\r\n\r\n");
            assert_eq!(
                Scan::default().end(head.as_bytes()).map(|found| found.may_upgrade),
                Some(expected),
                "{line}"
            );
        }
    }

    #[test]
    fn only_a_socket_is_worth_a_connection() {
        const ASKS: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
        for (line, headers, expected) in [
            ("GET /api/v1/channel/x/notify HTTP/1.1", ASKS, true),
            ("GET /API/v1/channel/x/NOTIFY/?token=a HTTP/1.1", ASKS, true),
            ("POST /api/v1/channel/x/notify HTTP/1.1", ASKS, false),
            ("GET /api/v1/channel/x?a=/notify HTTP/1.1", ASKS, false),
            ("GET / HTTP/1.1", ASKS, false),
            ("GET /api/v1/channel/x/notify HTTP/1.1", "upgrade: websocket\r\n\r\n", false),
            ("GET /api/v1/channel/x/notify HTTP/1.1", "connection: upgrade\r\nupgrade: h2c\r\n\r\n", false),
        ] {
            let head = format!("{line}\r\n{headers}");
            assert_eq!(asks_for_socket(head.as_bytes()), expected, "{head:?}");
        }
    }

    #[test]
    fn an_ignored_upgrade_keeps_the_connection_as_it_was() {
        let ignored = |head: &str| {
            let mut bytes = head.as_bytes().to_vec();
            ignore_upgrade(&mut bytes);
            String::from_utf8(bytes).expect("text")
        };
        assert_eq!(
            ignored(
                "POST /x HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nhost: upgrade\r\n\r\n"
            ),
            "POST /x HTTP/1.1\r\nConnection: ignored, HTTP2-Settings\r\nignored: h2c\r\nhost: upgrade\r\n\r\n"
        );
        assert_eq!(
            ignored("POST /x HTTP/1.1\nconnection:close ,upgrade\n\n"),
            "POST /x HTTP/1.1\nconnection:close ,ignored\n\n"
        );
        let other = "GET / HTTP/1.1\r\nconnection: keep-alive\r\nx-upgrade: 1\r\n\r\n";
        assert_eq!(ignored(other), other);
    }
}
