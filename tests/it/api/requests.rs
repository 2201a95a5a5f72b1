//! What the API's document says of requests.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::app::App;

#[tokio::test]
async fn the_document_names_the_members_that_are_read_and_no_others() {
    let app = App::start().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    o.wrote("one").await;
    o.register("device").await.is(200);
    let document = app.anonymous().get("/api/v1/openapi.json").await.ok();
    let mut requests = 0;
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(&item) {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let Some(name) = schema.as_str().and_then(|path| path.rsplit('/').next()) else { continue };
            let schema = &document["components"]["schemas"][name];
            requests += 1;
            let authorization =
                if path.contains("/account/") { app.owner().authorization } else { o.authorization() };
            let path = path
                .replace("{account}", &app.owner().account.to_string())
                .replace("{channel}", &channel.id)
                .replace("{sequence}", "1")
                .replace("{device}", "device");
            let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
            let rejected = async |body: Value| {
                let reply = app.site.call(&method.to_uppercase(), &path, &headers, body.to_string()).await;
                if reply.status == 200 {
                    BTreeSet::new()
                } else {
                    members(&reply.invalid()["errors"]).into_iter().map(|(path, _)| path).collect()
                }
            };
            assert_eq!(rejected(json!({})).await, paths(schema, "$", &Which::Required), "{name}: required");
            let wrong = rejected(filled(schema)).await;
            assert_eq!(wrong, paths(schema, "$", &Which::Simple), "{name}: of these kinds");
        }
    }
    assert_eq!(requests, 6);
}

enum Which {
    Required,
    /// All that are no objects.
    Simple,
}

/// Paths of the members that a schema names, as refusals name them.
fn paths(schema: &Value, at: &str, which: &Which) -> BTreeSet<String> {
    let required = schema["required"].as_array().into_iter().flatten();
    let required: Vec<_> = required.filter_map(Value::as_str).collect();
    let mut found = BTreeSet::new();
    for (name, member) in members(&schema["properties"]) {
        let path = format!("{at}.{name}");
        match which {
            Which::Required if required.contains(&name.as_str()) => _ = found.insert(path),
            Which::Simple if member["type"] == "object" => found.extend(paths(&member, &path, which)),
            Which::Simple => _ = found.insert(path),
            Which::Required => {}
        }
    }
    found
}

/// A request in which each member that the schema names is of a kind that none has.
fn filled(schema: &Value) -> Value {
    let fill = |(name, member): (String, Value)| {
        let value = if member["type"] == "object" { filled(&member) } else { json!([]) };
        (name, value)
    };
    members(&schema["properties"]).into_iter().map(fill).collect::<Map<_, _>>().into()
}

fn members(object: &Value) -> Map<String, Value> {
    object.as_object().cloned().unwrap_or_default()
}
