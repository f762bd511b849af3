//! Query parameters: as they are given, and read into domain terms. Every
//! refusal names the parameter and says what is allowed.
//!
//! A field that says nothing of itself means the same wherever it is taken:
//! `shared` tells what.

mod companies;
mod compare;
mod embed;
mod explanation;
mod extract;
mod field_names;
mod files;
mod letters;
mod lists;
mod pages;
mod read;
mod shared;
mod streams;

pub(crate) use companies::CompanyBoardParameters;
pub(crate) use compare::{
    CompareContributorsParameters, CompareImageParameters, CompareRepositoriesParameters,
    read_names,
};
pub(crate) use embed::{
    BoardImageParameters, CompaniesImageParameters, PlaceImageParameters, read_scope,
};
pub(crate) use explanation::{ExplainParameters, ExportParameters, PageParameters};
pub(crate) use extract::{Pairs, Parameters, PathParts};
pub(crate) use files::{BoardFileParameters, CompanyFileParameters};
pub(crate) use letters::{DeadLetterParameters, LETTER_STATES};
pub(crate) use lists::{ONLY, RepositoryListParameters};
pub(crate) use pages::{ComparePageParameters, WhatIfPageParameters};
pub(crate) use read::{
    Moment, read_capped, read_class, read_company, read_image_rows, read_instant, read_job_name,
    read_limit, read_metric, read_moment, read_period, read_repository, read_search,
    read_snapshot_limit, read_word,
};
use serde::Deserialize;
pub(crate) use shared::describe_shared;
pub(crate) use streams::{BoardStreamParameters, StreamParameters};
use utoipa::IntoParams;

/// What board is wanted, and which part of it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoardParameters {
    /// All time or a span of days in UTC: `all`, `2016`, `2016-Q1`, `2016-01`,
    /// `2015-W53`, `2016-01-01`, `2016-01-04..2016-02-15`; or `year`,
    /// `quarter`, `month`, `week`, `day` for the current one; or `7d`, `28d`,
    /// `90d`, `365d` for the days up to today. Left out: all time.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    pub(crate) kind: String,
    pub(crate) class: String,
    pub(crate) company: String,
    pub(crate) limit: String,
    pub(crate) cursor: String,
    pub(crate) as_of: String,
    pub(crate) on: String,
}

/// What board a snapshot is wanted of, and how much of it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SnapshotParameters {
    pub(crate) period: String,
    pub(crate) kind: String,
    pub(crate) class: String,
    /// Most rows, 1 to 10,000; the snapshot says whether the board goes on.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 10_000, default = 10_000)]
    pub(crate) limit: String,
}

/// As [`BoardParameters`], from the address of a page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BoardPageParameters {
    period: String,
    kind: String,
    class: String,
    company: String,
    limit: String,
    cursor: String,
    as_of: String,
    /// The days of a form, which go before the period.
    first: String,
    last: String,
}

impl BoardPageParameters {
    /// On pages that are not of one company's people, it is passed over as
    /// whatever else a page does not take.
    pub(crate) fn forget_company(&mut self) {
        self.company.clear();
    }
}

impl From<BoardPageParameters> for BoardParameters {
    fn from(given: BoardPageParameters) -> Self {
        let period = match (given.first.as_str(), given.last.as_str()) {
            ("", "") => given.period,
            (day, "") | ("", day) => day.to_owned(),
            (first, last) => format!("{first}..{last}"),
        };
        Self {
            period,
            kind: given.kind,
            class: given.class,
            company: given.company,
            limit: given.limit,
            cursor: given.cursor,
            as_of: given.as_of,
            on: String::new(),
        }
    }
}

/// On which board a place is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RankParameters {
    pub(crate) period: String,
    pub(crate) kind: String,
    pub(crate) class: String,
    pub(crate) as_of: String,
    pub(crate) on: String,
}

/// Of an address that takes none.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct NoParameters {}

impl IntoParams for NoParameters {
    fn into_params(
        _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        Vec::new()
    }
}

/// Which month's money is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct MonthParameters {
    /// A UTC month. Left out: the present one.
    #[param(required = false, example = "2026-11")]
    pub(crate) month: String,
}

/// Which part of a contributor's work is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProfileParameters {
    /// The period that counts, score and repositories are of; see the boards.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// The board that ranks are taken from: `human`, `bot`, `agent` or
    /// `everyone`. Left out: the account's own class.
    #[param(required = false, example = "everyone")]
    pub(crate) class: String,
    pub(crate) as_of: String,
    pub(crate) on: String,
}

