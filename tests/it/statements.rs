//! What SQLite makes of the store's statements: none walks a table that grows with messages, tokens or readers.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, StatementStatus};

const GROWING: &[&str] = &[
    "message",
    "filed_envelope",
    "deleted_message",
    "deleted_state",
    "star",
    "snooze",
    "read_cursor",
    "read_exception",
    "idempotency",
    "token",
    "session",
    "undo",
    "undo_part",
];

/// Those that are meant to look at all rows, by how they begin.
const WHOLE: &[&str] = &[
    "delete from session where seen_at <",
    // Of whoever reads the metrics, on a listener of their own.
    "select count(*), count(*) filter (where revoked_at is null",
    "select count(*) from session",
    // Of a backup, all of which is read.
    "select max(received_at) from envelope",
];

/// The statements in a source text: its string constants that begin like one. Those that share their columns are made by
/// a macro, `select_this!("where ...")`, from its text and theirs.
fn statements(source: &str) -> impl Iterator<Item = String> {
    let constants = source.split(": &str = ").skip(1).filter_map(|rest| {
        let (before, text) = rest.split_once('"')?;
        let text = text.split('"').next()?;
        let Some(name) = before.trim().strip_suffix("!(") else { return Some(text.to_owned()) };
        let (_, rule) = source.split_once(&format!("macro_rules! {name} {{"))?;
        Some(format!("{}{text}", rule.split('"').nth(1)?))
    });
    constants
        .filter(|text| ["select ", "insert ", "update ", "delete "].iter().any(|verb| text.starts_with(verb)))
}

/// The source of the store.
fn sources() -> impl Iterator<Item = String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("the store").map(|entry| entry.expect("an entry").path()) {
            match path.extension() {
                None => folders.push(path),
                Some(extension) if extension == "rs" => {
                    sources.push(fs::read_to_string(path).expect("a source file"));
                }
                Some(_) => {}
            }
        }
    }
    sources.into_iter()
}

/// The lines of the plan that look through more than what is asked for.
fn walks(database: &Connection, sql: &str) -> Vec<String> {
    let mut explained = database.prepare(&format!("explain query plan {sql}")).expect("a statement");
    let parameters = vec![0; explained.parameter_count()];
    let lines =
        explained.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).expect("a plan");
    let plan: Vec<String> = lines.collect::<Result<_, _>>().expect("its lines");
    let feeds_itself = plan.iter().any(|line| line.starts_with("CO-ROUTINE") || line.starts_with("COMPOUND"));
    let walks = |line: &String| {
        let scanned = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        // Another name is that of an alias, or of rows that the lines above it have found.
        let known = |name: &str| database.table_exists(None, name).expect("the schema");
        line.contains("AUTOMATIC")
            || line.starts_with("MATERIALIZE")
            || scanned.is_some_and(|name| {
                // What a pragma answers is no table of ours.
                let is_small =
                    known(name) || feeds_itself || name == "CONSTANT" || line.contains("VIRTUAL TABLE");
                GROWING.contains(&name) || !is_small
            })
    };
    plan.iter().filter(|line| walks(line)).cloned().collect()
}

fn schema() -> Connection {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let database = Connection::open_in_memory().expect("a database");
    database
        .execute_batch(&fs::read_to_string(root.join("schema.sql")).expect("the schema"))
        .expect("tables");
    database
}

#[test]
fn no_statement_walks_a_table_that_grows() {
    let database = schema();
    let mut seen = 0;
    let mut problems = Vec::new();
    for source in sources() {
        for sql in statements(&source).filter(|sql| !WHOLE.iter().any(|whole| sql.starts_with(whole))) {
            seen += 1;
            problems.extend(walks(&database, &sql).into_iter().map(|line| format!("{line}: {sql}")));
        }
    }
    assert!(seen > 100, "only {seen} statements were understood");
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn what_walks_a_table_is_recognised() {
    let database = schema();
    for sql in [
        "delete from read_exception where sequence = 1",
        // The planner prefers a scan to a look-up of whole keys in a list.
        "delete from read_exception
          where (channel_id, reader, sequence) in (select ?1, id, ?2 from token where channel_id = ?1
                                                   union all
                                                   select ?1, 0, ?2)",
        "select 1 from message m where m.sealed is null",
        "select * from read_exception x left join envelope e on e.sequence = x.sequence where x.channel_id = 1",
    ] {
        assert!(!walks(&database, sql).is_empty(), "{sql}");
    }
}

/// How many steps SQLite takes over the statement that finds a channel's head for author 7, who wrote the newest messages
/// of those that are filed, after one of author 8.
fn steps_to_a_head(database: &Connection, own: u32) -> i32 {
    let fill = format!(
        "delete from filed_envelope;
         delete from filed_author;
         insert into filed_envelope values (1, 1, 8, 0, 1);
         with recursive n (i) as (select 2 union all select i + 1 from n where i <= {own})
         insert into filed_envelope select 1, i, 7, 0, i from n;
         insert into filed_author values (1, 7, {own} + 1), (1, 8, 1);"
    );
    database.execute_batch(&fill).expect("messages");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/envelopes.rs");
    let source = fs::read_to_string(path).expect("the source");
    let sql = statements(&source).find(|sql| sql.contains("max(last)") && sql.starts_with("select"));
    let mut statement = database.prepare(&sql.expect("the statement")).expect("a statement");
    let head: i64 = statement.query_row((1, 7, 7), |row| row.get(0)).expect("a head");
    assert_eq!(head, 1);
    statement.get_status(StatementStatus::VmStep)
}

#[test]
fn a_head_costs_the_same_however_many_messages_are_the_readers_own() {
    let database = schema();
    assert_eq!(steps_to_a_head(&database, 10), steps_to_a_head(&database, 10_000));
}
