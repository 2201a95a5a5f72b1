//! What a line of an export says, as values that can be taken in.

use std::str::FromStr;

use base64_simd::STANDARD;

use crate::domain::channel::{
    Amendment, Arrangement, ChannelLabel, ChannelState, Direction, PublicAccess, Retention, Sequencing,
    Settings,
};
use crate::domain::exported::{
    ExportedAuthor, ExportedChannel, ExportedKey, ExportedMessage, ExportedSecret, ExportedToken,
    ExportedWebhook,
};
use crate::domain::id::ChannelId;
use crate::domain::key::{MAX_COPY_BYTES, PublicKey};
use crate::domain::letter::WrappedReply;
use crate::domain::message::{self, ContentType, Payload, Sequence};
use crate::domain::reception::{Greeting, Picture};
use crate::domain::secret::{BearerToken, ReceiverToken, WebhookSecret};
use crate::domain::time::Timestamp;
use crate::domain::token::{Description, MAX_DESCRIPTION_CHARS, Note, Permissions, WrappedLink};
use crate::domain::web_address::WebAddress;
use crate::domain::webhook::{Extent, WebhookForm, WebhookSettings, WebhookState};
use crate::transfer::shapes::{
    ChannelLine, EndLine, ExportLine, From, HeadLine, HookForm, HookState, KeyLine, MessageLine, TokenLine,
    Way, WebhookLine,
};

/// The largest payload that any server takes, and what sealing adds to a copy, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024 + 64 * 1024;

/// The longest secret of a token, in bytes.
const MAX_SECRET_BYTES: usize = 1024;

/// The colours that a token may have.
const HUES: u8 = 8;

/// What a line says.
#[derive(Debug)]
pub(super) enum Item {
    Export(HeadLine),
    Key(ExportedKey),
    /// With the number that it claims.
    Channel(usize, Box<ExportedChannel>),
    /// With the numbers of channel and token that it claims.
    Token((usize, u32), Box<ExportedToken>),
    /// With the number of its channel.
    Message(usize, Box<ExportedMessage>),
    End(EndLine),
}

/// Why a line cannot be used.
type Wrong = &'static str;

/// Reads a line; says in words why it cannot. What stands there may be a secret, so only its place is told.
pub(super) fn item(line: &[u8]) -> Result<Item, String> {
    let line: ExportLine<'_> = serde_json::from_slice(line).map_err(|error| {
        let why = if error.is_data() { "has other members than it should" } else { "is not JSON" };
        format!("the line {why}, at column {}", error.column())
    })?;
    let item = match line {
        ExportLine::Export(head) => Ok(Item::Export(head)),
        ExportLine::Key(key) => key_value(key).map(Item::Key),
        ExportLine::Channel(channel) => {
            let number = channel.number;
            channel_value(*channel).map(|channel| Item::Channel(number, Box::new(channel)))
        }
        ExportLine::Token(token) => {
            let which = (token.channel, token.number);
            token_value(*token).map(|token| Item::Token(which, Box::new(token)))
        }
        ExportLine::Message(message) => {
            let channel = message.channel;
            message_value(message).map(|message| Item::Message(channel, Box::new(message)))
        }
        ExportLine::End(end) => Ok(Item::End(end)),
    };
    item.map_err(str::to_owned)
}

fn time(text: &str) -> Result<Timestamp, Wrong> {
    let time = Timestamp::parse(text).ok_or("a time is none, as in 2026-11-26T09:30:00.000Z")?;
    // Later ones have five digits, and earlier ones a sign.
    if (0..=9999).contains(&time.calendar().year()) { Ok(time) } else { Err("a time is out of range") }
}

fn optional_time(text: Option<impl AsRef<str>>) -> Result<Option<Timestamp>, Wrong> {
    text.map(|text| time(text.as_ref())).transpose()
}

fn sequence(number: i64) -> Result<Sequence, Wrong> {
    if number < 0 { Err("a sequence is negative") } else { Ok(Sequence(number)) }
}

fn bytes(base64: &str) -> Result<Vec<u8>, Wrong> {
    if base64.len() > MAX_BYTES.div_ceil(3) * 4 {
        return Err("the bytes are more than 16 MiB");
    }
    STANDARD.decode_to_vec(base64).map_err(|_| "the bytes are not in base64")
}

fn key_value(key: KeyLine) -> Result<ExportedKey, Wrong> {
    if key.copy.as_ref().is_some_and(|copy| copy.len() > MAX_COPY_BYTES) {
        return Err("the copy of the key is too long");
    }
    Ok(ExportedKey {
        public: PublicKey::parse(&key.public).ok_or("this is not a public key")?,
        copy: key.copy,
        created: time(&key.created)?,
        retired: optional_time(key.retired)?,
    })
}

