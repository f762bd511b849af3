//! The parts of a contributor's page, in words.

use domain::{ClassFilter, ContributionKind, Metric, Period, Policy};

use crate::addresses::{path_segment, repository_path, with_query};
use crate::page::bar::colour_of;
use crate::page::board::{Row, RowStyle};
use crate::page::choices::Chosen;
use crate::page::words::{day_words, kind_words, period_words};
use crate::points::{number, parts};
use crate::resources::contributor::{
    AccountResource, AffiliationResource, PeriodRank, RepositoryStanding, Work,
};
use crate::resources::leaderboard::Entry;

/// A place on the board of a period.
pub(super) struct RankTile {
    pub(super) period: String,
    pub(super) rank: Option<String>,
    pub(super) of: String,
    pub(super) score: (String, String),
    pub(super) board: String,
}

/// How often something was done.
pub(super) struct CountLine {
    pub(super) name: &'static str,
    pub(super) colour: &'static str,
    pub(super) count: String,
    /// Share of the most frequent, in thousandths.
    pub(super) length: i64,
}

/// A place in a repository.
pub(super) struct RepositoryLine {
    pub(super) name: String,
    pub(super) page: String,
    pub(super) explain: String,
    pub(super) rank: Option<String>,
    pub(super) of: String,
    pub(super) score: (String, String),
}

/// An account that the contributor is credited for beside their own.
pub(super) struct LinkedFact {
    pub(super) login: String,
    pub(super) github: String,
    /// Where it stands who decided so, and why.
    pub(super) decision: String,
}

pub(super) fn linked_fact(account: &AccountResource) -> LinkedFact {
    let subject = account.account.to_string();
    LinkedFact {
        login: account.login.clone(),
        github: account.github_url.clone(),
        decision: with_query(
            "/decisions",
            &[("what", "accounts.linked"), ("subject", &subject)],
        ),
    }
}

/// A time at a company.
pub(super) struct CompanyFact {
    pub(super) name: String,
    pub(super) page: String,
    /// When that was; empty where it always was.
    pub(super) when: String,
}

pub(super) fn company_fact(affiliation: &AffiliationResource) -> CompanyFact {
    let first = affiliation.from.map(day_words);
    let last = affiliation.until.and_then(|until| until.pred_opt());
    let when = match (first, last.map(day_words)) {
        (None, None) => String::new(),
        (Some(first), None) => format!("since {first}"),
        (None, Some(last)) => format!("until {last}"),
        (Some(first), Some(last)) => format!("{first} to {last}"),
    };
    CompanyFact {
        page: format!("/?company={}", path_segment(&affiliation.company)),
        name: affiliation.company.clone(),
        when,
    }
}

pub(super) fn facts(
    account: &AccountResource,
    names: &[crate::resources::name::NameOverTime],
) -> Vec<String> {
    let mut facts = Vec::new();
    let first_seen = names.iter().map(|name| name.first_seen).min();
    if let Some(first_seen) = first_seen {
        facts.push(format!("First seen {}", day_words(first_seen)));
    }
    let former: Vec<&str> = names
        .iter()
        .map(|name| name.name.as_str())
        .filter(|name| !name.eq_ignore_ascii_case(&account.login))
        .collect();
    if !former.is_empty() {
        facts.push(format!("Formerly {}", former.join(", ")));
    }
    facts
}

pub(super) fn tile(rank: &PeriodRank, class: ClassFilter) -> RankTile {
    let period: Period = rank.period.name.parse().unwrap_or(Period::All);
    let board = Chosen {
        path: "/",
        period,
        metric: Metric::Score,
        class: Some(class),
        company: None,
    };
    RankTile {
        period: period_words(period),
        rank: rank
            .rank
            .map(|rank| number(i64::try_from(rank).unwrap_or(i64::MAX))),
        of: number(rank.members),
        score: parts(rank.score_thousandths),
        board: board.address(),
    }
}

pub(super) fn count_lines(work: &Work) -> Vec<CountLine> {
    let most = work.counts.values().copied().max().unwrap_or(1).max(1);
    let mut lines: Vec<(&ContributionKind, &i64)> = work.counts.iter().collect();
    lines.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    lines
        .into_iter()
        .map(|(kind, count)| CountLine {
            name: kind_words(*kind),
            colour: colour_of(*kind),
            count: number(*count),
            length: (count * 1_000 / most).max(4),
        })
        .collect()
}

pub(super) fn repository_line(
    standing: RepositoryStanding,
    path: &str,
    period: Period,
) -> RepositoryLine {
    let repository = repository_path(&standing.name);
    let (board, mut explain) = (
        format!("/repositories/{repository}"),
        format!("{path}?scope={repository}"),
    );
    let mut page = board;
    if period != Period::All {
        page.push_str(&format!("?period={period}"));
        explain.push_str(&format!("&period={period}"));
    }
    RepositoryLine {
        name: standing.name,
        page,
        explain: format!("{explain}#explanation"),
        rank: standing
            .rank
            .map(|rank| number(i64::try_from(rank).unwrap_or(i64::MAX))),
        of: number(i64::try_from(standing.members).unwrap_or(i64::MAX)),
        score: parts(standing.score_thousandths),
    }
}

/// Neighbours with the contributor between them. Their bars are as long as their
/// scores beside the highest.
pub(super) fn neighbourhood(
    policy: &Policy,
    neighbours: crate::resources::contributor::Neighbours,
    account: &AccountResource,
    ranks: &[PeriodRank],
    work: &Work,
) -> Vec<Row> {
    let all_time = ranks.iter().find(|rank| rank.period.name == "all");
    let own = all_time.and_then(|rank| own_entry(account, rank, work));
    let Some(own) = own else { return Vec::new() };
    let style = RowStyle {
        policy,
        metric: Metric::Score,
        query: String::new(),
    };
    let above = neighbours.above.into_iter();
    let entries: Vec<Entry> = above.chain([own]).chain(neighbours.below).collect();
    let scores = entries.iter().map(|entry| entry.score_thousandths);
    let highest = scores.max().unwrap_or_default();
    let beside_the_highest = |entry: Entry| {
        let score = entry.score_thousandths;
        let mut row = style.row(entry);
        let whole = row.segments.iter();
        row.segments = whole
            .map(|segment| segment.shortened(score, highest))
            .collect();
        row
    };
    entries.into_iter().map(beside_the_highest).collect()
}

fn own_entry(account: &AccountResource, rank: &PeriodRank, work: &Work) -> Option<Entry> {
    Some(Entry {
        rank: rank.rank?,
        previous_rank: None,
        movement: None,
        login: account.login.clone(),
        account: account.account.clone(),
        class: account.class,
        value: rank.score_thousandths,
        score: rank.score.clone(),
        score_thousandths: rank.score_thousandths,
        counts: work.counts.clone(),
        merged: 0,
        reviews: 0,
        links: crate::resources::leaderboard::EntryLinks {
            contributor: String::new(),
            explain: String::new(),
            page: String::new(),
        },
    })
}
