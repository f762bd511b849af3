//! What each source has of each hour of a repository.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::coverage::{Extent, HourAtSource, Loss};
use domain::{ContributionKind, CoverageVerdict, Source};
use serde::Serialize;
use utoipa::ToSchema;

use super::compared::compare;
use crate::api::Api;
use crate::coverage_index::CoverageIndex;
use crate::problem::Problem;
use crate::queries::repositories::names_borne;
use crate::queries::snapshot::Snapshot;
use crate::target::existing_repository;

/// The hours of a repository, and what each source has of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoverageHours {
    /// Hours, the earliest first.
    pub(crate) hours: Vec<ComparedHour>,
    /// What was asked.
    pub(crate) meta: HoursMeta,
}

/// What sources have of an hour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedHour {
    /// Its first instant.
    pub(crate) hour: DateTime<Utc>,
    /// The best verdict of any source.
    #[schema(value_type = String, example = "complete")]
    pub(crate) verdict: CoverageVerdict,
    /// What each source has.
    pub(crate) sources: Vec<SourceHour>,
}

/// What a source has of an hour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceHour {
    /// `archive`, `api`, `webhook` or `bigquery`.
    #[schema(value_type = String, example = "archive")]
    pub(crate) source: Source,
    /// How far it was read: `unread`, `part`, `whole`, or `verified` (whole, and
    /// what its manifest promises).
    #[schema(example = "whole")]
    pub(crate) read: &'static str,
    /// Why only a part was read: `cut_short`, `damaged`, `off_manifest`,
    /// `file_unread`, `out_of_reach`.
    #[schema(value_type = Vec<String>, example = json!(["cut_short"]))]
    pub(crate) losses: BTreeSet<Loss>,
    /// Contributions that it saw.
    pub(crate) observed: u64,
    /// Contributions that it should have shown, as far as other sources tell;
    /// null where none can.
    pub(crate) expected: Option<u64>,
    /// Those that it did not show, by kind.
    #[schema(value_type = BTreeMap<String, u64>, example = json!({"comment": 3}))]
    pub(crate) missing: BTreeMap<ContributionKind, u64>,
    /// The sources that saw those.
    #[schema(value_type = Vec<String>, example = json!(["archive"]))]
    pub(crate) had_by: BTreeSet<Source>,
    /// `complete` (nobody knows of more), `unknown` (nobody can tell),
    /// `partial` or `missing`.
    #[schema(value_type = String, example = "partial")]
    pub(crate) verdict: CoverageVerdict,
}

/// What was asked about hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoursMeta {
    /// The repository's present name.
    #[schema(example = "rails/rails")]
    pub(crate) repository: String,
    /// The first hour.
    pub(crate) from: DateTime<Utc>,
    /// The end of the last.
    pub(crate) to: DateTime<Utc>,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

impl From<HourAtSource> for SourceHour {
    fn from(hour: HourAtSource) -> Self {
        let read = match hour.extent {
            Extent::Unread => "unread",
            Extent::Part(_) => "part",
            Extent::Whole => "whole",
            Extent::Verified => "verified",
        };
        Self {
            source: hour.source,
            read,
            losses: hour.extent.losses(),
            observed: hour.observed,
            expected: hour.expected,
            missing: hour.missing,
            had_by: hour.had_by,
            verdict: hour.verdict,
        }
    }
}

/// Loads what each source has of the hours of a repository.
pub(crate) async fn load_hours(
    api: &Api,
    snapshot: &mut Snapshot,
    repository: &str,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<CoverageHours, Problem> {
    let found = existing_repository(snapshot, repository).await?;
    let reference = found.reference.to_string();
    let names = names_borne(snapshot.connection(), std::slice::from_ref(&reference)).await?;
    let names = names.into_iter().next().unwrap_or_default();
    let index = CoverageIndex::of(api, snapshot).await?;
    let span = (from, to);
    let compared = compare(snapshot, &index.readings, &reference, &names, span).await?;
    let hours = compared.into_iter().map(|(hour, sources)| ComparedHour {
        hour,
        verdict: best(&sources),
        sources: sources.into_iter().map(SourceHour::from).collect(),
    });
    Ok(CoverageHours {
        hours: hours.collect(),
        meta: HoursMeta {
            repository: found.name,
            from,
            to,
            generated_at: api.now(),
        },
    })
}

fn best(sources: &[HourAtSource]) -> CoverageVerdict {
    let verdicts = sources.iter().map(|source| source.verdict);
    verdicts.min().unwrap_or(CoverageVerdict::Missing)
}
