//! Query parameters of boards of companies.

use serde::Deserialize;
use utoipa::IntoParams;

use super::BoardParameters;

/// What board of companies is wanted, and which part of it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompanyBoardParameters {
    /// The period; see the boards of contributors. Left out: all time.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// What the board is ordered by: `score`, or one kind of contribution.
    /// Left out: the score.
    #[param(required = false, example = "score")]
    pub(crate) kind: String,
    /// Whose contributions count: `human`, `bot`, `agent` or `everyone`. Left
    /// out: people's.
    #[param(required = false, example = "human")]
    pub(crate) class: String,
    /// Rows of a page, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
    /// `meta.next_cursor` of the page before; left out for the first page.
    #[param(required = false)]
    pub(crate) cursor: String,
    /// An instant, or a UTC day, meaning its beginning: the answer as it was
    /// known then, by the policy, identities and affiliations of then. Left
    /// out: now.
    #[param(required = false, example = "2026-03-01T00:00:00Z")]
    pub(crate) as_of: String,
    /// The UTC day that `year`, `quarter`, `month`, `week`, `day`, `7d`, `28d`,
    /// `90d` and `365d` are of. Left out: today, or the last day before `as_of`.
    #[param(required = false, example = "2026-03-01")]
    pub(crate) on: String,
}

impl From<CompanyBoardParameters> for BoardParameters {
    fn from(given: CompanyBoardParameters) -> Self {
        Self {
            period: given.period,
            kind: given.kind,
            class: given.class,
            company: String::new(),
            limit: given.limit,
            cursor: given.cursor,
            as_of: given.as_of,
            on: given.on,
        }
    }
}
