//! Databases with a board of made-up members, for the rows about the API.

use std::path::PathBuf;

use leaderboard::parts::{Binaries, Postgres};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;

use crate::Options;
use crate::program::directory;
use crate::serving::{POOL, Serve, Served};

/// Members of the small board.
pub(crate) const FEW: u64 = 10_000;

/// Members asked for, chosen at random.
const CHOSEN: usize = 200_000;

/// The page of a board that is asked for.
pub(crate) const PAGE: &str = "/api/v1/leaderboards/global?period=all&limit=50";

/// Members with scores as they are found: most have little, a few very much.
/// Every fiftieth is a bot.
const SEED: &str = "
    INSERT INTO boards (scope, period) VALUES ('global', 'all');
    INSERT INTO board_rows (board, contributor, class, pull_request_merged,
                            pull_request_reviewed, score, commit, issue_opened)
    SELECT board, member::text,
           CASE WHEN member % 50 = 0 THEN 'bot' ELSE 'human' END::account_class,
           score / 20000, score / 50000, score, nullif(score / 1000, 0), nullif(score / 30000, 0)
    FROM boards
    CROSS JOIN generate_series(1, {members}) AS member
    CROSS JOIN LATERAL (
        SELECT (hashint8extended(member, 1) & 1048575) + 1 AS place,
               hashint8extended(member, 2) & 15 AS part
    ) AS chance
    CROSS JOIN LATERAL (
        SELECT floor(1000 * power(1048577.0::float8 / place, 0.9))::bigint + 125 * part AS score
    ) AS worth;
    INSERT INTO names (subject, reference, name, first_seen, last_seen, is_current)
    SELECT 'account', member::text, 'member-' || member, '2015-01-01', '2016-01-01', true
    FROM generate_series(1, {members}) AS member;
    INSERT INTO account_classes (account, called_bot, derived)
    SELECT member::text, true, 'bot' FROM generate_series(50, {members}, 50) AS member;
    INSERT INTO rank_histogram (board, metric, class, level, prefix, members)
    WITH counted AS (
        SELECT board, metric, class, value, count(*) AS members FROM board_values GROUP BY 1, 2, 3, 4
    )
    SELECT board, metric, class, level, value >> (6 * (6 - level)), sum(members)
    FROM counted CROSS JOIN generate_series(0, 6) AS level
    GROUP BY 1, 2, 3, 4, 5;";

/// A database with one board, of all time.
pub(crate) struct Board {
    pub(crate) members: u64,
    pub(crate) url: String,
    pub(crate) pool: PgPool,
}

/// Two boards on one server.
pub(crate) struct Boards {
    pub(crate) big: Board,
    pub(crate) small: Board,
    /// Where Postgres says what it does.
    pub(crate) log: PathBuf,
    pub(crate) binaries: Binaries,
    _postgres: Postgres,
    pub(crate) directory: TempDir,
}

impl Boards {
    pub(crate) async fn make(options: &Options) -> anyhow::Result<Self> {
        let binaries = Binaries::locate(&options.path, &options.tools)?;
        let directory = directory()?;
        let home = directory.path().join("postgres");
        let postgres = Postgres::start(&binaries, &home).await?;
        println!("  making boards of {FEW} and {} members", options.members);
        Ok(Self {
            small: Board::make(&postgres, "small", FEW).await?,
            big: Board::make(&postgres, "big", options.members).await?,
            log: home.join("postgres.log"),
            binaries,
            _postgres: postgres,
            directory,
        })
    }
}

impl Board {
    pub(crate) async fn make(
        postgres: &Postgres,
        name: &str,
        members: u64,
    ) -> anyhow::Result<Self> {
        postgres.ensure_database(name).await?;
        let url = postgres.url(name);
        let pool = postgres::connect(&postgres::PoolSettings {
            url: url.clone(),
            max_connections: POOL,
            application_name: "bench".to_owned(),
        })?;
        postgres::migrate(&pool).await?;
        let seed = SEED.replace("{members}", &members.to_string());
        sqlx::raw_sql(AssertSqlSafe(seed)).execute(&pool).await?;
        sqlx::raw_sql("VACUUM ANALYZE").execute(&pool).await?;
        sqlx::raw_sql("CHECKPOINT").execute(&pool).await?;
        Ok(Self { members, url, pool })
    }

    /// Runs statements that add to it.
    pub(crate) async fn run(&self, statements: &str) -> anyhow::Result<()> {
        let statements = AssertSqlSafe(statements.to_owned());
        sqlx::raw_sql(statements).execute(&self.pool).await?;
        Ok(())
    }

    /// Starts the API over it; uncached, it computes every answer.
    pub(crate) async fn serve(&self, uncached: bool) -> anyhow::Result<Served> {
        let url = self.url.clone();
        Served::start(&Serve::Api { url, uncached }).await
    }

    /// Members at random, the same each time, in the form of paths.
    pub(crate) fn paths(&self, form: impl Fn(u64) -> String) -> Vec<String> {
        let mut random = ChaCha8Rng::seed_from_u64(self.members);
        (0..CHOSEN)
            .map(|_| form(random.random_range(1..=self.members)))
            .collect()
    }
}
