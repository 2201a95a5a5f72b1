//! Query strings: names in any case, unknown ones ignored, values judged with the reason.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::domain::message::Sequence;
use crate::domain::read_state::Selection;
use crate::http::failure::Failure;

/// The longest that a read may wait for a message.
pub(super) const LONGEST_WAIT_SECONDS: i64 = 60;

/// The parameters of a request.
pub(super) struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// What a read asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadQuery {
    pub(super) selection: Selection,
    /// Mark everything up to this one as read before.
    pub(super) ack: Option<Sequence>,
    /// Say of each message which side wrote it.
    pub(super) authors: bool,
    /// Hold the request so long until there is something unread.
    pub(super) wait: Option<Duration>,
}

impl<'a> Query<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let pair = |pair: &'a str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Self { pairs: text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect() }
    }

    /// The first value of that name; an empty one counts as absent, because clients send unused parameters empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.pairs.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        pair.map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }

    /// How often the name occurs.
    pub(super) fn count(&self, name: &str) -> usize {
        self.pairs.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name)).count()
    }

    /// `true` or `false` in any case; false when absent.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.get(name) {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(Failure::invalid_field(name, "The value must be true or false")),
        }
    }

    /// A whole number.
    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        let number = self.get(name).map(str::parse).transpose();
        number.map_err(|_| Failure::invalid_field(name, "The value must be a whole number"))
    }
}

impl ReadQuery {
    pub(super) fn parse(query: &Query<'_>) -> Result<Self, Failure> {
        let limit: Option<u32> = query.number("limit")?;
        if limit == Some(0) {
            return Err(Failure::invalid_field("limit", "The value must be at least 1"));
        }
        let wait: Option<u64> = query.number("wait")?;
        if wait.is_some_and(|seconds| seconds > LONGEST_WAIT_SECONDS.unsigned_abs()) {
            let reason = format!("The value must be at most {LONGEST_WAIT_SECONDS} seconds");
            return Err(Failure::invalid_field("wait", reason));
        }
        let ack: Option<i64> = query.number("ack")?;
        if ack.is_some_and(i64::is_negative) {
            return Err(Failure::invalid_field("ack", "The value must not be negative"));
        }
        Ok(Self {
            selection: Selection {
                unread_only: query.flag("unread")?,
                after: Sequence(query.number("after")?.unwrap_or(0)),
                limit,
            },
            ack: ack.filter(|upto| *upto != 0).map(Sequence),
            authors: query.flag("authors")?,
            wait: wait.filter(|seconds| *seconds > 0).map(Duration::from_secs),
        })
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_case_and_empty_is_absent() {
        let query = Query::new("ChannelId=a%2Fb&token=&x");
        assert_eq!(query.get("channelid"), Some("a/b"));
        assert_eq!(query.get("token"), None);
        assert_eq!(query.get("x"), None);
        assert_eq!(query.count("TOKEN"), 1);
    }

    #[test]
    fn reads_are_judged() {
        let parse = |text: &str| ReadQuery::parse(&Query::new(text));
        for text in ["unread=maybe", "authors=1", "limit=0", "limit=x", "after=-", "wait=61"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("unread=TRUE&limit=5&after=7&wait=60&other=1").is_ok_and(|query| {
            query.selection.unread_only
                && query.selection.limit == Some(5)
                && query.selection.after == Sequence(7)
                && query.wait == Some(Duration::from_mins(1))
        }));
    }
}
