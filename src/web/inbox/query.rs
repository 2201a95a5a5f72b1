//! The inbox's address: which view, which search, from where on. Also the grammar of the search field.

use std::fmt::Write;

use serde::Deserialize;
use time::{Date, Month};

use crate::domain::folded::folded;
use crate::domain::message::Sequence;
use crate::domain::size;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::service::search::{Criteria, Noted, Word};

/// What an address of the inbox carries.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct InboxQuery {
    pub view: String,
    pub q: String,
    /// A channel's id.
    pub channel: String,
    pub after: String,
    pub before: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Only messages older than the one with this row id.
    pub older: String,
    /// The ids after which the pages before this one began, so that one can go back page by page.
    pub trail: String,
    /// Only what a page needs that shows an earlier state of this list.
    pub part: bool,
}

/// The pages that a trail leads back over.
const TRAIL: usize = 40;

/// A condition that can be taken away again.
#[derive(Debug, Clone)]
pub struct Condition {
    pub text: String,
    /// The address without it.
    pub without: String,
}

/// A query, understood.
#[derive(Debug, Default)]
pub struct Understood {
    pub criteria: Criteria,
    /// The channel's comes first.
    pub parts: Vec<Condition>,
    /// What was not understood, in sentences; the rest is searched all the same.
    pub notices: Vec<String>,
}

impl InboxQuery {
    /// The query as it stands in an address, with its question mark; empty when there is nothing to say.
    pub fn to_address(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("view", &self.view),
            ("q", &self.q),
            ("channel", &self.channel),
            ("after", &self.after),
            ("before", &self.before),
            ("type", &self.kind),
            ("older", &self.older),
            ("trail", &self.trail),
        ] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        let text = pairs.finish();
        if text.is_empty() { text } else { format!("?{text}") }
    }

    /// What a search asks for beside the words of its field, for a form that takes others; nothing of what is no search.
    pub fn beside(&self) -> Vec<(&'static str, String)> {
        let conditions = [
            ("channel", &self.channel),
            ("after", &self.after),
            ("before", &self.before),
            ("type", &self.kind),
        ];
        let conditions: Vec<_> = conditions.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        if self.q.is_empty() && conditions.is_empty() {
            return Vec::new();
        }
        let view = if self.view.is_empty() { "all" } else { &self.view };
        let view = std::iter::once(("view", view.to_owned()));
        view.chain(conditions.into_iter().map(|(name, value)| (name, value.clone()))).collect()
    }

    /// The first page.
    pub fn newest(&self) -> Self {
        Self { older: String::new(), trail: String::new(), ..self.clone() }
    }

    /// The page after this one.
    pub fn further(&self, older: i64) -> Self {
        let mut trail = self.steps();
        trail.extend(self.older.parse::<i64>());
        let trail = trail.split_off(trail.len().saturating_sub(TRAIL));
        Self { older: older.to_string(), trail: joined(&trail), ..self.clone() }
    }

    /// The page before this one; `None` on the first.
    pub fn nearer(&self) -> Option<Self> {
        let mut trail = self.steps();
        let older = trail.pop().map_or_else(String::new, |older| older.to_string());
        (!self.older.is_empty()).then(|| Self { older, trail: joined(&trail), ..self.clone() })
    }

    fn steps(&self) -> Vec<i64> {
        self.trail.split('.').filter_map(|step| step.parse().ok()).collect()
    }

    /// What the query asks for.
    pub fn understand(&self, zone: &Zone) -> Understood {
        let mut understood = Understood::default();
        let fresh = self.newest();
        if let Ok(id) = self.channel.parse() {
            understood.criteria.channel = Some(id);
            let without = Self { channel: String::new(), ..fresh.clone() };
            understood.part("Channel".to_owned(), &without);
        }
        let terms = split(&self.q);
        for (index, term) in terms.iter().enumerate() {
            let rest = terms.iter().enumerate().filter(|(other, _)| *other != index);
            let q = rest.map(|(_, term)| term.as_str()).collect::<Vec<_>>().join(" ");
            understood.term(term, zone);
            understood.part(term.clone(), &Self { q, ..fresh.clone() });
        }
        for (name, value, without) in [
            ("after", &self.after, Self { after: String::new(), ..fresh.clone() }),
            ("before", &self.before, Self { before: String::new(), ..fresh.clone() }),
            ("type", &self.kind, Self { kind: String::new(), ..fresh.clone() }),
        ] {
            if !value.is_empty() {
                let words = match name {
                    "after" => format!("From {value}"),
                    "before" => format!("Up to {value}"),
                    _ => format!("Type: {value}"),
                };
                understood.operator(name, value, zone);
                understood.part(words, &without);
            }
        }
        understood
    }
}

impl Understood {
    /// Names the one channel that is looked through.
    pub fn name_channel(&mut self, name: &str) {
        if let (Some(_), Some(part)) = (&self.criteria.channel, self.parts.first_mut()) {
            part.text = format!("Channel: {name}");
        }
    }

    fn part(&mut self, text: String, without: &InboxQuery) {
        self.parts.push(Condition { text, without: without.to_address() });
    }

