//! Which score is to be explained, and which part of it.

use serde::Deserialize;
use utoipa::IntoParams;

/// Which score is to be explained.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainParameters {
    /// The board: `global`, a repository as `owner/name`, an organization, or
    /// `group:` and the name of a group.
    #[param(required = false, default = "global", example = "rails/rails")]
    pub(crate) scope: String,
    /// The period; see the boards.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// `score` for everything, or the one kind to list. Points are what each
    /// contribution earns within the whole score.
    #[param(required = false, example = "commit")]
    pub(crate) kind: String,
    /// Lists contributions to this repository (`owner/name`) only.
    #[param(required = false, example = "rails/rails")]
    pub(crate) repository: String,
    /// Lists those only that a cap took something from (`true`), or those that
    /// none did (`false`).
    #[param(required = false, value_type = bool)]
    pub(crate) capped: String,
    /// Rows of a page, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
    /// `meta.next_cursor` of the page before; left out for the first page.
    #[param(required = false)]
    pub(crate) cursor: String,
    /// An instant, or a UTC day, meaning its beginning: the answer as it was
    /// known then, by the policy and identities of then. Left out: now.
    #[param(required = false, example = "2026-03-01T00:00:00Z")]
    pub(crate) as_of: String,
    /// The UTC day that `year`, `quarter`, `month`, `week`, `day`, `7d`, `28d`,
    /// `90d` and `365d` are of. Left out: today, or the last day before `as_of`.
    #[param(required = false, example = "2026-03-01")]
    pub(crate) on: String,
}

/// Which score is to be explained, in a file.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParameters {
    /// The board: `global`, a repository as `owner/name`, an organization, or
    /// `group:` and the name of a group.
    #[param(required = false, default = "global", example = "rails/rails")]
    pub(crate) scope: String,
    /// The period; see the boards.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// `score` for everything, or the one kind to list.
    #[param(required = false, example = "commit")]
    pub(crate) kind: String,
    /// Lists contributions to this repository (`owner/name`) only.
    #[param(required = false, example = "rails/rails")]
    pub(crate) repository: String,
    /// Lists those only that a cap took something from (`true`), or those that
    /// none did (`false`).
    #[param(required = false, value_type = bool)]
    pub(crate) capped: String,
    /// An instant, or a UTC day, meaning its beginning: the answer as it was
    /// known then, by the policy and identities of then. Left out: now.
    #[param(required = false, example = "2026-03-01T00:00:00Z")]
    pub(crate) as_of: String,
    /// The UTC day that `year`, `quarter`, `month`, `week`, `day`, `7d`, `28d`,
    /// `90d` and `365d` are of. Left out: today, or the last day before `as_of`.
    #[param(required = false, example = "2026-03-01")]
    pub(crate) on: String,
}

impl From<ExportParameters> for ExplainParameters {
    fn from(given: ExportParameters) -> Self {
        Self {
            scope: given.scope,
            period: given.period,
            kind: given.kind,
            repository: given.repository,
            capped: given.capped,
            as_of: given.as_of,
            on: given.on,
            ..Self::default()
        }
    }
}

/// Which part of a contributor's page is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParameters {
    /// The board whose score is explained.
    pub(crate) scope: String,
    /// The period of everything that is not about several.
    pub(crate) period: String,
    /// The one kind whose contributions are listed.
    pub(crate) kind: String,
    /// The one repository whose contributions are listed.
    pub(crate) repository: String,
    /// Whether those are listed that a cap took something from.
    pub(crate) capped: String,
    /// Contributions of a page.
    pub(crate) limit: String,
    /// The place of the page before.
    pub(crate) cursor: String,
}
