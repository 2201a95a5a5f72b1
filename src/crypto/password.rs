//! Passwords: Argon2id hashes in PHC form.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::domain::secret::Password;

/// Memory in KiB, passes and lanes of every new hash: the OWASP minimum for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The longest output that a stored hash may have, in bytes.
const LONGEST_OUTPUT: usize = Output::MAX_LENGTH;

/// What one computation works in. Its owner keeps it for the next one: given back to the allocator each time, blocks of
/// this size leave hundreds of megabytes behind.
#[derive(Default)]
pub struct Memory(Vec<Block>);

/// A password could not be hashed. The cause never holds the password.
#[derive(Debug, thiserror::Error)]
#[error("password hashing failed: {0}")]
pub struct HashFailed(String);

/// Hashes a password with a fresh salt. Takes tens of milliseconds: never call it on an async worker.
pub fn hash(password: &Password, memory: &mut Memory) -> Result<String, HashFailed> {
    let failed = |error: &dyn std::fmt::Display| HashFailed(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let salt: [u8; 16] = random::bytes();
    let mut output = Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
    compute(&password.normal(), &salt, &params, memory, output.as_mut_slice())
        .map_err(|error| failed(&error))?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|error| failed(&error))?,
        salt: Some(Salt::new(&salt).map_err(|error| failed(&error))?),
        hash: Some(Output::new(output.as_slice()).map_err(|error| failed(&error))?),
    };
    Ok(hash.to_string())
}

/// Whether the password belongs to the hash, at the cost of the hash's own parameters. Every form is tried of which an
/// earlier version may have made it; most passwords have one.
pub fn verify(password: &Password, phc: &str, memory: &mut Memory) -> bool {
    let Ok(hash) = PasswordHash::new(phc) else { return false };
    let (Some(salt), Some(expected), Ok(params)) = (&hash.salt, &hash.hash, Params::try_from(&hash)) else {
        return false;
    };
    let mut buffer = Zeroizing::new([0; LONGEST_OUTPUT]);
    let Some(output) = buffer.get_mut(..expected.len()) else { return false };
    hash.algorithm == Algorithm::Argon2id.ident()
        && password.forms().iter().any(|form| {
            compute(form, salt.as_ref(), &params, memory, output).is_ok()
                && output.ct_eq(expected.as_bytes()).into()
        })
}

fn compute(
    password: &Password,
    salt: &[u8],
    params: &Params,
    memory: &mut Memory,
    output: &mut [u8],
) -> Result<(), argon2::Error> {
    memory.0.resize(params.block_count(), Block::default());
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()).hash_password_into_with_memory(
        password.expose().as_bytes(),
        salt,
        output,
        memory.0.as_mut_slice(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_verifies() -> Result<(), HashFailed> {
        let mut memory = Memory::default();
        let phc = hash(&Password::new("correct horse"), &mut memory)?;
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify(&Password::new("correct horse"), &phc, &mut memory));
        assert!(!verify(&Password::new("correct  horse"), &phc, &mut memory));
        assert!(!verify(&Password::new("correct horse"), "not a hash", &mut memory));
        Ok(())
    }

    #[test]
    fn hashes_of_a_password_as_it_was_typed_go_on() -> Result<(), Box<dyn std::error::Error>> {
        use argon2::password_hash::PasswordHasher;
        let mut memory = Memory::default();
        let (composed, decomposed) = ("p\u{e4}ssw\u{f6}rd", "pa\u{308}sswo\u{308}rd");
        for hashed in [composed, decomposed] {
            let earlier: PasswordHash = Argon2::default().hash_password(hashed.as_bytes())?;
            for typed in [composed, decomposed] {
                assert!(verify(&Password::new(typed), &earlier.to_string(), &mut memory));
            }
            assert!(!verify(&Password::new("passwo\u{308}rd"), &earlier.to_string(), &mut memory));
        }
        Ok(())
    }

    #[test]
    fn hashes_are_those_of_the_library() -> Result<(), Box<dyn std::error::Error>> {
        use argon2::password_hash::{PasswordHasher, PasswordVerifier};
        let mut memory = Memory::default();
        let phc = hash(&Password::new("correct horse"), &mut memory)?;
        Argon2::default().verify_password(b"correct horse", &PasswordHash::new(&phc)?)?;
        let theirs: PasswordHash = Argon2::default().hash_password(b"correct horse")?;
        assert!(verify(&Password::new("correct horse"), &theirs.to_string(), &mut memory));
        Ok(())
    }
}