    fn term(&mut self, term: &str, zone: &Zone) {
        if let Some((name, value)) = term.split_once(':')
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_lowercase())
        {
            self.operator(name, value.trim_matches('"'), zone);
            return;
        }
        let (negated, text) = match term.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, term),
        };
        self.word(text.trim_matches('"'), negated);
    }

    fn word(&mut self, text: &str, negated: bool) {
        let text = folded(text);
        if !text.is_empty() {
            self.criteria.words.push(Word { text, negated });
        }
    }

    fn operator(&mut self, name: &str, value: &str, zone: &Zone) {
        let criteria = &mut self.criteria;
        let known = match name {
            "channel" => {
                criteria.label = Some(folded(value));
                true
            }
            "from" => {
                criteria.author = Some(folded(value));
                true
            }
            "type" => {
                criteria.media = Some(value.to_lowercase());
                true
            }
            "after" => start_of(day(value), zone).map(|day| criteria.from = Some(day)).is_some(),
            "before" => {
                // The named day is still in.
                let next = day(value).and_then(Date::next_day);
                start_of(next, zone).map(|day| criteria.until = Some(day)).is_some()
            }
            "larger" => bytes(value).map(|bytes| criteria.larger = Some(bytes)).is_some(),
            "seq" => sequences(value).map(|range| criteria.sequences = Some(range)).is_some(),
            "is" => match value {
                "unread" => {
                    criteria.unread = Some(true);
                    true
                }
                "read" => {
                    criteria.unread = Some(false);
                    true
                }
                "sealed" => {
                    criteria.sealed = true;
                    true
                }
                "json" => {
                    criteria.json = true;
                    true
                }
                "starred" | "archived" | "snoozed" => {
                    criteria.noted.push(match value {
                        "starred" => Noted::Starred,
                        "archived" => Noted::Archived,
                        _ => Noted::Snoozed,
                    });
                    true
                }
                _ => false,
            },
            _ => {
                let text = format!("{name}:{value}");
                // An address is searched as it stands, which nobody needs to be told.
                if !value.starts_with("//") {
                    self.notices
                        .push(format!("“{name}:” is no filter here, so “{text}” was searched as a word."));
                }
                self.word(&text, false);
                return;
            }
        };
        if !known {
            let mut notice = String::new();
            let example = match name {
                "after" | "before" => "a day such as 2026-01-31",
                "larger" => "a size such as 10k",
                "seq" => "numbers such as 42..90",
                _ => "unread, read, starred, archived, snoozed, sealed or json",
            };
            let _infallible = write!(notice, "“{name}:{value}” was left out: {name} wants {example}.");
            self.notices.push(notice);
        }
    }
}

fn joined(steps: &[i64]) -> String {
    steps.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
}

/// Splits at white space outside quotes.
fn split(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        if letter == '"' {
            quoted = !quoted;
        }
        if letter.is_whitespace() && !quoted {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(letter);
        }
    }
    terms.retain(|term| !term.is_empty());
    terms.truncate(20);
    terms
}

fn day(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month = Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year, month, parts.next()?.parse().ok()?).ok()
}

fn start_of(day: Option<Date>, zone: &Zone) -> Option<Timestamp> {
    zone.start_of(day?)
}

fn bytes(text: &str) -> Option<usize> {
    size::parse(text)?.try_into().ok()
}

fn sequences(text: &str) -> Option<(Sequence, Sequence)> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let number = |text: &str, open: i64| if text.is_empty() { Some(open) } else { text.parse().ok() };
    Some((Sequence(number(low, 0)?), Sequence(number(high, i64::MAX)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understand(q: &str) -> Understood {
        InboxQuery { q: q.to_owned(), ..InboxQuery::default() }.understand(&Zone::utc())
    }

    #[test]
    fn words_phrases_and_operators() {
        let understood =
            understand("tray -\"last year\" channel:Shop larger:10k seq:42..90 is:unread https://x");
        let criteria = understood.criteria;
        let word = |text: &str, negated| Word { text: text.to_owned(), negated };
        assert_eq!(criteria.words, [word("tray", false), word("last year", true), word("https://x", false)]);
        assert_eq!(criteria.label.as_deref(), Some("shop"));
        assert_eq!((criteria.larger, criteria.unread), (Some(10 << 10), Some(true)));
        assert_eq!(criteria.sequences, Some((Sequence(42), Sequence(90))));
        assert_eq!(understood.parts.len(), 7);
        assert!(understood.notices.is_empty());
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let understood = understand("after:yesterday is:purple fine");
        assert_eq!(understood.notices.len(), 2);
        assert_eq!(understood.criteria.words.len(), 1);
        let understood = understand("colour:blue from:\"Web shop\"");
        assert_eq!((understood.notices.len(), understood.criteria.author.as_deref()), (1, Some("web shop")));
        assert_eq!(understood.criteria.words, [Word { text: "colour:blue".to_owned(), negated: false }]);
    }

    #[test]
    fn pages_lead_on_and_back() {
        let first = InboxQuery::default();
        let third = first.further(90).further(80);
        assert_eq!((third.older.as_str(), third.trail.as_str()), ("80", "90"));
        let second = third.nearer().unwrap_or_default();
        assert_eq!((second.older.as_str(), second.trail.as_str()), ("90", ""));
        assert_eq!(second.nearer().map(|page| page.to_address()), Some(String::new()));
        assert!(first.nearer().is_none());
        let far = (0..100).fold(first, |page, at| page.further(1000 - at));
        assert_eq!(far.steps().len(), TRAIL);
    }

    #[test]
    fn a_day_named_as_the_last_is_still_in() {
        let criteria = understand("after:2026-01-31 before:2026-01-31").criteria;
        let day = criteria.until.zip(criteria.from).map(|(until, from)| until.since(from).as_secs());
        assert_eq!(day, Some(24 * 60 * 60));
    }
}
