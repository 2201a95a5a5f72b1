//! Moving between servers: an export and its way back.

pub mod error;
pub mod export;
pub mod import;
mod items;
mod line_source;
pub mod reference;
mod shapes;
