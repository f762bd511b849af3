//! Counting anew what decisions change.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AccountReference, DailyCounts, Policy};
use sqlx::PgConnection;
use uuid::Uuid;

use super::facts::BatchFacts;
use super::pushes::{self, PushesOfBatch};
use super::rules::{self, Rules};
use super::{Touched, boards, changes, classes, count, rescore, store};
use crate::ProjectionError;

/// So many contributions are resolved at a time.
const AT_ONCE: usize = 20_000;

/// What decisions do to contributions and boards.
#[derive(Debug, Default)]
pub(in crate::projections) struct Recount {
    boards: boards::Directory,
    /// As it was when the present transaction began.
    boards_follow: bool,
}

impl Recount {
    /// Keeps all others from changing contributions and boards until the
    /// transaction ends; returns the last decision that those follow, and the
    /// rules they are counted by.
    pub(in crate::projections) async fn begin(
        &mut self,
        transaction: &mut PgConnection,
    ) -> Result<(i64, Rules), ProjectionError> {
        let counting = rules::lock(transaction).await?;
        self.boards_follow = counting.boards_follow;
        Ok((counting.decision, rules::read(transaction).await?))
    }

    /// The policy of stored boards, as it was published last.
    pub(in crate::projections) async fn policy(
        &self,
        transaction: &mut PgConnection,
    ) -> Result<Policy, ProjectionError> {
        Ok(rules::policies(transaction).await?.general().clone())
    }

    /// Credits whoever is to be credited under these links for what accounts
    /// did that were, or are, credited otherwise. What things are worth stays
    /// as it was.
    pub(in crate::projections) async fn relink(
        &mut self,
        transaction: &mut PgConnection,
        rules: &Rules,
        moved: &BTreeMap<AccountReference, (AccountReference, AccountReference)>,
    ) -> Result<(), ProjectionError> {
        let touched = touched_by(transaction, moved).await?;
        let facts = BatchFacts::default();
        let (_, pushes) = pushes::record(transaction, &facts).await?;
        let touched: Vec<Uuid> = touched.into_iter().collect();
        for some in touched.chunks(AT_ONCE) {
            let some: Touched = some.iter().copied().collect();
            self.resolve(transaction, rules, &some, &pushes).await?;
        }
        Ok(())
    }

    async fn resolve(
        &mut self,
        transaction: &mut PgConnection,
        rules: &Rules,
        touched: &Touched,
        pushes: &PushesOfBatch<'_>,
    ) -> Result<(), ProjectionError> {
        let links = &rules.links;
        let changes = changes::resolve_touched(transaction, Vec::new(), touched, pushes, links);
        let changes = changes.await?;
        store::write(transaction, &changes).await?;
        let counts = changes.differences();
        let boards = self.boards_follow.then_some(&mut self.boards);
        count(transaction, boards, &rules.policy, &counts, &[]).await
    }

    /// Shows accounts under the class they are of now: these, and those that
    /// bore one of these logins.
    pub(in crate::projections) async fn reclassify(
        &mut self,
        transaction: &mut PgConnection,
        rules: &Rules,
        accounts: BTreeSet<AccountReference>,
        logins: &[String],
    ) -> Result<(), ProjectionError> {
        let changed = classes::decide(transaction, &rules.classes, accounts, logins).await?;
        let boards = self.boards_follow.then_some(&mut self.boards);
        let none = DailyCounts::default();
        count(transaction, boards, &rules.policy, &none, &changed).await
    }

    /// Scores everything on stored boards by another policy, from the counts.
    pub(in crate::projections) async fn rescore(
        &mut self,
        transaction: &mut PgConnection,
        policy: &Policy,
    ) -> Result<(), ProjectionError> {
        if !self.boards_follow {
            return Ok(());
        }
        rescore::rescore(transaction, policy, &mut self.boards).await
    }

    /// Forgets what it remembers of transactions that may not have been
    /// committed.
    pub(in crate::projections) fn forget(&mut self) {
        self.boards.forget();
    }
}

/// The contributions whose credit, or whose kind, hangs on who moved: whatever
/// is credited to those who were credited before, and the reviews of those who
/// are now, for they may turn out to be reviews of their own work.
async fn touched_by(
    transaction: &mut PgConnection,
    moved: &BTreeMap<AccountReference, (AccountReference, AccountReference)>,
) -> Result<Touched, ProjectionError> {
    let before: BTreeSet<String> = moved.values().map(|(then, _)| then.to_string()).collect();
    let now: BTreeSet<String> = moved.values().map(|(_, now)| now.to_string()).collect();
    let (before, now): (Vec<String>, Vec<String>) =
        (before.into_iter().collect(), now.into_iter().collect());
    let rows = sqlx::query_scalar!(
        r#"SELECT known.id AS "id!"
           FROM unnest($1::text[]) AS wanted (contributor)
           CROSS JOIN LATERAL (
               SELECT id FROM contribution_events AS stored
               WHERE stored.contributor = wanted.contributor OFFSET 0) AS known
           UNION
           SELECT known.id
           FROM unnest($2::text[]) AS wanted (contributor)
           CROSS JOIN LATERAL (
               SELECT id FROM contribution_events AS stored
               WHERE stored.contributor = wanted.contributor
                 AND stored.kind IN ('pull_request_reviewed', 'self_review') OFFSET 0) AS known"#,
        &before,
        &now,
    );
    Ok(rows.fetch_all(transaction).await?.into_iter().collect())
}
