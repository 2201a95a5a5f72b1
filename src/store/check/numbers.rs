//! Checking numbers that point into a channel: nobody has read or been told of messages that were never written, and who
//! wrote a message has a token of its channel.

use rusqlite::Row;

use crate::store::check::report::{Faults, Report};
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// Looks at all of them.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let sql = "select count(*), count(*) from access_epoch where typeof(value) = 'integer'";
    each(tx, sql, &mut report.structure, |count, _| {
        (count != 1)
            .then(|| "the access epoch is missing: what ends while a server runs would not end".to_owned())
    })?;
    for (what, sql) in BEYOND_HEAD {
        each(tx, sql, &mut report.values, |row, channel| {
            Some(format!("{what} {row} of channel row {channel} is beyond the channel's head"))
        })?;
    }
    each(tx, FOREIGN_AUTHORS, &mut report.values, |sequence, channel| {
        Some(format!(
            "message {sequence} of channel row {channel} was written with a token that is none of the channel's"
        ))
    })?;
    let sql = "select owner_token, id
                 from channel c
                where owner_token is not null
                  and not exists (select 1 from token t where t.id = c.owner_token and t.channel_id = c.id)";
    each(tx, sql, &mut report.values, |token, channel| {
        Some(format!("channel row {channel} was made with token {token}, which is none of the channel's"))
    })?;
    each(tx, OUT_OF_ORDER, &mut report.doubts, |sequence, channel| {
        Some(format!(
            "message {sequence} of channel row {channel} was received before the one before it: somebody edited the file, \
             or the clock was set back"
        ))
    })
}

/// Marks that say how far something went, as (which one, row of the channel) of those that are beyond its head. Rows of
/// channels that are being removed are none.
const BEYOND_HEAD: &[(&str, &str)] = &[
    (
        "what is read by reader",
        "select m.reader, c.id from read_cursor m join channel c on c.id = m.channel_id where m.cursor > c.head",
    ),
    (
        "a message read or unread by reader",
        "select m.reader, c.id
           from read_exception m
           join channel c on c.id = m.channel_id
          where m.sequence > c.head",
    ),
    (
        "what is hidden from token",
        "select t.id, c.id from token t join channel c on c.id = t.channel_id where t.since > c.head",
    ),
    (
        "what is told to webhook",
        "select m.id, c.id from webhook m join channel c on c.id = m.channel_id where m.told > c.head",
    ),
    (
        "what is told to the phone of registration",
        "select m.id, c.id
           from push_registration m
           join token t on t.id = m.token_id
           join channel c on c.id = t.channel_id
          where m.told > c.head",
    ),
    (
        "what is told to the browser of subscription",
        "select m.subscription_id, c.id from push_told m join channel c on c.id = m.channel_id where m.told > c.head",
    ),
    (
        "what is told to the mailbox of user",
        "select m.user_id, c.id from mailbox_told m join channel c on c.id = m.channel_id where m.told > c.head",
    ),
];

/// Messages by tokens of other channels, and by nobody who can write.
const FOREIGN_AUTHORS: &str = "
    select m.sequence, c.id
      from (select channel_id, sequence, author from envelope
            union all
            select channel_id, sequence, author from deleted_message) m
      join channel c on c.id = m.channel_id
     where m.author not in (0, -1)
       and not exists (select 1 from token t where t.id = m.author and t.channel_id = m.channel_id)";

/// Messages that came before the one before them. Times are not sealed.
const OUT_OF_ORDER: &str = "
    select sequence, channel_id
      from (select channel_id, sequence, received_at,
                   lag(received_at) over (partition by channel_id order by sequence) as before
              from envelope)
     where received_at < before";

/// Has each row, which is two numbers, described.
fn each(
    tx: &ReadTx<'_>,
    sql: &str,
    found: &mut Faults,
    describe: impl Fn(i64, i64) -> Option<String>,
) -> Result<(), StoreError> {
    let mut statement = tx.connection().prepare(sql)?;
    let numbers = statement.query_map([], |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?)))?;
    for numbers in numbers {
        let (one, other) = numbers?;
        if let Some(fault) = describe(one, other) {
            found.push(fault);
        }
    }
    Ok(())
}
