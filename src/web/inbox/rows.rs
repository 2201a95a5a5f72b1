//! A message as one row of a list: who, what in one line, how big, when.

use crate::callbacks::report::Report;
use crate::domain::content::{Content, OfWallet, media_type};
use crate::domain::message::Message;
use crate::service::inbox_page::Line;
use crate::web::words::days::{Day, day_of};
use crate::web::words::format::{Mark, Now, When, author_words, channel_name, number};
use crate::web::words::reports::{Allowance, ReportLine, Sign, sign_of};
use crate::web::words::sealed::Boxed;
use crate::web::words::snippet::{Fragment, found_in};

/// Transactions of a batch that a list shows.
const INSIDE: usize = 20;

#[expect(clippy::struct_excessive_bools, reason = "what a row shows is a handful of yes or no")]
pub struct MessageRow {
    /// `channel.sequence`: names the message in forms.
    pub key: String,
    /// `channel/sequence`: names it in addresses.
    pub path: String,
    pub sequence: i64,
    pub channel: String,
    pub author: String,
    pub mark: Mark,
    pub unread: bool,
    pub own: bool,
    pub starred: bool,
    pub archived: bool,
    /// Until when it is snoozed.
    pub snoozed: Option<When>,
    pub current: bool,
    pub sealed: bool,
    pub boxed: Option<Boxed>,
    /// The first line, with what was looked for.
    pub line: Vec<Fragment>,
    pub badges: Vec<&'static str>,
    /// What a program reports of transactions.
    pub report: Option<RowReport>,
    pub received: When,
}

/// A report in a list: its sign, and the transactions of a batch.
pub struct RowReport {
    pub sign: Sign,
    pub inside: Vec<ReportLine>,
    /// How many more there are.
    pub more: Option<String>,
}

impl RowReport {
    fn new(report: &Report, now: Now<'_>) -> Self {
        let shown = if report.all > 1 { INSIDE.min(report.entries.len()) } else { 0 };
        let more = u64::try_from(report.all - shown).ok().filter(|more| shown > 0 && *more > 0);
        Self {
            sign: sign_of(report),
            inside: report.entries[..shown].iter().map(|entry| ReportLine::new(entry, now)).collect(),
            more: more.map(|more| format!("{} more in the message", number(more))),
        }
    }
}

impl MessageRow {
    pub fn new(line: &Line, words: &[String], allowance: &mut Allowance, now: Now<'_>) -> Self {
        let message = &line.message;
        let (id, sequence) = (line.channel.id.as_str(), message.sequence.0);
        let channel = channel_name(&line.channel.label, id);
        let own = line.author.is_own();
        let bytes = message.payload.as_bytes();
        let content = Content::of(message.content_type.as_str(), bytes);
        let report = allowance.report(message, content);
        Self {
            key: format!("{id}.{sequence}"),
            path: format!("{id}/{sequence}"),
            sequence,
            author: author_words(&line.author),
            // Whom one writes to is the channel; else it is somebody in it.
            mark: if own {
                Mark::new(line.channel.row, &channel)
            } else {
                Mark::of_author(&line.author, line.channel.row)
            },
            channel,
            unread: line.unread,
            own,
            starred: line.starred,
            archived: line.archived,
            snoozed: line.snoozed.map(|until| When::new(until, now)),
            current: false,
            boxed: Boxed::of(message, content),
            sealed: matches!(content, Content::Sealed | Content::Damaged),
            line: found_in(message, content, report.as_ref(), words),
            badges: match report {
                Some(_) => Vec::new(),
                None => badge(message, content).into_iter().collect(),
            },
            report: report.map(|report| RowReport::new(&report, now)),
            received: When::new(message.received, now),
        }
    }
}

/// Rows in the groups of their days.
pub fn by_day(lines: &[Line], words: &[String], now: Now<'_>) -> Vec<Day<MessageRow>> {
    let (mut days, mut allowance) = (Vec::new(), Allowance::of_a_page());
    for line in lines {
        day_of(&mut days, line.message.received, now).push(MessageRow::new(line, words, &mut allowance, now));
    }
    days
}

/// What a kind of content is called beside a message; nothing for plain text.
fn badge(message: &Message, content: Content) -> Option<&'static str> {
    match content {
        Content::Text => match media_type(message.content_type.as_str()).as_str() {
            "text/html" => Some("HTML source"),
            "image/svg+xml" => Some("SVG source"),
            "text/csv" => Some("CSV"),
            media if media.ends_with("xml") => Some("XML"),
            _ => None,
        },
        Content::Json => Some("JSON"),
        Content::Picture(_) => Some("Image"),
        Content::Sealed => Some(match OfWallet::of(message.payload.as_bytes()) {
            None => "Sealed",
            Some(OfWallet::Encrypted) => "Encrypted",
            Some(OfWallet::Signature) => "Signature",
        }),
        Content::Opaque => Some("File"),
        Content::Damaged => Some("Damaged"),
    }
}
