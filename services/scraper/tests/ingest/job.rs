//! The job as a whole: batches, names, order, what it says of itself.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use event_log::{LogError, Published};
use events::{Envelope, Event};
use futures::future::BoxFuture;
use scraper::ingest::{EventSink, IngestServices, JsonLines, Silent, ingest};
use scraper::sources::archive::{ArchiveBases, Plan};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::{
    MemoryLog, Outcome, ingest_bytes, noted, now, options, services, star, stars,
};

/// A log that counts what is under way, and may fail.
#[derive(Clone, Default)]
struct Observed {
    log: MemoryLog,
    under_way: Arc<AtomicUsize>,
    most_under_way: watch::Sender<usize>,
    largest: Arc<AtomicUsize>,
    /// Nothing is acknowledged before so many batches were under way at once.
    awaited: usize,
    failing: bool,
    /// Stopped when something is published.
    stops: Option<CancellationToken>,
}

impl EventSink for Observed {
    async fn publish(&self, envelopes: Vec<Envelope>) -> Result<Published, LogError> {
        let failed = |detail: &str| LogError::Publish {
            stream: "contributions",
            detail: detail.to_owned(),
            transient: false,
        };
        if self.failing {
            return Err(failed("no space left"));
        }
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.largest.fetch_max(envelopes.len(), Ordering::SeqCst);
        let higher = |most: &mut usize| std::mem::replace(most, under_way.max(*most)) < under_way;
        self.most_under_way.send_if_modified(higher);
        let mut most = self.most_under_way.subscribe();
        let enough = most.wait_for(|most| *most >= self.awaited);
        let in_time = tokio::time::timeout(Duration::from_secs(30), enough).await;
        in_time
            .map_err(|_| failed("too few batches at once"))?
            .map_err(|_| failed("closed"))?;
        if let Some(stops) = &self.stops {
            stops.cancel();
        }
        let published = self.log.publish(envelopes).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        published
    }
}

fn observed(sink: &Observed) -> IngestServices<Observed, MemoryLog> {
    let services = services(&sink.log);
    IngestServices {
        publisher: sink.clone(),
        log: services.log,
        clock: services.clock,
        cancellation: services.cancellation,
    }
}

fn plan_of(bytes: &[u8]) -> Result<(tempfile::TempDir, Plan), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("hour.json"), bytes)?;
    let path = directory.path().to_str().ok_or("path is not UTF-8")?;
    let plan = Plan::parse(path, &ArchiveBases::default(), now())?;
    Ok((directory, plan))
}

#[tokio::test]
async fn eight_batches_are_under_way_and_coverage_comes_last() -> Outcome {
    let sink = Observed {
        awaited: 8,
        ..Observed::default()
    };
    let (_directory, plan) = plan_of(stars(25_500).as_bytes())?;
    let services = observed(&sink);
    // A job can be run as a task.
    let job: BoxFuture<'_, _> = Box::pin(ingest(&plan, &services, options(), &Silent));
    let report = job.await?;
    assert_eq!(report.contributions(), 25_500);
    assert_eq!(sink.log.contributions().len(), 25_500);
    assert_eq!(sink.largest.load(Ordering::SeqCst), 1_000);
    assert_eq!(*sink.most_under_way.borrow(), 8);
    assert!(sink.log.ends_in_coverage());
    Ok(())
}

#[tokio::test]
async fn a_job_stopped_between_batches_leaves_no_coverage() -> Outcome {
    let stops = CancellationToken::new();
    let sink = Observed {
        stops: Some(stops.clone()),
        ..Observed::default()
    };
    let services = IngestServices {
        cancellation: stops,
        ..observed(&sink)
    };
    let (_directory, plan) = plan_of(stars(50_000).as_bytes())?;
    let report = ingest(&plan, &services, options(), &Silent).await?;
    assert!(report.is_cancelled());
    assert_eq!(sink.log.coverage(), []);
    let kept = sink.log.contributions().len();
    assert!(
        kept < 50_000 && kept.is_multiple_of(1_000),
        "{kept}: whole batches only"
    );
    Ok(())
}

