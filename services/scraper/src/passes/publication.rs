//! What a pass publishes: the contributions of its rows, what could not be
//! read of them, and of each repository how much of the day was read.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Source, SourceReference, is_key_of_content};
use events::{
    CoverageObserved, DeadLetterRecorded, Envelope, Event, HourCount, Received, ReceivedForm,
};
use serde_json::Value;
use translation::{TranslateError, Translation, translate};

use super::window::{kind, next};
use super::{Pass, PassError, PassServices};
use crate::ingest::{Names, Tally};
use crate::sources::bigquery::{Depth, document_of, kept_row};

/// What the envelopes of this source say they come from.
const SOURCE: &str = "/scraper/bigquery";

/// The name under which the scraper gives up.
const SERVICE: &str = "scraper";

/// A pass being read.
pub(super) struct Reading<'a> {
    pass: &'a Pass,
    services: &'a PassServices,
    depth: Depth,
    source: SourceReference,
    /// What was read of each repository, in the order of the pass.
    tallies: Vec<Tally>,
    by_id: HashMap<u64, usize>,
    by_name: HashMap<String, usize>,
    names: Names,
}

impl<'a> Reading<'a> {
    pub(super) fn new(pass: &'a Pass, services: &'a PassServices, depth: Depth) -> Self {
        let mut by_id = HashMap::new();
        let mut by_name = HashMap::new();
        for (place, part) in pass.repositories.iter().enumerate() {
            let wanted = &part.wanted;
            match wanted.id {
                Some(id) => _ = by_id.insert(id, place),
                None => _ = by_name.insert(wanted.name.as_str().to_ascii_lowercase(), place),
            }
        }
        Self {
            pass,
            services,
            depth,
            source: reference(services, "no job"),
            tallies: vec![Tally::default(); pass.repositories.len()],
            by_id,
            by_name,
            names: Names::default(),
        }
    }

    /// The job whose rows come next.
    pub(super) fn begin(&mut self, job: &str) {
        self.source = reference(self.services, job);
    }

    /// Events and contributions so far.
    pub(super) fn counts(&self) -> (u64, u64) {
        let tallies = self.tallies.iter();
        tallies.fold((0, 0), |(events, contributions), tally| {
            (events + tally.events, contributions + tally.contributions)
        })
    }

    /// Publishes what rows hold; returns when the log has it.
    pub(super) async fn publish_rows(
        &mut self,
        rows: &[Vec<Option<String>>],
    ) -> Result<(), PassError> {
        let mut events = Vec::new();
        for row in rows {
            match self.translate(row) {
                Ok((place, translation)) => self.take(place, translation, &mut events),
                Err(error) => events.push(self.dead_letter(row, error)),
            }
        }
        events.extend(self.names.take_events(&self.source));
        self.publish(events).await
    }

    fn translate(&self, row: &[Option<String>]) -> Result<(Option<usize>, Translation), String> {
        let document = document_of(row)?;
        let repository = document.get("repo");
        let part = |name| repository.and_then(|found| found.get(name)?.as_str());
        let by_id = part("id").and_then(|id| self.by_id.get(&id.parse().ok()?));
        let by_name = part("name").and_then(|name| self.by_name.get(&name.to_ascii_lowercase()));
        let place = by_id.or(by_name).copied();
        let translation =
            translate_document(&document, &self.source).map_err(|error| error.to_string())?;
        Ok((place, translation))
    }

    fn take(&mut self, place: Option<usize>, translation: Translation, events: &mut Vec<Event>) {
        if let Some(tally) = place.and_then(|place| self.tallies.get_mut(place)) {
            tally.count(&translation);
        }
        self.names.add(&translation);
        events.extend(translation.events);
    }

    fn dead_letter(&mut self, row: &[Option<String>], error: String) -> Event {
        metrics::counter!("dead_letters_total", "service" => SERVICE).increment(1);
        for tally in &mut self.tallies {
            tally.damaged += 1;
        }
        Event::DeadLetterRecorded(DeadLetterRecorded::of_received(
            SERVICE,
            format!("{} of {}", self.source.reference, self.pass.day),
            error,
            kept_row(row).to_string().as_bytes(),
            Received::from(&self.source, ReceivedForm::Row),
            self.services.clock.now(),
        ))
    }

    /// Says of each repository how much of the day was read.
    pub(super) async fn publish_coverage(&self, whole: bool) -> Result<(), PassError> {
        let observed_at = self.services.clock.now();
        let repositories = self.pass.repositories.iter().zip(&self.tallies);
        // What was read whole before is not less known because of a failure now.
        let observed = repositories.filter(|(part, _)| whole || !part.again);
        let observed = observed.map(|(part, tally)| {
            let (name, kind) = (&part.wanted.name, kind(self.depth));
            Event::CoverageObserved(CoverageObserved {
                source: Source::Bigquery,
                unit: format!("{name} {kind} {}", self.pass.day),
                location: self.source.reference.clone(),
                observed_at,
                events: tally.events,
                contributions: tally.contributions,
                damaged: tally.damaged,
                expected: None,
                whole,
                bytes: 0,
                sha256: String::new(),
                hours: self.hours(tally, whole),
                types: tally.types.clone(),
            })
        });
        self.publish(observed.collect()).await
    }

    /// Every hour of a day that was read whole was looked at, also one in which
    /// nothing happened.
    fn hours(&self, tally: &Tally, whole: bool) -> Vec<HourCount> {
        let mut hours = tally.hours();
        let day = |day: chrono::NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
        let mut hour: DateTime<Utc> = day(self.pass.day);
        while whole && hour < day(next(self.pass.day)) {
            if !hours.iter().any(|found| found.hour == hour) {
                hours.push(HourCount {
                    hour,
                    events: 0,
                    contributions: 0,
                });
            }
            hour += TimeDelta::hours(1);
        }
        hours.sort_unstable_by_key(|found| found.hour);
        hours
    }

    async fn publish(&self, events: Vec<Event>) -> Result<(), PassError> {
        let envelopes = events
            .into_iter()
            .map(|event| Envelope::wrap(SOURCE, event))
            .collect::<Result<Vec<_>, _>>()?;
        if !envelopes.is_empty() {
            self.services.publisher.publish(envelopes).await?;
        }
        Ok(())
    }
}

/// Translates the event that a row was made of.
pub(crate) fn translate_document(
    document: &Value,
    source: &SourceReference,
) -> Result<Translation, TranslateError> {
    let mut translation = translate(document.to_string().as_bytes(), source)?;
    // What has no id anywhere is known by all that its event says, of which a
    // row is only a part: it would count twice.
    translation.events.retain(|event| match event {
        Event::ContributionRecorded(found) => !is_key_of_content(&found.key),
        _ => true,
    });
    let recorded = translation.events.iter();
    translation.contributions = recorded
        .filter(|event| matches!(event, Event::ContributionRecorded(_)))
        .count();
    Ok(translation)
}

fn reference(services: &PassServices, job: &str) -> SourceReference {
    SourceReference {
        source: Source::Bigquery,
        reference: format!("{}:{job}", services.client.project()),
    }
}
