//! One moment of the database, for all queries of one answer.

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::version::{DataVersion, read_version};

/// A read-only transaction that sees one state throughout, so that the numbers
/// of an answer agree with each other and with the version it names.
pub(crate) struct Snapshot {
    transaction: Transaction<'static, Postgres>,
    version: DataVersion,
}

impl Snapshot {
    pub(crate) async fn open(pool: &PgPool) -> Result<Self, sqlx::Error> {
        let mut transaction = pool
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let version = read_version(&mut *transaction).await?;
        Ok(Self {
            transaction,
            version,
        })
    }

    pub(crate) fn version(&self) -> DataVersion {
        self.version
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}
