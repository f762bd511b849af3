//! What the job publishes.

use chrono::{DateTime, SubsecRound, Utc};
use domain::{Source, SourceReference};
use events::{
    ContributionEnriched, CoverageObserved, DeadLetterRecorded, Envelope, Event, Received,
    ReceivedForm, RepositorySeen,
};
use translation::Translation;

use super::{Place, ScrapeError, ScrapeServices};
use crate::ingest::{Names, Tally};

/// What the envelopes of this source say they come from.
const SOURCE: &str = "/scraper/github";

/// The name under which the scraper gives up.
const SERVICE: &str = "scraper";

/// Events that were translated, with what is to be said about all of them.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) events: Vec<Event>,
    pub(super) tally: Tally,
    names: Names,
}

impl Gathered {
    pub(super) fn take(&mut self, translation: Translation) {
        self.tally.count(&translation);
        self.names.add(&translation);
        self.events.extend(translation.events);
    }

    /// All events, those that tell names last.
    pub(super) fn into_events(mut self, source: &SourceReference) -> Vec<Event> {
        self.events.extend(self.names.take_events(source));
        self.events
    }
}

/// What was read of a repository, and how much of it.
pub(super) struct Unit<'a> {
    /// What was read, such as `events`.
    pub(super) kind: &'a str,
    /// From where to where.
    pub(super) range: String,
    /// The path it was read from.
    pub(super) path: &'a str,
    /// Whether nothing was lost before it.
    pub(super) whole: bool,
}

impl Place {
    pub(super) fn coverage(
        &self,
        unit: &Unit<'_>,
        tally: &Tally,
        services: &ScrapeServices,
    ) -> Event {
        Event::CoverageObserved(CoverageObserved {
            source: Source::Api,
            unit: format!("{} {} {}", self.name, unit.kind, unit.range),
            location: services.client.address(unit.path),
            observed_at: services.client.now(),
            events: tally.events,
            contributions: tally.contributions,
            damaged: tally.damaged,
            expected: None,
            whole: unit.whole,
            bytes: 0,
            sha256: String::new(),
            hours: tally.hours(),
            types: tally.types.clone(),
        })
    }

    /// That the repository bears its name.
    pub(super) fn named(&self, now: DateTime<Utc>, source: &SourceReference) -> Event {
        let at = now.trunc_subsecs(0);
        let repository = self.sighting();
        Event::ContributionEnriched(ContributionEnriched {
            occurred_at: at,
            repository: None,
            pull_request: None,
            accounts: Vec::new(),
            repositories: vec![RepositorySeen { repository, at }],
            source: source.clone(),
        })
    }
}

/// A part of an answer that is no event, of what was read at a path.
pub(super) fn dead_letter(
    path: &str,
    content: &str,
    error: String,
    services: &ScrapeServices,
) -> Event {
    metrics::counter!("dead_letters_total", "service" => SERVICE).increment(1);
    Event::DeadLetterRecorded(DeadLetterRecorded::of_received(
        SERVICE,
        format!("GitHub {path}"),
        error,
        content.as_bytes(),
        Received::from(&services.source(path), ReceivedForm::Event),
        services.client.now(),
    ))
}

impl ScrapeServices {
    /// Publishes events; returns when the log has them.
    pub(super) async fn publish(&self, events: Vec<Event>) -> Result<(), ScrapeError> {
        let envelopes = events
            .into_iter()
            .map(|event| Envelope::wrap(SOURCE, event))
            .collect::<Result<Vec<_>, _>>()?;
        if !envelopes.is_empty() {
            self.publisher.publish(envelopes).await?;
        }
        Ok(())
    }

    /// The range of what was last read of a repository, of one kind; whether
    /// it was read whole is no matter.
    pub(super) async fn last_range(
        &self,
        place: &Place,
        kind: &str,
    ) -> Result<Option<String>, ScrapeError> {
        let filter = events::Subject::of_repository_coverage(Source::Api, &place.name, kind);
        let stream = event_log::LogStream::Coverage;
        let last = self.log.last_on(stream, &filter).await?;
        Ok(last.and_then(|recorded| match recorded.envelope.event {
            Event::CoverageObserved(coverage) => {
                coverage.unit.rsplit(' ').next().map(str::to_owned)
            }
            _ => None,
        }))
    }
}

/// The end of a range of instants.
pub(super) fn end_of(range: &str) -> Option<DateTime<Utc>> {
    range.rsplit_once("..")?.1.parse().ok()
}
