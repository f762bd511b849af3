//! Query parameters of boards as files.

use serde::Deserialize;
use utoipa::IntoParams;

use super::BoardParameters;

/// What board is wanted, whole.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoardFileParameters {
    pub(crate) period: String,
    pub(crate) kind: String,
    pub(crate) class: String,
    pub(crate) company: String,
    pub(crate) as_of: String,
    pub(crate) on: String,
}

/// What board of companies is wanted, whole.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompanyFileParameters {
    pub(crate) period: String,
    pub(crate) kind: String,
    pub(crate) class: String,
    pub(crate) as_of: String,
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
