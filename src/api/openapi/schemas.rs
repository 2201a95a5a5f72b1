//! The shapes of bodies: those of answers from the types that are sent, those of requests from what is read of them.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::api::channel_list::ChannelListJson;
use crate::api::channels::AmendmentJson;
use crate::api::key::KeyJson;
use crate::api::message_list::MessageJson;
use crate::api::notify::TicketJson;
use crate::api::problem::ProblemJson;
use crate::api::{channels, json, messages, push, tokens};
use crate::domain::time::Timestamp;

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
    [
        ("NewChannel", json::schema(channels::new_channel)),
        ("NewSettings", json::schema(channels::amendment)),
        ("NewToken", json::schema(|members| tokens::new_token(members, Timestamp::from_millis(0)))),
        ("Mark", json::schema(messages::mark_of)),
        ("Device", json::schema(push::device)),
    ]
    .map(|(name, schema)| (name.to_owned(), schema))
    .into_iter()
    .collect()
}
