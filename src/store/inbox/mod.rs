//! The owner side's view over all channels of an account: unread counts, and walking messages from new to old.
//!
//! Row ids and sequences of a channel grow together, so a channel is a sorted list and the inbox is a merge of lists:
//! every step goes on in an index, and nothing is ever counted or sorted as a whole.

mod envelope;
mod glance;
mod walk;

pub use self::envelope::Envelope;
pub use self::glance::{Archive, Glance, Outline, glance, label, outlines, unread_of_account};
pub use self::walk::{Walk, boundary, newest_below, next_below, oldest_above};
