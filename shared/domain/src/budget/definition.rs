//! How much may be spent, as somebody decided.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ceilings, Money, Price, Thresholds};

/// `budget.defined`, version 1: somebody decided how much may be spent. Until
/// somebody does, nothing may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetDefinition {
    /// The limits.
    pub ceilings: Ceilings,
    /// When somebody is told.
    pub thresholds: Thresholds,
    /// What reading costs.
    pub price: Price,
    /// Who decided.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When, in UTC.
    pub defined_at: DateTime<Utc>,
}

impl BudgetDefinition {
    /// Every fault of the definition, none of which it may have.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let Self {
            ceilings,
            thresholds,
            ..
        } = self;
        let mut faults = Vec::new();
        if ceilings.day > ceilings.month {
            faults.push(format!(
                "the ceiling of a day, {}, is above that of a month, {}",
                ceilings.day, ceilings.month
            ));
        }
        if ceilings.job > ceilings.month {
            faults.push(format!(
                "the ceiling of a job, {}, is above that of a month, {}",
                ceilings.job, ceilings.month
            ));
        }
        if thresholds.warning == 0 || thresholds.critical > 100 {
            faults.push("thresholds are parts of a hundred, from 1 to 100".to_owned());
        }
        if thresholds.warning > thresholds.critical {
            faults.push(format!(
                "the warning at {} % comes after the critical threshold at {} %",
                thresholds.warning, thresholds.critical
            ));
        }
        if self.price.of_a_tebibyte == Money::ZERO {
            faults.push("a tebibyte costs nothing, so no ceiling could ever hold".to_owned());
        }
        if self.actor.trim().is_empty() {
            faults.push("nobody is named who decided it".to_owned());
        }
        faults
    }
}
