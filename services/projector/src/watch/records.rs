//! What the read models hold: dead letters, holes in the archives, sizes.

use std::collections::BTreeSet;

use postgres::GenerationPool;
use sqlx::{PgConnection, PgPool};

/// Verdicts of hours, all of which are shown.
const VERDICTS: [&str; 4] = ["complete", "unknown", "partial", "missing"];

/// What was shown, to be taken back when it is no more.
#[derive(Default)]
pub(super) struct Records {
    services: BTreeSet<String>,
}

impl Records {
    pub(super) async fn look(&mut self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let active = GenerationPool::active(pool).await?;
        let mut transaction = active.begin().await?;
        self.show_dead_letters(&mut transaction).await?;
        show_archives(&mut transaction).await?;
        show_contributors(&mut transaction).await?;
        show_sizes(&mut transaction, &active.generation().schema).await?;
        postgres::commit(transaction).await
    }

    /// Dead letters that nobody has done anything about.
    async fn show_dead_letters(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT service, count(*) AS "letters!" FROM dead_letters
               WHERE NOT EXISTS (SELECT FROM dead_letter_resolutions WHERE letter = id)
               GROUP BY service"#
        );
        let rows = rows.fetch_all(connection).await?;
        let gauge =
            |service: &str| metrics::gauge!("dead_letters_open", "service" => service.to_owned());
        let seen: BTreeSet<String> = rows.iter().map(|row| row.service.clone()).collect();
        for service in self.services.difference(&seen) {
            gauge(service).set(0.0);
        }
        for row in rows {
            gauge(&row.service).set(row.letters as f64);
        }
        self.services = seen;
        Ok(())
    }
}

/// The hours of the last month, up to the newest archive file that was read,
/// by how completely their file was.
async fn show_archives(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let rows = sqlx::query_file!("src/watch/archive_hours.sql");
    let rows = rows.fetch_all(&mut *connection).await?;
    for verdict in VERDICTS {
        let row = rows.iter().find(|row| row.verdict == verdict);
        let hours = row.map_or(0, |row| row.hours);
        metrics::gauge!("archive_hours", "verdict" => verdict).set(hours as f64);
    }
    let newest = rows.iter().map(|row| row.newest).max();
    if let Some(newest) = newest {
        metrics::gauge!("archive_newest_hour_timestamp_seconds").set(newest.timestamp() as f64);
    }
    Ok(())
}

/// Everybody on the board of all repositories and all time.
async fn show_contributors(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let contributors = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(members), 0)::bigint AS "members!"
           FROM boards JOIN rank_histogram USING (board)
           WHERE scope = 'global' AND period = 'all' AND metric = 'score' AND level = 0"#
    );
    let contributors = contributors.fetch_one(connection).await?;
    metrics::gauge!("contributors_ranked").set(contributors as f64);
    Ok(())
}

async fn show_sizes(connection: &mut PgConnection, schema: &str) -> Result<(), sqlx::Error> {
    let tables = sqlx::query_file!("src/watch/read_model_rows.sql", schema);
    for row in tables.fetch_all(&mut *connection).await? {
        metrics::gauge!("read_model_rows", "table" => row.table).set(row.rows);
    }
    let bytes = sqlx::query_scalar!(r#"SELECT pg_database_size(current_database()) AS "bytes!""#);
    let bytes = bytes.fetch_one(connection).await?;
    metrics::gauge!("database_bytes").set(bytes as f64);
    Ok(())
}
