//! Key files as the programs of the field write them: numbers 0 to 255, numbers -128 to 127, or base64.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::crypto::sealed_box::Pair;
use crate::domain::key::ALGORITHM;

/// Who takes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFileForm {
    JavaScript,
    Android,
    Ios,
}

impl KeyFileForm {
    /// All forms, by the names that people type.
    pub const NAMES: [&str; 3] = ["javascript", "android", "ios"];

    /// The form of a name.
    pub fn parse(name: &str) -> Option<Self> {
        let forms = [Self::JavaScript, Self::Android, Self::Ios];
        Self::NAMES.iter().position(|one| *one == name).map(|index| forms[index])
    }
}

/// What is no key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyFile {
    #[error("this is not a key file: it needs a public and a secret key of 32 bytes")]
    NoKeys,
    #[error("this key is not of X25519")]
    OtherKind,
    #[error("the public key of this file does not belong to its secret key")]
    OtherPair,
}

/// The pair in a file.
pub fn read(text: &str) -> Result<Pair, InvalidKeyFile> {
    of_file(&serde_json::from_str(text).map_err(|_| InvalidKeyFile::NoKeys)?)
}

/// The pairs of one file or several, one after the other.
pub fn read_all(text: &str) -> Result<Vec<Pair>, InvalidKeyFile> {
    let files = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let pairs = files.map(|file| of_file(&file.map_err(|_| InvalidKeyFile::NoKeys)?));
    let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
    if pairs.is_empty() { Err(InvalidKeyFile::NoKeys) } else { Ok(pairs) }
}

fn of_file(file: &Value) -> Result<Pair, InvalidKeyFile> {
    if file.get("keyType").is_some_and(|kind| !kind.is_null() && kind != "x25519") {
        return Err(InvalidKeyFile::OtherKind);
    }
    let key = |numbers: &str, base64: &str| of_numbers(&file[numbers]).or_else(|| of_base64(&file[base64]));
    let secret = key("privateKey", "secretKey").ok_or(InvalidKeyFile::NoKeys)?;
    let public = key("publicKey", "publicKey").ok_or(InvalidKeyFile::NoKeys)?;
    let pair = Pair::of(&secret);
    if pair.public().as_bytes() == *public { Ok(pair) } else { Err(InvalidKeyFile::OtherPair) }
}

/// A file with a pair.
pub fn write(pair: &Pair, form: KeyFileForm) -> Zeroizing<String> {
    let (secret, public) = (pair.expose(), pair.public().as_bytes());
    let signed = |bytes: &[u8]| bytes.iter().map(|byte| byte.cast_signed()).collect::<Vec<_>>();
    let text = |bytes: &[u8]| base64_simd::STANDARD.encode_to_string(bytes);
    let file = match form {
        KeyFileForm::JavaScript => json!({"keyType": "x25519", "publicKey": public, "privateKey": *secret}),
        KeyFileForm::Android => json!({"publicKey": signed(public), "privateKey": signed(&*secret)}),
        KeyFileForm::Ios => json!({"publicKey": text(public), "secretKey": text(&*secret)}),
    };
    Zeroizing::new(file.to_string())
}

/// 32 bytes of a list of numbers of either form.
fn of_numbers(list: &Value) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    let numbers = list.as_array().filter(|numbers| numbers.len() == bytes.len())?;
    for (byte, number) in bytes.iter_mut().zip(numbers) {
        let number = number.as_i64()?;
        *byte = u8::try_from(number).ok().or_else(|| i8::try_from(number).ok().map(i8::cast_unsigned))?;
    }
    Some(bytes)
}

/// The same of a text, before which `client.js` writes what kind of key it is.
fn of_base64(text: &Value) -> Option<Zeroizing<[u8; 32]>> {
    let text = text.as_str()?;
    let base64 = text.strip_prefix(ALGORITHM).unwrap_or(text);
    let bytes = Zeroizing::new(base64_simd::STANDARD.decode_to_vec(base64).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_as_it_is_written() {
        let pair = Pair::of(&[200; 32]);
        for name in KeyFileForm::NAMES {
            let form = KeyFileForm::parse(name).expect("a form");
            assert_eq!(read(&write(&pair, form)).map(|pair| *pair.public()), Ok(*pair.public()), "{name}");
        }
        let text = write(&pair, KeyFileForm::Ios);
        let of_pages = text.replacen("\"publicKey\":\"", "\"publicKey\":\"libsodium sealed_box ", 1);
        assert_eq!(read(&of_pages).map(|pair| *pair.public()), Ok(*pair.public()));
        let other = text.replacen("\"publicKey\":\"", "\"publicKey\":\"A", 1);
        assert!(read(&other).is_err());
        assert_eq!(read("{}").err(), Some(InvalidKeyFile::NoKeys));
        assert_eq!(read("{\"keyType\":\"rsa\"}").err(), Some(InvalidKeyFile::OtherKind));
    }
}
