//! How things are written on pages: times, sizes, names, messages in a line, commands, QR codes.

pub mod csv;
pub mod curl;
pub mod days;
pub mod delivered;
pub mod device;
pub mod findings;
pub mod format;
pub mod json;
pub mod links;
pub mod pictures;
pub mod qr;
pub mod quoted;
pub mod reports;
pub mod sealed;
pub mod snippet;
