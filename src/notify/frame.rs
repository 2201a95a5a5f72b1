//! What a notification says on the wire.

use bytestring::ByteString;
use serde::Serialize;

use crate::config::{ApiConfig, NotificationFrame};
use crate::domain::id::ChannelId;
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

impl FrameStyle {
    pub fn new(config: &ApiConfig) -> Self {
        Self { frame: config.notification_frame, text: config.notification_text.clone() }
    }

    /// One frame, shared by every socket that gets it.
    pub fn frame(&self, channel: &ChannelId, written: &Written) -> ByteString {
        let json = match self.frame {
            NotificationFrame::Text => serde_json::to_string(&self.text),
            NotificationFrame::Object => serde_json::to_string(&Notification {
                channel_id: channel.as_str(),
                notification: &self.text,
                received: written.received.to_string(),
                sequence: written.sequence.0,
                content_type: written.content_type.as_str(),
            }),
        };
        // Strings and integers always have a JSON form; a wake-up without words would still be one.
        json.unwrap_or_default().into()
    }
}
