//! The API's own description, against which every answer of the suite is held.

use std::collections::HashMap;

use jsonschema::Validator;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::support::app::App;
use crate::support::reply::Reply;

/// What the document says of every operation.
pub struct Document {
    /// Path patterns, those with the most words of their own first, with the answers by method and status.
    paths: Vec<(String, HashMap<String, Answers>)>,
}

/// The answers of an operation by their status.
type Answers = HashMap<u16, Described>;

/// An answer as it is described: for each media type what its body must be, if anything.
struct Described {
    bodies: HashMap<String, Option<Validator>>,
}

/// The document, asked for once.
pub async fn document() -> &'static Document {
    static DOCUMENT: OnceCell<Document> = OnceCell::const_new();
    DOCUMENT.get_or_init(Document::fetch).await
}

impl Document {
    async fn fetch() -> Self {
        let app = App::start().await;
        let answer = app.site.open("GET", "/api/v1/openapi.json", &[], "").await.expect("an answer");
        Self::new(&Reply::read(answer).await.ok())
    }

    fn new(document: &Value) -> Self {
        let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let mut paths = Vec::new();
        for (path, item) in members(&document["paths"]) {
            let mut methods = HashMap::new();
            for (method, operation) in members(&item) {
                let mut answers = HashMap::new();
                for (status, answer) in members(&operation["responses"]) {
                    let bodies = members(&answer["content"]).into_iter();
                    let bodies = bodies.map(|(media, body)| (media, validator(document, &body["schema"])));
                    let described = Described { bodies: bodies.collect() };
                    answers.insert(status.parse().expect("a status"), described);
                }
                methods.insert(method.to_uppercase(), answers);
            }
            paths.push((path, methods));
        }
        paths.sort_by_key(|(path, _)| path.matches('{').count());
        Self { paths }
    }

    /// Holds an answer against what the document says of it. Paths and methods that it does not have say nothing.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, status: u16, headers: &HeaderMap, body: &[u8]) {
        let media = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if let Some(fault) = self.fault(method, path, status, media, body) {
            panic!("{method} {path} answered {status} with {:?}: {fault}", String::from_utf8_lossy(body));
        }
    }

    /// What the document says against an answer.
    pub fn fault(&self, method: &str, path: &str, status: u16, media: &str, body: &[u8]) -> Option<String> {
        let answers = self.answers(method, path)?;
        let Some(described) = answers.get(&status) else { return Some("an undocumented status".to_owned()) };
        if method == "HEAD" || (body.is_empty() && (status >= 400 || described.bodies.is_empty())) {
            return None;
        }
        let media = media.split(';').next().unwrap_or_default();
        if status == 403 && media == "application/problem+json" {
            // Only where wrapped statuses are sent as they are, which the description says.
            return None;
        }
        let found = described.bodies.get(media).or_else(|| described.bodies.get("*/*"));
        let Some(found) = found else { return Some(format!("an undocumented type {media:?}")) };
        let body = match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(error) => return found.as_ref().map(|_| error.to_string()),
        };
        let faults = found.as_ref()?.iter_errors(&body).map(|fault| fault.to_string());
        let faults: Vec<String> = faults.collect();
        (!faults.is_empty()).then(|| faults.join("; "))
    }

    fn answers(&self, method: &str, path: &str) -> Option<&Answers> {
        let path = path.split('?').next().unwrap_or_default();
        // The client resolves those before it asks.
        if path.split('/').any(|segment| [".", "..", "%2e", "%2e%2e"].contains(&segment)) {
            return None;
        }
        let begin = path.to_ascii_lowercase().find("/api/v1/")?;
        let path = path[begin..].strip_suffix('/').unwrap_or(&path[begin..]);
        let (_, methods) = self.paths.iter().find(|(pattern, _)| fits(pattern, path))?;
        methods.get(method).or_else(|| methods.get("GET").filter(|_| method == "HEAD"))
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let fits = |(part, given): (&&str, &&str)| {
        if part.starts_with('{') { !given.is_empty() } else { part.eq_ignore_ascii_case(given) }
    };
    pattern.len() == path.len() && pattern.iter().zip(&path).all(fits)
}

/// Judges bodies by a schema of the document; `None` where any body will do.
fn validator(document: &Value, schema: &Value) -> Option<Validator> {
    let mut schema = schema.as_object()?.clone();
    schema.insert("components".to_owned(), json!({ "schemas": document["components"]["schemas"] }));
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    Some(options.build(&Value::Object(schema)).expect("a schema"))
}
