//! The API's description as a page shows it: sections, operations, and curl commands with one's own ids.

use serde_json::Value;

use crate::domain::id::AccountId;
use crate::http::api_document::ApiDocument;
use crate::web::words::curl::quoted;
use crate::web::words::quoted::{QuotedPiece, pieces};

/// Operations that belong together.
pub struct Chapter {
    pub title: String,
    pub operations: Vec<Operation>,
}

pub struct Operation {
    pub verb: String,
    pub hue: &'static str,
    pub summary: String,
    pub path: String,
    pub text: Vec<QuotedPiece>,
    /// Names the command on the page, for copying.
    pub anchor: String,
    pub curl: String,
    /// What may stand in the query, with what it does.
    pub query: Vec<(String, String)>,
    pub answers: Vec<(String, String)>,
}

/// What commands are filled in with.
pub struct Ids<'a> {
    /// The API's address as the document's paths begin: scheme, host and base path.
    pub server: &'a str,
    pub account: AccountId,
    pub user: &'a str,
    pub channel: Option<&'a str>,
}

/// How a handshake for a socket is answered.
const SWITCHED: &str = "101";

/// The order in which people need them.
const ORDER: [&str; 4] = ["Channels", "Access tokens", "Messages", "Push registrations"];

/// The document as sections.
pub fn sections(document: &ApiDocument, ids: &Ids<'_>) -> Vec<Chapter> {
    let mut sections: Vec<Chapter> =
        ORDER.iter().map(|title| Chapter { title: (*title).to_owned(), operations: Vec::new() }).collect();
    let empty = serde_json::Map::new();
    let paths = document.0["paths"].as_object().unwrap_or(&empty);
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap_or(&empty) {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            let Some(section) = sections.iter_mut().find(|section| section.title == tag) else { continue };
            let anchor =
                format!("curl-{}-{}", tag.to_lowercase().replace(' ', "-"), section.operations.len());
            section.operations.push(shown(path, method, operation, anchor, ids));
        }
    }
    sections
}

fn shown(path: &str, method: &str, operation: &Value, anchor: String, ids: &Ids<'_>) -> Operation {
    let verb = method.to_uppercase();
    let path = path
        .replace("{account}", &ids.account.to_string())
        .replace("{channel}", ids.channel.unwrap_or("CHANNEL"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let answers = operation["responses"].as_object().map(|answers| {
        answers.iter().map(|(status, answer)| (status.clone(), text(&answer["description"]))).collect()
    });
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let query = parameters.filter(|one| one["in"] == "query");
    Operation {
        hue: match verb.as_str() {
            "GET" | "HEAD" => "hue0",
            "DELETE" => "hue5",
            "PUT" => "hue3",
            _ => "hue2",
        },
        summary: text(&operation["summary"]),
        text: pieces(operation["description"].as_str().unwrap_or_default()),
        curl: curl(&path, &verb, operation, ids),
        query: query.map(|one| (text(&one["name"]), text(&one["description"]))).collect(),
        answers: answers.unwrap_or_default(),
        verb,
        path,
        anchor,
    }
}

fn curl(path: &str, verb: &str, operation: &Value, ids: &Ids<'_>) -> String {
    let path = path.replace("{sequence}", "1").replace("{token}", "TOKEN_ID").replace("{device}", "DEVICE");
    let scheme = operation["security"][0].as_object().and_then(|security| security.keys().next());
    let scheme = scheme.map(String::as_str);
    if operation["responses"].get(SWITCHED).is_some() {
        return wscat(&path, scheme, ids);
    }
    let credentials = match scheme {
        Some("account") => format!(" -u {}", quoted(ids.user)),
        Some(_) => " -H 'Authorization: Bearer TOKEN'".to_owned(),
        None => String::new(),
    };
    let content = &operation["requestBody"]["content"];
    let data = if content.get("*/*").is_some() {
        " -H 'Content-Type: text/plain' \\\n  --data 'Hello'".to_owned()
    } else {
        match content["application/json"]["schema"]["$ref"].as_str() {
            Some(name) => format!(" -H 'Content-Type: application/json' \\\n  --data '{}'", example(name)),
            None => String::new(),
        }
    };
    let verb = match verb {
        "GET" => String::new(),
        // With data, curl posts by itself.
        "POST" if !data.is_empty() => String::new(),
        "HEAD" => " -I".to_owned(),
        other => format!(" -X {other}"),
    };
    format!("curl{verb}{credentials}{data} \\\n  {}{path}", ids.server)
}

/// The same for a socket, which curl does not open.
fn wscat(path: &str, scheme: Option<&str>, ids: &Ids<'_>) -> String {
    let credentials = match scheme {
        Some("account") => format!(" --auth {}:PASSWORD", quoted(ids.user)),
        Some(_) => " -H 'Authorization: Bearer TOKEN'".to_owned(),
        None => String::new(),
    };
    format!("wscat{credentials} \\\n  -c {}{path}", ids.server.replacen("http", "ws", 1))
}

fn example(name: &str) -> &'static str {
    match name.rsplit('/').next().unwrap_or_default() {
        "NewChannel" => {
            r#"{"public_read":false,"public_write":false,"sequenced":false,"retention":{"auto_prune":false}}"#
        }
        "NewSettings" => r#"{"public_read":false,"public_write":false,"locked":false}"#,
        "NewToken" => r#"{"description":"Web shop","can_read":true,"can_write":true}"#,
        "Mark" => r#"{"read":true}"#,
        "Device" => r#"{"token":"DEVICE"}"#,
        _ => "{}",
    }
}
