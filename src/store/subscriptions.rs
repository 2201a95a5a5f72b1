//! Browsers in which people are told of messages, as they see and change them; and the key that browsers subscribe with.

use rusqlite::Row;
use zeroize::Zeroizing;

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::domain::id::{AccountId, SessionId, SubscriptionId, UserId};
use crate::domain::subscription::{BrowserKeys, Endpoint, Subscription};
use crate::domain::telling::Telling;
use crate::domain::web_address::WebAddress;
use crate::store::columns::{counted, open_text, seal_text, shown_text, value};
use crate::store::error::{StoreError, readable};
use crate::store::tellings::Tellings;
use crate::store::tx::{ReadTx, WriteTx};

const KEY_ROW: i64 = 1;

/// The key by which push services know this server, once one was needed.
pub fn key(tx: &ReadTx<'_>) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let sealed: Option<Vec<u8>> = tx.first("select secret from push_key", [], value)?;
    let open = |sealed: Vec<u8>| tx.keyring().root().open(Place::row(Field::PushKey, KEY_ROW), &sealed);
    Ok(sealed.map(open).transpose()?.map(Zeroizing::new))
}

/// Keeps it, unless there is one that opens.
pub fn keep_key(tx: &WriteTx<'_>, new: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "insert or replace into push_key (id, secret) values (?1, ?2)";
    if readable(key(tx))?.flatten().is_some() {
        return Ok(());
    }
    let sealed = tx.keyring().root().seal(Place::row(Field::PushKey, KEY_ROW), &[new]);
    tx.change(SQL, (KEY_ROW, sealed))?;
    Ok(())
}

/// How many browsers the person has.
pub fn count(tx: &ReadTx<'_>, user: UserId) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*) from push_subscription where user_id = ?1";
    tx.one(SQL, [user], counted)
}

