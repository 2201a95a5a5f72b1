//! The shapes of bodies: those of answers from the types that are sent, those of requests from here, because they are
//! read member by member.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::api::channel_list::ChannelListJson;
use crate::api::channels::AmendmentJson;
use crate::api::key::KeyJson;
use crate::api::message_list::MessageJson;
use crate::api::notify::TicketJson;
use crate::api::problem::ProblemJson;

/// All of them by name.
pub(super) fn all() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    // Channels and tokens come with the list of them.
    generator.subschema_for::<ChannelListJson<'_>>();
    generator.subschema_for::<AmendmentJson>();
    generator.subschema_for::<MessageJson<'_>>();
    generator.subschema_for::<ProblemJson<'_>>();
    generator.subschema_for::<TicketJson<'_>>();
    generator.subschema_for::<KeyJson>();
    let mut schemas = generator.take_definitions(true);
    schemas.extend(requests());
    schemas
}

fn requests() -> Map<String, Value> {
    let object = |members: Value| json!({ "type": "object", "properties": members });
    let (flag, text) = (json!({ "type": "boolean" }), json!({ "type": "string" }));
    let days = json!({ "type": ["integer", "null"] });
    let retention = object(json!({ "min_age_days": days, "max_age_days": days, "auto_prune": flag }));
    let new_token = json!({
        "description": text, "can_read": flag, "can_write": flag, "can_delete": flag, "history": flag,
        "expires_at": text
    });
    let new_channel =
        json!({ "public_read": flag, "public_write": flag, "sequenced": flag, "retention": retention });
    [
        ("NewChannel", object(new_channel)),
        ("NewSettings", object(json!({ "public_read": flag, "public_write": flag, "locked": flag }))),
        ("NewToken", object(new_token)),
        ("Mark", object(json!({ "read": flag }))),
        ("Device", object(json!({ "token": text }))),
    ]
    .map(|(name, schema)| (name.to_owned(), schema))
    .into_iter()
    .collect()
}
