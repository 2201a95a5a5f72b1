//! Encryption at rest: keys, sealed values, look-up hashes, passwords. Knows no SQL and no HTTP.

pub mod blind_index;
pub mod certificate;
pub mod field;
pub mod fingerprint;
pub mod jwt;
pub mod keyring;
pub mod link_proof;
pub mod master_key;
pub mod password;
pub mod push_message;
pub mod random;
pub mod seal;
pub mod sealed_box;
pub mod webhook_signature;
