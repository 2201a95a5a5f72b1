//! Where a channel stands in the inbox of its holder: pinned, muted, in a group.

use actix_web::{HttpResponse, web};

use crate::domain::channel::{ChannelLabel, Rearrangement};
use crate::domain::id::ChannelId;
use crate::service::channels::Channels;
use crate::web::frame::call::Call;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::own_path;

/// What changes, and the page to come back to.
pub struct Arranging {
    new: Rearrangement,
    back: String,
}

impl Form for Arranging {
    fn read(fields: &Fields) -> Self {
        // A box that is not ticked sends nothing, so each has a hidden "no" before it.
        let said = |name: &str| fields.all(name).pop().map(|value| value == "yes");
        let group = fields.all("group").pop().map(|group| group.trim().to_owned());
        Self {
            new: Rearrangement {
                pinned: said("pinned"),
                muted: said("muted"),
                // A browser lets nobody type more than fits.
                group: group.and_then(|group| ChannelLabel::new(&group).ok()),
            },
            back: own_path(&fields.text("back")).to_owned(),
        }
    }
}

pub async fn save(
    Submitted(arranging): Submitted<Arranging>,
    call: Call,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let done = match arranging.new {
        Rearrangement { pinned: Some(true), muted: None, .. } => Done::ChannelPinned,
        Rearrangement { pinned: Some(false), muted: None, .. } => Done::ChannelUnpinned,
        Rearrangement { muted: Some(true), pinned: None, .. } => Done::ChannelMuted,
        Rearrangement { muted: Some(false), pinned: None, .. } => Done::ChannelUnmuted,
        _ => Done::ChannelSaved,
    };
    channels.rearrange(call.owner(), &id, arranging.new).await?;
    call.told(&arranging.back, done)
}
