//! Whom, or what, is compared.

use chrono::NaiveDate;
use domain::{ClassFilter, ContributionKind, DailyCounts, DailyKey, Metric, Period, Policy};

use super::{Of, Request};
use crate::addresses::{account_segment, path_segment, repository_path};
use crate::api::Api;
use crate::computed::computed_board;
use crate::page::choices::Choice;
use crate::page::words::class_mark;
use crate::problem::Problem;
use crate::queries::daily::{ScopedCount, Wanted, counts_of_contributor, each_count};
use crate::queries::snapshot::Snapshot;
use crate::resources::contributor::{find_contributor, own_class};
use crate::resources::leaderboard::{BoardRequest, load_entries};
use crate::standings::{WantedBoard, ranks_on};
use crate::target::{ScopeName, Target, existing_repository};

/// Somebody, or something, and what was done day by day.
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) page: String,
    pub(super) mark: Option<&'static str>,
    /// The class of the colour in the style sheet.
    pub(super) colour: &'static str,
    /// The place of a contributor on the board over all repositories.
    pub(super) rank: Option<u64>,
    /// How many contributed to a repository.
    pub(super) contributors: Option<usize>,
    /// Thousandths of a point.
    pub(super) score: i64,
    pub(super) policy: Policy,
    pub(super) counts: DailyCounts,
}

impl Subject {
    /// How many there are of a kind.
    pub(super) fn count(&self, kind: ContributionKind) -> i64 {
        let of_kind = self.counts.iter().filter(|(key, _)| key.kind == kind);
        of_kind.map(|(_, count)| count.quantity).sum()
    }

    /// The days on which anything was done, in order.
    pub(super) fn days(&self) -> Vec<NaiveDate> {
        let mut days: Vec<NaiveDate> = self.counts.iter().map(|(key, _)| key.day).collect();
        days.sort_unstable();
        days.dedup();
        days
    }
}

pub(super) async fn load_contributor(
    api: &Api,
    snapshot: &mut Snapshot,
    login: &str,
    request: &Request,
) -> Result<Subject, Problem> {
    let account = find_contributor(snapshot, login).await?.account;
    let reference = account.reference.clone();
    let board = WantedBoard {
        target: &Target::Global,
        period: request.period,
        metric: Metric::Score,
        class: own_class(account.class),
        company: None,
    };
    let ranks = ranks_on(api, snapshot, board, std::slice::from_ref(&reference)).await?;
    let counts = counts_of_contributor(snapshot.connection(), &reference, request.period).await?;
    let policy = snapshot.policies().general().clone();
    let scores = counts.scores(&policy, request.period, |_| true);
    Ok(Subject {
        page: format!("/contributors/{}", account_segment(&reference)),
        name: account.login,
        mark: class_mark(account.class),
        colour: "",
        rank: ranks.get(&reference).copied(),
        contributors: None,
        score: scores.get(&reference).copied().unwrap_or(0),
        policy,
        counts,
    })
}

pub(super) async fn load_repository(
    api: &Api,
    snapshot: &mut Snapshot,
    name: &str,
    request: &Request,
) -> Result<Subject, Problem> {
    let repository = existing_repository(snapshot, name).await?;
    let target = Target::of_repository(&repository);
    let (period, class) = (request.period, request.class);
    let board = computed_board(api, snapshot, &target, period, Metric::Score, class).await?;
    let members = board.tally.members.values();
    let members = members.filter(|member| class.classes().contains(&member.class));
    let (mut contributors, mut score) = (0, 0);
    for member in members {
        contributors += 1;
        score += member.score;
    }
    Ok(Subject {
        page: format!("/repositories/{}", repository_path(&repository.name)),
        name: repository.name,
        mark: None,
        colour: "",
        rank: None,
        contributors: Some(contributors),
        score,
        policy: snapshot.policy(&target).clone(),
        counts: counts_of_repository(snapshot, &target, period, class).await?,
    })
}

/// What those of a class did, day by day.
async fn counts_of_repository(
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
    class: ClassFilter,
) -> Result<DailyCounts, Problem> {
    let wanted = Wanted {
        repositories: target.repositories(),
        period,
    };
    let by_day = ContributionKind::ALL.map(|kind| kind.to_string());
    let mut counts = DailyCounts::default();
    let take = |told: ScopedCount| {
        let Some(day) = told.day.filter(|_| class.classes().contains(&told.class)) else {
            return;
        };
        let key = DailyKey {
            repository: told.repository,
            contributor: told.contributor,
            day,
            kind: told.kind,
        };
        counts.add(key, told.count);
    };
    each_count(snapshot.connection(), wanted, &by_day, take).await?;
    Ok(counts)
}

/// Whom to compare, for whoever has nobody in mind: the first of the board, or
/// where the first of the board works.
pub(super) async fn suggestions(
    api: &Api,
    snapshot: &mut Snapshot,
    of: Of,
) -> Result<Option<Choice>, Problem> {
    let request = BoardRequest {
        as_of: None,
        scope: ScopeName::Global,
        period: Period::All,
        metric: Metric::Score,
        class: ClassFilter::Human,
        company: None,
        limit: 3,
        after: None,
    };
    let (entries, _) = load_entries(api, snapshot, &Target::Global, &request).await?;
    let names: Vec<String> = match (of, entries.first()) {
        (_, None) => return Ok(None),
        (Of::Contributors, _) => entries.into_iter().map(|entry| entry.login).collect(),
        (Of::Repositories, Some(first)) => {
            let asked = account_segment(&first.account);
            let period = Some(Period::All);
            let found = crate::resources::contributor::load_contributor(
                api, snapshot, &asked, period, None,
            );
            let repositories = found.await?.contributor.repositories;
            let names = repositories.into_iter().map(|standing| standing.name);
            names.take(3).collect()
        }
    };
    if names.len() < 2 {
        return Ok(None);
    }
    let pairs: Vec<String> = names
        .iter()
        .map(|name| format!("name={}", path_segment(name)))
        .collect();
    Ok(Some(Choice {
        label: names.join(", "),
        title: String::new(),
        value: String::new(),
        address: format!("{}?{}", of.path(), pairs.join("&")),
        selected: false,
    }))
}
