//! Query parameters of pages that no address of the API has.

use serde::Deserialize;

/// What is compared; the names are repeated, see [`super::Pairs`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ComparePageParameters {
    /// The period.
    pub(crate) period: String,
    /// What is shown over time: the score, or one kind.
    pub(crate) kind: String,
    /// Whose contributions count in repositories.
    pub(crate) class: String,
}

/// Which board is wanted under another policy; what is to change of the policy
/// is in fields of its own, see [`super::Pairs`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WhatIfPageParameters {
    /// The board.
    pub(crate) scope: String,
    /// The period.
    pub(crate) period: String,
    /// Whose contributions are shown.
    pub(crate) class: String,
    /// Rows.
    pub(crate) limit: String,
}
