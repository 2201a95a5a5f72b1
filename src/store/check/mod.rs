//! Checking the file: SQLite's own integrity, that what belongs together is there, and that every sealed value opens.

mod aside;
mod blinds;
mod discard;
mod given;
mod lost_accounts;
mod mend;
mod numbers;
mod pages;
mod report;
mod schema;
mod strays;
mod values;

pub(super) use self::discard::discard;
pub(super) use self::mend::mend;
pub(super) use self::pages::lines;
pub use self::report::{Faults, Report};

use crate::domain::id::ChannelRow;
use crate::domain::message::Sequence;
use crate::store::check::values::BY_ROOT;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;
use crate::store::{channels as channel_rows, counters, envelopes, messages};

/// Checks everything. Reads the whole file.
pub fn run(tx: &ReadTx<'_>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    aside::prepare(tx)?;
    pages::run(tx, &mut report)?;
    contents(tx, &mut report)?;
    Ok(report)
}

/// The same of a file of which SQLite's own integrity is known.
pub fn run_on_sound(tx: &ReadTx<'_>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    aside::prepare(tx)?;
    contents(tx, &mut report)?;
    Ok(report)
}

/// What damaged pages hide is named by its table, and takes nothing else along.
fn contents(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    if schema::run(tx, report)? {
        let looked = foreign_keys(tx, report);
        report.go_on_after("what rows refer to", looked)?;
        rows(tx, report)?;
    }
    Ok(())
}

fn rows(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    for (sql, field) in BY_ROOT {
        let looked = values::by_root(tx, sql, *field, &mut |place, opened| report.count(place, opened));
        report.go_on_after(field.label(), looked)?;
    }
    let looked = values::devices(tx, &mut |place, opened| report.count(place, opened));
    report.go_on_after("push_registration.device", looked)?;
    blinds::run(tx, report)?;
    strays::run(tx, report)?;
    numbers::run(tx, report)?;
    given::run(tx, report)?;
    let looked = accounts(tx, report);
    report.go_on_after("what accounts remember", looked)?;
    let looked = channels(tx, report);
    report.go_on_after("channel", looked)
}

fn channels(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    for row in tx.all::<_, Vec<ChannelRow>>("select id from channel order by id", [], value)? {
        let looked = check_channel(tx, row, report);
        report.go_on_after(&format!("channel row {}", row.0), looked)?;
    }
    Ok(())
}

fn foreign_keys(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let mut statement = tx.connection().prepare("pragma foreign_key_check")?;
    let tables = statement.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables {
        report.structure.push(format!("a row of {} refers to a row that is gone", table?));
    }
    Ok(())
}

/// What accounts remember of all their channels, and what those remember.
fn accounts(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let sql = "select id
                 from account
                where (messages, bytes) is not (select coalesce(sum(messages), 0), coalesce(sum(bytes), 0)
                                                  from channel
                                                 where account_id = account.id)";
    let mut statement = tx.connection().prepare(sql)?;
    for id in statement.query_map([], |row| row.get::<_, i64>(0))? {
        report.values.push(format!("account {} remembers another number of messages than its channels", id?));
    }
    Ok(())
}

fn check_channel(tx: &ReadTx<'_>, row: ChannelRow, report: &mut Report) -> Result<(), StoreError> {
    values::of_channel(tx, row, &mut |place, opened| report.count(place, opened))?;
    check_tallies(tx, row, report)
}

fn check_tallies(tx: &ReadTx<'_>, row: ChannelRow, report: &mut Report) -> Result<(), StoreError> {
    let counted = messages::tally(tx, row)?;
    if counters::of_channel(tx, row)? != counted {
        report
            .values
            .push(format!("channel row {} remembers another number of messages than it holds", row.0));
    }
    // A number that was given may be of a message that is deleted, but none is above the head.
    let highest = envelopes::highest_visible(tx, row, Sequence::NONE)?.unwrap_or(Sequence::NONE);
    if channel_rows::head(tx, row)?.is_none_or(|head| head < highest) {
        report.values.push(format!("the head of channel row {} is below message {highest}", row.0));
    }
    Ok(())
}
