//! What browsers have to be told next, and how far they were told. The messages themselves are the queue.

use crate::domain::id::{AccountId, ChannelRow, SubscriptionId, UserId};
use crate::domain::message::Sequence;
use crate::domain::receiver::{After, AtWork, Receiver, Watched};
use crate::domain::subscription::{
    Endpoint, Level, NotificationSettings, PushDelivery, Subscription, Verdict,
};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Outcome;
use crate::domain::zone::Zone;
use crate::store::error::StoreError;
use crate::store::inbox::{self, Glance};
use crate::store::notification_settings::{self, level_value};
use crate::store::receivers::AtWorkSql;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{channel_access, profiles, read_cursor, receivers, subscriptions, unread};

/// With more channels than this that have something to tell, one notification tells of all.
const MOST_CHANNELS: usize = 3;

/// What a browser is told next. Nothing to tell is what the holder wrote, read, or does not want to be told of.
pub type Found = receivers::Found<Box<Due>, Vec<Told>>;

/// Up to where a browser was told of a channel.
pub type Told = (ChannelRow, Sequence);

/// What is to be told.
pub struct Due {
    pub subscription: Subscription,
    pub endpoint: Endpoint,
    pub account: AccountId,
    pub notice: Notice,
    /// Unread messages in all channels that are not muted.
    pub unread: u64,
    /// What it was told of when this is taken.
    pub told: Vec<Told>,
}

/// What a notification says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    Test,
    Channel {
        id: String,
        /// Where the person wants notifications to name channels, and gave this one a name.
        label: Option<String>,
        unread: u64,
    },
    Summary {
        channels: usize,
        unread: u64,
    },
}

impl Notice {
    /// How many unread messages it tells of.
    pub fn messages(&self) -> u64 {
        match self {
            Self::Test => 0,
            Self::Channel { unread, .. } | Self::Summary { unread, .. } => *unread,
        }
    }
}

/// What a try came to.
#[derive(Debug, Clone)]
pub struct Tried {
    pub id: SubscriptionId,
    pub told: Vec<Told>,
    pub delivery: PushDelivery,
    pub verdict: Verdict,
}

macro_rules! select_at_work {
    ($which:literal) => {
        concat!(
            "select push_subscription.id, account_id, account_id, next_at
               from push_subscription
               join user on user.id = user_id
              where ",
            $which
        )
    };
}

/// All that are at work, or those of one account.
pub fn at_work(tx: &ReadTx<'_>, only: Option<AccountId>) -> Result<Vec<AtWork>, StoreError> {
    const ALL: &str = select_at_work!("state = 0");
    const OF_ACCOUNT: &str = select_at_work!("state = 0 and account_id = ?1");
    let sql = AtWorkSql { all: ALL, of_one: OF_ACCOUNT };
    let receiver = |id| Receiver::Browser(SubscriptionId(id));
    receivers::at_work(tx, &sql, only.map(|one| one.0), receiver, |id| Watched::Account(AccountId(id)))
}

