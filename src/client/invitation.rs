//! What one is handed to come in: a link for people, the text of a QR code, or a sheet with an address and a secret.

use percent_encoding::percent_decode_str;

use crate::client::address::{Address, InvalidAddress};
use crate::crypto::link_proof::LinkSecret;
use crate::domain::key::Fingerprint;
use crate::domain::secret::BearerToken;

/// The least signs of a secret on a sheet: no word that a person writes is as long.
const LEAST_SECRET: usize = 20;

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
    /// Finds it in a text: the first address in it, and a secret that stands in it or after it.
    pub fn find_in(text: &str) -> Result<Self, InvalidInvitation> {
        let mut words = text.split_whitespace();
        let link = words.find(|word| word.starts_with("https://") || word.starts_with("http://"));
        let link = link.ok_or(InvalidInvitation::Nothing)?;
        let mut invitation = Self::of_link(link)?;
        if invitation.token.is_none() && invitation.fingerprint.is_none() {
            invitation.token = words.find(|word| is_secret(word)).map(BearerToken::new);
        }
        Ok(invitation)
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
    fn damaged_links_are_refused() {
        for text in ["#a.b", "#a.b.c.d", "#ä", "#a%zz", &format!("#a.{HALF}B")] {
            let link = format!("https://a.example/c/abc{text}");
            assert_eq!(found(&link), Err(InvalidInvitation::Damaged), "{link}");
        }
        assert_eq!(found("hello"), Err(InvalidInvitation::Nothing));
    }
}
