//! The description of the API, made by the API and shown by the pages; neither needs to know the other.

use serde_json::Value;

/// An `OpenAPI` 3.1 document.
#[derive(Debug, Clone)]
pub struct ApiDocument(pub Value);
