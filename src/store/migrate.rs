//! The schema of the file: laid out in a new one, brought up to date in an old one.

use rusqlite::Connection;

use crate::crypto::keyring::Keyring;
use crate::store::error::OpenError;
use crate::store::{profiles, users};

/// `PBOX`: tells our files from any other SQLite file.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"PBOX");

/// The version of `schema.sql`. A file of a newer one is refused, because this program could damage it.
pub const SCHEMA_VERSION: i32 = 27;

pub(super) const SCHEMA: &str = include_str!("../../schema.sql");

/// What leads to a version from the one before it.
pub struct Step {
    /// The version that it ends at.
    pub to: i32,
    /// What it is about.
    pub name: &'static str,
    sql: &'static str,
}

macro_rules! steps {
    ($($to:literal $name:literal,)*) => {
        &[$(Step { to: $to, name: $name, sql: include_str!(concat!("steps/", $to, "_", $name, ".sql")) }),*]
    };
}

/// Together they end at `schema.sql`.
const STEPS: &[Step] = steps![
    2 "envelopes",
    3 "direction",
    4 "session_end",
    5 "session_proof",
    6 "leftovers",
    7 "counted",
    8 "authors",
    9 "versions",
    10 "can_delete",
    11 "deleted",
    12 "contacts",
    13 "undo",
    14 "arranged",
    15 "keys",
    16 "zone",
    17 "noted",
    18 "first_steps",
    19 "invitations",
    20 "letters",
    21 "certificate",
    22 "quota",
    23 "webhooks",
    24 "notifications",
    25 "mail",
    26 "ends",
    27 "people",
];

/// The first version in which the passwords of those who manage the server are bound to that role.
const ROLES_BOUND: i32 = 5;

/// The first version in which each person has a zone, and not the account.
const ZONES_OF_PEOPLE: i32 = 27;

/// What a file is, judged without changing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileState {
    Empty,
    /// Of an earlier version that the steps lead on from.
    Older(i32),
    Current,
}

pub(super) fn inspect(connection: &Connection) -> Result<FileState, OpenError> {
    let application_id: i32 = connection.query_row("pragma application_id", [], |row| row.get(0))?;
    let version: i32 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    let objects: i64 = connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    match (application_id, version) {
        (0, 0) if objects == 0 => Ok(FileState::Empty),
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(FileState::Current),
        (APPLICATION_ID, 1..SCHEMA_VERSION) => Ok(FileState::Older(version)),
        (APPLICATION_ID, version) => Err(OpenError::OtherVersion { found: version, known: SCHEMA_VERSION }),
        _ => Err(OpenError::ForeignFile),
    }
}

/// Lays out a new file inside the caller's transaction.
pub(super) fn create(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch(SCHEMA)?;
    mark(connection)
}

/// Says of a file that it is one of ours, of the present version.
pub(super) fn mark(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)
}

/// A table, index, view or trigger.
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) sql: String,
}

/// What `schema.sql` lays out, in its order.
pub(super) fn laid_out() -> Result<Vec<Object>, rusqlite::Error> {
    let model = Connection::open_in_memory()?;
    model.execute_batch(SCHEMA)?;
    objects(&model)
}

/// What there is in a file, beside what SQLite makes by itself.
pub(super) fn objects(connection: &Connection) -> Result<Vec<Object>, rusqlite::Error> {
    const SQL: &str = "select type, name, sql from sqlite_schema
                        where sql is not null and name not like 'sqlite~_%' escape '~'
                        order by rowid";
    let mut statement = connection.prepare(SQL)?;
    let objects = statement
        .query_map([], |row| Ok(Object { kind: row.get(0)?, name: row.get(1)?, sql: row.get(2)? }))?;
    objects.collect()
}

/// The steps that a file of a version has before it.
pub fn pending(from: i32) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().filter(move |step| step.to > from)
}

/// Takes the steps from an older version inside the caller's transaction: all of them or none.
pub(super) fn upgrade(connection: &Connection, keyring: &Keyring, from: i32) -> Result<(), rusqlite::Error> {
    for step in pending(from) {
        connection.execute_batch(step.sql)?;
    }
    if from < ROLES_BOUND {
        users::bind_roles(connection, keyring)?;
    }
    if from < ZONES_OF_PEOPLE {
        profiles::give_zones_to_people(connection, keyring)?;
    }
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)
}
