//! Capabilities: values that prove that somebody may do something. Services ask for them, so no check can be forgotten,
//! and each is a [`Right`](crate::store::right::Right), which the store judges again when it may have ended since.

mod channel;
mod owner;

pub(super) use self::channel::Footing;
pub use self::channel::{Reader, Visitor, Writer};
pub use self::owner::{Operator, Owner};
