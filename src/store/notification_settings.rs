//! What people want to be told of.

use crate::domain::id::{ChannelRow, UserId};
use crate::domain::quiet_hours::{Minute, QuietHours};
use crate::domain::subscription::{Level, NotificationSettings};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// What a person set of all channels.
pub fn load(tx: &ReadTx<'_>, user: UserId) -> Result<NotificationSettings, StoreError> {
    const SQL: &str =
        "select level, with_names, quiet_from, quiet_until from notification_setting where user_id = ?1";
    let minute = |column: Option<u16>| column.and_then(Minute::new);
    let found = tx.first(SQL, [user], |row| {
        let (from, until) = (minute(row.get(2)?), minute(row.get(3)?));
        Ok(NotificationSettings {
            level: level_value(row.get(0)?),
            with_names: row.get(1)?,
            quiet: from.zip(until).and_then(|(from, until)| QuietHours::new(from, until)),
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// Keeps what a person set.
pub fn save(tx: &WriteTx<'_>, user: UserId, settings: NotificationSettings) -> Result<(), StoreError> {
    const SQL: &str = "insert into notification_setting (user_id, level, with_names, quiet_from, quiet_until)
                       values (?1, ?2, ?3, ?4, ?5)
                       on conflict (user_id) do update
                          set level = ?2, with_names = ?3, quiet_from = ?4, quiet_until = ?5";
    let from = settings.quiet.map(|quiet| quiet.from().get());
    let until = settings.quiet.map(|quiet| quiet.until().get());
    let level = level_column(settings.level);
    tx.change(SQL, (user, level, settings.with_names, from, until))?;
    Ok(())
}

/// Sets it, or has the channel be like all others.
pub fn set_of_channel(
    tx: &WriteTx<'_>,
    user: UserId,
    channel: ChannelRow,
    level: Option<Level>,
) -> Result<(), StoreError> {
    const SET: &str = "insert into notification_level (user_id, channel_id, level)
                       values (?1, ?2, ?3)
                       on conflict (user_id, channel_id) do update set level = ?3";
    const UNSET: &str = "delete from notification_level where user_id = ?1 and channel_id = ?2";
    match level {
        Some(level) => tx.change(SET, (user, channel, level_column(level)))?,
        None => tx.change(UNSET, (user, channel))?,
    };
    Ok(())
}

/// The channels of which a person set something.
pub fn channels(tx: &ReadTx<'_>, user: UserId) -> Result<Vec<(ChannelRow, Level)>, StoreError> {
    const SQL: &str =
        "select channel_id, level from notification_level where user_id = ?1 order by channel_id";
    tx.all(SQL, [user], |row| Ok((row.get(0)?, level_value(row.get(1)?))))
}

fn level_column(level: Level) -> i64 {
    match level {
        Level::All => 0,
        Level::FirstUnread => 1,
        Level::None => 2,
    }
}

pub(super) fn level_value(column: i64) -> Level {
    match column {
        0 => Level::All,
        1 => Level::FirstUnread,
        _ => Level::None,
    }
}
