//! What a deployment takes, looked at again and again.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use event_log::LogStream;

use crate::deployment::Deployment;
use crate::report::{Measure, Row, median};

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(10);

/// What a thing may have grown by between the second and the last quarter.
const FLAT: f64 = 1.1;

/// Messages that may be on their way to the boards: those of half a second.
const LAG: f64 = 1_000.0;

/// One look.
struct Sample {
    program: f64,
    nats: f64,
    postgres: f64,
    descriptors: f64,
    connections: f64,
    lag: f64,
}

/// All looks, in their order.
pub(crate) struct Samples(Vec<Sample>);

impl Samples {
    /// Looks for as long as is asked for.
    pub(crate) async fn take(deployment: &Deployment, duration: Duration) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut looks = tokio::time::interval(PERIOD);
        let mut samples = Vec::new();
        while started.elapsed() < duration {
            looks.tick().await;
            samples.push(Sample::take(deployment).await?);
        }
        Ok(Self(samples))
    }

    /// What each thing was in the last quarter against the second: in the
    /// first, memory is still being put to use.
    pub(crate) fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let quarter = self.0.len() / 4;
        let early = self.0.get(quarter..2 * quarter).unwrap_or_default();
        let late = self.0.get(3 * quarter..).unwrap_or_default();
        ensure!(!early.is_empty(), "there are too few samples to compare");
        let middle = |of: fn(&Sample) -> f64, among: &[Sample]| -> f64 {
            median(among.iter().map(of).collect())
        };
        let grown = |what: &str, of: fn(&Sample) -> f64, measure| Row {
            name: "endurance",
            what: format!("{what}, last quarter / second quarter"),
            ours: middle(of, late),
            reference: middle(of, early),
            measure,
            goal: FLAT,
        };
        Ok(vec![
            grown("memory of the program", |one| one.program, Measure::Growth),
            grown("memory of nats-server", |one| one.nats, Measure::Growth),
            grown("memory of Postgres", |one| one.postgres, Measure::Growth),
            grown("open files", |one| one.descriptors, Measure::Count),
            grown("connections", |one| one.connections, Measure::Count),
            Row {
                name: "endurance",
                what: "messages behind, last quarter / those of half a second".to_owned(),
                ours: middle(|one| one.lag, late),
                reference: LAG,
                measure: Measure::Count,
                goal: 1.0,
            },
        ])
    }
}

impl Sample {
    async fn take(deployment: &Deployment) -> anyhow::Result<Self> {
        let [program, postgres, nats] = deployment.usage()?;
        let last = deployment
            .log
            .last_sequence(LogStream::Contributions)
            .await?;
        let (projected, connections): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT sequence FROM projections WHERE projection = 'contributions'),
                    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')",
        )
        .fetch_one(&deployment.pool)
        .await
        .context("cannot look at the database")?;
        let sample = Self {
            program: program.bytes as f64,
            nats: nats.bytes as f64,
            postgres: postgres.bytes as f64,
            descriptors: (program.descriptors + postgres.descriptors + nats.descriptors) as f64,
            connections: connections as f64,
            lag: last.saturating_sub(projected.cast_unsigned()) as f64,
        };
        println!(
            "  at {last}: program {:.1} MB, nats-server {:.1} MB, Postgres {:.1} MB and {:.1} MB of buffers, {} files, {} connections, {} behind",
            sample.program / 1e6,
            sample.nats / 1e6,
            sample.postgres / 1e6,
            postgres.shared as f64 / 1e6,
            sample.descriptors,
            sample.connections,
            sample.lag,
        );
        Ok(sample)
    }
}
