//! What a notification says on the wire.

use bytestring::ByteString;
use serde::Serialize;

use crate::config::{ApiConfig, NotificationFrame};
use crate::domain::id::{ArrivalId, ChannelId};
use crate::domain::message::Side;
use crate::events::Written;

/// Makes frames in the configured style.
#[derive(Debug, Clone)]
pub struct FrameStyle {
    frame: NotificationFrame,
    text: String,
}

/// The object of release 1.0.0 of the reference, which its JavaScript client reads, with the sequence and content type
/// that other clients look for.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the member is called so on the wire")]
struct Notification<'a> {
    channel_id: &'a str,
    notification: &'a str,
    received: String,
    sequence: i64,
    content_type: &'a str,
}

/// The same to whoever hears of a whole account, in whichever style the others are: there a string says too little.
#[derive(Serialize)]
struct AccountNotification<'a> {
    /// Of the message, after which a socket goes on.
    id: i64,
    /// Whether the holder's side wrote it, or another.
    author: &'static str,
    #[serde(flatten)]
    notification: Notification<'a>,
}

/// The first frame of such a socket.
#[derive(Serialize)]
struct Beginning {
    id: i64,
    /// Whether something came that the client did not hear of.
    missed: bool,
}

/// The frame with which a socket of an account begins.
pub fn beginning(ArrivalId(id): ArrivalId, missed: bool) -> ByteString {
    serde_json::to_string(&Beginning { id, missed }).unwrap_or_default().into()
}

impl FrameStyle {
    pub fn new(config: &ApiConfig) -> Self {
        Self { frame: config.notification_frame, text: config.notification_text.clone() }
    }

    /// One frame, shared by every socket that gets it.
    pub fn frame(&self, channel: &ChannelId, written: &Written) -> ByteString {
        let json = match self.frame {
            NotificationFrame::Text => serde_json::to_string(&self.text),
            NotificationFrame::Object => serde_json::to_string(&self.notification(channel, written)),
        };
        // Strings and integers always have a JSON form; a wake-up without words would still be one.
        json.unwrap_or_default().into()
    }

    /// One frame for those who hear of the whole account.
    pub fn frame_of_account(&self, channel: &ChannelId, written: &Written, side: Side) -> ByteString {
        let notification = self.notification(channel, written);
        let frame = AccountNotification { id: written.arrival.0, author: side.as_str(), notification };
        serde_json::to_string(&frame).unwrap_or_default().into()
    }

    fn notification<'a>(&'a self, channel: &'a ChannelId, written: &'a Written) -> Notification<'a> {
        Notification {
            channel_id: channel.as_str(),
            notification: &self.text,
            received: written.received.to_string(),
            sequence: written.sequence.0,
            content_type: written.content_type.as_str(),
        }
    }
}
