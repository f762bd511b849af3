//! Query parameters of boards as files.

use serde::Deserialize;
use utoipa::IntoParams;

use super::BoardParameters;

/// What board is wanted, whole.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoardFileParameters {
    /// The period; see the boards. Left out: all time.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// What the board is ordered by: `score`, or one kind of contribution.
    /// Left out: the score.
    #[param(required = false, example = "score")]
    pub(crate) kind: String,
    /// Whose contributions are shown: `human`, `bot`, `agent` or `everyone`.
    /// Left out: people.
    #[param(required = false, example = "human")]
    pub(crate) class: String,
    /// Those only who worked for this company, with what they did on the days
    /// on which they did; case does not matter. Left out: everybody.
    #[param(
        required = false,
        min_length = 1,
        max_length = 100,
        example = "Octo Inc."
    )]
    pub(crate) company: String,
    /// An instant, or a UTC day, meaning its beginning: the answer as it was
    /// known then, by the policy and identities of then. Left out: now.
    #[param(required = false, example = "2026-03-01T00:00:00Z")]
    pub(crate) as_of: String,
    /// The UTC day that `year`, `quarter`, `month`, `week`, `day`, `7d`, `28d`,
    /// `90d` and `365d` are of. Left out: today, or the last day before `as_of`.
    #[param(required = false, example = "2026-03-01")]
    pub(crate) on: String,
}

/// What board of companies is wanted, whole.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompanyFileParameters {
    /// The period; see the boards. Left out: all time.
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

impl From<BoardFileParameters> for BoardParameters {
    fn from(given: BoardFileParameters) -> Self {
        Self {
            period: given.period,
            kind: given.kind,
            class: given.class,
            company: given.company,
            as_of: given.as_of,
            on: given.on,
            ..Self::default()
        }
    }
}

impl From<CompanyFileParameters> for BoardParameters {
    fn from(given: CompanyFileParameters) -> Self {
        Self {
            period: given.period,
            kind: given.kind,
            class: given.class,
            as_of: given.as_of,
            on: given.on,
            ..Self::default()
        }
    }
}
