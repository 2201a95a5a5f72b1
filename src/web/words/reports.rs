//! What programs report of transactions, in words.

use form_urlencoded::byte_serialize;

use crate::callbacks::report::{Entry, Report, read};
use crate::callbacks::status::{Status, Tone};
use crate::domain::content::{Content, text_of};
use crate::domain::message::Message;
use crate::web::words::format::{Now, When, number};

/// Digits of an id at its beginning and at its end that stand for all of them.
const SHORT: (usize, usize) = (8, 4);

/// What is said of one transaction, in one line.
pub struct ReportLine {
    /// The whole id; empty for what is about none.
    pub txid: String,
    pub short: String,
    pub words: String,
    pub sign: Sign,
    pub at: Option<When>,
}

/// A status as a colour and a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    pub class: &'static str,
    pub icon: &'static str,
}

/// How many bytes of reports one page still understands. It has many messages, and they are read while others wait.
pub struct Allowance {
    left: usize,
}

impl Allowance {
    /// For a page: some batches of the usual size, which have up to a megabyte.
    pub fn of_a_page() -> Self {
        Self { left: 4 * 1024 * 1024 }
    }

    /// For a single line among others.
    pub fn of_a_line() -> Self {
        Self { left: 256 * 1024 }
    }

    /// The report that a message is, if it is one.
    pub fn report(&mut self, message: &Message, content: Content) -> Option<Report> {
        if content != Content::Json {
            return None;
        }
        self.left = self.left.checked_sub(message.payload.as_bytes().len())?;
        read(&text_of(message.content_type.as_str(), message.payload.as_bytes())?)
    }
}

/// The most kinds of status that one line names.
const KINDS: usize = 4;

/// A report in one line: its transaction, or how many there are and how they stand.
pub fn in_one_line(report: &Report) -> String {
    if let [entry] = report.entries.as_slice() {
        return if entry.txid.is_empty() {
            said(entry)
        } else {
            format!("{} · {}", said(entry), short(&entry.txid))
        };
    }
    let mut kinds: Vec<(&Status, u64)> = Vec::new();
    for entry in &report.entries {
        match kinds.iter_mut().find(|(status, _)| *status == &entry.status) {
            Some((_, times)) => *times += 1,
            None => kinds.push((&entry.status, 1)),
        }
    }
    let others = kinds.len().saturating_sub(KINDS);
    let mut kinds: Vec<_> = kinds
        .iter()
        .take(KINDS)
        .map(|(status, times)| format!("{} {}", number(*times), status.words()))
        .collect();
    if others > 0 {
        kinds.push("and others".to_owned());
    }
    let all = u64::try_from(report.all).unwrap_or(u64::MAX);
    format!("{} transactions · {}", number(all), kinds.join(", "))
}

/// What became of a transaction.
pub fn said(entry: &Entry) -> String {
    let words = entry.status.words();
    match (entry.status.tone(), entry.height, &entry.reason) {
        (Tone::Done, Some(height), _) => format!("{words} in block {}", number(height)),
        (Tone::Failed | Tone::Doubtful, _, Some(reason)) => format!("{words}: {reason}"),
        _ => words.to_owned(),
    }
}

/// The sign of all transactions in a report: that of the one which needs a look most.
pub fn sign_of(report: &Report) -> Sign {
    let tones = [Tone::Failed, Tone::Doubtful, Tone::Waiting, Tone::Seen];
    let has = |tone: &Tone| report.entries.iter().any(|entry| entry.status.tone() == *tone);
    sign(tones.into_iter().find(has).unwrap_or(Tone::Done))
}

/// What a message's address ends with where it is to have this transaction in full.
pub fn of_transaction(txid: &str) -> String {
    format!("?tx={}", byte_serialize(txid.as_bytes()).collect::<String>())
}

/// The colour and the sign of a status.
pub fn sign(tone: Tone) -> Sign {
    let (class, icon) = match tone {
        Tone::Done => ("ok", "check"),
        Tone::Seen => ("accent", "eye"),
        Tone::Waiting => ("", "clock"),
        Tone::Doubtful => ("warn", "alert"),
        Tone::Failed => ("danger", "x"),
    };
    Sign { class, icon }
}

/// The beginning and the end of a long id.
pub fn short(txid: &str) -> String {
    let (first, last) = SHORT;
    match (txid.get(..first), txid.len().checked_sub(last).and_then(|at| txid.get(at..))) {
        (Some(begins), Some(ends)) if txid.len() > first + last => format!("{begins}…{ends}"),
        _ => txid.to_owned(),
    }
}

impl ReportLine {
    pub fn new(entry: &Entry, now: Now<'_>) -> Self {
        Self {
            txid: entry.txid.clone(),
            short: short(&entry.txid),
            words: said(entry),
            sign: sign(entry.status.tone()),
            at: entry.at.map(|at| When::new(at, now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_told_in_a_line() {
        let id = "3f".repeat(32);
        let line = |text: &str| read(text).map(|report| (in_one_line(&report), sign_of(&report).class));
        let one = |status: &str, more: &str| format!(r#"{{"txid":"{id}","txStatus":"{status}"{more}}}"#);
        let mapi = |reason: &str| format!(r#"{{"callbackTxId":"{id}","callbackReason":"{reason}"}}"#);
        for (text, words, class) in [
            (one("MINED", r#","blockHeight":861234"#), "Mined in block 861\u{202f}234 · 3f3f3f3f…3f3f", "ok"),
            (one("SEEN_ON_NETWORK", ""), "Seen on network · 3f3f3f3f…3f3f", "accent"),
            (
                one("REJECTED", r#","extraInfo":"fee too low""#),
                "Rejected: fee too low · 3f3f3f3f…3f3f",
                "danger",
            ),
            (one("DOUBLE_SPEND_ATTEMPTED", ""), "Double spend attempt · 3f3f3f3f…3f3f", "warn"),
            (mapi("doubleSpendAttempt"), "Double spend attempt · 3f3f3f3f…3f3f", "warn"),
            (mapi("doubleSpend"), "Double spent · 3f3f3f3f…3f3f", "danger"),
            (
                format!(r#"{{"callbacks":[{0},{1},{0}]}}"#, one("MINED", ""), one("STORED", "")),
                "3 transactions · 2 Mined, 1 Stored",
                "",
            ),
        ] {
            assert_eq!(line(&text), Some((words.to_owned(), class)));
        }
        assert_eq!(
            (short(""), short("abc"), short("äöüäöüäöüäöü")),
            (String::new(), "abc".into(), "äöüä…öü".into())
        );
    }
}
