//! Periods as they are answered.

use chrono::NaiveDate;
use domain::{Period, PeriodKind};
use serde::Serialize;
use utoipa::ToSchema;

/// A span of whole UTC days.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "2016-01", "kind": "month", "first_day": "2016-01-01", "last_day": "2016-01-31"}))]
pub(crate) struct PeriodResource {
    /// The period as the `period` parameter takes it.
    pub(crate) name: String,
    /// `all`, `year`, `quarter`, `month`, `week`, `day` or `range`.
    #[schema(value_type = String)]
    pub(crate) kind: PeriodKind,
    /// The first day; null for all time.
    pub(crate) first_day: Option<NaiveDate>,
    /// The last day, itself included; null for all time.
    pub(crate) last_day: Option<NaiveDate>,
}

impl From<Period> for PeriodResource {
    fn from(period: Period) -> Self {
        let (first, end) = period.days().unzip();
        Self {
            name: period.to_string(),
            kind: period.kind(),
            first_day: first,
            last_day: end.and_then(|end| end.pred_opt()),
        }
    }
}