/// Keeps what a browser said, in the session in which it said so. One that was known already stays as far as it was told and
/// starts anew; one that was somebody else's is this person's now, because it is the same browser. A new one is told of all that
/// comes from now on.
pub fn keep(
    tx: &WriteTx<'_>,
    account: AccountId,
    user: UserId,
    session: SessionId,
    endpoint: &Endpoint,
    label: &str,
) -> Result<SubscriptionId, StoreError> {
    const KNOWN: &str = "select id, user_id from push_subscription where endpoint_blind = ?1";
    const AGAIN: &str = "update push_subscription
                            set keys = ?2, label = ?3, session_id = ?4, state = 0, tries = 0, next_at = null,
                                failing_since = null
                          where id = ?1";
    const NEW: &str =
        "insert into push_subscription (id, user_id, endpoint_blind, endpoint, keys, label, created_at, session_id)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    const TOLD: &str = "insert into push_told (subscription_id, channel_id, told)
                        select ?1, id, head from channel where account_id = ?2";
    let blind = endpoint_blind(tx, endpoint.address.as_str());
    let known = tx.first(KNOWN, [blind], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let root = tx.keyring().root();
    let sealed = |id: SubscriptionId| {
        let keys = root.seal(place(Field::PushSecrets, id, user), &[&endpoint.keys.to_bytes()]);
        (keys, seal_text(root, place(Field::PushLabel, id, user), label))
    };
    if let Some((id, whose)) = known.map(|(id, whose)| (SubscriptionId(id), UserId(whose))) {
        if whose == user {
            let (keys, label) = sealed(id);
            tx.change(AGAIN, (id, keys, label, session))?;
            return Ok(id);
        }
        delete(tx, id)?;
    }
    let id = SubscriptionId(tx.next_id("push_subscription")?);
    let address = seal_text(root, place(Field::PushEndpoint, id, user), endpoint.address.as_str());
    let (keys, label) = sealed(id);
    let now = tx.now();
    tx.change(NEW, (id, user, blind, address, keys, label, now, session))?;
    tx.change(TOLD, (id, account))?;
    Ok(id)
}

/// Whether a browser with this address at its push service is somebody else's.
pub fn is_of_another(tx: &ReadTx<'_>, user: UserId, address: &WebAddress) -> Result<bool, StoreError> {
    const SQL: &str =
        "select exists (select 1 from push_subscription where endpoint_blind = ?1 and user_id <> ?2)";
    tx.one(SQL, (endpoint_blind(tx, address.as_str()), user), value)
}

/// The same browser has another address at its push service: it stays as far as it was told. Nothing where the old one is not
/// known as the person's, or the new one is known already.
pub fn move_to(tx: &WriteTx<'_>, user: UserId, old: &WebAddress, new: &WebAddress) -> Result<(), StoreError> {
    const FIND: &str = "select id from push_subscription where endpoint_blind = ?1 and user_id = ?2";
    const SQL: &str =
        "update or ignore push_subscription set endpoint_blind = ?2, endpoint = ?3 where id = ?1";
    let known = tx.first(FIND, (endpoint_blind(tx, old.as_str()), user), value)?;
    let Some(id): Option<SubscriptionId> = known else { return Ok(()) };
    let sealed = seal_text(tx.keyring().root(), place(Field::PushEndpoint, id, user), new.as_str());
    tx.change(SQL, (id, endpoint_blind(tx, new.as_str()), sealed))?;
    Ok(())
}

/// Removes the browser of a person that has this address at its push service.
pub fn delete_at(tx: &WriteTx<'_>, user: UserId, address: &WebAddress) -> Result<(), StoreError> {
    const SQL: &str = "delete from push_subscription where user_id = ?1 and endpoint_blind = ?2";
    tx.change(SQL, (user, endpoint_blind(tx, address.as_str())))?;
    Ok(())
}

/// Removes what was subscribed in a session of the person.
pub fn delete_of_session(tx: &WriteTx<'_>, user: UserId, session: SessionId) -> Result<(), StoreError> {
    const SQL: &str = "delete from push_subscription where user_id = ?1 and session_id = ?2";
    tx.change(SQL, (user, session))?;
    Ok(())
}

/// Removes what the person subscribed, but for the browser of one session. Nobody knows of a session that only grew old whether
/// it was the person's.
pub fn delete_of_other_sessions(
    tx: &WriteTx<'_>,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from push_subscription
                        where user_id = ?1 and (session_id is null or session_id is not ?2)";
    tx.change(SQL, (user, kept))?;
    Ok(())
}

/// Removes one with all that is known of it.
pub fn delete(tx: &WriteTx<'_>, id: SubscriptionId) -> Result<(), StoreError> {
    tx.change("delete from push_subscription where id = ?1", [id])?;
    Ok(())
}

/// Whether it is the person's. Nothing of it is opened, so that a damaged one can be removed.
pub fn is_of(tx: &ReadTx<'_>, id: SubscriptionId, user: UserId) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from push_subscription where id = ?1 and user_id = ?2)";
    tx.one(SQL, (id, user), value)
}

macro_rules! select_subscriptions {
    ($which:literal) => {
        concat!(
            "select id, user_id, endpoint, keys, label, state, tries, next_at, failing_since, taken_at, created_at
               from push_subscription
              where ",
            $which
        )
    };
}

/// Those of a person, in the order in which they came.
pub fn list(tx: &ReadTx<'_>, user: UserId) -> Result<Vec<Subscription>, StoreError> {
    const SQL: &str = select_subscriptions!("user_id = ?1 order by id");
    tx.all(SQL, [user], |row| subscription(tx, row))
}

/// One of them.
pub fn find(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
    const SQL: &str = select_subscriptions!("id = ?1");
    tx.first(SQL, [id], |row| subscription(tx, row))
}

/// Where one is told, and with which keys.
pub fn endpoint(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Option<Endpoint>, StoreError> {
    const SQL: &str = select_subscriptions!("id = ?1");
    tx.first(SQL, [id], |row| {
        let (user, root) = (row.get(1)?, tx.keyring().root());
        let keys = root.open(place(Field::PushSecrets, id, user), &row.get::<_, Vec<u8>>(3)?)?;
        Ok(Endpoint {
            address: address(tx, id, row)?,
            keys: BrowserKeys::from_bytes(&keys).ok_or(StoreError::Malformed("the keys of a browser"))?,
        })
    })
}

fn subscription(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<Subscription, StoreError> {
    let (id, user) = (row.get(0)?, row.get(1)?);
    let label = place(Field::PushLabel, id, user);
    Ok(Subscription {
        id,
        label: shown_text(tx.keyring().root(), label, &row.get::<_, Vec<u8>>(4)?),
        service: address(tx, id, row).map(|address| address.host().to_string()).unwrap_or_default(),
        gave_up: row.get::<_, i64>(5)? != 0,
        tries: row.get(6)?,
        next_try: row.get(7)?,
        failing_since: row.get(8)?,
        taken: row.get(9)?,
        created: row.get(10)?,
    })
}

fn address(tx: &ReadTx<'_>, id: SubscriptionId, row: &Row<'_>) -> Result<WebAddress, StoreError> {
    let place = place(Field::PushEndpoint, id, row.get(1)?);
    let address = open_text(tx.keyring().root(), place, &row.get::<_, Vec<u8>>(2)?)?;
    WebAddress::parse(&address).map_err(|_| StoreError::Malformed("the address of a browser"))
}

/// The last tries to tell it, the newest first.
pub fn tellings(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Vec<Telling>, StoreError> {
    TELLINGS.of(tx, id.0)
}

/// Remembers one; not at all when the subscription is gone.
pub fn remember(tx: &WriteTx<'_>, id: SubscriptionId, telling: &Telling) -> Result<(), StoreError> {
    TELLINGS.remember(tx, id.0, telling)
}

const TELLINGS: Tellings = {
    const LIST: &str = "select id, at, messages, outcome, status, answer
                          from push_delivery
                         where subscription_id = ?1
                         order by id desc";
    const INSERT: &str =
        "insert into push_delivery (id, subscription_id, at, messages, outcome, status, answer)
                          select ?1, id, ?3, ?4, ?5, ?6, ?7 from push_subscription where id = ?2";
    const FORGET: &str = "delete from push_delivery
                           where subscription_id = ?1
                             and id in (select id
                                          from push_delivery
                                         where subscription_id = ?1
                                         order by id desc
                                         limit -1 offset ?2)";
    Tellings { table: "push_delivery", field: Field::PushAnswer, list: LIST, insert: INSERT, forget: FORGET }
};

/// Bound to the person too, so that nobody else is told in this place.
fn place(field: Field, id: SubscriptionId, user: UserId) -> Place {
    Place::owned(field, id.0, user.0)
}

pub(super) fn endpoint_blind(tx: &ReadTx<'_>, address: &str) -> Blind {
    tx.keyring().blind().of(BlindColumn::PushEndpoint, address.as_bytes())
}
