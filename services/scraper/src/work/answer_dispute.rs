//! Disputes: what somebody misses is asked for.

use async_trait::async_trait;
use decisions::disputes::{Outcome, answered, raised_by};
use domain::dispute::Disputed;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};

use super::ScrapingParts;
use super::severity::{of_decision, of_scrape};
use crate::scrape::{Answer, ScrapeServices, answer_dispute};

/// Asks GitHub for what somebody misses (`url`), and says what came of it.
pub struct AnswerDispute(pub ScrapingParts);

#[async_trait]
impl Handler for AnswerDispute {
    fn name(&self) -> &'static str {
        "answer-dispute"
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let url = job.arguments.get("url").map_or("", String::as_str);
        let disputed = Disputed::parse(url).map_err(|error| Failure::new(Severity::High, error))?;
        // Whoever asked for this may have been killed before they said why.
        raised_by(&self.0.log, &disputed, job)
            .await
            .map_err(|error| of_decision(&error))?;
        let services = ScrapeServices {
            client: self.0.github.clone(),
            publisher: self.0.log.publisher(),
            log: self.0.log.clone(),
            cancellation: run.cancellation().clone(),
        };
        let answer = answer_dispute(&disputed, &services)
            .await
            .map_err(|error| of_scrape(&error).at("dispute", &disputed))?;
        let summary = format!("{disputed}: {}", answer.detail);
        let now = self.0.clock.now();
        answered(&self.0.log, &disputed, outcome_of(answer), now)
            .await
            .map_err(|error| of_decision(&error))?;
        Ok(Done::new(summary))
    }
}

fn outcome_of(answer: Answer) -> Outcome {
    Outcome {
        outcome: answer.outcome,
        detail: answer.detail,
        contributions: answer.contributions,
    }
}
