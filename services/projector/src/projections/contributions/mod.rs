//! Contributions, and everything that is counted from them.
//!
//! A batch is broken into facts; what the facts say about names, links, pull
//! requests and pushes is stored; every contribution that any of it touches is
//! resolved anew from all its sightings; and the difference between what it
//! counted for and what it counts for now goes into counts and boards. So
//! neither order nor repetition can matter.

mod boards;
mod changes;
mod daily;
mod facts;
mod knowledge;
mod links;
mod names;
mod pull_requests;
mod pushes;
mod retractions;
mod store;

use std::collections::{BTreeSet, HashSet};

use domain::Policy;
use event_log::{Delivered, LogStream};
use postgres::{Month, ensure_months};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Projection, Unreadable};
use crate::ProjectionError;
use facts::BatchFacts;

/// Partitions are made this many months ahead of the present one.
const MONTHS_AHEAD: u32 = 3;

/// The projection of contributions.
#[derive(Default)]
pub struct Contributions {
    policy: Policy,
    /// Months whose partitions are known to be there.
    months: HashSet<Month>,
    boards: boards::Directory,
}

impl Projection for Contributions {
    const NAME: &'static str = "contributions";
    const STREAM: LogStream = LogStream::Contributions;

    /// Makes the partitions that the batch's contributions belong to, and
    /// those of the months to come.
    async fn prepare(&mut self, pool: &PgPool, batch: &[Delivered]) -> Result<(), ProjectionError> {
        // What cannot be read is dealt with when the batch is applied.
        let mut months: BTreeSet<Month> = batch
            .iter()
            .filter_map(|message| events::time_of(&message.payload))
            .map(Month::of)
            .collect();
        if let Some(newest) = batch.last().map(|message| Month::of(message.recorded_at)) {
            months.extend((0..=MONTHS_AHEAD).filter_map(|ahead| newest.plus(ahead)));
        }
        months.retain(|month| !self.months.contains(month));
        if !months.is_empty() {
            let mut transaction = pool.begin().await?;
            ensure_months(&mut transaction, months.iter().copied()).await?;
            transaction.commit().await?;
            self.months.extend(months);
        }
        Ok(())
    }

    async fn apply<'a>(
        &mut self,
        transaction: &mut PgConnection,
        batch: &'a [Delivered],
    ) -> Result<Unreadable<'a>, ProjectionError> {
        let (facts, unreadable) = BatchFacts::read(batch);
        let accounts = names::record_accounts(transaction, &facts).await?;
        let repositories = names::record_repositories(transaction, &facts).await?;
        let relinked =
            links::update(transaction, &facts, &accounts.new_names, &repositories).await?;
        let mut touched = relinked.contributions.clone();
        touched.extend(pull_requests::record_authors(transaction, &facts).await?);
        touched.extend(pushes::record(transaction, &facts).await?);
        touched.extend(retractions::record(transaction, &facts).await?);
        let changes = changes::resolve_touched(transaction, facts.sightings, &touched).await?;
        store::write(transaction, &changes).await?;
        let counts = changes.differences();
        let scores = daily::apply(transaction, &self.policy, &counts).await?;
        boards::apply(transaction, &mut self.boards, scores, &accounts.classes).await?;
        Ok(unreadable)
    }

    fn forget(&mut self) {
        self.months.clear();
        self.boards.forget();
    }
}

/// Ids of contributions to be resolved anew.
type Touched = BTreeSet<Uuid>;
