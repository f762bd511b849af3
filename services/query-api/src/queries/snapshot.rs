//! One moment of the database, for all queries of one answer.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use domain::{Policies, Policy};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

use super::policies::policies;
use crate::target::Target;
use crate::version::DataVersion;

/// How often a snapshot is opened anew because readers were given another
/// generation meanwhile.
const ATTEMPTS: usize = 5;

/// Postgres' code for a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";

/// The schema of the generation that is read, as last heard of, and the
/// policies.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadGeneration(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    schema: Option<Arc<str>>,
    /// With the last decision about them.
    policies: Option<(i64, Arc<Policies>)>,
}

impl ReadGeneration {
    fn known(&self) -> Option<Arc<str>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.schema.clone()
    }

    /// The policies, as last heard of.
    pub(crate) fn policies(&self) -> Option<Arc<Policies>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known
            .policies
            .as_ref()
            .map(|(_, policies)| Arc::clone(policies))
    }

    /// The policies as of a decision, if they are known.
    fn policies_of(&self, decision: i64) -> Option<Arc<Policies>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let policies = known.policies.as_ref();
        let policies = policies.filter(|(known, _)| *known == decision);
        policies.map(|(_, policies)| Arc::clone(policies))
    }

    fn learn_policies(&self, decision: i64, policies: &Arc<Policies>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.policies = Some((decision, Arc::clone(policies)));
    }

    fn learn(&self, schema: &Arc<str>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.schema = Some(Arc::clone(schema));
    }
}

/// A read-only transaction that sees one state of one generation throughout,
/// so that the numbers of an answer agree with each other and with the version
/// it names.
pub(crate) struct Snapshot {
    transaction: Transaction<'static, Postgres>,
    version: DataVersion,
    policies: Arc<Policies>,
    as_of: Option<DateTime<Utc>>,
}

impl Snapshot {
    /// Opens one on the generation that readers are given at this moment. It
    /// is guessed from what was heard last, and asked for where the snapshot
    /// itself says otherwise, so it costs no question of its own.
    pub(crate) async fn open(
        pool: &PgPool,
        generation: &ReadGeneration,
    ) -> Result<Self, sqlx::Error> {
        let mut schema = match generation.known() {
            Some(schema) => schema,
            None => ask(pool, generation).await?,
        };
        for _ in 0..ATTEMPTS {
            let mut transaction = begin(pool, &schema).await?;
            match read_version(&mut transaction).await {
                Ok(read) if *read.active == *schema => {
                    let policies = match generation.policies_of(read.policies) {
                        Some(policies) => policies,
                        None => {
                            let policies = Arc::new(policies(&mut transaction).await?);
                            generation.learn_policies(read.policies, &policies);
                            policies
                        }
                    };
                    return Ok(Self {
                        transaction,
                        version: DataVersion {
                            policy: policies.general().version,
                            ..read.version
                        },
                        policies,
                        as_of: None,
                    });
                }
                Ok(_) => {}
                // It was dropped after readers were given another.
                Err(error) if is_undefined_table(&error) => {}
                Err(error) => return Err(error),
            }
            transaction.rollback().await?;
            schema = ask(pool, generation).await?;
        }
        Err(sqlx::Error::Protocol(
            "the generation that is read changes too often".to_owned(),
        ))
    }

    /// Opens one on what was known at an instant; `None` when that was not
    /// made readable.
    pub(crate) async fn open_past(
        pool: &PgPool,
        as_of: DateTime<Utc>,
    ) -> Result<Option<Self>, sqlx::Error> {
        let found = sqlx::query!(
            "SELECT generation, schema FROM control.generations
             WHERE as_of = $1 AND state = 'past'",
            as_of,
        );
        let Some(found) = found.fetch_optional(pool).await? else {
            return Ok(None);
        };
        let mut transaction = begin(pool, &found.schema).await?;
        let read = match read_version(&mut transaction).await {
            Ok(read) => read,
            // It was thrown away meanwhile.
            Err(error) if is_undefined_table(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let policies = Arc::new(policies(&mut transaction).await?);
        let version = DataVersion {
            // No present version has such a number.
            switches: -i64::from(found.generation),
            policy: policies.general().version,
            ..read.version
        };
        Ok(Some(Self {
            transaction,
            version,
            policies,
            as_of: Some(as_of),
        }))
    }

    /// The instant whose knowledge it holds; none for the present.
    pub(crate) fn as_of(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    pub(crate) fn version(&self) -> DataVersion {
        self.version
    }

    /// Every policy there was at that moment.
    pub(crate) fn policies(&self) -> &Arc<Policies> {
        &self.policies
    }

    /// What boards of a scope are scored by.
    pub(crate) fn policy(&self, target: &Target) -> &Policy {
        match target {
            Target::Group { name, .. } => self.policies.of_group(name),
            _ => self.policies.general(),
        }
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

/// Which generation readers are given now.
async fn ask(pool: &PgPool, generation: &ReadGeneration) -> Result<Arc<str>, sqlx::Error> {
    let schema =
        sqlx::query_scalar!("SELECT schema FROM control.generations WHERE state = 'active'");
    let schema: Arc<str> = schema.fetch_one(pool).await?.into();
    generation.learn(&schema);
    Ok(schema)
}

/// The path is the transaction's alone: poolers may hand the session on after
/// it. It goes with the BEGIN, in one round trip.
async fn begin(pool: &PgPool, schema: &str) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path TO {}",
        quoted(schema)
    );
    pool.begin_with(AssertSqlSafe(begin)).await
}

/// A name as an identifier of SQL.
pub(crate) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

fn is_undefined_table(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == UNDEFINED_TABLE)
}

/// What a snapshot says of itself.
struct Read {
    /// The schema of the active generation.
    active: String,
    version: DataVersion,
    /// The last decision about policies.
    policies: i64,
}

/// Reads which generation is active and the version that the tables are at;
/// both in one statement, so that they belong together.
async fn read_version(connection: &mut PgConnection) -> Result<Read, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT (SELECT schema FROM control.generations WHERE state = 'active') AS "schema!",
               (SELECT coalesce(max(switch), 0) FROM control.switches) AS "switches!",
               coalesce(sum(sequence) FILTER (WHERE projection = 'contributions'), 0)::bigint
                   AS "contributions!",
               coalesce(sum(sequence) FILTER (WHERE projection <> 'contributions'), 0)::bigint
                   AS "others!",
               (SELECT coalesce(max(decision), 0) FROM policies) AS "policies!"
        FROM projections
        "#
    );
    let row = row.fetch_one(connection).await?;
    let version = DataVersion {
        contributions: row.contributions,
        others: row.others,
        switches: row.switches,
        policy: 0,
    };
    Ok(Read {
        active: row.schema,
        version,
        policies: row.policies,
    })
}
