//! How much may be spent. A worker writes it into the ledger, which is its own
//! to write.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use chrono::NaiveDate;
use domain::budget::{BudgetDefinition, Ceilings, Money, Price, Thresholds};
use domain::jobs::SET_BUDGET;
use serde::Deserialize;
use utoipa::ToSchema;

use super::jobs::{Asked, AskedFor};
use super::{Actor, Body, Commands, unavailable};
use crate::problem::{Problem, ProblemDetails};

/// How much may be spent from now on; sums in millionths of a dollar.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Budget {
    /// On a UTC day.
    #[schema(example = 5_000_000)]
    daily_micros: u64,
    /// In a UTC month.
    #[schema(example = 50_000_000)]
    monthly_micros: u64,
    /// By one job in a month; as much as on a day if it is left out.
    #[serde(default)]
    per_job_micros: Option<u64>,
    /// Percent of a limit from which on somebody should know.
    #[serde(default = "usual_warning")]
    #[schema(minimum = 1, maximum = 100)]
    warning: u8,
    /// Percent of a limit from which on somebody should act.
    #[serde(default = "usual_critical")]
    #[schema(minimum = 1, maximum = 100)]
    critical: u8,
    /// For a tebibyte read; BigQuery's price on demand if it is left out.
    #[serde(default)]
    price_micros: Option<u64>,
    /// The day since which that is the price.
    #[serde(default)]
    price_since: Option<NaiveDate>,
    /// Bytes of a month that cost nothing; a tebibyte if it is left out.
    #[serde(default)]
    free_bytes: Option<u64>,
    /// Why.
    #[serde(default)]
    reason: String,
}

fn usual_warning() -> u8 {
    70
}

fn usual_critical() -> u8 {
    90
}

/// Say how much may be spent
///
/// What is spent and reserved stays; what is asked for from then on is held against it.
#[utoipa::path(
    put, path = "/api/v1/budget", tag = "operations", operation_id = "setBudget",
    request_body = Budget,
    responses(
        (status = 202, description = "It is asked for.", body = Asked),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Body(given): Body<Budget>,
) -> Result<AskedFor, Problem> {
    let reason = given.reason.clone();
    let definition = commands.definition(&actor, given)?;
    let definition =
        serde_json::to_string(&definition).map_err(|error| unavailable(&error.to_string()))?;
    let arguments = BTreeMap::from([("definition".to_owned(), definition)]);
    commands.ask(SET_BUDGET, arguments, &actor, reason).await
}

impl Commands {
    fn definition(&self, actor: &Actor, given: Budget) -> Result<BudgetDefinition, Problem> {
        if given.price_since.is_some() && given.price_micros.is_none() {
            let detail = "price_since needs price_micros";
            return Err(Problem::cannot_be_decided(detail));
        }
        let usual = Price::default();
        let author = self.author(actor, given.reason);
        let day = Money::from_micros(given.daily_micros);
        let definition = BudgetDefinition {
            ceilings: Ceilings {
                day,
                month: Money::from_micros(given.monthly_micros),
                job: given.per_job_micros.map_or(day, Money::from_micros),
            },
            thresholds: Thresholds {
                warning: given.warning,
                critical: given.critical,
            },
            price: Price {
                since: given.price_since.unwrap_or(usual.since),
                of_a_tebibyte: given
                    .price_micros
                    .map_or(usual.of_a_tebibyte, Money::from_micros),
                free_bytes: given.free_bytes.unwrap_or(usual.free_bytes),
            },
            actor: author.actor,
            reason: author.reason,
            defined_at: author.at,
        };
        match definition.faults() {
            faults if faults.is_empty() => Ok(definition),
            faults => Err(Problem::cannot_be_decided(&faults.join("; "))),
        }
    }
}
