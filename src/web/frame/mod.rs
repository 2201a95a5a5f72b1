//! What every page has around it and below it: layout, look, cookies, guards, forms, refusals. No page of its own.

pub mod answers;
pub mod assets;
pub mod call;
pub mod chrome;
mod client_module;
pub mod confirm;
pub mod cookies;
pub mod error_page;
pub mod finish;
pub mod flash;
pub mod forms;
pub mod guards;
pub mod installed;
pub mod look;
pub mod page;
pub mod password;
pub mod problems;
pub mod refusal;
pub mod routes;
pub mod script_hashes;
pub mod site;
mod source;
pub mod step_up;
pub mod unsent;
