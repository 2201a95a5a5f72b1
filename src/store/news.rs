//! What there is to tell a person of the channels of the account. The messages themselves are the queue.

use crate::domain::id::{AccountId, ChannelRow, UserId};
use crate::domain::message::Sequence;
use crate::domain::subscription::{Level, NotificationSettings};
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::inbox::{self, Glance};
use crate::store::notification_settings::{self, level_value};
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{profiles, read_cursor, unread};

/// Up to where somebody was told of a channel.
pub type Told = (ChannelRow, Sequence);

/// Whom there is something to tell, and what they want to be told.
pub(super) struct Person {
    pub(super) account: AccountId,
    pub(super) settings: NotificationSettings,
    pub(super) zone: Zone,
    user: UserId,
}

/// Something to tell of a channel.
pub(super) struct News {
    pub(super) glance: Glance,
    pub(super) told: Told,
    /// When the first of it came.
    pub(super) since: Timestamp,
}

/// What came of which somebody was not told.
#[derive(Default)]
pub(super) struct Arrivals {
    /// In the order in which it came.
    pub(super) news: Vec<News>,
    /// Of this there is nothing to tell: the person wrote it, read it, or does not want to be told.
    pub(super) over: Vec<Told>,
}

/// A channel that has messages of which somebody was not told.
struct Pending {
    channel: ChannelRow,
    head: Sequence,
    told: Sequence,
    level: Level,
}

/// Has nobody told of what is there already in a channel, after messages were taken in from elsewhere.
pub(super) fn pass_over(tx: &WriteTx<'_>, channel: ChannelRow) -> Result<(), StoreError> {
    const BROWSERS: &str = "insert into push_told (subscription_id, channel_id, told)
                            select s.id, c.id, c.head
                              from channel c
                              join user u on u.account_id = c.account_id
                              join push_subscription s on s.user_id = u.id
                             where c.id = ?1
                            on conflict (subscription_id, channel_id) do update set told = excluded.told";
    const MAILBOXES: &str = "insert into mailbox_told (user_id, channel_id, told)
                             select m.user_id, c.id, c.head
                               from channel c
                               join user u on u.account_id = c.account_id
                               join mailbox m on m.user_id = u.id
                              where c.id = ?1
                             on conflict (user_id, channel_id) do update set told = excluded.told";
    tx.change(BROWSERS, [channel])?;
    tx.change(MAILBOXES, [channel])?;
    Ok(())
}

/// The person, unless they or the account are disabled.
pub(super) fn person(tx: &ReadTx<'_>, user: UserId) -> Result<Option<Person>, StoreError> {
    const SQL: &str = "select account.id
                         from user
                         join account on account.id = user.account_id and account.disabled = 0
                        where user.id = ?1 and user.disabled = 0";
    let found = tx.first(SQL, [user], value)?;
    let Some(account) = found else { return Ok(None) };
    let settings = notification_settings::load(tx, user)?;
    let zone = profiles::zone(tx, user)?.unwrap_or_else(Zone::utc);
    Ok(Some(Person { account, settings, zone, user }))
}

/// What came for a person. `told` selects how far a receiver of theirs was told, for the channels of `?1` with the levels of
/// `?2`; the receiver is `?3`.
pub(super) fn arrivals(
    tx: &ReadTx<'_>,
    told: &'static str,
    receiver: i64,
    person: &Person,
) -> Result<Arrivals, StoreError> {
    let mut found = Arrivals::default();
    for pending in pending(tx, told, receiver, person)? {
        match news_of(tx, &pending)? {
            Some(news) => found.news.push(news),
            None => found.over.push((pending.channel, pending.head)),
        }
    }
    found.news.sort_by_key(|one| (one.since, one.told.0));
    Ok(found)
}

fn pending(
    tx: &ReadTx<'_>,
    told: &'static str,
    receiver: i64,
    person: &Person,
) -> Result<Vec<Pending>, StoreError> {
    tx.all(told, (person.account, person.user, receiver), |row| {
        let level = row.get::<_, Option<i64>>(4)?.map_or(person.settings.level, level_value);
        Ok(Pending {
            channel: row.get(0)?,
            head: row.get(1)?,
            told: row.get(2)?,
            level: if row.get(3)? { Level::None } else { level },
        })
    })
}

fn news_of(tx: &ReadTx<'_>, pending: &Pending) -> Result<Option<News>, StoreError> {
    const RECEIVED: &str = "select received_at from envelope where channel_id = ?1 and sequence = ?2";
    if pending.level == Level::None {
        return Ok(None);
    }
    let Some(glance) = inbox::glance(tx, pending.channel)? else { return Ok(None) };
    let after = glance.cursor.max(pending.told);
    let first = read_cursor::first_unread_after(tx, &glance.viewpoint, after, Sequence(i64::MAX))?;
    let Some(first) = first else { return Ok(None) };
    let told_already =
        || Ok::<_, StoreError>(unread::oldest_unread(tx, &glance)?.is_some_and(|one| one < first));
    if pending.level == Level::FirstUnread && told_already()? {
        return Ok(None);
    }
    let since = tx.one(RECEIVED, (pending.channel, first), value)?;
    Ok(Some(News { glance, told: (pending.channel, pending.head), since: Timestamp::from_millis(since) }))
}
