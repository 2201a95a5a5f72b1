//! A channel for callbacks as a table of transactions, and as a file of all that was said of them.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use askama::Template;
use futures_util::stream;
use serde::Deserialize;

use crate::callbacks::status::Tone;
use crate::domain::id::ChannelId;
use crate::domain::message::Sequence;
use crate::http::disposition::Disposition;
use crate::service::error::Error;
use crate::service::transactions::{Said, Table, Transaction, Transactions};
use crate::web::channels::head::Head;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::words::csv;
use crate::web::words::format::{Now, Unread, When, count, number};
use crate::web::words::reports::{Sign, of_transaction, said, short, sign};

/// Transactions of one page.
const PAGE: usize = 100;

/// Reports of one transaction that its row has inside.
const HISTORY: usize = 20;

/// What can be chosen to be shown.
const CHOICES: [(Tone, &str, &str); 5] = [
    (Tone::Done, "block", "In a block"),
    (Tone::Seen, "seen", "Seen on network"),
    (Tone::Waiting, "waiting", "On the way"),
    (Tone::Doubtful, "doubt", "In doubt"),
    (Tone::Failed, "failed", "Failed"),
];

#[derive(Template)]
#[template(path = "channels/transactions.html")]
struct TransactionsPage {
    c: Chrome,
    ch: Head,
    unread: Unread,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    /// What is said where there are transactions and none of them is on this page.
    nothing: Option<String>,
    /// The address of all of them, as its query.
    all: String,
    /// What the table was made of, in a sentence or two.
    looked_at: String,
    /// How many messages only the holder's browser can read, where there are such.
    sealed: Option<String>,
    /// The addresses of the pages before and after this one, and of the table of older messages, as their queries.
    previous: Option<String>,
    next: Option<String>,
    older: Option<String>,
    /// The message before which all that is shown was written.
    before: Option<i64>,
}

struct Choice {
    words: &'static str,
    number: String,
    query: String,
    is_chosen: bool,
}

struct Row {
    txid: String,
    short: String,
    /// What was said last.
    last: Line,
    /// All that was said, when that is more; the latest first.
    history: Vec<Line>,
    /// How many there are of these in all.
    times: String,
    /// How many of these are not here, in words.
    left_out: Option<String>,
}

struct Line {
    words: String,
    sign: Sign,
    at: When,
    /// Where its message is, with this transaction in full.
    path: String,
}

impl Line {
    fn new(one: &Said, now: Now<'_>) -> Self {
        Self {
            words: said(&one.entry),
            sign: sign(one.entry.status.tone()),
            at: When::new(one.entry.at.unwrap_or(one.received), now),
            path: format!("{}{}", one.sequence, of_transaction(&one.entry.txid)),
        }
    }
}

impl Row {
    fn new(transaction: &Transaction, now: Now<'_>) -> Option<Self> {
        let last = Line::new(transaction.said.first()?, now);
        let times = transaction.said.len();
        let history = transaction.said.iter().take(if times > 1 { HISTORY } else { 0 });
        Some(Self {
            txid: transaction.txid.clone(),
            short: short(&transaction.txid),
            last,
            history: history.map(|one| Line::new(one, now)).collect(),
            times: count(times as u64, "report"),
            left_out: (times > HISTORY).then(|| count((times - HISTORY) as u64, "earlier report")),
        })
    }
}

/// What is to be shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    status: String,
    page: usize,
    before: Option<i64>,
}

impl Wanted {
    /// The query that asks for a page of the same messages.
    fn query(&self, status: &str, page: usize) -> String {
        let before = self.before.map(|before| format!("&before={before}")).unwrap_or_default();
        let page = if page > 0 { format!("&page={page}") } else { String::new() };
        format!("?status={status}{before}{page}")
    }
}

pub async fn show(
    call: Call,
    wanted: web::Query<Wanted>,
    transactions: web::Data<Transactions>,
) -> Result<HttpResponse, Refusal> {
    let before = wanted.before.map(Sequence);
    let table = transactions.table(call.owner(), &call.named("channel")?, before);
    let (c, table) = call.page("channels", table).await?;
    html(&page(&call, c, &table, &wanted))
}