/// Which part of a repository's history is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RepositoryParameters {
    /// The period that totals are of; see the boards.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// Whose contributions are added up: `human`, `bot`, `agent` or
    /// `everyone`. Left out: everyone.
    #[param(required = false, example = "human")]
    pub(crate) class: String,
    pub(crate) as_of: String,
    pub(crate) on: String,
}

/// Which span of the coverage is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CoverageParameters {
    /// First hour: a date (`2016-01-01`) or an instant (`2016-01-01T15:00:00Z`).
    #[param(required = false, example = "2016-01-01")]
    pub(crate) from: String,
    /// The hour after the last, in the same forms.
    #[param(required = false, example = "2016-02-01")]
    pub(crate) to: String,
    pub(crate) limit: String,
    pub(crate) cursor: String,
}

/// Which holes are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct HolesParameters {
    /// A repository as `owner/name`. Left out: everything.
    #[param(required = false, example = "rails/rails")]
    pub(crate) repository: String,
    /// First hour: a date (`2016-01-01`) or an instant (`2016-01-01T15:00:00Z`).
    /// Left out: the first that was read.
    #[param(required = false, example = "2016-01-01")]
    pub(crate) from: String,
    /// The hour after the last, in the same forms. Left out: that after the
    /// last that was read.
    #[param(required = false, example = "2016-02-01")]
    pub(crate) to: String,
    pub(crate) limit: String,
    pub(crate) cursor: String,
}

/// Which hours of a repository are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct HoursParameters {
    /// The repository as `owner/name`.
    #[param(required = true, example = "rails/rails")]
    pub(crate) repository: String,
    /// First hour: a date (`2016-01-01`) or an instant (`2016-01-01T15:00:00Z`).
    #[param(required = true, example = "2016-01-01")]
    pub(crate) from: String,
    /// The hour after the last, in the same forms; at most 31 days later.
    #[param(required = true, example = "2016-01-02")]
    pub(crate) to: String,
}

/// Which contributions are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AddressParameters {
    /// The address of a pull request, review, issue, comment or commit on
    /// GitHub.
    #[param(required = true, example = "https://github.com/rails/rails/pull/1")]
    pub(crate) url: String,
    /// The one kind that is meant. Left out: all that the address shows.
    #[param(required = false, example = "pull_request_merged")]
    pub(crate) kind: String,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParameters {
    pub(crate) limit: String,
    pub(crate) cursor: String,
}

/// Which jobs are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobParameters {
    /// Jobs of one name. Left out: of every name.
    #[param(required = false, example = "refresh-stale")]
    pub(crate) name: String,
    /// Jobs of one queue: `scraping`, `calculations`, `reports` or
    /// `maintenance`. Left out: of every queue.
    #[param(required = false, example = "scraping")]
    pub(crate) queue: String,
    /// Jobs in one state: `waiting`, `running`, `retrying`, `completed`,
    /// `failed` or `skipped`. Left out: in any.
    #[param(required = false, example = "failed")]
    pub(crate) state: String,
    pub(crate) limit: String,
    pub(crate) cursor: String,
}

/// What is searched for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParameters {
    /// The beginning of a login, of an `owner/name`, or of a repository's
    /// owner, 1 to 100 characters; case does not matter.
    #[param(required = true, min_length = 1, max_length = 100, example = "rails")]
    pub(crate) q: String,
    /// Results of each sort, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
}

/// Which of what people did is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// Who did it.
    #[param(required = false, example = "ann")]
    pub(crate) actor: String,
    /// What it was done to: an account, a list, a group, a repository, a job,
    /// a queue.
    #[param(required = false, example = "583231")]
    pub(crate) subject: String,
    /// What was done.
    #[param(required = false, example = "accounts.linked")]
    pub(crate) what: String,
    pub(crate) limit: String,
    pub(crate) cursor: String,
}

/// Whose place on which board is asked about, and between which instants.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhyParameters {
    /// The earlier instant, or a UTC day, meaning its beginning.
    #[param(required = true, example = "2026-03-01")]
    pub(crate) from: String,
    /// The later one. Left out: now.
    #[param(required = false, example = "2026-03-08")]
    pub(crate) to: String,
    pub(crate) scope: String,
    pub(crate) period: String,
    pub(crate) class: String,
}
