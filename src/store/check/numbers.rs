//! Checking numbers that point into a channel: nobody has read or been told of messages that were never written, and who
//! wrote a message has a token of its channel.

use rusqlite::Row;

use crate::store::check::report::{Faults, Report};
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// Looks at all of them.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let sql = "select count(*), count(*) from access_epoch where typeof(value) = 'integer'";
    let looked = each(tx, sql, &mut report.structure, |count, _| {
        (count != 1)
            .then(|| "the access epoch is missing: what ends while a server runs would not end".to_owned())
    });
    report.go_on_after("access_epoch", looked)?;
    for Mark { what, beyond } in MARKS {
        let looked = each(tx, beyond, &mut report.values, |row, channel| {
            Some(format!("{what} {row} of channel row {channel} is beyond the channel's head"))
        });
        report.go_on_after(what, looked)?;
    }
    let looked = each(tx, FOREIGN_AUTHORS, &mut report.values, |sequence, channel| {
        Some(format!(
            "message {sequence} of channel row {channel} was written with a token that is none of the channel's"
        ))
    });
    report.go_on_after("who wrote messages", looked)?;
    let sql = "select owner_token, id
                 from channel c
                where owner_token is not null
                  and not exists (select 1 from token t where t.id = c.owner_token and t.channel_id = c.id)";
    let looked = each(tx, sql, &mut report.values, |token, channel| {
        Some(format!("channel row {channel} was made with token {token}, which is none of the channel's"))
    });
    report.go_on_after("channel.owner_token", looked)?;
    let looked = each(tx, OUT_OF_ORDER, &mut report.doubts, |sequence, channel| {
        Some(format!(
            "message {sequence} of channel row {channel} was received before the one before it: somebody edited the file, \
             or the clock was set back"
        ))
    });
    report.go_on_after("when messages came", looked)
}

/// A number that says how far something went in a channel.
struct Mark {
    what: &'static str,
    /// Those beyond the head, as (which one, row of the channel). Rows of channels that are being removed are none.
    beyond: &'static str,
}

const MARKS: &[Mark] = &[
    Mark {
        what: "what is read by reader",
        beyond: "select m.reader, c.id from read_cursor m join channel c on c.id = m.channel_id where m.cursor > c.head",
    },
    Mark {
        what: "a message read or unread by reader",
        beyond: "select m.reader, c.id
                   from read_exception m
                   join channel c on c.id = m.channel_id
                  where m.sequence > c.head",
    },
    Mark {
        what: "what is hidden from token",
        beyond: "select t.id, c.id from token t join channel c on c.id = t.channel_id where t.since > c.head",
    },
    Mark {
        what: "what is told to webhook",
        beyond: "select m.id, c.id from webhook m join channel c on c.id = m.channel_id where m.told > c.head",
    },
    Mark {
        what: "what is told to the phone of registration",
        beyond: "select m.id, c.id
                   from push_registration m
                   join token t on t.id = m.token_id
                   join channel c on c.id = t.channel_id
                  where m.told > c.head",
    },
    Mark {
        what: "what is told to the browser of subscription",
        beyond: "select m.subscription_id, c.id
                   from push_told m
                   join channel c on c.id = m.channel_id
                  where m.told > c.head",
    },
    Mark {
        what: "what is told to the mailbox of user",
        beyond: "select m.user_id, c.id from mailbox_told m join channel c on c.id = m.channel_id where m.told > c.head",
    },
];

/// How all that is no doubt is mended: what is too far goes back to the channel's last message, and who wrote a message with
/// a token that is not there is not known.
pub(super) const MENDS: &[&str] = &[
    "insert or replace into access_epoch (id, value)
     select 1, 1 where not exists (select 1 from access_epoch where typeof(value) = 'integer')",
    "update channel
        set head = max(head, coalesce((select max(sequence) from envelope where channel_id = channel.id), 0))",
    "update read_cursor
        set cursor = (select head from channel where id = channel_id)
      where cursor > (select head from channel where id = channel_id)",
    "delete from read_exception where sequence > (select head from channel where id = channel_id)",
    "update token
        set since = (select head from channel where id = channel_id)
      where since > (select head from channel where id = channel_id)",
    "update webhook
        set told = (select head from channel where id = channel_id)
      where told > (select head from channel where id = channel_id)",
    "update push_registration
        set told = (select head from channel where id = (select channel_id from token where id = token_id))
      where told > (select head from channel where id = (select channel_id from token where id = token_id))",
    "update push_told
        set told = (select head from channel where id = channel_id)
      where told > (select head from channel where id = channel_id)",
    "update mailbox_told
        set told = (select head from channel where id = channel_id)
      where told > (select head from channel where id = channel_id)",
    "update filed_envelope
        set author = -1
      where author not in (0, -1)
        and channel_id in (select id from channel)
        and not exists (select 1 from token t where t.id = author and t.channel_id = filed_envelope.channel_id)",
    "update new_envelope
        set author = -1
      where author not in (0, -1)
        and channel_id in (select id from channel)
        and not exists (select 1 from token t where t.id = author and t.channel_id = new_envelope.channel_id)",
    "update deleted_message
        set author = -1
      where author not in (0, -1)
        and channel_id in (select id from channel)
        and not exists (select 1 from token t where t.id = author and t.channel_id = deleted_message.channel_id)",
    "update channel
        set owner_token = null
      where not exists (select 1 from token t where t.id = owner_token and t.channel_id = channel.id)",
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
