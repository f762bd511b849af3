//! Indexes of large tables, built while others write.
//!
//! `CREATE INDEX` keeps everybody from writing until it is done, and `CREATE INDEX
//! CONCURRENTLY` neither runs in a transaction nor on a partitioned table. So a
//! migration that gives indexes to tables which are there says `-- indexes first`:
//! before it runs, each index is built concurrently, of a partitioned table on each
//! partition; the migration itself finds them there, and has only to put those of
//! partitions together.

use sqlx::migrate::Migration;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::generations::quoted;

/// What a migration says whose indexes are built first.
const INDEXES_FIRST: &str = "-- indexes first";

/// An index that a migration makes.
#[derive(Debug, PartialEq, Eq)]
struct Index<'a> {
    name: &'a str,
    table: &'a str,
    /// What follows the table's name.
    definition: &'a str,
}

/// Builds what a migration wants to find built.
pub(super) async fn build(
    connection: &mut PgConnection,
    migration: &Migration,
) -> Result<(), sqlx::Error> {
    let sql = migration.sql.as_str();
    if !sql.lines().any(|line| line.trim() == INDEXES_FIRST) {
        return Ok(());
    }
    for index in sql.split(';').filter_map(index_of) {
        // In a generation that is being made there is nothing to build, and nobody to
        // wait for.
        if !holds_rows(connection, index.table).await? {
            continue;
        }
        for table in tables(connection, &index).await? {
            let of_it = table.strip_prefix(index.table).unwrap_or(&table);
            build_one(
                connection,
                &format!("{}{of_it}", index.name),
                &table,
                &index,
            )
            .await?;
        }
    }
    Ok(())
}

async fn build_one(
    connection: &mut PgConnection,
    name: &str,
    table: &str,
    index: &Index<'_>,
) -> Result<(), sqlx::Error> {
    drop_unfinished(connection, name).await?;
    let statement = format!(
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS {} ON {} {}",
        quoted(name),
        quoted(table),
        index.definition
    );
    run(connection, statement).await?;
    tracing::info!(index = name, "index_built");
    Ok(())
}

/// Reads a statement that makes an index; `None` of all others.
fn index_of(statement: &str) -> Option<Index<'_>> {
    let mut rest = statement;
    // What stands before it is comment.
    while let Some(comment) = rest.trim_start().strip_prefix("--") {
        rest = comment.split_once('\n')?.1;
    }
    let rest = rest.trim().strip_prefix("CREATE INDEX ")?.trim_start();
    let rest = rest.strip_prefix("CONCURRENTLY ").unwrap_or(rest);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest);
    let (name, rest) = rest.trim_start().split_once(char::is_whitespace)?;
    let rest = rest.trim_start().strip_prefix("ON ")?.trim_start();
    let (table, definition) = rest.split_once(char::is_whitespace)?;
    Some(Index {
        name,
        table,
        definition: definition.trim(),
    })
}

/// Whether a table is there and holds anything.
async fn holds_rows(connection: &mut PgConnection, table: &str) -> Result<bool, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(quoted(table))
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(false);
    }
    let holds = format!("SELECT EXISTS (SELECT FROM {})", quoted(table));
    sqlx::query_scalar(AssertSqlSafe(holds))
        .fetch_one(connection)
        .await
}

/// The tables that an index is built on: the partitions of one that has some.
async fn tables(
    connection: &mut PgConnection,
    index: &Index<'_>,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relkind = 'r'
           AND (oid = to_regclass($1)
                OR oid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)) WHERE isleaf))
         ORDER BY 1",
    )
    .bind(quoted(index.table))
    .fetch_all(connection)
    .await
}

/// An index that is not complete would be taken for one that is.
async fn drop_unfinished(connection: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let unfinished: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_index
                        WHERE indexrelid = to_regclass($1) AND NOT indisvalid)",
    )
    .bind(quoted(name))
    .fetch_one(&mut *connection)
    .await?;
    if unfinished {
        run(
            connection,
            format!("DROP INDEX CONCURRENTLY {}", quoted(name)),
        )
        .await?;
    }
    Ok(())
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    let statement = sqlx::raw_sql(AssertSqlSafe(statement));
    statement.execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_make_indexes_are_read() {
        let statement = "\n-- Why.\n-- indexes first\nCREATE INDEX counts_by_day\n    ON counts \
                         (day DESC, id) WHERE day IS NOT NULL";
        let index = Index {
            name: "counts_by_day",
            table: "counts",
            definition: "(day DESC, id) WHERE day IS NOT NULL",
        };
        assert_eq!(index_of(statement), Some(index));
        let concurrently = "CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON b USING brin (c)";
        let index = Index {
            name: "a",
            table: "b",
            definition: "USING brin (c)",
        };
        assert_eq!(index_of(concurrently), Some(index));
        assert_eq!(index_of("CREATE TABLE a (b integer)"), None);
        assert_eq!(index_of("-- nothing else"), None);
    }
}
