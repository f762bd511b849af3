//! How the database keeps itself in order: what its tables hold beside rows, and how far
//! it is from the age at which it would take no more writing.

use postgres::GenerationPool;
use sqlx::PgPool;

/// Tells it of the database, and of the tables of the generation that is read.
pub(super) async fn look(pool: &PgPool) -> Result<(), sqlx::Error> {
    let active = GenerationPool::active(pool).await?;
    let schema = &active.generation().schema;
    let tables = sqlx::query_file!("src/watch/table_upkeep.sql", schema);
    for row in tables.fetch_all(pool).await? {
        let gauge = |name: &'static str| metrics::gauge!(name, "table" => row.table.clone());
        gauge("table_bytes").set(row.bytes);
        gauge("table_bloat_bytes").set(row.bloat_bytes);
        gauge("table_dead_rows").set(row.dead_rows);
    }
    let ages = sqlx::query!(
        r#"SELECT age(datfrozenxid)::double precision AS "transactions!",
                  mxid_age(datminmxid)::double precision AS "multixacts!"
           FROM pg_database WHERE datname = current_database()"#
    );
    let ages = ages.fetch_one(pool).await?;
    for (of, age) in [
        ("transactions", ages.transactions),
        ("multixacts", ages.multixacts),
    ] {
        metrics::gauge!("database_freeze_age", "of" => of).set(age);
    }
    Ok(())
}
