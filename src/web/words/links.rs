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
const STOPS: &[char] = &['.', ',', ';', ':', '!', '?', '\'', '"'];

/// Cuts a text into what is plain and what is a link.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(start) = next_scheme(text, at) {
        match address(&text[start..]) {
            Some(link) => {
                if plain_from < start {
                    pieces.push(Piece::Plain(text[plain_from..start].to_owned()));
                }
                pieces.push(Piece::Link(link.to_owned()));
                plain_from = start + link.len();
                at = plain_from;
            }
            None => at = start + 1,
        }
    }
    if plain_from < text.len() {
        pieces.push(Piece::Plain(text[plain_from..].to_owned()));
    }
    pieces
}

/// Where the next scheme begins that is not the end of a longer word.
fn next_scheme(text: &str, from: usize) -> Option<usize> {
    let starts =
        SCHEMES.iter().flat_map(|scheme| text[from..].match_indices(scheme).map(|(at, _)| from + at));
    starts.filter(|&at| !text[..at].ends_with(|before: char| before.is_ascii_alphanumeric())).min()
}

/// The address that the text begins with. None where it could hide where it leads: letters outside ASCII may look like
/// others, and a name before `@` like the host.
fn address(text: &str) -> Option<&str> {
    let end = text
        .find(|c: char| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '"' | '`'))
        .unwrap_or(text.len());
    if text[end..].starts_with(|c: char| !c.is_ascii() && c.is_alphanumeric()) {
        return None;
    }
    let mut link = text[..end].trim_end_matches(STOPS);
    while link.ends_with(')') && link.matches('(').count() < link.matches(')').count() {
        link = link[..link.len() - 1].trim_end_matches(STOPS);
    }
    let scheme = SCHEMES.iter().find(|scheme| link.starts_with(*scheme))?;
    let rest = &link[scheme.len()..];
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let leads =
        if *scheme == "mailto:" { host.contains('@') } else { !host.is_empty() && !host.contains('@') };
    leads.then_some(link)
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
            "plain words",
            "",
        ] {
            assert_eq!(links(text), [""; 0], "{text}");
        }
    }
}
