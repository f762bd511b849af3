//! What a contributor did, where, and when.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};
use domain::{
    AccountReference, ClassFilter, ContributionKind, DailyCounts, Metric, Period, Policy,
    RepositoryReference,
};

use super::{DayActivity, RepositoryStanding, Work};
use crate::api::Api;
use crate::computed::computed_board;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::daily;
use crate::queries::repositories::{Repository, names_of};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

/// Repositories shown.
const TOP_REPOSITORIES: usize = 8;

/// Days of the calendar: 53 weeks, so that a whole year is always in it.
const CALENDAR_DAYS: u64 = 53 * 7;

/// What is counted of a contributor in a period.
pub(super) fn work_of(
    policy: &Policy,
    contributor: &AccountReference,
    counts: &DailyCounts,
    period: Period,
) -> Work {
    let scores = counts.scores(policy, period, |_| true);
    let score = scores.get(contributor).copied().unwrap_or(0);
    let mut by_kind: BTreeMap<ContributionKind, i64> = BTreeMap::new();
    let mut by_day: BTreeMap<(NaiveDate, ContributionKind), i64> = BTreeMap::new();
    for (key, count) in counts.iter() {
        *by_kind.entry(key.kind).or_default() += count.quantity;
        *by_day.entry((key.day, key.kind)).or_default() += count.quantity;
    }
    Work {
        period: period.into(),
        score: decimal(score),
        score_thousandths: score,
        counts: by_kind,
        by_day,
    }
}

/// The repositories that brought the most points, with the rank in each.
pub(super) async fn load_repositories(
    api: &Api,
    snapshot: &mut Snapshot,
    contributor: &AccountReference,
    counts: &DailyCounts,
    period: Period,
    class: ClassFilter,
) -> Result<Vec<RepositoryStanding>, Problem> {
    let top = top_repositories(snapshot.policies().general(), contributor, counts);
    let references: Vec<String> = top.iter().map(|(_, name)| name.to_string()).collect();
    let mut names = names_of(snapshot.connection(), &references).await?;
    let mut standings = Vec::with_capacity(top.len());
    for (score, reference) in top {
        let name = names.remove(reference.as_str());
        let name = name.unwrap_or_else(|| reference.as_str().trim_start_matches('@').to_owned());
        let repository = Repository { reference, name };
        let target = Target::of_repository(&repository);
        let board = computed_board(api, snapshot, &target, period, Metric::Score, class).await?;
        standings.push(RepositoryStanding {
            rank: board.rank(contributor),
            members: board.ranked.len(),
            score: decimal(score),
            score_thousandths: score,
            repository: repository.reference,
            name: repository.name,
        });
    }
    Ok(standings)
}

fn top_repositories(
    policy: &Policy,
    contributor: &AccountReference,
    counts: &DailyCounts,
) -> Vec<(i64, RepositoryReference)> {
    let mut by_repository: HashMap<RepositoryReference, DailyCounts> = HashMap::new();
    for (key, count) in counts.iter() {
        by_repository
            .entry(key.repository.clone())
            .or_default()
            .add(key.clone(), *count);
    }
    let mut top: Vec<(i64, RepositoryReference)> = by_repository
        .into_iter()
        .map(|(repository, counts)| {
            let scores = counts.scores(policy, Period::All, |_| true);
            (scores.get(contributor).copied().unwrap_or(0), repository)
        })
        .collect();
    top.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    top.truncate(TOP_REPOSITORIES);
    top
}

pub(super) async fn load_activity(
    snapshot: &mut Snapshot,
    contributor: &AccountReference,
    period: Period,
) -> Result<Vec<DayActivity>, Problem> {
    let connection = snapshot.connection();
    let Some(last) = daily::last_active_day(connection, contributor, period).await? else {
        return Ok(Vec::new());
    };
    let first = last.checked_sub_days(Days::new(CALENDAR_DAYS - 1));
    let days = daily::activity(connection, contributor, first.unwrap_or(last), last).await?;
    Ok(days
        .into_iter()
        .map(|(day, contributions)| DayActivity { day, contributions })
        .collect())
}
