//! Holes: hours that something is missing of, and what may fill them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::coverage::{
    Gap, Hole, Loss, Way, compared_holes, file_holes, merge_holes, repository_holes, ways_to_fill,
};
use domain::{ContributionKind, Source};
use serde::Serialize;
use utoipa::ToSchema;

use super::compared::compare;
use crate::api::Api;
use crate::coverage_index::CoverageIndex;
use crate::cursor::{HoleCursor, List};
use crate::problem::Problem;
use crate::queries::coverage::Span;
use crate::queries::repositories::{find_repository, names_borne};
use crate::queries::snapshot::Snapshot;
use crate::target::existing_repository;

/// Days that one repository is compared over at most.
const DAYS_OF_ONE: i64 = 366;

/// Days that all repositories are compared over at most.
const DAYS_OF_ALL: i64 = 31;

/// Repositories that are compared at most, where none is asked for.
const REPOSITORIES: usize = 100;

/// Which holes are wanted.
#[derive(Clone, Debug)]
pub(crate) struct HolesRequest {
    pub(crate) repository: Option<String>,
    pub(crate) span: Span,
    /// Whether what sources saw is compared, too.
    pub(crate) compared: bool,
    pub(crate) after: Option<HoleCursor>,
    pub(crate) limit: u32,
}

/// A page of holes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoverageHoles {
    /// Holes, the earliest first.
    pub(crate) holes: Vec<HoleResource>,
    /// What was looked at.
    pub(crate) meta: HolesMeta,
}

/// Hours of a source that something is missing of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoleResource {
    /// The source that lacks it: `archive`, `api` or `bigquery`.
    #[schema(value_type = String, example = "archive")]
    pub(crate) source: Source,
    /// The repository, in lower case; null for all there are.
    #[schema(example = "rails/rails")]
    pub(crate) repository: Option<String>,
    /// The first hour.
    pub(crate) from: DateTime<Utc>,
    /// The end of the last hour.
    pub(crate) until: DateTime<Utc>,
    /// How many hours.
    pub(crate) hours: usize,
    /// `whole` (nothing was read), `part` (what was read lacks something), or
    /// `kinds` (read to the end, but others saw more).
    #[schema(value_type = String, example = "whole")]
    pub(crate) gap: Gap,
    /// Why, of parts: `cut_short`, `damaged`, `off_manifest`, `out_of_reach`.
    #[schema(value_type = Vec<String>, example = json!(["cut_short"]))]
    pub(crate) losses: BTreeSet<Loss>,
    /// How many contributions of which kinds others saw.
    #[schema(value_type = BTreeMap<String, u64>, example = json!({"comment": 3}))]
    pub(crate) kinds: BTreeMap<ContributionKind, u64>,
    /// The sources that have it.
    #[schema(value_type = Vec<String>, example = json!(["archive"]))]
    pub(crate) had_by: BTreeSet<Source>,
    /// What may fill it, cheapest first.
    pub(crate) ways: Vec<WayResource>,
}

/// A way to fill a hole, and what it costs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WayResource {
    /// The source: `archive` is free and has all repositories, `api` and
    /// `bigquery` are asked for those that are tracked.
    #[schema(value_type = String, example = "archive")]
    pub(crate) source: Source,
    /// Requests of GitHub's API for each repository, at least.
    pub(crate) requests: u64,
    /// Days of BigQuery that are paid for, all repositories in one;
    /// `leaderboard coverage --holes` tells the dollars.
    pub(crate) paid_days: u64,
}

/// What was looked at for holes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HolesMeta {
    /// The first instant asked for; null: the first that was read.
    pub(crate) from: Option<DateTime<Utc>>,
    /// The end that was asked for; null: that of the last hour that was read.
    pub(crate) to: Option<DateTime<Utc>>,
    /// What sources saw was compared from here on; null where nothing was.
    pub(crate) compared_from: Option<DateTime<Utc>>,
    /// Where comparing ended.
    pub(crate) compared_to: Option<DateTime<Utc>>,
    /// Repositories that were compared, at most 100.
    pub(crate) compared_repositories: usize,
    /// Repositories that sources were asked for singly, or the one asked for.
    pub(crate) repositories: usize,
    /// The `cursor` of the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

impl HoleResource {
    fn new(hole: Hole, now: DateTime<Utc>) -> Self {
        let ways = ways_to_fill(&hole, now).into_iter();
        let way = |way: Way| WayResource {
            source: way.source,
            requests: way.requests,
            paid_days: way.paid_days,
        };
        Self {
            hours: hole.hours().count(),
            source: hole.source,
            repository: hole.repository,
            from: hole.from,
            until: hole.until,
            gap: hole.gap,
            losses: hole.losses,
            kinds: hole.kinds,
            had_by: hole.had_by,
            ways: ways.map(way).collect(),
        }
    }
}

