//! Rows of users.

use rusqlite::{Connection, Row};

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::crypto::keyring::Keyring;
use crate::crypto::seal::NotAuthentic;
use crate::domain::account::{Role, Standing, User, UserName};
use crate::domain::id::{AccountId, UserId};
use crate::store::columns::{DAMAGED, open_text, role_value, seal_text, shown_text, standing_value, value};
use crate::store::error::{Inserted, StoreError, inserted};
use crate::store::reset_links;
use crate::store::tx::{ReadTx, WriteTx};

/// A user with what signing in needs.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub user: User,
    pub account_standing: Standing,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// Grows with each change of the password.
    pub version: i64,
}

impl SignIn {
    /// Whether the user may sign in at all.
    pub fn is_enabled(&self) -> bool {
        self.user.standing == Standing::Enabled && self.account_standing == Standing::Enabled
    }
}

/// Adds a user; `Taken` when the name is in use on this server, by whatever account.
pub fn insert(
    tx: &WriteTx<'_>,
    account: AccountId,
    name: &UserName,
    password_hash: &str,
    role: Role,
) -> Result<Inserted<UserId>, StoreError> {
    const SQL: &str = "insert into user (id, account_id, name_blind, name, password, operator, created_at)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    if find_to_sign_in(tx, name)?.is_some() {
        return Ok(Inserted::Taken);
    }
    let id = tx.next_id("user")?;
    let root = tx.keyring().root();
    let outcome = tx.change(
        SQL,
        (
            id,
            account,
            blind(tx, &name.key()),
            seal_text(root, Place::row(Field::UserName, id), name.as_str()),
            seal_text(root, password_place(UserId(id), account, role), password_hash),
            role == Role::Operator,
            tx.now(),
        ),
    );
    inserted(outcome.map(|_rows| UserId(id)))
}

/// The user of that name, however it was typed.
pub fn find_by_name(tx: &ReadTx<'_>, name: &UserName) -> Result<Option<SignIn>, StoreError> {
    match find_to_sign_in(tx, name)? {
        // Nothing else proves whose row it is.
        Some(known) if known.user.name == DAMAGED => Err(NotAuthentic.into()),
        found => Ok(found),
    }
}

/// The row of a user with what signing in needs, as [`sign_in`] reads it.
macro_rules! select_sign_in {
    ($which:literal) => {
        concat!(
            "select user.id, user.account_id, user.name, user.operator, user.disabled, user.created_at,
                    account.disabled, user.password, user.version
               from user
               join account on account.id = user.account_id
              where ",
            $which
        )
    };
}

/// The same for somebody who has to tell the password: it is bound to its row, and proves that row where the name is
/// damaged.
pub fn find_to_sign_in(tx: &ReadTx<'_>, name: &UserName) -> Result<Option<SignIn>, StoreError> {
    const SQL: &str = select_sign_in!("user.name_blind = ?1");
    for key in name.keys() {
        let blind = blind(tx, &key);
        let found = tx.first(SQL, [blind], |row| sign_in(tx, row))?;
        let Some(known) = found else { continue };
        // The look-up hash could have been moved from another row.
        return if known.user.name == DAMAGED || is_blind_of(tx, &blind, &known.user.name) {
            Ok(Some(known))
        } else {
            Err(NotAuthentic.into())
        };
    }
    Ok(None)
}

/// The user of that id, proved by the password that opens only for this account and role.
pub fn find(tx: &ReadTx<'_>, id: UserId) -> Result<Option<SignIn>, StoreError> {
    const SQL: &str = select_sign_in!("user.id = ?1");
    tx.first(SQL, [id], |row| sign_in(tx, row))
}

/// The row of a user, as [`user`] reads it.
macro_rules! select_user {
    ($which:literal) => {
        concat!("select id, account_id, name, operator, disabled, created_at from user ", $which)
    };
}

/// What is shown of a user, whose password may be damaged.
pub fn shown(tx: &ReadTx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    const SQL: &str = select_user!("where id = ?1");
    tx.first(SQL, [id], |row| user(tx, row))
}