#[tokio::test]
async fn a_log_that_takes_nothing_ends_the_job() -> Outcome {
    let sink = Observed {
        failing: true,
        ..Observed::default()
    };
    let (_directory, plan) = plan_of(stars(5).as_bytes())?;
    let outcome = ingest(&plan, &observed(&sink), options(), &Silent).await;
    let error = outcome.err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("no space left")));
    Ok(())
}

#[tokio::test]
async fn names_without_contributions_are_told_once() -> Outcome {
    let log = MemoryLog::default();
    let at = |line: String, minute: u32| line.replace("00:00:00Z", &format!("00:{minute:02}:00Z"));
    let lines = [
        at(noted(1, "a"), 5),
        at(noted(1, "b"), 1),
        at(noted(1, "c"), 9),
        at(noted(2, "d"), 3),
        at(star(3), 2),
    ];
    ingest_bytes(&log, "names.json", lines.join("\n").as_bytes()).await?;
    let events = log.events().into_iter();
    let enriched: Vec<_> = events
        .filter_map(|event| match event {
            Event::ContributionEnriched(enriched) => Some(enriched),
            _ => None,
        })
        .collect();
    let accounts = enriched.iter().flat_map(|event| &event.accounts);
    let accounts: Vec<_> = accounts
        .map(|seen| {
            (
                seen.account.login.as_str(),
                seen.at.format("%M").to_string(),
            )
        })
        .collect();
    let expected = [("p1", "01"), ("p1", "09"), ("p2", "03")];
    assert_eq!(
        accounts,
        expected.map(|(login, minute)| (login, minute.to_owned()))
    );
    let repositories = enriched.iter().flat_map(|event| &event.repositories);
    let repositories: Vec<_> = repositories
        .map(|seen| seen.at.format("%M").to_string())
        .collect();
    assert_eq!(repositories, ["01", "09"]);
    assert!(
        enriched
            .iter()
            .all(|event| event.occurred_at.format("%M").to_string() == "01")
    );
    Ok(())
}

#[tokio::test]
async fn coverage_counts_hours_and_types() -> Outcome {
    let log = MemoryLog::default();
    let earlier = star(2).replace("2024-01-01T00:00:00Z", "2023-12-31T23:59:59Z");
    let file = [star(1), earlier, noted(3, "x")].join("\n");
    ingest_bytes(&log, "hours.json", file.as_bytes()).await?;
    let [coverage] = &log.coverage()[..] else {
        return Err("one coverage expected".into());
    };
    assert_eq!(coverage.unit, "hours.json");
    assert_eq!((coverage.events, coverage.contributions), (3, 2));
    let hours: Vec<_> = coverage
        .hours
        .iter()
        .map(|hour| (hour.events, hour.contributions))
        .collect();
    assert_eq!(hours, [(1, 1), (2, 1)]);
    let types: Vec<_> = coverage
        .types
        .iter()
        .map(|(name, count)| (name.as_str(), *count))
        .collect();
    assert_eq!(types, [("CreateEvent", 1), ("WatchEvent", 2)]);
    assert_eq!(coverage.bytes, file.len() as u64);
    Ok(())
}

/// An output that can be read afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn progress_is_told_in_lines_of_json() -> Outcome {
    let sink = Observed::default();
    let (_directory, plan) = plan_of(stars(10).as_bytes())?;
    let output = Shared::default();
    ingest(
        &plan,
        &observed(&sink),
        options(),
        &JsonLines::new(output.clone()),
    )
    .await?;
    let written = output
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let lines = std::str::from_utf8(&written)?.lines();
    let lines: Vec<serde_json::Value> =
        lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
    let told: Vec<_> = lines
        .iter()
        .filter_map(|line| line["progress"].as_str())
        .collect();
    assert_eq!(told, ["started", "reading", "completed", "finished"]);
    assert_eq!(lines[1]["events"], 10);
    assert_eq!(lines[1]["seconds_left"], 0.0);
    Ok(())
}
