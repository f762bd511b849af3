//! Money that somebody decides about.

use async_trait::async_trait;
use domain::budget::BudgetDefinition;
use domain::jobs::{Failure, JobQueued, SET_BUDGET, Severity};
use jobs::{Done, Handler, Run};

use super::ScrapingParts;
use super::severity::of_log;
use crate::budget::{BudgetError, LedgerLog};

/// What entries of the ledger say they come from.
const ORIGIN: &str = "/worker/budget";

/// Says how much may be spent from now on (`definition`, as JSON).
pub struct SetBudget(pub ScrapingParts);

#[async_trait]
impl Handler for SetBudget {
    fn name(&self) -> &'static str {
        SET_BUDGET
    }

    async fn run(&self, job: &JobQueued, _: &Run) -> Result<Done, Failure> {
        let given = job.arguments.get("definition").map_or("", String::as_str);
        let definition: BudgetDefinition = serde_json::from_str(given).map_err(|error| {
            Failure::new(Severity::High, format!("definition is no budget: {error}"))
        })?;
        let said = format!(
            "from now on at most ${} a day, ${} a month, ${} for a job",
            definition.ceilings.day, definition.ceilings.month, definition.ceilings.job
        );
        let ledgers = LedgerLog::new(self.0.log.clone(), ORIGIN);
        let defined = ledgers.define(definition).await;
        defined.map_err(|error| match &error {
            BudgetError::Log(log) => of_log(log),
            _ => Failure::new(Severity::High, error),
        })?;
        Ok(Done::new(said))
    }
}
