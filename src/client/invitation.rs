//! What one is handed to come in: a link for people, the text of a QR code, or a sheet with an address and a secret.

use percent_encoding::percent_decode_str;

use crate::client::address::{Address, InvalidAddress};
use crate::crypto::link_proof::LinkSecret;
use crate::domain::key::Fingerprint;
use crate::domain::secret::BearerToken;

/// The least signs of a secret on a sheet: no word that a person writes is as long.
const LEAST_SECRET: usize = 20;

/// Signs of a token of ours: 32 bytes.
const LENGTH_OF_TOKENS: usize = 43;

/// How many lines a wrapped link goes on.
const MOST_LINES: usize = 4;

/// What ends a link that stands in brackets or quotes.
const NEVER_IN_LINKS: &str = "<>\"`)“”«»‘’";

/// What a sentence has behind a link.
const BEHIND_LINKS: [char; 9] = ['.', ',', ';', ':', '!', '?', '\'', ']', '*'];

/// A channel and what opens it.
pub struct Invitation {
    pub address: Address,
    /// None for a channel that everybody may use.
    pub token: Option<BearerToken>,
    /// Of the only key to seal for.
    pub fingerprint: Option<Fingerprint>,
    /// What proves that a message comes from a holder of the link.
    pub secret: Option<LinkSecret>,
}

/// What is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInvitation {
    #[error("there is no link and no address of a channel in it")]
    Nothing,
    #[error("{0}")]
    Address(#[from] InvalidAddress),
    #[error("the part of the link behind the # is damaged; copy the whole link again")]
    Damaged,
}

impl Invitation {
    /// Finds it in a text, as people and programs hand links on: the first address in it, and a secret that stands in it or
    /// after it.
    pub fn find_in(text: &str) -> Result<Self, InvalidInvitation> {
        let begin = ["https://", "http://"].iter().filter_map(|scheme| text.find(scheme)).min();
        let text = &text[begin.ok_or(InvalidInvitation::Nothing)?..];
        let end = text.find(|c: char| c.is_whitespace() || NEVER_IN_LINKS.contains(c)).unwrap_or(text.len());
        let (link, behind) = text.split_at(text[..end].find("](").unwrap_or(end));
        let wrapped = longer(link, behind).filter_map(|link| Self::of_link(&link).ok());
        if let Some(whole) = wrapped.filter(Self::is_whole).last() {
            return Ok(whole);
        }
        let mut invitation = Self::of_link(link.trim_end_matches(BEHIND_LINKS))?;
        if invitation.token.is_none() && invitation.fingerprint.is_none() {
            let mut words = behind.split_whitespace().map(|word| word.trim_end_matches(BEHIND_LINKS));
            invitation.token = words.find(|word| is_secret(word)).map(BearerToken::new);
        }
        Ok(invitation)
    }

    /// Whether nothing is missing at its end: what has a known length has that.
    fn is_whole(&self) -> bool {
        let is_token = self.token.as_ref().is_some_and(|token| token.expose().len() == LENGTH_OF_TOKENS);
        is_token || self.fingerprint.is_some() || self.secret.is_some()
    }

    fn of_link(link: &str) -> Result<Self, InvalidInvitation> {
        let address = Address::parse(link)?;
        let (before, fragment) = link.split_once('#').unwrap_or((link, ""));
        let parts: Vec<&str> = fragment.split('.').collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or("");
        if parts.len() > 3 {
            return Err(InvalidInvitation::Damaged);
        }
        let token = if part(0).is_empty() { query_token(before) } else { Some(part(0)) };
        let token = token.map(|text| unescaped(text).ok_or(InvalidInvitation::Damaged)).transpose()?;
        let fingerprint = sixteen_bytes(part(1))?.map(Fingerprint);
        let secret = sixteen_bytes(part(2))?.as_ref().and_then(|bytes| LinkSecret::new(bytes));
        Ok(Self { address, token, fingerprint, secret })
    }
}

/// A link, and what it is together with the lines below it: mail wraps what is long, and quotes it.
fn longer<'a>(link: &'a str, behind: &'a str) -> impl Iterator<Item = String> + 'a {
    let mut lines = behind.lines();
    let is_at_end = lines.next().is_none_or(|rest| rest.trim().is_empty());
    let below = lines.take(if is_at_end { MOST_LINES } else { 0 });
    let below = below.map(|line| line.trim_start_matches(['>', ' ']).trim_end());
    let below = below.take_while(|line| !line.is_empty() && line.bytes().all(is_of_link));
    let mut link = link.to_owned();
    std::iter::once("").chain(below).map(move |line| {
        link.push_str(line);
        link.trim_end_matches(BEHIND_LINKS).to_owned()
    })
}

