//! The view of a message that reports on transactions: what it says of each, and what follows from its proofs.

use serde::Deserialize;

use crate::callbacks::envelope::Signed;
use crate::callbacks::proof::{Fault, Target};
use crate::callbacks::report::{Entry, Form};
use crate::callbacks::stated::{Detail, Part, Root, Stated, read_all};
use crate::web::words::format::{Now, number};
use crate::web::words::reports::{ReportLine, Sign};

/// Transactions of a batch that one page has with all that is said of them.
const IN_FULL: usize = 100;

/// Which transactions of a batch the page is to have.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Only this one.
    tx: String,
    /// How many are passed over.
    from: usize,
}

pub struct ReportView {
    pub form: &'static str,
    pub signed: Option<Finding>,
    /// What stands beside the signed part.
    pub outside: Vec<(String, String)>,
    pub entries: Vec<EntryView>,
    /// Which ones these are, in a sentence; nothing when all are shown.
    pub shown: String,
    /// Whether only one transaction was asked for, and there are others.
    pub is_of_one: bool,
    /// From which one on the pages before and after this one begin.
    pub previous: Option<usize>,
    pub next: Option<usize>,
}

/// Something that was checked: its sign, what was found, and the hash or key that it is about.
pub struct Finding {
    pub sign: Sign,
    pub words: String,
    pub about: Option<String>,
    /// What it does not say.
    pub but: String,
}

pub struct EntryView {
    pub line: ReportLine,
    pub block: Option<String>,
    pub height: Option<String>,
    pub reason: Option<String>,
    pub competing: Vec<String>,
    /// How many more there are, in words; nothing when all are shown.
    pub more_competing: String,
    pub path: Option<Finding>,
    pub others: Vec<(String, String)>,
}

const GOOD: Sign = Sign { class: "ok", icon: "check" };
const BAD: Sign = Sign { class: "danger", icon: "alert" };
const UNCLEAR: Sign = Sign { class: "warn", icon: "info" };

/// The view of a message's text, if it is a report.
pub fn view(text: &str, wanted: &Wanted, now: Now<'_>) -> Option<ReportView> {
    let of = Some(wanted.tx.as_str()).filter(|tx| !tx.is_empty());
    let told = read_all(text, Part { of, from: wanted.from, most: IN_FULL })?;
    let is_of_one = told.is_of_one;
    Some(ReportView {
        shown: shown(&told, wanted.from),
        is_of_one: is_of_one && told.report.all > told.report.entries.len(),
        previous: (wanted.from > 0 && !is_of_one).then(|| wanted.from.saturating_sub(IN_FULL)),
        next: wanted.from.checked_add(IN_FULL).filter(|next| *next < told.fitting && !is_of_one),
        form: form(told.report.form),
        signed: told.signed.map(signed),
        outside: told.outside,
        entries: told
            .report
            .entries
            .iter()
            .zip(told.details)
            .map(|(entry, detail)| of_entry(entry, detail, now))
            .collect(),
    })
}

fn shown(told: &Stated, from: usize) -> String {
    let (here, all) = (told.report.entries.len(), told.report.all);
    let words = match here {
        _ if here == all => return String::new(),
        0 => format!("There are only {}", count(told.fitting)),
        _ if told.is_of_one => format!("{} of {} reports in this message", count(here), count(all)),
        _ => format!("Transactions {} to {} of {}", count(from + 1), count(from + here), count(all)),
    };
    if all > told.fitting && !told.is_of_one {
        return format!(
            "{words}. Only {} are read; the others are in the message itself.",
            count(told.fitting)
        );
    }
    format!("{words}.")
}

fn count(transactions: usize) -> String {
    number(u64::try_from(transactions).unwrap_or(u64::MAX))
}

fn form(form: Form) -> &'static str {
    match form {
        Form::Arc => "ARC callback",
        Form::ArcBatch => "ARC callbacks, a batch",
        Form::Arcade => "Arcade callback",
        Form::MerkleService => "merkle-service callback",
        Form::Mapi => "mAPI callback",
        Form::MapiInEnvelope => "mAPI callback in an envelope",
    }
}

fn of_entry(entry: &Entry, detail: Detail, now: Now<'_>) -> EntryView {
    EntryView {
        line: ReportLine::new(entry, now),
        block: entry.block.clone(),
        height: entry.height.map(number),
        reason: entry.reason.clone(),
        more_competing: match entry.more_competing {
            0 => String::new(),
            more => format!("{} more, in the message itself", count(more)),
        },
        competing: entry.competing.clone(),
        path: detail.path.map(|path| proof(path, entry)),
        others: detail.others,
    }
}

fn signed(signed: Signed) -> Finding {
    let (sign, words, about, but) = match signed {
        Signed::Not => (UNCLEAR, "Not signed".to_owned(), None, ""),
        Signed::By(key) => {
            (GOOD, "Signed with the key".to_owned(), Some(key), "Whose key that is, it does not say.")
        }
        Signed::Wrong(key) => (
            BAD,
            "The signature does not fit".to_owned(),
            Some(key),
            "The report was changed, or somebody else signed it.",
        ),
        Signed::Unreadable(why) => (UNCLEAR, format!("The signature cannot be judged: {why}"), None, ""),
    };
    Finding { sign, words, about, but: but.to_owned() }
}

/// Without the headers of the chain a path is never more than consistent.
fn proof(path: Result<Root, Fault>, entry: &Entry) -> Finding {
    match path {
        Ok(root) => {
            let hash = Some(root.hash.to_string());
            if !root.is_tied {
                return Finding {
                    sign: UNCLEAR,
                    words: "Leads to the root".to_owned(),
                    about: hash,
                    but: "The report names no transaction by its id, so nothing says that the path is of one of its."
                        .to_owned(),
                };
            }
            if root.height.is_some() && entry.height.is_some() && root.height != entry.height {
                let named = number(root.height.unwrap_or_default());
                let words =
                    format!("Consistent, but for block {named}, which is not the block of the report; root");
                return Finding { sign: BAD, words, about: hash, but: String::new() };
            }
            let block = root.target.and_then(Target::block).map(|block| block.to_string());
            let is_same = block.is_some() && block == entry.block;
            let has_header = matches!(root.target, Some(Target::Header(_)));
            if let Some(block) = &block
                && entry.block.is_some()
                && !is_same
            {
                let (with, it) = if has_header {
                    ("with the header of", "The header is that of")
                } else {
                    ("for", "It names")
                };
                let words = format!("Consistent, but {with} another block than that of the report; root");
                return Finding { sign: BAD, words, about: hash, but: format!("{it} block {block}.") };
            }
            let but = match block {
                _ if root.is_of_subtree => {
                    "That is the root of a part of the block, and no header has it.".to_owned()
                }
                Some(_) if has_header && is_same => {
                    "The header that came along has it. Only the chain says whether it has that header."
                        .to_owned()
                }
                Some(block) if has_header => {
                    format!("The header that came along has it, and is that of block {block}.")
                }
                Some(block) if !is_same => {
                    format!("Compare it with the root in the header of block {block}.")
                }
                Some(_) | None => "Compare it with the root in the block’s header.".to_owned(),
            };
            Finding { sign: GOOD, words: "Consistent, root".to_owned(), about: hash, but }
        }
        Err(Fault::Inconsistent(why)) => {
            Finding { sign: BAD, words: format!("Not consistent: {why}"), about: None, but: String::new() }
        }
        Err(Fault::Unreadable(why)) => Finding {
            sign: UNCLEAR,
            words: format!("Cannot be read: {why}"),
            about: None,
            but: String::new(),
        },
    }
}
