//! Passwords: Argon2id hashes in PHC form.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::domain::secret::Password;

/// Memory in KiB, passes and lanes of every new hash: the OWASP minimum for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A password could not be hashed. The cause never holds the password.
#[derive(Debug, thiserror::Error)]
#[error("password hashing failed: {0}")]
pub struct HashFailed(String);

/// Hashes a password with a fresh salt. Takes tens of milliseconds and 19 MiB: never call it on an async worker.
pub fn hash(password: &Password) -> Result<String, HashFailed> {
    argon2()?
        .hash_password(password.expose().as_bytes())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|error| HashFailed(error.to_string()))
}

/// Whether the password belongs to the hash, at the cost of the hash's own parameters.
pub fn verify(password: &Password, phc: &str) -> bool {
    PasswordHash::new(phc)
        .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok())
}

fn argon2() -> Result<Argon2<'static>, HashFailed> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| HashFailed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_verifies() -> Result<(), HashFailed> {
        let phc = hash(&Password::new("correct horse"))?;
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify(&Password::new("correct horse"), &phc));
        assert!(!verify(&Password::new("correct  horse"), &phc));
        assert!(!verify(&Password::new("correct horse"), "not a hash"));
        Ok(())
    }
}
