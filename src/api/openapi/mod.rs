//! The `OpenAPI` document: paths, methods and summaries from the declarations that route them, schemas from the types
//! that are sent.

mod details;
mod schemas;

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use crate::api::json::JSON;
use crate::api::openapi::details::{Kind, RequestBody, ResponseBody, details};
use crate::api::{
    CHANNEL, ENDPOINTS, Endpoint, KEY, MESSAGE, NOTIFY, PICTURE, PUSH, PUSH_DEVICE, TOKEN, TOKENS, problem,
};
use crate::http::address::Addresses;
use crate::http::api_document::ApiDocument;

/// Where the document is served.
pub(super) const PATH: &str = "/api/v1/openapi.json";

/// The document, with the address of this server as the one that asks knows it.
pub(super) async fn show(
    request: HttpRequest,
    document: web::Data<ApiDocument>,
    addresses: web::Data<Addresses>,
) -> HttpResponse {
    let mut document = document.0.clone();
    document["servers"] = json!([{ "url": addresses.public_url(&request) }]);
    HttpResponse::Ok().content_type(JSON).body(document.to_string())
}

/// The document of every operation that is routed.
pub fn document() -> ApiDocument {
    let mut paths = Map::new();
    for operations in ENDPOINTS.chunk_by(|one, other| one.path == other.path) {
        let item: Map<String, Value> = operations
            .iter()
            .map(|endpoint| (endpoint.method.as_str().to_lowercase(), operation(endpoint)))
            .collect();
        paths.insert(operations[0].path.to_owned(), item.into());
    }
    ApiDocument(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Peer Channels",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Channels, messages and access tokens. Refusals are problem bodies; where the reference \
                            server wraps a status, the answer is 400 and the body carries the true one. HEAD is \
                            served wherever GET is.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "account": { "type": "http", "scheme": "basic", "description": "User name and password." },
                "token": { "type": "http", "scheme": "bearer", "description": "An access token of the channel." },
            },
            "schemas": schemas::all(),
        },
    }))
}

fn operation(endpoint: &Endpoint) -> Value {
    let details = details(&endpoint.method, endpoint.path);
    let mut parameters: Vec<Value> = names(endpoint.path)
        .map(|name| {
            let kind =
                if name == "sequence" { Kind::Whole { least: i64::MIN, most: i64::MAX } } else { Kind::Text };
            json!({ "name": name, "in": "path", "required": true, "schema": kind_schema(&kind) })
        })
        .collect();
    parameters.extend(details.query.iter().map(|(name, kind, text)| {
        let kind = kind_schema(kind);
        json!({ "name": name, "in": "query", "required": false, "description": text, "schema": kind })
    }));
    let refusals = details.refusals.iter().copied().flatten();
    let mut responses: BTreeMap<&str, Value> =
        refusals.map(|(status, told)| (*status, refusal(endpoint.path, status, told))).collect();
    responses.insert(details.status, answer(details.told, &details.answer));
    let mut operation = json!({
        "summary": endpoint.summary,
        "tags": [tag(endpoint.path)],
        "parameters": parameters,
        "security": security(endpoint),
        "responses": responses,
    });
    if let Some(body) = details.body {
        operation["requestBody"] = match body {
            RequestBody::Any => {
                json!({ "required": true, "description": "The message as it is, with its own content type.",
                                 "content": { "*/*": {} } })
            }
            RequestBody::Json(name) => json!({ "required": true,
                                        "content": { "application/json": { "schema": reference(name) } } }),
        };
    }
    if !details.text.is_empty() {
        operation["description"] = details.text.into();
    }
    operation
}

fn kind_schema(kind: &Kind) -> Value {
    match kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::ChannelId => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{0,128}$" }),
        Kind::Whole { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
    }
}

fn security(endpoint: &Endpoint) -> Value {
    let scheme = if endpoint.path.contains("/account/") { "account" } else { "token" };
    match (endpoint.method.as_str(), endpoint.path) {
        // Whoever knows a device's token may move or forget it, as in the reference.
        (_, PUSH_DEVICE) => json!([]),
        // A public channel asks for nothing.
        (_, CHANNEL) | ("GET", MESSAGE | KEY | PICTURE) => json!([{ scheme: [] }, {}]),
        _ => json!([{ scheme: [] }]),
    }
}

fn answer(told: &str, answer: &ResponseBody) -> Value {
    let json = |schema: Value| json!({ "description": told, "content": { "application/json": { "schema": schema } } });
    match answer {
        ResponseBody::Nothing => json!({ "description": told }),
        ResponseBody::Payload => json!({ "description": told, "content": { "*/*": {} } }),
        ResponseBody::One(name) => json(reference(name)),
        ResponseBody::Many(name) => json(json!({ "type": "array", "items": reference(name) })),
    }
}

/// A refusal has a problem body, or none where it tells a stranger nothing.
fn refusal(path: &str, status: &str, told: &str) -> Value {
    if matches!(status, "303" | "401" | "403") || (path, status) == (NOTIFY, "400") {
        return json!({ "description": told });
    }
    let media = problem::media(path).split(';').next().unwrap_or_default();
    json!({ "description": told, "content": { media: { "schema": reference("Problem") } } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn tag(path: &str) -> &'static str {
    match path {
        TOKENS | TOKEN => "Access tokens",
        PUSH | PUSH_DEVICE => "Push registrations",
        path if path.contains("/account/") => "Channels",
        _ => "Messages",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_described() {
        for endpoint in ENDPOINTS {
            let details = details(&endpoint.method, endpoint.path);
            assert_ne!(details.status, "default", "{} {}", endpoint.method, endpoint.path);
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document().0;
        let text = document.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }
}
