//! Forms: their fields, and the proof that a page of ours sent them. All that stands against forgery across sites is here
//! and in `auth::csrf`, which makes the tokens.

pub mod carried;
pub mod fields;
pub mod origin;
pub mod refused;
pub mod submitted;
pub mod visit;
