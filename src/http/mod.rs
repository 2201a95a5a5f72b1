//! Plumbing that the API and the pages share: the edge every request passes, bodies, addresses, failures.

pub mod address;
pub mod api_document;
pub mod body;
pub mod cors;
pub mod disposition;
pub mod edge;
pub mod events;
pub mod failure;
pub mod figures;
mod gathered;
pub mod health;
pub mod multipart;
pub mod normal_path;
pub mod probe;
pub mod request_id;
pub mod room;
