//! Contributions, and everything that is counted from them.
//!
//! A batch is broken into facts; what the facts say about names, links, pull
//! requests and pushes is stored; every contribution that any of it touches is
//! resolved anew from all its sightings; and the difference between what it
//! counted for and what it counts for now goes into counts and boards. So
//! neither order nor repetition can matter.

mod aliases;
mod boards;
mod changes;
mod classes;
mod daily;
mod facts;
mod followed;
mod inputs;
mod instants;
mod knowledge;
mod late_boards;
mod links;
mod merge_commits;
mod names;
mod pull_requests;
mod push_heads;
mod pushes;
mod recount;
mod references;
mod rescore;
mod retractions;
mod rules;
mod scoring;
mod store;

use std::collections::BTreeSet;

use domain::{AccountReference, ContributionKind, DailyCounts, Policy};
use event_log::{Delivered, LogStream};
use postgres::{GenerationPool, Month, MonthlyTable, ensure_months};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Projection, Unreadable};
use crate::ProjectionError;
use facts::BatchFacts;
pub use late_boards::{leave_boards_out, make_boards};
use names::Subject;
pub(super) use recount::Recount;
use rules::KnownRules;
pub(crate) use rules::policies;

/// Partitions are made this many months ahead of the present one.
const MONTHS_AHEAD: u32 = 3;

/// Of rows of a contribution: those of one that is there, or of none.
macro_rules! of_a_contribution {
    () => {
        "(here.contribution = '00000000-0000-0000-0000-000000000000'
    OR EXISTS (SELECT FROM {schema}.contribution_identities AS known
               WHERE known.id = here.contribution))"
    };
}

/// A contribution that moved to another key leaves behind what it was to be
/// looked at again for. Nothing is there to be looked at, unless it comes back.
/// References that are mentioned without a contribution have the id of none.
const OF_A_CONTRIBUTION: &str = of_a_contribution!();

/// Besides, what is looked for by a name of a repository is looked for by what the name
/// stands for as well. A contribution is kept under both if the name was known when it
/// came, and under the second alone if it was learned by a later batch.
const OF_A_PULL_REQUEST: &str = concat!(
    of_a_contribution!(),
    "
    AND NOT EXISTS (
        SELECT FROM {schema}.reference_links AS link
        JOIN {schema}.pull_request_contributions AS same
          ON same.contribution = here.contribution
         AND same.key = link.canonical || '#' || split_part(here.key, '#', 2)
        WHERE link.subject = 'repository' AND link.reference = split_part(here.key, '#', 1)
          AND link.canonical <> link.reference)"
);

/// The projection of contributions.
#[derive(Default)]
pub struct Contributions {
    rules: KnownRules,
    /// Months whose partitions are known to be there.
    months: BTreeSet<Month>,
    boards: boards::Directory,
}

impl Projection for Contributions {
    const NAME: &'static str = "contributions";
    const STREAM: LogStream = LogStream::Contributions;
    const TABLES: &'static [&'static str] = &[];
    const EFFECTIVE_ROWS: &'static [(&'static str, &'static str)] = &[
        ("references_by_name", OF_A_CONTRIBUTION),
        ("pull_request_contributions", OF_A_PULL_REQUEST),
        // Left to the version that kept retractions there.
        ("retractions", "false"),
    ];
    type Facts = BatchFacts;

    fn read(batch: &[Delivered]) -> (BatchFacts, Unreadable) {
        let (mut facts, unreadable) = BatchFacts::read(batch);
        facts.payloads = inputs::digests(batch);
        if let Some(newest) = batch.last().map(|message| Month::of(message.recorded_at)) {
            let ahead = (0..=MONTHS_AHEAD).filter_map(|ahead| newest.plus(ahead));
            facts.months.extend(ahead);
        }
        (facts, unreadable)
    }

    /// Makes the partitions that the batch's contributions belong to, and
    /// those of the months to come.
    async fn prepare(
        &mut self,
        home: &GenerationPool,
        facts: &BatchFacts,
    ) -> Result<(), ProjectionError> {
        let missing: Vec<Month> = facts.months.difference(&self.months).copied().collect();
        if !missing.is_empty() {
            let mut transaction = home.begin().await?;
            let table = MonthlyTable::ContributionEvents;
            ensure_months(&mut transaction, table, missing.iter().copied()).await?;
            postgres::commit(transaction).await?;
            self.months.extend(missing);
        }
        Ok(())
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        mut facts: BatchFacts,
    ) -> Result<(), ProjectionError> {
        let (counting, rules) = self.rules.in_effect(transaction).await?;
        inputs::follow(transaction, &facts.payloads).await?;
        let logins = names::record(transaction, Subject::Account, facts.logins()).await?;
        let called = names::record(transaction, Subject::Repository, facts.repository_names());
        let called = called.await?;
        let reclassified = classes::record(transaction, &facts, &rules.classes).await?;
        let mut touched = links::update(transaction, &facts, &logins, &called).await?;
        touched.extend(pull_requests::record_authors(transaction, &facts).await?);
        push_heads::learn(transaction, &mut facts).await?;
        let sightings = std::mem::take(&mut facts.sightings);
        let (bringing, pushes) = pushes::record(transaction, &facts).await?;
        touched.extend(bringing);
        touched.extend(retractions::record(transaction, &facts).await?);
        let changes =
            changes::resolve_touched(transaction, sightings, &touched, &pushes, &rules.links)
                .await?;
        store::write(transaction, &changes).await?;
        let counts = changes.differences();
        let boards = counting.boards_follow.then_some(&mut self.boards);
        count(transaction, boards, &rules.policy, &counts, &reclassified).await
    }

    async fn set_aside(
        &mut self,
        transaction: &mut PgConnection,
        batch: &[Delivered],
    ) -> Result<(), ProjectionError> {
        inputs::follow(transaction, &inputs::digests(batch)).await
    }

    fn forget(&mut self) {
        self.months.clear();
        self.boards.forget();
        self.rules.forget();
    }
}

/// Adds differences to the counts, and brings them and accounts of another class onto
/// the boards, if those follow.
async fn count(
    transaction: &mut PgConnection,
    boards: Option<&mut boards::Directory>,
    policy: &Policy,
    differences: &DailyCounts,
    reclassified: &[AccountReference],
) -> Result<(), ProjectionError> {
    let Some(boards) = boards else {
        return daily::count(transaction, differences).await;
    };
    let scores = daily::apply(transaction, policy, differences).await?;
    boards::apply(transaction, boards, scores, reclassified).await
}

/// A kind as the database has it.
fn stored_kind(text: &str) -> Result<ContributionKind, ProjectionError> {
    text.parse()
        .map_err(|error: domain::UnknownKind| ProjectionError::Corrupt {
            what: "contribution kind",
            detail: error.to_string(),
        })
}

/// Ids of contributions to be resolved anew.
type Touched = BTreeSet<Uuid>;
