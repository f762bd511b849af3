//! Query parameters of boards of companies.

use serde::Deserialize;
use utoipa::IntoParams;

use super::BoardParameters;

/// What board of companies is wanted, and which part of it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompanyBoardParameters {
    pub(crate) period: String,
    pub(crate) kind: String,
    pub(crate) class: String,
    pub(crate) limit: String,
    pub(crate) cursor: String,
    pub(crate) as_of: String,
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