/// A repository that holes are looked for in.
struct Looked {
    reference: Option<String>,
    /// Its names in lower case, the one it was asked by first.
    names: Vec<String>,
}

/// Loads a page of holes.
pub(crate) async fn load_holes(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &HolesRequest,
) -> Result<CoverageHoles, Problem> {
    let index = CoverageIndex::of(api, snapshot).await?;
    let readings = &index.readings;
    let looked = looked_at(snapshot, &index, request.repository.as_deref()).await?;
    let bounds = readings.bounds(None);
    let asked = asked_span(request.span, bounds, api.now());
    let mut holes = file_holes(readings, asked);
    if let (Some(_), Some(only)) = (&request.repository, looked.first()) {
        holes = split_by_source(holes, |hour| readings.whole_at(&only.names, hour));
    }
    let days = request
        .repository
        .as_ref()
        .map_or(DAYS_OF_ALL, |_| DAYS_OF_ONE);
    let compared = asked.or(bounds).map(|(from, until)| {
        let earliest = until - TimeDelta::days(days);
        (from.max(earliest), until)
    });
    let compared = compared.filter(|_| request.compared);
    for (place, repository) in looked.iter().enumerate() {
        holes.extend(repository_holes(readings, &repository.names, asked));
        let compared = compared.filter(|_| place < REPOSITORIES);
        if let (Some(reference), Some(span)) = (&repository.reference, compared) {
            let names = &repository.names;
            let judged = compare(snapshot, readings, reference, names, span).await?;
            let name = names.first().map_or("", String::as_str);
            let found = judged.iter();
            holes.extend(found.flat_map(|(hour, judged)| compared_holes(name, *hour, judged)));
        }
    }
    let (holes, next_cursor) = page_of(merge_holes(holes), request);
    let now = api.now();
    Ok(CoverageHoles {
        holes: holes
            .into_iter()
            .map(|hole| HoleResource::new(hole, now))
            .collect(),
        meta: HolesMeta {
            from: request.span.0,
            to: request.span.1,
            compared_from: compared.map(|(from, _)| from),
            compared_to: compared.map(|(_, until)| until),
            compared_repositories: compared.map_or(0, |_| looked.len().min(REPOSITORIES)),
            repositories: looked.len(),
            next_cursor,
            generated_at: now,
        },
    })
}

/// The repository that is asked for, or all that sources were asked for.
async fn looked_at(
    snapshot: &mut Snapshot,
    index: &CoverageIndex,
    asked: Option<&str>,
) -> Result<Vec<Looked>, Problem> {
    if let Some(name) = asked {
        let found = existing_repository(snapshot, name).await?;
        let reference = found.reference.to_string();
        let borne = names_borne(snapshot.connection(), std::slice::from_ref(&reference)).await?;
        let mut names = borne.into_iter().next().unwrap_or_default();
        let present = found.name.to_lowercase();
        names.retain(|name| *name != present);
        names.insert(0, present);
        let reference = Some(reference);
        return Ok(vec![Looked { reference, names }]);
    }
    let mut looked = Vec::new();
    for name in index.readings.repositories() {
        let found = find_repository(snapshot.connection(), name).await?;
        looked.push(Looked {
            reference: found.map(|found| found.reference.to_string()),
            names: vec![name.to_owned()],
        });
    }
    Ok(looked)
}

/// The span that is asked for; an end that is left out is that of what was read.
fn asked_span(
    (from, to): Span,
    bounds: Option<(DateTime<Utc>, DateTime<Utc>)>,
    now: DateTime<Utc>,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    if from.is_none() && to.is_none() {
        return None;
    }
    let known = bounds.unzip();
    let (from, until) = (from.or(known.0)?, to.or(known.1)?.min(now));
    (from < until).then_some((from, until))
}

/// Holes of which each hour says which sources have it.
fn split_by_source(holes: Vec<Hole>, whole_at: impl Fn(DateTime<Utc>) -> Vec<Source>) -> Vec<Hole> {
    let hours = holes.into_iter().flat_map(|hole| {
        let hours: Vec<DateTime<Utc>> = hole.hours().collect();
        hours.into_iter().map(move |hour| hole.at(hour))
    });
    merge_holes(hours.map(|mut hole| {
        hole.had_by.extend(whole_at(hole.from));
        hole
    }))
}

fn page_of(holes: Vec<Hole>, request: &HolesRequest) -> (Vec<Hole>, Option<String>) {
    let after = |hole: &Hole| {
        let after = request.after.as_ref();
        after.is_none_or(|after| HoleCursor::of(hole) > *after)
    };
    let mut rest: Vec<Hole> = holes.into_iter().filter(after).collect();
    rest.sort_by_key(HoleCursor::of);
    let limit = request.limit as usize;
    let more = rest.len() > limit;
    rest.truncate(limit);
    let last = rest.last().filter(|_| more);
    let next = last.map(|hole| CoverageHoles::cursor_after(&HoleCursor::of(hole)));
    (rest, next)
}