fn is_of_link(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_~.:/?#=&%+".contains(&byte)
}

/// Whether a text holds what nobody else should see, and so does not belong among a command's arguments.
pub fn has_secret(address: &str) -> bool {
    address.contains('#') || query_token(address).is_some()
}

/// The token of a QR code, which programs read.
fn query_token(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("token="))
}

fn is_secret(word: &str) -> bool {
    word.len() >= LEAST_SECRET
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
}

/// Some programs that pass links on write signs as `%2B`.
fn unescaped(token: &str) -> Option<BearerToken> {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~+/=".contains(&byte);
    let token = percent_decode_str(token).decode_utf8().ok()?;
    (!token.is_empty() && token.bytes().all(is_sign)).then(|| BearerToken::new(token.into_owned()))
}

fn sixteen_bytes(text: &str) -> Result<Option<[u8; 16]>, InvalidInvitation> {
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).map_err(|_| InvalidInvitation::Damaged)?;
    bytes.try_into().map(Some).map_err(|_| InvalidInvitation::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: &str = "BwcHBwcHBwcHBwcHBwcHBw";

    fn found(text: &str) -> Result<(String, Option<String>, bool, bool), InvalidInvitation> {
        Invitation::find_in(text).map(|it| {
            let token = it.token.map(|token| token.expose().to_owned());
            (it.address.to_string(), token, it.fingerprint.is_some(), it.secret.is_some())
        })
    }

    #[test]
    fn links_codes_and_sheets_are_taken_as_they_are() {
        let address = "https://a.example/p/api/v1/channel/abc";
        let secret = "a-Token_of-20-signs.".replace('.', "0");
        for (text, token, fingerprint, proof) in [
            (format!("https://a.example/p/c/abc#tok.{HALF}.{HALF}"), Some("tok"), true, true),
            (
                format!("Hello,\n come to https://a.example/p/c/abc#t%2Bk..{HALF} \n"),
                Some("t+k"),
                false,
                true,
            ),
            (format!("https://a.example/p/c/abc#.{HALF}"), None, true, false),
            (format!("{address}?token=tok"), Some("tok"), false, false),
            (format!("Channel address\n{address}\nSecret\n{secret}\n"), Some(&*secret), false, false),
            (address.to_owned(), None, false, false),
        ] {
            let expected = (address.to_owned(), token.map(str::to_owned), fingerprint, proof);
            assert_eq!(found(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn links_are_found_as_people_hand_them_on() {
        let token = "t".repeat(LENGTH_OF_TOKENS);
        let link = format!("https://a.example/p/c/abc#{token}.{HALF}.{HALF}");
        let expected = ("https://a.example/p/api/v1/channel/abc".to_owned(), Some(token.clone()), true, true);
        for text in
            ["<L>", "(L)", "\"L\"", "[x](L)", "[L](L)", "**L**", "See L.", "L, please", "L;", "“L”!", "x:L?"]
        {
            assert_eq!(found(&text.replace('L', &link)).as_ref(), Ok(&expected), "{text}");
        }
        for at in [
            20,
            24,
            30,
            link.len() - 60,
            link.len() - 46,
            link.len() - 45,
            link.len() - 23,
            link.len() - 22,
            link.len() - 1,
        ] {
            for (between, end) in [("\n", ""), ("\r\n> ", "\r\n> Anna\n"), ("\n", "\n\nyours, Anna")] {
                let wrapped = format!("> {}{between}{}{end}", &link[..at], &link[at..]);
                assert_eq!(found(&wrapped).as_ref(), Ok(&expected), "{wrapped}");
            }
        }
        // A name below a link is no part of it, whatever the token's length.
        let bare = "https://a.example/p/c/abc#token-of-others\nAnna\n";
        assert_eq!(found(bare).map(|it| it.1), Ok(Some("token-of-others".to_owned())));
    }

    #[test]
    fn damaged_links_are_refused() {
        for text in ["#a.b", "#a.b.c.d", "#ä", "#a%zz", &format!("#a.{HALF}B")] {
            let link = format!("https://a.example/c/abc{text}");
            assert_eq!(found(&link), Err(InvalidInvitation::Damaged), "{link}");
        }
        assert_eq!(found("hello"), Err(InvalidInvitation::Nothing));
    }
}
