//! Rows that lack the one they belong to, where no foreign key demands it, and how they are mended. What a deleted channel
//! left behind lacks its channel until it is removed.

use crate::domain::plural;
use crate::store::check::report::{Faults, Report};
use crate::store::columns::counted;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// Rows that belong to nothing.
pub(super) struct Strays {
    /// What one of them is called.
    noun: &'static str,
    /// What is wrong with it.
    fault: &'static str,
    /// Where they are: a table, or rows made of some.
    from: &'static str,
    /// Which of the rows they are.
    rows: &'static str,
    mend: Mend,
}

/// How they are mended.
enum Mend {
    /// They go.
    Delete,
    /// They are removed like all that a deleted channel leaves behind.
    LeaveBehind,
    /// By this statement.
    Run(&'static str),
}

/// Channels that are there, and those that are being removed.
const CHANNELS: &str = "(select id from channel union all select channel_id from leftover)";

const NO_CHANNEL: &str = "channel_id not in CHANNELS";

const NO_MESSAGE: &str = "
    channel_id in (select id from channel)
    and not exists (select 1 from envelope e where e.channel_id = noted.channel_id and e.sequence = noted.sequence)
    and not exists (select 1 from deleted_message d where d.channel_id = noted.channel_id and d.sequence = noted.sequence)";

/// What is mended later builds on what was mended before.
pub(super) const STRAYS: &[Strays] = &[
    Strays {
        noun: "deletion",
        fault: "of a channel that is there",
        from: "leftover",
        rows: "reader = -1 and channel_id in (select id from channel)",
        mend: Mend::Delete,
    },
    Strays {
        noun: "envelope",
        fault: "that is there twice",
        from: "new_envelope",
        rows: "exists (select 1
                         from filed_envelope f
                        where f.channel_id = new_envelope.channel_id and f.sequence = new_envelope.sequence)",
        mend: Mend::Delete,
    },
    Strays {
        noun: "envelope",
        fault: "without a message",
        from: "envelope",
        rows: "not exists (select 1 from message m where m.id = envelope.message_id)",
        mend: Mend::Delete,
    },
    Strays {
        noun: "deleted message",
        fault: "still there or without its text",
        from: "deleted_message",
        rows: "exists (select 1
                          from envelope e
                         where e.channel_id = deleted_message.channel_id and e.sequence = deleted_message.sequence)
               or not exists (select 1 from message m where m.id = deleted_message.message_id)",
        mend: Mend::Delete,
    },
    Strays {
        noun: "message",
        fault: "without an envelope",
        from: "message",
        rows: "id not in (select message_id from envelope union all select message_id from deleted_message)",
        mend: Mend::Delete,
    },
    Strays {
        noun: "envelope",
        fault: "without a channel",
        from: "envelope",
        rows: NO_CHANNEL,
        mend: Mend::LeaveBehind,
    },
    Strays {
        noun: "deleted message",
        fault: "without a channel",
        from: "deleted_message",
        rows: NO_CHANNEL,
        mend: Mend::LeaveBehind,
    },
    Strays {
        noun: "state",
        fault: "of a deleted message that is not there",
        from: "deleted_state",
        rows: "not exists (select 1
                             from deleted_message d
                            where d.channel_id = deleted_state.channel_id and d.sequence = deleted_state.sequence)",
        mend: Mend::Delete,
    },
    Strays { noun: "token", fault: "without a channel", from: "token", rows: NO_CHANNEL, mend: Mend::LeaveBehind },
    Strays {
        noun: "read cursor",
        fault: "without a channel",
        from: "read_cursor",
        rows: NO_CHANNEL,
        mend: Mend::LeaveBehind,
    },
    Strays {
        noun: "read exception",
        fault: "without a channel",
        from: "read_exception",
        rows: NO_CHANNEL,
        mend: Mend::LeaveBehind,
    },
    Strays {
        noun: "remembered answer",
        fault: "without a channel",
        from: "idempotency",
        rows: NO_CHANNEL,
        mend: Mend::LeaveBehind,
    },
    Strays { noun: "star", fault: "without a message", from: "star as noted", rows: NO_MESSAGE, mend: Mend::Delete },
    Strays { noun: "snooze", fault: "without a message", from: "snooze as noted", rows: NO_MESSAGE, mend: Mend::Delete },
    Strays {
        noun: "author",
        fault: "without a message",
        from: "filed_author",
        rows: "not exists (select 1
                             from filed_envelope e
                            where e.channel_id = filed_author.channel_id
                              and e.author = filed_author.author
                              and e.sequence = filed_author.last)",
        mend: Mend::Delete,
    },
    Strays {
        noun: "author",
        fault: "whose last message is another",
        from: "(select channel_id, author, max(sequence)
                  from filed_envelope
                 where channel_id in (select id from channel)
                 group by channel_id, author
                except
                select channel_id, author, last from filed_author)",
        rows: "true",
        mend: Mend::Run(
            "insert or replace into filed_author (channel_id, author, last)
             select channel_id, author, max(sequence)
               from filed_envelope
              where channel_id in (select id from channel)
              group by channel_id, author",
        ),
    },
];

impl Strays {
    fn rows(&self) -> String {
        self.rows.replace("CHANNELS", CHANNELS)
    }

    fn count(&self, tx: &ReadTx<'_>) -> Result<u64, StoreError> {
        let sql = format!("select count(*) from {} where {}", self.from, self.rows());
        tx.connection().query_row_and_then(&sql, [], counted)
    }

    fn named(&self, count: u64) -> String {
        format!("{} {}", plural::counted(count, self.noun), self.fault)
    }

    /// Mends them all, and answers which of them went.
    pub(super) fn mend(&self, tx: &ReadTx<'_>) -> Result<Faults, StoreError> {
        let (mut gone, count) = (Faults::default(), self.count(tx)?);
        if count > 0 {
            let (from, rows) = (self.from, self.rows());
            let sql = match self.mend {
                Mend::Delete => format!("delete from {from} where {rows}"),
                Mend::LeaveBehind => format!(
                    "insert or ignore into leftover (channel_id, reader) select channel_id, -1 from {from} where {rows}"
                ),
                Mend::Run(sql) => sql.to_owned(),
            };
            tx.connection().execute(&sql, [])?;
            if !matches!(self.mend, Mend::Run(_)) {
                gone.push(self.named(count));
            }
        }
        Ok(gone)
    }
}

/// Looks for each kind.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    for strays in STRAYS {
        let looked = look(tx, strays, report);
        report.go_on_after(strays.from, looked)?;
    }
    Ok(())
}

fn look(tx: &ReadTx<'_>, strays: &Strays, report: &mut Report) -> Result<(), StoreError> {
    let count = strays.count(tx)?;
    if count > 0 {
        report.values.push(strays.named(count));
    }
    Ok(())
}