/// The users of an account, oldest first.
pub fn list(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<User>, StoreError> {
    const SQL: &str = select_user!("where account_id = ?1 order by id");
    tx.all(SQL, [account], |row| user(tx, row))
}

/// Whether anybody manages the server, enabled or not.
pub fn any_operator(tx: &ReadTx<'_>) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from user where operator)";
    tx.one(SQL, [], value)
}

/// False when there is no such user.
pub fn set_standing(tx: &WriteTx<'_>, id: UserId, standing: Standing) -> Result<bool, StoreError> {
    const SQL: &str = "update user set disabled = ?2 where id = ?1";
    Ok(tx.change(SQL, (id, standing == Standing::Disabled))? == 1)
}

/// Whether the account holds a user who manages the server.
pub fn holds_operator(tx: &ReadTx<'_>, account: AccountId) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from user where account_id = ?1 and operator)";
    tx.one(SQL, [account], value)
}

/// Whether somebody outside the account manages the server and can sign in.
pub fn operator_elsewhere(tx: &ReadTx<'_>, account: AccountId) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1
                                        from user
                                        join account on account.id = user.account_id
                                       where user.account_id <> ?1
                                         and user.operator
                                         and not user.disabled
                                         and not account.disabled)";
    tx.one(SQL, [account], value)
}

/// Gives a new password, which ends every remembered sign-in, every session and the open link for another password;
/// false when there is no such user.
pub fn set_password(tx: &WriteTx<'_>, id: UserId, password_hash: &str) -> Result<bool, StoreError> {
    const SQL: &str = "update user set password = ?2, version = version + 1 where id = ?1";
    let Some(known) = find(tx, id)? else { return Ok(false) };
    let place = password_place(id, known.user.account, known.user.role);
    let sealed = seal_text(tx.keyring().root(), place, password_hash);
    reset_links::delete(tx, id)?;
    Ok(tx.change(SQL, (id, sealed))? == 1)
}

/// False when there is no such user.
pub fn delete(tx: &WriteTx<'_>, id: UserId) -> Result<bool, StoreError> {
    const SQL: &str = "delete from user where id = ?1";
    Ok(tx.change(SQL, [id])? == 1)
}

fn blind(tx: &ReadTx<'_>, key: &str) -> Blind {
    tx.keyring().blind().of(BlindColumn::UserName, key.as_bytes())
}

fn user(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<User, StoreError> {
    let id: i64 = row.get(0)?;
    let name: Vec<u8> = row.get(2)?;
    Ok(User {
        id: UserId(id),
        account: row.get(1)?,
        name: shown_text(tx.keyring().root(), Place::row(Field::UserName, id), &name),
        role: role_value(row.get(3)?),
        standing: standing_value(row.get(4)?),
        created: row.get(5)?,
    })
}

fn sign_in(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<SignIn, StoreError> {
    let user = user(tx, row)?;
    let password: Vec<u8> = row.get(7)?;
    let place = password_place(user.id, user.account, user.role);
    Ok(SignIn {
        account_standing: standing_value(row.get(6)?),
        password_hash: open_text(tx.keyring().root(), place, &password)?,
        version: row.get(8)?,
        user,
    })
}

/// Bound to account and role too: a user who was given another of them in the file cannot sign in any more.
fn password_place(user: UserId, account: AccountId, role: Role) -> Place {
    let field = match role {
        Role::Holder => Field::UserPassword,
        Role::Operator => Field::OperatorPassword,
    };
    Place::owned(field, user.0, account.0)
}

/// Whether that is the look-up hash of that stored name.
pub(super) fn is_blind_of(tx: &ReadTx<'_>, blind: &Blind, name: &str) -> bool {
    right_blind(tx, blind, name) == Some(*blind)
}

/// What the look-up hash of that stored name has to be: the one that is there, if it is one of the name's. `None` for what is
/// no name.
pub(super) fn right_blind(tx: &ReadTx<'_>, blind: &Blind, name: &str) -> Option<Blind> {
    let name = UserName::wanted(name).ok()?;
    let blinds: Vec<_> = name.keys().iter().map(|key| self::blind(tx, key)).collect();
    blinds.iter().find(|one| *one == blind).or(blinds.first()).copied()
}

/// Binds the passwords of those who manage the server to their role, as earlier versions did not.
pub(super) fn bind_roles(connection: &Connection, keyring: &Keyring) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare("select id, account_id, password from user where operator")?;
    let operators = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (id, account, sealed) in operators.collect::<Result<Vec<(i64, i64, Vec<u8>)>, _>>()? {
        // One that does not open stays for `check` to find.
        if let Ok(hash) = keyring.root().open(Place::owned(Field::UserPassword, id, account), &sealed) {
            let place = password_place(UserId(id), AccountId(account), Role::Operator);
            let sealed = keyring.root().seal(place, &[&hash]);
            connection.execute("update user set password = ?2 where id = ?1", (id, sealed))?;
        }
    }
    Ok(())
}