fn channel_value(channel: ChannelLine<'_>) -> Result<ExportedChannel, Wrong> {
    let label = |text: &str| ChannelLabel::new(text).map_err(|_| "the label or group is too long");
    let picture = channel.picture.map(|base64| {
        Picture::new(bytes(&base64)?).map_err(|_| "the picture is none, or larger than 64 KiB")
    });
    let reply = channel.reply.map(|text| WrappedReply::new(&text).ok_or("the reply key is none"));
    Ok(ExportedChannel {
        id: ChannelId::from_str(&channel.id).map_err(|_| "the id is none of a channel")?,
        created: time(&channel.created)?,
        settings: Settings {
            label: label(&channel.label)?,
            direction: match channel.direction {
                Way::Both => Direction::TwoWay,
                Way::Incoming => Direction::Incoming,
                Way::Outgoing => Direction::Outgoing,
                Way::Callbacks => Direction::Callbacks,
            },
            amendment: Amendment {
                public: PublicAccess { read: channel.public_read, write: channel.public_write },
                state: if channel.locked { ChannelState::Locked } else { ChannelState::Open },
            },
            retention: Retention::new(channel.min_age_days, channel.max_age_days, channel.auto_prune)
                .map_err(|_| "the days of its retention are not possible")?,
        },
        sequencing: if channel.sequenced { Sequencing::Sequenced } else { Sequencing::Free },
        head: sequence(channel.head)?,
        arrangement: Arrangement {
            pinned: channel.pinned,
            muted: channel.muted,
            group: label(&channel.group)?,
        },
        greeting: Greeting::new(&channel.greeting).map_err(|_| "the greeting is too long")?,
        picture: picture.transpose()?,
        reply: reply.transpose()?,
        letters: channel.letters,
        read_upto: sequence(channel.read_upto)?,
        archived_upto: sequence(channel.archived_upto)?,
        webhooks: channel.webhooks.into_iter().map(webhook_value).collect::<Result<_, _>>()?,
    })
}

fn webhook_value(line: WebhookLine<'_>) -> Result<ExportedWebhook, Wrong> {
    let secret = line.secret.map(|text| WebhookSecret::parse(&text).ok_or("the secret of a webhook is none"));
    let token = line.token.map(|text| ReceiverToken::parse(&text).ok_or("the token of a webhook is none"));
    Ok(ExportedWebhook {
        settings: WebhookSettings {
            address: WebAddress::parse(&line.address).map_err(|_| "the address of a webhook is none")?,
            form: match line.form {
                HookForm::Standard => WebhookForm::Standard,
                HookForm::Ntfy => WebhookForm::Ntfy,
                HookForm::Gotify => WebhookForm::Gotify,
            },
            extent: if line.with_message { Extent::Message } else { Extent::Arrival },
            token: token.transpose()?,
        },
        secret: secret.transpose()?,
        state: match line.state {
            HookState::AtWork => WebhookState::AtWork,
            HookState::Paused => WebhookState::Paused,
            HookState::GaveUp => WebhookState::GaveUp,
            HookState::NotWanted => WebhookState::NotWanted,
        },
        told: sequence(line.told)?,
    })
}

fn token_value(token: TokenLine<'_>) -> Result<ExportedToken, Wrong> {
    if token.description.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err("the description is too long");
    }
    if token.hue.is_some_and(|hue| hue >= HUES) {
        return Err("there is no such colour");
    }
    let link = token.link.map(|text| WrappedLink::new(&text).ok_or("the secret of the link is none"));
    let note = Note::new(&token.note).map_err(|_| "the note is too long")?;
    Ok(ExportedToken {
        secret: match (token.secret, token.revoked) {
            (Some(_), Some(_)) => return Err("a revoked token has no secret"),
            (None, Some(at)) => ExportedSecret::Revoked(time(&at)?),
            (None, None) => ExportedSecret::Withheld,
            (Some(secret), None) => ExportedSecret::Known(secret_value(&secret)?),
        },
        is_owner: token.owner,
        description: Description::stored(token.description.into_owned()),
        permissions: Permissions { read: token.can_read, write: token.can_write, delete: token.can_delete },
        since: sequence(token.since)?,
        created: time(&token.created)?,
        expires: optional_time(token.expires)?,
        note: Some(note).filter(|note| !note.as_str().is_empty()),
        hue: token.hue,
        link: link.transpose()?,
        used: optional_time(token.used)?,
        read_upto: sequence(token.read_upto)?,
    })
}