/// What a browser is told next.
pub fn next(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Found, StoreError> {
    receivers::if_readable(find_next(tx, id))
}

fn find_next(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Found, StoreError> {
    let Some(subscription) = subscriptions::find(tx, id)?.filter(|found| !found.gave_up) else {
        return Ok(Found::Nothing(After::Gone));
    };
    if let Some(next) = subscription.next_try.filter(|next| *next > tx.now()) {
        return Ok(Found::Nothing(After::At(next)));
    }
    let Some((user, account)) = person(tx, id)? else { return Ok(Found::Nothing(After::Message)) };
    let settings = notification_settings::load(tx, user)?;
    let zone = profiles::zone(tx, account)?.and_then(|name| Zone::find(&name)).unwrap_or_else(Zone::utc);
    if let Some(end) = settings.quiet.and_then(|quiet| quiet.end_of_present(tx.now(), &zone)) {
        return Ok(Found::Nothing(After::At(end)));
    }
    let (mut over, mut news) = (Vec::new(), Vec::new());
    for pending in pending(tx, id, account, user, settings)? {
        match news_of(tx, &pending)? {
            Some(one) => news.push(one),
            None => over.push((pending.channel, pending.head)),
        }
    }
    news.sort_by_key(|one| (one.since, one.told.0));
    let Some(first) = news.first() else {
        return Ok(if over.is_empty() { Found::Nothing(After::Message) } else { Found::Over(over) });
    };
    let was_quiet = settings.quiet.and_then(|quiet| quiet.last_end(tx.now(), &zone));
    let is_summary =
        news.len() > 1 && (news.len() > MOST_CHANNELS || was_quiet.is_some_and(|end| first.since < end));
    let notice = if is_summary {
        let unread = news.iter().map(|one| one.glance.unread.number).sum();
        Notice::Summary { channels: news.len(), unread }
    } else {
        let Some(access) = channel_access::load(tx, first.told.0)? else {
            return Ok(Found::Nothing(After::Message));
        };
        let label = if settings.with_names { inbox::label(tx, access.row)? } else { String::new() };
        let label = Some(label).filter(|label| !label.is_empty());
        Notice::Channel { id: access.id.as_str().to_owned(), label, unread: first.glance.unread.number }
    };
    over.extend(news.iter().take(if is_summary { news.len() } else { 1 }).map(|one| one.told));
    Ok(match due(tx, account, subscription, notice, over)? {
        Some(due) => Found::Something(Box::new(due)),
        None => Found::Nothing(After::Gone),
    })
}

/// What is sent to a browser to say this.
pub fn due(
    tx: &ReadTx<'_>,
    account: AccountId,
    subscription: Subscription,
    notice: Notice,
    told: Vec<Told>,
) -> Result<Option<Due>, StoreError> {
    let Some(endpoint) = subscriptions::endpoint(tx, subscription.id)? else { return Ok(None) };
    let unread = inbox::unread_of_account(tx, account)?.number;
    Ok(Some(Due { subscription, endpoint, account, notice, unread, told }))
}

/// Whose browser it is, unless that person or the account is disabled.
fn person(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Option<(UserId, AccountId)>, StoreError> {
    const SQL: &str = "select user.id, account.id
                         from push_subscription s
                         join user on user.id = s.user_id and user.disabled = 0
                         join account on account.id = user.account_id and account.disabled = 0
                        where s.id = ?1";
    let mut statement = tx.prepare(SQL)?;
    let mut rows = statement.query([id.0])?;
    let person = rows.next()?.map(|row| Ok::<_, StoreError>((UserId(row.get(0)?), AccountId(row.get(1)?))));
    person.transpose()
}

/// A channel that has messages of which the browser was not told.
struct Pending {
    channel: ChannelRow,
    head: Sequence,
    told: Sequence,
    level: Level,
}

fn pending(
    tx: &ReadTx<'_>,
    id: SubscriptionId,
    account: AccountId,
    user: UserId,
    settings: NotificationSettings,
) -> Result<Vec<Pending>, StoreError> {
    const SQL: &str = "select c.id, c.head, coalesce(t.told, 0), c.muted, l.level
                         from channel c
                         left join push_told t on t.subscription_id = ?1 and t.channel_id = c.id
                         left join notification_level l on l.user_id = ?2 and l.channel_id = c.id
                        where c.account_id = ?3 and c.head > coalesce(t.told, 0)";
    let mut statement = tx.prepare(SQL)?;
    let rows = statement.query_map((id.0, user.0, account.0), |row| {
        let level = row.get::<_, Option<i64>>(4)?.map_or(settings.level, level_value);
        Ok(Pending {
            channel: ChannelRow(row.get(0)?),
            head: Sequence(row.get(1)?),
            told: Sequence(row.get(2)?),
            level: if row.get(3)? { Level::None } else { level },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Something to tell of a channel.
struct News {
    glance: Glance,
    told: Told,
    /// When the first of it came.
    since: Timestamp,
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
    let since = tx.prepare(RECEIVED)?.query_row((pending.channel.0, first.0), |row| row.get(0))?;
    Ok(Some(News { glance, told: (pending.channel, pending.head), since: Timestamp::from_millis(since) }))
}

/// Remembers up to where a browser was told; not at all when it or a channel is gone.
pub fn tell(tx: &WriteTx<'_>, id: SubscriptionId, told: &[Told]) -> Result<(), StoreError> {
    const SQL: &str = "insert into push_told (subscription_id, channel_id, told)
                       select s.id, c.id, ?3
                         from push_subscription s
                         join channel c on c.id = ?2
                        where s.id = ?1
                       on conflict (subscription_id, channel_id) do update set told = max(told, ?3)";
    let mut statement = tx.prepare(SQL)?;
    for (channel, sequence) in told {
        statement.execute((id.0, channel.0, sequence.0))?;
    }
    Ok(())
}

/// Remembers a try, and what it makes of its subscription.
pub fn note(tx: &WriteTx<'_>, tried: &Tried) -> Result<(), StoreError> {
    const GO_ON: &str = "update push_subscription
                            set tries = 0, next_at = ?2, failing_since = null, taken_at = iif(?3, ?4, taken_at)
                          where id = ?1";
    const AGAIN: &str = "update push_subscription
                            set tries = tries + 1, next_at = ?2, failing_since = coalesce(failing_since, ?3)
                          where id = ?1";
    const GAVE_UP: &str = "update push_subscription set state = 1, next_at = null where id = ?1";
    let (id, at) = (tried.id, tried.delivery.at.as_millis());
    match tried.verdict {
        Verdict::GoOn(next) => {
            let is_taken = tried.delivery.outcome == Outcome::Taken;
            tx.prepare(GO_ON)?.execute((id.0, next.as_millis(), is_taken, at))?;
            tell(tx, id, &tried.told)?;
        }
        Verdict::Again(next) => {
            tx.prepare(AGAIN)?.execute((id.0, next.as_millis(), at))?;
        }
        Verdict::GaveUp => {
            tx.prepare(GAVE_UP)?.execute([id.0])?;
        }
        Verdict::Gone => return subscriptions::delete(tx, id),
    }
    subscriptions::remember(tx, id, &tried.delivery)
}
