//! The other end of the wire: a client of any Peer Channels server. It needs no data and no master key of a server.

pub mod account;
pub mod address;
pub mod all_channels;
pub mod book;
pub mod channel;
pub mod contact;
pub mod contacts;
pub mod envelope;
pub mod error;
pub mod invitation;
pub mod kept_account;
pub mod key_files;
pub mod letter;
pub mod listener;
pub mod numbers;
pub mod outage;
pub mod pace;
pub mod refusal;
pub mod sealed_contact;
pub mod socket;
pub mod wire;
