//! Exchanging the tables of one projection between two generations.
//!
//! The active generation stays what it is and gets the new tables; the other
//! gets the old ones and goes on following the log with them, for a rollback.
//! A reader that has read one of the tables holds a lock that this waits for,
//! and one that comes later sees the new tables, so none sees some of each.

use std::time::Duration;

use postgres::{GenerationState, quoted};
use sqlx::PgConnection;

use super::hold::Positions;
use super::pair::{Pair, statement};
use super::parity::letters_of;
use super::remove::is_contention;
use super::start::set_state;
use super::switch::{Author, note_switch, require_positions};
use super::{ReplayError, hold};
use crate::projections::{DeadLetters, PROJECTIONS, Projection, home_of, writer_of};

/// Shorter than the time after which Postgres looks for a deadlock: this gives
/// way, and no reader is ever the one that fails.
const LOCK_LIMIT: &str = "SET LOCAL lock_timeout = '300ms'";

/// How often it tries to get the locks, and how long it lets others go first.
const ATTEMPTS: usize = 20;
const GIVE_WAY: Duration = Duration::from_millis(100);

/// Where tables are while they change places.
const BETWEEN: &str = "between_generations";

/// Tables that stay with their generation.
const STAYING: [&str; 2] = ["_sqlx_migrations", "projections"];

pub(super) async fn exchange(
    pair: &Pair,
    projection: &str,
    positions: &Positions,
    author: &Author,
    differences: i64,
) -> Result<(), ReplayError> {
    for _ in 0..ATTEMPTS {
        hold::renew(pair, positions).await?;
        match try_exchange(pair, projection, positions, author, differences).await {
            Err(ReplayError::Database(error)) if is_contention(&error) => {
                tokio::time::sleep(GIVE_WAY).await;
            }
            outcome => return outcome,
        }
    }
    Err(ReplayError::Busy)
}

async fn try_exchange(
    pair: &Pair,
    projection: &str,
    positions: &Positions,
    author: &Author,
    differences: i64,
) -> Result<(), ReplayError> {
    let [active, other] = pair.both().map(|home| home.generation().schema.as_str());
    let mut transaction = pair.pool().begin().await?;
    sqlx::raw_sql(LOCK_LIMIT).execute(&mut *transaction).await?;
    let (ours, theirs) = (
        things_of(&mut transaction, active, projection).await?,
        things_of(&mut transaction, other, projection).await?,
    );
    // Tables before checkpoints: a batch under way holds locks of tables until
    // it finds that it may not move the checkpoint.
    lock(&mut transaction, ours.iter().chain(&theirs)).await?;
    require_positions(&mut transaction, pair, positions).await?;
    run(
        &mut transaction,
        format!("CREATE SCHEMA {}", quoted(BETWEEN)),
    )
    .await?;
    for (things, from, to) in [
        (&ours, active, BETWEEN),
        (&theirs, other, active),
        (&ours, BETWEEN, other),
    ] {
        for thing in things {
            run(&mut transaction, thing.moving(from, to)).await?;
        }
    }
    run(&mut transaction, format!("DROP SCHEMA {}", quoted(BETWEEN))).await?;
    exchange_letters(&mut transaction, [active, other], projection).await?;
    send_projectors_back(&mut transaction, [active, other], projection).await?;
    let number = pair.other.generation();
    set_state(
        &mut transaction,
        number.number,
        number.state,
        GenerationState::Kept,
    )
    .await?;
    note_switch(&mut transaction, pair, author, differences).await?;
    transaction.commit().await?;
    Ok(())
}

/// A table, view or type.
#[derive(sqlx::FromRow)]
struct Thing {
    kind: String,
    schema: String,
    name: String,
}

impl Thing {
    fn moving(&self, from: &str, to: &str) -> String {
        format!(
            "ALTER {} {}.{} SET SCHEMA {}",
            self.kind,
            quoted(from),
            quoted(&self.name),
            quoted(to)
        )
    }
}

/// Everything in a schema that belongs to a projection: its tables with their
/// partitions, and for the projection that has all that no other names, the
/// views and types too.
async fn things_of(
    connection: &mut PgConnection,
    schema: &str,
    projection: &str,
) -> Result<Vec<Thing>, sqlx::Error> {
    let found: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, relname::text,
                coalesce((SELECT root.relname FROM pg_class AS root
                          WHERE relispartition AND root.oid = pg_partition_root(pg_class.oid)),
                         relname)::text
         FROM pg_class
         WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p', 'v')
         UNION ALL
         SELECT 'TYPE', typname::text, typname::text
         FROM pg_type WHERE typnamespace = $1::regnamespace AND typtype = 'e'
         ORDER BY 1, 2",
    )
    .bind(quoted(schema))
    .fetch_all(connection)
    .await?;
    let belongs = |root: &str| !STAYING.contains(&root) && writer_of(root) == projection;
    Ok(found
        .into_iter()
        .filter(|(_, _, root)| belongs(root))
        .map(|(kind, name, _)| Thing {
            kind,
            schema: schema.to_owned(),
            name,
        })
        .collect())
}

async fn lock(
    transaction: &mut PgConnection,
    things: impl Iterator<Item = &Thing>,
) -> Result<(), sqlx::Error> {
    for table in things.filter(|thing| thing.kind == "TABLE") {
        let name = format!("{}.{}", quoted(&table.schema), quoted(&table.name));
        let lock = format!("LOCK TABLE ONLY {name} IN ACCESS EXCLUSIVE MODE");
        run(transaction, lock).await?;
    }
    Ok(())
}

async fn run(transaction: &mut PgConnection, text: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statement(text)).execute(transaction).await?;
    Ok(())
}

/// Dead letters are in one table whoever set the message aside. Those of the
/// projection go with it; when the table itself has changed places, those of
/// the others go back.
async fn exchange_letters(
    transaction: &mut PgConnection,
    [active, other]: [&str; 2],
    projection: &str,
) -> Result<(), sqlx::Error> {
    let own = letters_of(projection);
    let moved = if projection == DeadLetters::NAME {
        format!("NOT {own}")
    } else {
        own
    };
    let (active, other) = (quoted(active), quoted(other));
    run(
        transaction,
        format!(
            "CREATE TEMPORARY TABLE letters_between ON COMMIT DROP AS
                 SELECT * FROM {active}.dead_letters WHERE {moved};
             DELETE FROM {active}.dead_letters WHERE {moved};
             INSERT INTO {active}.dead_letters SELECT * FROM {other}.dead_letters WHERE {moved};
             DELETE FROM {other}.dead_letters WHERE {moved};
             INSERT INTO {other}.dead_letters SELECT * FROM letters_between"
        ),
    )
    .await
}

/// Ends the leases of the projection in both: what their owners remember of
/// the tables is of the others now.
async fn send_projectors_back(
    transaction: &mut PgConnection,
    schemas: [&str; 2],
    projection: &str,
) -> Result<(), sqlx::Error> {
    let names = PROJECTIONS.iter().map(|(name, _)| *name);
    let together: Vec<&str> = names.filter(|name| home_of(name) == projection).collect();
    for schema in schemas.map(quoted) {
        let take = format!(
            "UPDATE {schema}.projections
             SET epoch = epoch + 1, lease_expires_at = '-infinity' WHERE projection = ANY ($1)"
        );
        sqlx::query(statement(take))
            .bind(&together)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}
