//! A row of a table of the reference, and its values by their kinds.

use std::borrow::Cow;

use crate::domain::time::Timestamp;
use crate::service::imports::{ImportRefusal, MOST_SEQUENCE};
use crate::transfer::error::TransferError;
use crate::transfer::reference::copy;
use crate::transfer::reference::table::Table;

/// A row; its values stand in the order of [`Table::columns`].
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) table: Table,
    pub(super) values: Vec<Option<Cow<'a, [u8]>>>,
}

impl Row<'_> {
    /// What is wrong with the row.
    pub(super) fn wrong(&self, why: impl Into<String>) -> TransferError {
        TransferError::wrong(self.line, why)
    }

    /// Why the row cannot be taken in.
    pub(super) fn refused(&self, refusal: ImportRefusal) -> TransferError {
        TransferError::of_line(self.line, refusal)
    }

    /// What is wrong with a column of it. The value may be a secret, so it is not told.
    fn wrong_in(&self, column: usize, what: &str) -> TransferError {
        self.wrong(format!("column {} is {what}", self.table.columns()[column]))
    }

    /// The value as it stands there; `None` for null.
    pub(super) fn raw(&self, column: usize) -> Option<&[u8]> {
        self.values.get(column).and_then(Option::as_deref)
    }

    /// A text; `None` for null.
    pub(super) fn optional_text(&self, column: usize) -> Result<Option<&str>, TransferError> {
        let text = self.raw(column).map(std::str::from_utf8).transpose();
        text.map_err(|_| self.wrong_in(column, "not in UTF-8"))
    }

    /// A text.
    pub(super) fn text(&self, column: usize) -> Result<&str, TransferError> {
        self.optional_text(column)?.ok_or_else(|| self.wrong_in(column, "null"))
    }

    /// A number from 1 on, as ids and sequences are.
    pub(super) fn id(&self, column: usize) -> Result<i64, TransferError> {
        let number = self.text(column)?.parse().ok().filter(|id| (1..=MOST_SEQUENCE).contains(id));
        number.ok_or_else(|| self.wrong_in(column, "no number from 1 on"))
    }

    /// A number of days; `None` for null.
    pub(super) fn days(&self, column: usize) -> Result<Option<i32>, TransferError> {
        let days = self.optional_text(column)?.map(str::parse).transpose();
        days.map_err(|_| self.wrong_in(column, "no number of days"))
    }

    /// A flag; null is no.
    pub(super) fn flag(&self, column: usize) -> Result<bool, TransferError> {
        match self.raw(column) {
            Some(b"t") => Ok(true),
            Some(b"f") | None => Ok(false),
            Some(_) => Err(self.wrong_in(column, "neither t nor f")),
        }
    }

    /// A time, in UTC where no zone is said; `None` for null.
    pub(super) fn time(&self, column: usize) -> Result<Option<Timestamp>, TransferError> {
        let Some(text) = self.optional_text(column)? else { return Ok(None) };
        time(text).map(Some).ok_or_else(|| self.wrong_in(column, "no time"))
    }

    /// Bytes.
    pub(super) fn bytes(&self, column: usize) -> Result<Vec<u8>, TransferError> {
        let bytes = self.raw(column).map_or(Some(Vec::new()), copy::bytes);
        bytes.ok_or_else(|| self.wrong_in(column, "not written as bytes are"))
    }
}

/// `2026-11-26 09:30:00.123456`, perhaps with `+00` behind it.
fn time(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.split_once(' ')?;
    let zone = match clock.rfind(['+', '-']) {
        None => "Z",
        Some(sign) if clock.len() - sign == 3 => ":00",
        Some(_) => "",
    };
    Timestamp::parse(&format!("{date}T{clock}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_unless_they_say_otherwise() {
        let at = |text: &str| time(text).map(|at| at.to_string());
        for (text, expected) in [
            ("2026-11-26 09:30:00", "2026-11-26T09:30:00.000Z"),
            ("2026-11-26 09:30:00.123999", "2026-11-26T09:30:00.123Z"),
            ("2026-11-26 09:30:00.5+00", "2026-11-26T09:30:00.500Z"),
            ("2026-11-26 11:30:00+02", "2026-11-26T09:30:00.000Z"),
            ("2026-11-26 15:00:00+05:30", "2026-11-26T09:30:00.000Z"),
        ] {
            assert_eq!(at(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in ["", "infinity", "2026-11-26", "0044-03-15 12:00:00 BC", "2026-13-01 00:00:00"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
