//! Which score is to be explained, and which part of it.

use serde::Deserialize;
use utoipa::IntoParams;

/// Which score is to be explained.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainParameters {
    pub(crate) scope: String,
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
    pub(crate) limit: String,
    pub(crate) cursor: String,
    pub(crate) as_of: String,
    pub(crate) on: String,
}

/// Which score is to be explained, in a file.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParameters {
    pub(crate) scope: String,
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
    pub(crate) as_of: String,
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
