//! Merges that are unknown, asked for many at a time.

use std::collections::HashMap;

use super::unknowns::{Unknown, Unknowns};
use super::{Place, ScrapeError, ScrapeServices};
use crate::sources::github::{Batch, PullRequestAnswer};

/// Pull requests in one query; 50 whole ones cost 2 of the 5,000 points that a
/// token has an hour (measured in November 2026), and of 100 GitHub says that
/// they are too much.
const MOST: usize = 50;

/// The merges of a repository that are to be asked for, in their order.
pub(super) struct Batches {
    numbers: Vec<u64>,
    /// How many of them were asked for.
    asked: usize,
    size: usize,
    answers: HashMap<u64, PullRequestAnswer>,
}

impl Batches {
    pub(super) fn of(unknowns: &Unknowns) -> Self {
        let numbers = unknowns.found.values().filter_map(|unknown| match unknown {
            Unknown::Merge { number } => Some(*number),
            Unknown::Push(_) => None,
        });
        Self {
            numbers: numbers.collect(),
            asked: 0,
            size: MOST,
            answers: HashMap::new(),
        }
    }

    /// What is known of the next merge; it is asked for together with those
    /// after it. Without a token GitHub answers no queries.
    pub(super) async fn take(
        &mut self,
        number: u64,
        place: &Place,
        services: &ScrapeServices,
    ) -> Result<PullRequestAnswer, ScrapeError> {
        while services.client.can_query() && !self.answers.contains_key(&number) {
            services.check()?;
            let rest = self.numbers.get(self.asked..).unwrap_or_default();
            let next = rest.get(..self.size).unwrap_or(rest);
            if next.is_empty() {
                break;
            }
            let unclear = || {
                next.iter()
                    .map(|number| (*number, PullRequestAnswer::Unclear))
            };
            let answers = match services.client.pull_requests(&place.name, next).await? {
                Batch::Answered(answers) => answers,
                Batch::TooMuch if next.len() > 1 => {
                    self.size = next.len() / 2;
                    continue;
                }
                Batch::TooMuch | Batch::Unusable => unclear().collect(),
            };
            self.asked += next.len();
            self.answers.extend(answers);
        }
        let answer = self.answers.remove(&number);
        Ok(answer.unwrap_or(PullRequestAnswer::Unclear))
    }
}
