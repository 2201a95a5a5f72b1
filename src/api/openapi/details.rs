//! What the declarations of operations do not say: queries, bodies, and every status that may come.

use actix_web::http::Method;

use crate::api::query::LONGEST_WAIT_SECONDS;
use crate::api::{
    ACCOUNT_NOTIFY, ACCOUNT_NOTIFY_TICKET, CHANNEL, CHANNEL_LIST, CHANNELS, KEY, MESSAGE, NOTIFY,
    NOTIFY_TICKET, OWN_CHANNEL, PICTURE, PUSH, PUSH_DEVICE, TOKEN, TOKENS,
};

/// What a request's body is.
pub(super) enum RequestBody {
    Any,
    Json(&'static str),
}

/// What a parameter of a query may be.
pub(super) enum Kind {
    Flag,
    Text,
    ChannelId,
    Whole { least: i64, most: i64 },
}

/// What the body of an answer is.
#[derive(Default)]
pub(super) enum ResponseBody {
    #[default]
    Nothing,
    /// A message as it was written.
    Payload,
    One(&'static str),
    Many(&'static str),
}

/// Statuses with what they tell.
type Refusals = &'static [(&'static str, &'static str)];

#[derive(Default)]
pub(super) struct Details {
    pub(super) text: &'static str,
    pub(super) query: &'static [(&'static str, Kind, &'static str)],
    pub(super) body: Option<RequestBody>,
    pub(super) status: &'static str,
    pub(super) told: &'static str,
    pub(super) answer: ResponseBody,
    pub(super) refusals: &'static [Refusals],
}

/// What may come of any call.
const ANY: Refusals = &[
    ("429", "Too many attempts, or too many at once; Retry-After says when to come back"),
    ("500", "Something went wrong inside; the server's log has it under the trace id"),
    ("503", "Busy, stopping, or unable to store; nothing was changed, try again"),
];
const ACCOUNT: Refusals = &[("401", "Wrong or no credentials"), ("403", "Not this account's, or not there")];
const HOLDER: Refusals = &[
    ("401", "No token, a revoked one, or one without the right"),
    ("403", "A token of another channel; with a problem body where wrapped statuses are sent as they are"),
];
const FIELDS: Refusals = &[("400", "A field is missing or of the wrong kind")];
const BODY: Refusals = &[
    ("408", "The body did not arrive in time; nothing was stored"),
    ("413", "The body is too large; 400 in the reference's way, with 413 inside"),
];
const JSON: Refusals = &[("415", "Not JSON")];
const FULL: Refusals =
    &[("507", "The most there may be is there; 400 in the reference's way, with 507 inside")];
const REVOKED: Refusals = &[("404", "The token is revoked, or there is none with this secret")];
const WRITING: Refusals = &[
    (
        "400",
        "Empty, without content type, too large (413), locked (403), out of sequence (409) or over quota (507)",
    ),
    ("409", "Unread messages in a sequenced channel; 400 in the reference's way, with 409 inside"),
    ("422", "The Idempotency-Key was used for another message"),
    ("508", "A webhook of a server like this one calls"),
];
const ONE_MESSAGE: Refusals = &[("404", "No such message")];
const BROWSER: Refusals =
    &[("303", "To a page for people, when a browser opens the address without a token")];
const TOO_YOUNG: Refusals = &[("400", "Younger than the channel's minimum age")];
const UNKNOWN_DEVICE: Refusals = &[("401", "No such device")];

const READING: &[(&str, Kind, &str)] = &[
    ("unread", Kind::Flag, "Only what this token has not marked read"),
    ("after", Kind::Whole { least: i64::MIN, most: i64::MAX }, "Only sequences above this one (extension)"),
    (
        "ack",
        Kind::Whole { least: 0, most: i64::MAX },
        "First mark all up to this sequence as read, which wants a token (extension)",
    ),
    ("limit", Kind::Whole { least: 1, most: u32::MAX as i64 }, "At most so many (extension)"),
    ("authors", Kind::Flag, "Say of each message which side wrote it (extension)"),
    (
        "wait",
        Kind::Whole { least: 0, most: LONGEST_WAIT_SECONDS },
        "Hold the answer up to so many seconds until there is something unread (extension)",
    ),
];

/// What a declaration does not say. A test compares the lists.
pub(super) fn details(method: &Method, path: &str) -> Details {
    let ok = Details { status: "200", told: "Done", ..Details::default() };
    match (method.as_str(), path) {
        ("POST", CHANNEL) => Details {
            text: "With an Idempotency-Key header a repetition within 24 hours writes nothing again (extension). \
                   X-Idempotency-Key says the same.",
            body: Some(RequestBody::Any),
            told: "The message as stored",
            answer: ResponseBody::One("Message"),
            refusals: &[ANY, HOLDER, BODY, WRITING, FULL],
            ..ok
        },
        ("GET", CHANNEL) => Details {
            text: "Reading marks nothing but what `ack` names.",
            query: READING,
            told: "Messages in the order of their sequences",
            answer: ResponseBody::Many("Message"),
            refusals: &[ANY, HOLDER, FIELDS, BROWSER, ONE_MESSAGE],
            ..ok
        },
        ("HEAD", CHANNEL) => Details {
            told: "ETag: the highest sequence that others wrote, in digits",
            refusals: &[ANY, HOLDER],
            ..ok
        },
        ("GET", NOTIFY) => Details {
            text: "A WebSocket. The token may also stand in the query, because browsers cannot set headers.",
            query: &[
                ("token", Kind::Text, "The access token"),
                ("ticket", Kind::Text, "A ticket instead, so that no token stands in an address (extension)"),
            ],
            status: "101",
            told: "One text frame for each message that another wrote",
            refusals: &[ANY, HOLDER, &[("400", "Not the handshake of a WebSocket")]],
            ..ok
        },
        ("POST", NOTIFY_TICKET) => Details {
            text: "Opens one socket within 30 seconds (extension).",
            told: "The ticket",
            answer: ResponseBody::One("Ticket"),
            refusals: &[ANY, HOLDER],
            ..ok
        },
        ("GET", KEY) => Details {
            text: "The holder's public key and name, and what the token may do (extension).",
            told: "The key, or null where the holder has none",
            answer: ResponseBody::One("Key"),
            refusals: &[ANY, HOLDER],
            ..ok
        },
        ("GET", PICTURE) => Details {
            text: "What the holder shows to whoever comes: PNG, JPEG or WebP, at most 64 KiB (extension).",
            told: "The picture",
            answer: ResponseBody::Payload,
            refusals: &[ANY, HOLDER, &[("404", "There is none")]],
            ..ok
        },
        ("POST", MESSAGE) => Details {
            text: "`?read=true` without a body marks too (extension).",
            query: &[("older", Kind::Flag, "Also every older message")],
            body: Some(RequestBody::Json("Mark")),
            told: "Marked",
            refusals: &[ANY, HOLDER, BODY, FIELDS, JSON, ONE_MESSAGE],
            ..ok
        },
        ("DELETE", MESSAGE) => Details {
            text: "For everyone. The sequence is never used again.",
            status: "204",
            told: "Deleted",
            refusals: &[ANY, HOLDER, TOO_YOUNG, ONE_MESSAGE],
            ..ok
        },
        ("GET", MESSAGE) => Details {
            text: "The payload with its own content type (extension).",
            told: "The payload",
            answer: ResponseBody::Payload,
            refusals: &[ANY, HOLDER, ONE_MESSAGE],
            ..ok
        },
        ("POST", PUSH) => Details {
            body: Some(RequestBody::Json("Device")),
            told: "Registered",
            refusals: &[ANY, HOLDER, BODY, FIELDS, JSON, FULL],
            ..ok
        },
        ("PUT", PUSH_DEVICE) => Details {
            body: Some(RequestBody::Json("Device")),
            told: "Renamed",
            refusals: &[ANY, UNKNOWN_DEVICE, BODY, FIELDS, JSON],
            ..ok
        },
        ("DELETE", PUSH_DEVICE) => Details {
            query: &[("channelId", Kind::ChannelId, "Only the registrations of this channel")],
            status: "204",
            told: "Forgotten",
            refusals: &[ANY, UNKNOWN_DEVICE, FIELDS],
            ..ok
        },
        _ => account_details(method, path, ok),
    }
}

fn account_details(method: &Method, path: &str, ok: Details) -> Details {
    match (method.as_str(), path) {
        ("POST", CHANNELS) => Details {
            text: "The answer carries one token, described as Owner, that may read and write.",
            body: Some(RequestBody::Json("NewChannel")),
            told: "The channel",
            answer: ResponseBody::One("Channel"),
            refusals: &[ANY, ACCOUNT, BODY, FIELDS, JSON, FULL],
            ..ok
        },
        ("GET", ACCOUNT_NOTIFY) => Details {
            text: "A WebSocket of all channels (extension). The first frame is {\"id\", \"missed\"}: where it begins, and \
                   whether anything came after `after`. Every other is a notification with \"id\" and \"author\", which is \
                   `holder` or `other`.",
            query: &[
                ("ticket", Kind::Text, "A ticket instead of name and password"),
                ("after", Kind::Whole { least: 0, most: i64::MAX }, "The highest id of an earlier socket"),
            ],
            status: "101",
            told: "One text frame for each message of any channel, whoever wrote it",
            refusals: &[ANY, ACCOUNT, FIELDS],
            ..ok
        },
        ("POST", ACCOUNT_NOTIFY_TICKET) => Details {
            text: "Opens one socket of the account within 30 seconds (extension).",
            told: "The ticket",
            answer: ResponseBody::One("Ticket"),
            refusals: &[ANY, ACCOUNT],
            ..ok
        },
        ("GET", CHANNEL_LIST) => Details {
            told: "The account's channels",
            answer: ResponseBody::One("ChannelList"),
            refusals: &[ANY, ACCOUNT],
            ..ok
        },
        ("GET", OWN_CHANNEL) => Details {
            told: "The channel",
            answer: ResponseBody::One("Channel"),
            refusals: &[ANY, ACCOUNT],
            ..ok
        },
        ("POST", OWN_CHANNEL) => Details {
            text: "Writes all three settings; a missing one becomes false.",
            body: Some(RequestBody::Json("NewSettings")),
            told: "The settings",
            answer: ResponseBody::One("Settings"),
            refusals: &[ANY, ACCOUNT, BODY, FIELDS, JSON],
            ..ok
        },
        ("DELETE", OWN_CHANNEL) => {
            Details { status: "204", told: "Gone, and refused from now on", refusals: &[ANY, ACCOUNT], ..ok }
        }
        ("POST", TOKENS) => Details {
            text: "With \"history\": true it also sees what was written before (extension).",
            body: Some(RequestBody::Json("NewToken")),
            told: "The token",
            answer: ResponseBody::One("Token"),
            refusals: &[ANY, ACCOUNT, BODY, FIELDS, JSON, FULL],
            ..ok
        },
        ("GET", TOKENS) => Details {
            query: &[("token", Kind::Text, "Only the one with this secret")],
            told: "The channel's tokens",
            answer: ResponseBody::Many("Token"),
            refusals: &[ANY, ACCOUNT, REVOKED],
            ..ok
        },
        ("GET", TOKEN) => Details {
            told: "The token",
            answer: ResponseBody::One("Token"),
            refusals: &[ANY, ACCOUNT, REVOKED],
            ..ok
        },
        ("DELETE", TOKEN) => Details {
            status: "204",
            told: "Gone, and refused from now on",
            refusals: &[ANY, ACCOUNT, REVOKED],
            ..ok
        },
        _ => Details { status: "default", told: "", ..ok },
    }
}