/// A secret that can be presented in a header.
pub(super) fn secret_value(text: &str) -> Result<BearerToken, Wrong> {
    let is_fit = !text.is_empty()
        && text.len() <= MAX_SECRET_BYTES
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_fit { Ok(BearerToken::new(text)) } else { Err("the secret is none that a program could present") }
}

fn message_value(line: MessageLine<'_>) -> Result<ExportedMessage, Wrong> {
    let payload = match (bytes(&line.payload)?, line.damaged) {
        (payload, true) if payload.is_empty() => Payload::damaged(),
        (payload, false) => Payload::new(payload).ok_or("the message has no bytes")?,
        _ => return Err("a damaged message has bytes"),
    };
    let copy = line.copy.map(|base64| bytes(&base64)).transpose()?;
    Ok(ExportedMessage {
        message: message::Message {
            sequence: sequence(line.sequence)?,
            received: time(&line.received)?,
            content_type: ContentType::new(&line.content_type)
                .map_err(|_| "the content type is not possible")?,
            payload,
        },
        author: match line.from {
            From::Anyone => ExportedAuthor::Anonymous,
            From::Holder => ExportedAuthor::Holder,
            From::Token(number) => ExportedAuthor::Token(number),
        },
        copy: copy.map(Into::into),
        read: line.read,
        archived: line.archived,
        starred: line.starred,
        snoozed: optional_time(line.snoozed_until)?,
        read_by: line.read_by,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINES: [&str; 5] = [
        r#"{"export":{"version":1,"account":"first","secrets":true}}"#,
        r#"{"channel":{"number":1,"id":"abc","created":"2026-11-26T09:30:00.000Z","head":3,"public_read":false,
            "public_write":true,"sequenced":true,"min_age_days":1,"label":"Tomatoes","direction":"incoming",
            "read_upto":2,"webhooks":[{"address":"https://example.org/h?t=1","form":"ntfy","state":"gave_up","told":2,
            "secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw","token":"tk"}]}}"#,
        r#"{"token":{"channel":1,"number":1,"description":"Owner","secret":"s","owner":true,"can_read":true,
            "can_write":true,"can_delete":false,"created":"2026-11-26T09:30:00.000Z","read_upto":0,"hue":7}}"#,
        r#"{"message":{"channel":1,"sequence":1,"received":"2026-11-26T09:30:00.000Z","from":{"token":1},
            "content_type":"text/plain","payload":"aGVsbG8=","read":true,"read_by":[1,2]}}"#,
        r#"{"end":{"keys":0,"channels":1,"tokens":1,"messages":1}}"#,
    ];

    #[test]
    fn lines_say_what_they_are() {
        for line in LINES {
            item(line.as_bytes()).expect(line);
        }
        for (line, from, to) in [
            (1, "\"abc\"", "\"a/c\""),
            (1, "\"min_age_days\":1", "\"min_age_days\":-1"),
            (1, "2026-11-26", "12026-11-26"),
            (1, "https://example", "ftp://example"),
            (1, "whsec_Mf", "whsec_"),
            (1, "\"tk\"", "\"t k\""),
            (1, "\"ntfy\"", "\"other\""),
            (2, "\"secret\":\"s\"", "\"secret\":\"s p\""),
            (2, "\"secret\":\"s\"", "\"secret\":\"s\",\"revoked\":\"2026-11-26T09:30:00.000Z\""),
            (2, "\"hue\":7", "\"hue\":8"),
            (3, "aGVsbG8=", ""),
            (3, "aGVsbG8=", "aGVsbG8"),
            (3, "text/plain", "text/\\u0000"),
            (3, "\"read\":true", "\"damaged\":true"),
            (4, "\"keys\":0", "\"keys\":-1"),
        ] {
            let changed = LINES[line].replace(from, to);
            assert!(changed != LINES[line] && item(changed.as_bytes()).is_err(), "{changed}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _either = item(&bytes);
        }

        #[test]
        fn no_change_of_a_line_makes_it_panic(
            line in 0..LINES.len(), at in 0_usize..400, length in 0_usize..20, text in "[\\PC\"{}:,0-9-]{0,12}",
        ) {
            let mut changed = LINES[line].to_owned();
            let start = at.min(changed.len());
            changed.replace_range(start..(start + length).min(changed.len()), &text);
            if let Ok(Item::Message(_, exported)) = item(changed.as_bytes()) {
                prop_assert!(exported.message.payload.as_bytes().len() <= changed.len());
            }
        }
    }
}