fn page(call: &Call, c: Chrome, table: &Table, wanted: &Wanted) -> TransactionsPage {
    let chosen = CHOICES.iter().find(|choice| choice.1 == wanted.status);
    let tone_of = |one: &Transaction| one.said.first().map(|said| said.entry.status.tone());
    let with = |tone| table.transactions.iter().filter(|one| tone_of(one) == Some(tone)).count();
    let choice = |words, status, times: usize, is_chosen| Choice {
        words,
        number: number(times as u64),
        query: wanted.query(status, 0),
        is_chosen,
    };
    let mut choices = vec![choice("All", "", table.transactions.len(), chosen.is_none())];
    choices.extend(
        CHOICES.iter().map(|(tone, name, words)| choice(words, name, with(*tone), *name == wanted.status)),
    );
    let status = chosen.map_or("", |choice| choice.1);
    let fitting =
        table.transactions.iter().filter(|one| chosen.is_none_or(|choice| tone_of(one) == Some(choice.0)));
    let first = wanted.page.saturating_mul(PAGE);
    let mut rows = fitting.skip(first).filter_map(|one| Row::new(one, call.now()));
    let shown: Vec<_> = rows.by_ref().take(PAGE).collect();
    let nothing = || match chosen {
        Some((tone, _, words)) if with(*tone) == 0 => format!("None of the transactions is under “{words}”."),
        Some(_) | None => "Nothing on this page.".to_owned(),
    };
    TransactionsPage {
        ch: Head::new(call, &table.channel, table.tokens, "transactions"),
        unread: Unread(table.unread),
        choices,
        next: rows.next().map(|_| wanted.query(status, wanted.page + 1)),
        previous: wanted.page.checked_sub(1).map(|page| wanted.query(status, page)),
        nothing: (shown.is_empty() && !table.transactions.is_empty()).then(nothing),
        all: wanted.query("", 0),
        rows: shown,
        looked_at: looked_at(table, call.now()),
        sealed: (table.sealed > 0).then(|| count(table.sealed as u64, "message")),
        older: table.back_to.map(|(sequence, _)| format!("?status={status}&before={sequence}")),
        before: wanted.before,
        c,
    }
}

fn looked_at(table: &Table, now: Now<'_>) -> String {
    let all = count(table.messages as u64, "message");
    let others = match table.others {
        0 => String::new(),
        1 => "; 1 of them is about no transaction".to_owned(),
        others => format!("; {} of them are about no transaction", number(others as u64)),
    };
    match table.back_to {
        Some((_, received)) => {
            format!("Made of the last {all}, back to {}{others}.", When::new(received, now).full)
        }
        None => format!("Made of all {all}{others}."),
    }
}

/// All that was said, a line for each transaction of each message, oldest first. It is read as it is sent.
pub async fn download(call: Call, transactions: web::Data<Transactions>) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let all = transactions.all(call.owner(), &id).await?;
    let name = format!("transactions-{}.csv", id.as_str().get(..6).unwrap_or_default());
    let head = csv::line([
        "transaction",
        "status",
        "reason",
        "block height",
        "block",
        "reported",
        "received",
        "message",
    ]);
    let lines = stream::try_unfold((Some(head), all), |(head, mut all)| async move {
        if let Some(head) = head {
            return Ok::<_, Error>(Some((web::Bytes::from(head), (None, all))));
        }
        let Some(part) = all.next().await? else { return Ok(None) };
        let text: String = part.iter().map(line).collect();
        Ok(Some((web::Bytes::from(text), (None, all))))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, Disposition::Attachment.named(&name)))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .streaming(lines))
}

fn line(one: &Said) -> String {
    let Said { entry, sequence, received, .. } = one;
    let height = entry.height.map(|height| height.to_string()).unwrap_or_default();
    let at = entry.at.map(|at| at.to_string()).unwrap_or_default();
    csv::line([
        entry.txid.as_str(),
        entry.status.words(),
        entry.reason.as_deref().unwrap_or_default(),
        &height,
        entry.block.as_deref().unwrap_or_default(),
        &at,
        &received.to_string(),
        &sequence.0.to_string(),
    ])
}
