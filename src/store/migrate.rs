//! The schema of the file: laid out in a new one, brought up to date in an old one.

use rusqlite::Connection;

use crate::crypto::keyring::Keyring;
use crate::store::error::OpenError;
use crate::store::users;

/// `PBOX`: tells our files from any other SQLite file.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"PBOX");

/// The version of `schema.sql`. A file of a newer one is refused, because this program could damage it.
pub const SCHEMA_VERSION: i32 = 19;

pub(super) const SCHEMA: &str = include_str!("../../schema.sql");

/// What leads to a version from the one before it. Together they end at `schema.sql`.
const STEPS: &[(i32, &str)] = &[
    (2, include_str!("steps/2_envelopes.sql")),
    (3, include_str!("steps/3_direction.sql")),
    (4, include_str!("steps/4_session_end.sql")),
    (5, include_str!("steps/5_session_proof.sql")),
    (6, include_str!("steps/6_leftovers.sql")),
    (7, include_str!("steps/7_counted.sql")),
    (8, include_str!("steps/8_authors.sql")),
    (9, include_str!("steps/9_versions.sql")),
    (10, include_str!("steps/10_can_delete.sql")),
    (11, include_str!("steps/11_deleted.sql")),
    (12, include_str!("steps/12_contacts.sql")),
    (13, include_str!("steps/13_undo.sql")),
    (14, include_str!("steps/14_arranged.sql")),
    (15, include_str!("steps/15_keys.sql")),
    (16, include_str!("steps/16_zone.sql")),
    (17, include_str!("steps/17_noted.sql")),
    (18, include_str!("steps/18_first_steps.sql")),
    (19, include_str!("steps/19_invitations.sql")),
];

/// The first version in which the passwords of those who manage the server are bound to that role.
const ROLES_BOUND: i32 = 5;

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
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)
}

/// Takes the steps from an older version inside the caller's transaction: all of them or none.
pub(super) fn upgrade(connection: &Connection, keyring: &Keyring, from: i32) -> Result<(), rusqlite::Error> {
    for (_, step) in STEPS.iter().filter(|(to, _)| *to > from) {
        connection.execute_batch(step)?;
    }
    if from < ROLES_BOUND {
        users::bind_roles(connection, keyring)?;
    }
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)
}
