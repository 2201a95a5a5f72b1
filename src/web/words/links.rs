//! Links in the text that people write: only such as show where they lead.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Plain(String),
    /// What is shown is the address itself.
    Link(String),
}

const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// What a sentence puts behind an address.
const STOPS: &[u8] = b".,;:!?'";

/// Bytes of the longest address that becomes a link.
const LONGEST: usize = 2048;

/// Cuts a text into what is plain and what is a link. Takes time in proportion to the text's length, whatever it says.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    // Text whose letters are turned round shows an address that is not there.
    let may_link = !text.chars().any(turns_round);
    while may_link && at < text.len() {
        let run = &text[at..at + run_of(&text[at..])];
        if let Some((start, link)) = link_in(run) {
            let start = at + start;
            if plain_from < start {
                pieces.push(Piece::Plain(text[plain_from..start].to_owned()));
            }
            pieces.push(Piece::Link(link.to_owned()));
            plain_from = start + link.len();
        }
        at += run.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    if plain_from < text.len() {
        pieces.push(Piece::Plain(text[plain_from..].to_owned()));
    }
    pieces
}

/// How many bytes there are until something that is in no address.
fn run_of(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`')).unwrap_or(text.len())
}

/// The first address in a run without spaces, and where it begins. At most one: what follows it belongs to it.
fn link_in(run: &str) -> Option<(usize, &str)> {
    let starts = SCHEMES.iter().filter_map(|scheme| run.find(scheme));
    let start = starts.min()?;
    let is_own_word = !run[..start].ends_with(|before: char| before.is_alphanumeric());
    address(&run[start..]).filter(|_| is_own_word).map(|link| (start, link))
}

/// The address that a run begins with. None where it could hide where it leads: letters outside ASCII may look like others,
/// and a name before `@` like the host.
fn address(run: &str) -> Option<&str> {
    if run.len() > LONGEST || !run.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let bytes = run.as_bytes();
    let (opened, mut closed) = (run.matches('(').count(), run.matches(')').count());
    let mut end = bytes.len();
    while end > 0 {
        let last = bytes[end - 1];
        if last == b')' && closed > opened {
            closed -= 1;
        } else if !STOPS.contains(&last) {
            break;
        }
        end -= 1;
    }
    let link = &run[..end];
    let scheme = SCHEMES.iter().find(|scheme| link.starts_with(*scheme))?;
    let host = link[scheme.len()..].split(['/', '?', '#']).next().unwrap_or_default();
    let leads =
        if *scheme == "mailto:" { host.contains('@') } else { !host.is_empty() && !host.contains('@') };
    leads.then_some(link)
}

/// Characters that change the direction in which others are shown.
fn turns_round(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let whole: String =
            pieces(text).iter().map(|(Piece::Plain(part) | Piece::Link(part))| part.as_str()).collect();
        assert_eq!(whole, text, "nothing is lost");
        pieces(text)
            .into_iter()
            .filter_map(|piece| if let Piece::Link(link) = piece { Some(link) } else { None })
            .collect()
    }

    #[test]
    fn addresses_end_where_people_end_them() {
        assert_eq!(
            links(
                "Pay at https://shop.example/pay/10492, or (see http://a.example/b_(c)). mailto:me@a.example!"
            ),
            ["https://shop.example/pay/10492", "http://a.example/b_(c)", "mailto:me@a.example"]
        );
        assert_eq!(links("https://a.example/?q=1&r=%20#part"), ["https://a.example/?q=1&r=%20#part"]);
        assert_eq!(
            links("<https://a.example>\nhttps://b.example"),
            ["https://a.example", "https://b.example"]
        );
        assert_eq!(links("schön\u{a0}https://a.example\u{2003}é"), ["https://a.example"]);
    }

    #[test]
    fn what_hides_where_it_leads_is_no_link() {
        for text in [
            "javascript:alert(1)",
            "https://",
            "https://bank.example@evil.example/",
            "https://\u{430}pple.example",
            "https://a\u{430}.example",
            "data:text/html,x",
            "xhttps://a.example",
            "mailto:nobody",
            "look: \u{202e}https://evil.example/moc.knab.www//:sptth",
            "plain words",
            "",
        ] {
            assert_eq!(links(text), [""; 0], "{text}");
        }
        assert_eq!(
            links(&format!("https://a.example/{}", "x".repeat(LONGEST))),
            [""; 0],
            "too long to be looked over"
        );
    }

    #[test]
    fn no_text_takes_long() {
        // Each of these took seconds to minutes when brackets and schemes were looked for again and again.
        for part in ["http://a", "http://@", ")", "http://a ", "(http://a)", "mailto:"] {
            let text = format!("{}{}", "http://@".repeat(100), part.repeat(200_000));
            assert!(!pieces(&text).is_empty());
        }
    }
}
