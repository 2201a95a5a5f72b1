//! The nouns of Peer Channels: values that are valid once they exist. Pure: no I/O, no clock of its own.

pub mod account;
pub mod backup;
pub mod channel;
pub mod content;
pub mod exported;
pub mod file_name;
pub mod folded;
pub mod id;
pub mod key;
pub mod letter;
pub mod message;
pub mod normal_form;
pub mod plural;
pub mod quiet_hours;
pub mod read_state;
pub mod receiver;
pub mod reception;
pub mod retry;
pub mod secret;
pub mod subscription;
pub mod text;
pub mod time;
pub mod token;
pub mod web_address;
pub mod webhook;
pub mod zone;
