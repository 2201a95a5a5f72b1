//! The `OpenAPI` document: paths, methods and summaries from the declarations that route them, details from here.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};

use crate::api::json::JSON;
use crate::api::{
    CHANNEL, CHANNEL_LIST, CHANNELS, ENDPOINTS, Endpoint, MESSAGE, NOTIFY, OWN_CHANNEL, PUSH, PUSH_DEVICE,
    TOKEN, TOKENS,
};
use crate::http::api_document::ApiDocument;

/// Where the document is served.
pub(super) const PATH: &str = "/api/v1/openapi.json";

pub(super) async fn show(document: web::Data<ApiDocument>) -> HttpResponse {
    HttpResponse::Ok().content_type(JSON).body(document.0.to_string())
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
                            server wraps a status, the answer is 400 and the body carries the true one.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "account": { "type": "http", "scheme": "basic", "description": "User name and password." },
                "token": { "type": "http", "scheme": "bearer", "description": "An access token of the channel." },
            },
            "schemas": schemas(),
        },
    }))
}

fn operation(endpoint: &Endpoint) -> Value {
    let details = details(&endpoint.method, endpoint.path);
    let mut parameters: Vec<Value> = names(endpoint.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    parameters.extend(details.query.iter().map(|(name, kind, text)| {
        json!({ "name": name, "in": "query", "required": false, "description": text, "schema": { "type": kind } })
    }));
    let mut responses = Map::new();
    responses.insert(details.status.to_owned(), answer(details.told, details.schema.as_ref()));
    for (status, text) in details.refusals {
        responses.insert((*status).to_owned(), json!({ "description": text }));
    }
    let scheme = if endpoint.path.contains("/account/") { "account" } else { "token" };
    // Whoever knows a device's token may move or forget it, as in the reference.
    let security = if endpoint.path == PUSH_DEVICE { json!([]) } else { json!([{ scheme: [] }]) };
    let mut operation = json!({
        "summary": endpoint.summary,
        "tags": [tag(endpoint.path)],
        "parameters": parameters,
        "security": security,
        "responses": responses,
    });
    if let Some(body) = details.body {
        operation["requestBody"] = match body {
            Body::Any => {
                json!({ "required": true, "description": "The message as it is, with its own content type.",
                                 "content": { "*/*": {} } })
            }
            Body::Json(name) => json!({ "required": true,
                                        "content": { "application/json": { "schema": reference(name) } } }),
        };
    }
    if !details.text.is_empty() {
        operation["description"] = details.text.into();
    }
    operation
}

fn answer(told: &str, schema: Option<&Schema>) -> Value {
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    match schema {
        None => json!({ "description": told }),
        Some(Schema::One(name)) => json!({ "description": told, "content": content(reference(name)) }),
        Some(Schema::Many(name)) => {
            json!({ "description": told, "content": content(json!({ "type": "array", "items": reference(name) })) })
        }
    }
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

enum Body {
    Any,
    Json(&'static str),
}

enum Schema {
    One(&'static str),
    Many(&'static str),
}

#[derive(Default)]
struct Details {
    text: &'static str,
    query: &'static [(&'static str, &'static str, &'static str)],
    body: Option<Body>,
    status: &'static str,
    told: &'static str,
    schema: Option<Schema>,
    refusals: &'static [(&'static str, &'static str)],
}

const ACCOUNT: &[(&str, &str)] =
    &[("401", "Wrong or no credentials"), ("403", "Not this account's, or not there")];
const BODY: &[(&str, &str)] = &[
    ("400", "A field is missing or of the wrong kind"),
    ("401", "Wrong or no credentials"),
    ("403", "Not this account's, or not there"),
    ("415", "Not JSON"),
];
const TOKEN_RIGHTS: &[(&str, &str)] =
    &[("401", "No token, a revoked one, or one without the right"), ("403", "A token of another channel")];
const WRITING: &[(&str, &str)] = &[
    ("400", "Empty, without content type, too large (413), locked (403) or out of sequence (409)"),
    ("401", "No token, a revoked one, or one without the right"),
    ("403", "A token of another channel"),
];
const ONE_MESSAGE: &[(&str, &str)] = &[
    ("400", "Younger than the channel's minimum age"),
    ("401", "No token, a revoked one, or one without the right"),
    ("403", "A token of another channel"),
    ("404", "No such message"),
];
const READING: &[(&str, &str, &str)] = &[
    ("unread", "boolean", "Only what this token has not marked read"),
    ("after", "integer", "Only sequences above this one (extension)"),
    ("limit", "integer", "At most so many (extension)"),
    ("wait", "integer", "Hold the answer up to so many seconds until there is something unread (extension)"),
];

/// What a declaration does not say. A test compares the lists.
fn details(method: &Method, path: &str) -> Details {
    let ok = Details { status: "200", told: "Done", ..Details::default() };
    match (method.as_str(), path) {
        ("POST", CHANNEL) => Details {
            text: "With an Idempotency-Key header a repetition within 24 hours writes nothing again (extension).",
            body: Some(Body::Any),
            told: "The message as stored",
            schema: Some(Schema::One("Message")),
            refusals: WRITING,
            ..ok
        },
        ("GET", CHANNEL) => Details {
            text: "Reading marks nothing.",
            query: READING,
            told: "Messages in the order of their sequences",
            schema: Some(Schema::Many("Message")),
            refusals: TOKEN_RIGHTS,
            ..ok
        },
        ("HEAD", CHANNEL) => Details {
            told: "ETag: the highest sequence that others wrote, in digits",
            refusals: TOKEN_RIGHTS,
            ..ok
        },
        ("GET", NOTIFY) => Details {
            text: "A WebSocket. The token may also stand in the query, because browsers cannot set headers.",
            query: &[("token", "string", "The access token")],
            status: "101",
            told: "One text frame for each message that another wrote",
            refusals: TOKEN_RIGHTS,
            ..ok
        },
        ("POST", MESSAGE) => Details {
            query: &[("older", "boolean", "Also every older message")],
            body: Some(Body::Json("Mark")),
            told: "Marked",
            refusals: ONE_MESSAGE,
            ..ok
        },
        ("DELETE", MESSAGE) => Details {
            text: "For everyone. The sequence is never used again.",
            status: "204",
            told: "Deleted",
            refusals: ONE_MESSAGE,
            ..ok
        },
        ("GET", MESSAGE) => Details {
            text: "The payload with its own content type (extension).",
            told: "The payload",
            refusals: ONE_MESSAGE,
            ..ok
        },
        ("POST", PUSH) => {
            Details { body: Some(Body::Json("Device")), told: "Registered", refusals: TOKEN_RIGHTS, ..ok }
        }
        ("PUT", PUSH_DEVICE) => Details { body: Some(Body::Json("Device")), told: "Renamed", ..ok },
        ("DELETE", PUSH_DEVICE) => Details {
            query: &[("channelId", "string", "Only the registrations of this channel")],
            status: "204",
            told: "Forgotten",
            ..ok
        },
        _ => account_details(method, path, ok),
    }
}

fn account_details(method: &Method, path: &str, ok: Details) -> Details {
    match (method.as_str(), path) {
        ("POST", CHANNELS) => Details {
            text: "The answer carries one token, described as Owner, that may read and write.",
            body: Some(Body::Json("NewChannel")),
            told: "The channel",
            schema: Some(Schema::One("Channel")),
            refusals: BODY,
            ..ok
        },
        ("GET", CHANNEL_LIST) => Details {
            told: "The account's channels",
            schema: Some(Schema::Many("Channel")),
            refusals: ACCOUNT,
            ..ok
        },
        ("GET", OWN_CHANNEL) => {
            Details { told: "The channel", schema: Some(Schema::One("Channel")), refusals: ACCOUNT, ..ok }
        }
        ("POST", OWN_CHANNEL) => Details {
            text: "Writes all three settings; a missing one becomes false.",
            body: Some(Body::Json("Amendment")),
            told: "The settings",
            schema: Some(Schema::One("Amendment")),
            refusals: BODY,
            ..ok
        },
        ("DELETE", OWN_CHANNEL | TOKEN) => {
            Details { status: "204", told: "Gone, and refused from now on", refusals: ACCOUNT, ..ok }
        }
        ("POST", TOKENS) => Details {
            body: Some(Body::Json("NewToken")),
            told: "The token",
            schema: Some(Schema::One("Token")),
            refusals: BODY,
            ..ok
        },
        ("GET", TOKENS) => Details {
            query: &[("token", "string", "Only the one with this secret")],
            told: "The channel's tokens",
            schema: Some(Schema::Many("Token")),
            refusals: ACCOUNT,
            ..ok
        },
        ("GET", TOKEN) => {
            Details { told: "The token", schema: Some(Schema::One("Token")), refusals: ACCOUNT, ..ok }
        }
        _ => Details { status: "default", told: "", ..ok },
    }
}

fn schemas() -> Value {
    let object = |members: Value| json!({ "type": "object", "properties": members });
    let (flag, text, number) =
        (json!({ "type": "boolean" }), json!({ "type": "string" }), json!({ "type": "integer" }));
    let days = json!({ "type": ["integer", "null"] });
    let retention = object(json!({ "min_age_days": days, "max_age_days": days, "auto_prune": flag }));
    json!({
        "Retention": retention,
        "NewChannel": object(json!({ "public_read": flag, "public_write": flag, "sequenced": flag,
                                     "retention": reference("Retention") })),
        "Amendment": object(json!({ "public_read": flag, "public_write": flag, "locked": flag })),
        "Channel": object(json!({ "id": text, "href": text, "public_read": flag, "public_write": flag,
                                  "sequenced": flag, "locked": flag, "head": number,
                                  "retention": reference("Retention"),
                                  "access_tokens": { "type": "array", "items": reference("Token") } })),
        "NewToken": object(json!({ "description": text, "can_read": flag, "can_write": flag, "history": flag })),
        "Token": object(json!({ "id": text, "token": text, "description": text, "can_read": flag,
                                "can_write": flag })),
        "Message": object(json!({ "sequence": number, "received": text, "content_type": text,
                                  "payload": { "type": "string", "contentEncoding": "base64" } })),
        "Mark": object(json!({ "read": flag })),
        "Device": object(json!({ "token": text })),
    })
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
