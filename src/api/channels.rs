//! The account's channels.

use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json as value;

use crate::api::channel_json::ChannelJson;
use crate::api::channel_list::ListsAsJson;
use crate::api::guards::{AccountOwner, channel};
use crate::api::json::{self, Members};
use crate::domain::channel::{
    Amendment, ChannelLabel, ChannelState, Direction, InvalidRetention, NewChannel, PublicAccess, Retention,
    Sequencing,
};
use crate::http::address::Addresses;
use crate::http::body::BodyLimits;
use crate::http::failure::Failure;
use crate::service::channels::Channels;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Settings")]
pub(super) struct AmendmentJson {
    public_read: bool,
    public_write: bool,
    locked: bool,
}

pub(super) async fn create(
    owner: AccountOwner,
    request: HttpRequest,
    body: web::Payload,
    limits: web::Data<BodyLimits>,
    addresses: web::Data<Addresses>,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Failure> {
    let new = json::read(&request, body, &limits, new_channel).await?;
    let created = channels.create(&owner.0, new).await?;
    Ok(json::answer(&ChannelJson::new(&created, &addresses.public_url(&request))))
}

pub(super) async fn list(
    owner: AccountOwner,
    request: HttpRequest,
    addresses: web::Data<Addresses>,
    channels: web::Data<Channels>,
    lists: web::Data<ListsAsJson>,
) -> Result<HttpResponse, Failure> {
    let list = channels.list(&owner.0).await?;
    Ok(json::answer_with(lists.json(owner.0.account(), addresses.public_url(&request), &list)))
}

pub(super) async fn get(
    owner: AccountOwner,
    request: HttpRequest,
    addresses: web::Data<Addresses>,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Failure> {
    let found = channels.get(&owner.0, &channel(&request)?).await?;
    Ok(json::answer(&ChannelJson::new(&found, &addresses.public_url(&request))))
}

/// A missing member is written as false, as the reference does; there is no partial change.
pub(super) async fn amend(
    owner: AccountOwner,
    request: HttpRequest,
    body: web::Payload,
    limits: web::Data<BodyLimits>,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Failure> {
    let id = channel(&request)?;
    // Whose channel it is comes before what is wrong with the body.
    channels.require(&owner.0, &id)?;
    let amendment = json::read(&request, body, &limits, |members| Some(amendment(members))).await?;
    channels.amend(&owner.0, &id, amendment).await?;
    let Amendment { public, state } = amendment;
    Ok(json::answer(&AmendmentJson {
        public_read: public.read,
        public_write: public.write,
        locked: state == ChannelState::Locked,
    }))
}

pub(super) async fn delete(
    owner: AccountOwner,
    request: HttpRequest,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Failure> {
    channels.delete(&owner.0, &channel(&request)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn new_channel(members: &mut Members) -> Option<NewChannel> {
    let public = public_access(members);
    let sequencing = if members.flag("sequenced") { Sequencing::Sequenced } else { Sequencing::Free };
    let retention = members.object("retention", retention)?;
    let (label, direction) = (ChannelLabel::default(), Direction::default());
    Some(NewChannel { label, direction, public, sequencing, retention })
}

pub(super) fn amendment(members: &mut Members) -> Amendment {
    let public = public_access(members);
    let state = if members.flag("locked") { ChannelState::Locked } else { ChannelState::Open };
    Amendment { public, state }
}

fn public_access(members: &mut Members) -> PublicAccess {
    PublicAccess { read: members.flag("public_read"), write: members.flag("public_write") }
}

fn retention(members: &mut Members) -> Option<Retention> {
    let days = (members.number("min_age_days"), members.number("max_age_days"));
    for name in ["min_age_days", "max_age_days"] {
        members.note_limits(name, || value!({ "minimum": 0, "maximum": i32::MAX }));
    }
    match Retention::new(days.0, days.1, members.flag("auto_prune")) {
        Ok(valid) => return Some(valid),
        Err(reason @ InvalidRetention::Negative) => {
            let least = days.0.is_some_and(|days| days < 0);
            members.reject(if least { "min_age_days" } else { "max_age_days" }, reason.to_string());
        }
        Err(reason @ InvalidRetention::MinAboveMax) => members.reject("min_age_days", reason.to_string()),
    }
    None
}
