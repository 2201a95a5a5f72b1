//! A Peer Channels server in a box: channels, messages and tokens over HTTP, one encrypted SQLite file, a web inbox.

mod crypto;
mod domain;
mod events;
mod store;
