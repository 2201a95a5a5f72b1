//! Secrets: wiped from memory when dropped, compared in constant time, invisible in logs.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::domain::id::PUBLIC_ID_BYTES;
use crate::domain::normal_form;

macro_rules! secret_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(Zeroizing::new(text.into()))
            }

            /// The secret itself. Every call is a place to look at when asking where secrets go.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret_text! {
    /// The secret of a message API token, as a client presents it after `Bearer `.
    BearerToken
}
secret_text! {
    /// A user's password as typed.
    Password
}
secret_text! {
    /// The secret in a browser's session cookie.
    SessionSecret
}

secret_text! {
    /// What a webhook's deliveries are signed with, as the receiver is told it.
    WebhookSecret
}
secret_text! {
    /// What the receiver of a webhook asks for.
    ReceiverToken
}

impl ReceiverToken {
    /// The longest of them.
    const LONGEST: usize = 1024;

    /// One that fits into a header.
    pub fn parse(text: &str) -> Option<Self> {
        let is_fit = text.len() <= Self::LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_fit && !text.is_empty()).then(|| Self::new(text))
    }
}

impl WebhookSecret {
    /// Reads one: the standard has from 24 to 64 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = base64_simd::STANDARD.decode_to_vec(text.strip_prefix(Self::PREFIX)?).ok()?;
        (24..=64).contains(&bytes.len()).then(|| Self::new(text))
    }

    /// What such a secret begins with, by Standard Webhooks.
    pub const PREFIX: &str = "whsec_";

    /// Makes one from random bytes.
    pub fn from_random(bytes: &[u8; PUBLIC_ID_BYTES]) -> Self {
        Self::new(format!("{}{}", Self::PREFIX, base64_simd::STANDARD.encode_to_string(bytes)))
    }
}

impl Password {
    /// As it is hashed: letters and their marks in one, and every space the same (RFC 8265). So it is the same password
    /// on whatever keyboard it is typed.
    #[must_use]
    pub fn normal(&self) -> Self {
        let is_other_space = |character: char| character.is_whitespace() && !character.is_ascii();
        Self::new(normal_form::composed(&self.expose().replace(is_other_space, " ")))
    }

    /// The forms that a hash may have been made of, the normal one first. Earlier versions hashed what was typed.
    pub fn forms(&self) -> Vec<Self> {
        let decomposed = Self::new(normal_form::decomposed(self.expose()));
        let mut forms = vec![self.normal()];
        for form in [self.clone(), decomposed] {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        forms
    }

    /// Its length in characters.
    pub fn length(&self) -> usize {
        self.normal().expose().chars().count()
    }
}

impl BearerToken {
    /// Makes a token from random bytes: base64url without padding, because clients put it unescaped into a query.
    pub fn from_random(bytes: &[u8; PUBLIC_ID_BYTES]) -> Self {
        Self::new(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes))
    }
}

impl SessionSecret {
    /// Makes a session secret from random bytes.
    pub fn from_random(bytes: &[u8; PUBLIC_ID_BYTES]) -> Self {
        Self::new(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_in_every_form() {
        assert_eq!(Password::new("pa\u{308}ss\u{a0}word").normal(), Password::new("p\u{e4}ss word"));
        let forms = Password::new("p\u{e4}ss").forms();
        assert_eq!(forms, [Password::new("p\u{e4}ss"), Password::new("pa\u{308}ss")]);
        assert_eq!(Password::new("plain").forms().len(), 1);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", Password::new("hunter2")), "Password(…)");
    }
}
