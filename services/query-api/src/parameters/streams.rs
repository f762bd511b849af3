//! Query parameters of what is told as it happens.

use serde::Deserialize;
use utoipa::IntoParams;

/// What board is wanted to be told of.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoardStreamParameters {
    /// The period; see the boards. One such as `week` or `28d` moves on with
    /// the days.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    pub(crate) kind: String,
    pub(crate) class: String,
    /// So many first places are told of, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
    /// The id of the last event that was seen, where the header `Last-Event-ID`
    /// cannot be sent; the header goes first.
    #[param(required = false, example = "5b0e6c1f2a9d4e70")]
    pub(crate) after: String,
}

/// From where on what happens is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamParameters {
    /// The id of the last event that was seen, where the header `Last-Event-ID`
    /// cannot be sent; the header goes first. Left out: what happens from now
    /// on.
    #[param(required = false, example = "18231-9f03a2b1")]
    pub(crate) after: String,
}
