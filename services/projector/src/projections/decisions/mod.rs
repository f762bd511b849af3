//! What people decided, and bringing into effect what is about counting.
//!
//! It changes the rows of contributions and boards too, in turns with the
//! projection of contributions: whoever comes first locks the row of
//! `counting`. Which of them is further does not matter, for both come to the
//! same: contributions are resolved under the decisions that are in effect, and
//! a decision resolves those anew that it changes.

mod disputes;
mod stored;

use std::collections::BTreeSet;

use domain::{AccountReference, ClassDecisions, Decisions as Decided};
use event_log::{Delivered, LogStream};
use events::{Event, Fold};
use sqlx::PgConnection;

use super::contributions::{Contributions, Recount};
use super::{Projection, Unreadable, read_events};
use crate::ProjectionError;

/// The projection of decisions about counting.
#[derive(Default)]
pub struct Decisions {
    recount: Recount,
}

impl Projection for Decisions {
    const NAME: &'static str = "decisions";
    const STREAM: LogStream = LogStream::Decisions;
    // Its tables belong with those of contributions.
    const TABLES: &'static [&'static str] = &[];
    const BELONGS_TO: &'static str = Contributions::NAME;

    type Facts = Vec<(u64, Event)>;

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        read_events(batch, "decision", |event| {
            stored::subject_of(&event).is_some().then_some(event)
        })
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        decisions: Self::Facts,
    ) -> Result<(), ProjectionError> {
        let Some((last, _)) = decisions.last() else {
            return Ok(());
        };
        let last = last.cast_signed();
        let (known, mut rules) = self.recount.begin(transaction).await?;
        let before = Decided {
            links: rules.links.clone(),
            classes: rules.classes.clone(),
            ..Decided::default()
        };
        let mut after = before.clone();
        let before_policy = rules.policy.clone();
        for (sequence, event) in &decisions {
            // What was applied before is in the rules already.
            if sequence.cast_signed() > known {
                after.fold(event);
                stored::record(transaction, *sequence, event).await?;
            }
        }
        stored::write(transaction, &before, &after, last.max(known)).await?;
        let moved = after.links.moved_since(&before.links);
        rules.links = after.links;
        rules.classes = after.classes;
        if !moved.is_empty() {
            self.recount.relink(transaction, &rules, &moved).await?;
        }
        let (accounts, logins) = affected(&before.classes, &rules.classes);
        if !accounts.is_empty() || !logins.is_empty() {
            self.recount
                .reclassify(transaction, &rules, accounts, &logins)
                .await?;
        }
        let policy = self.recount.policy(transaction).await?;
        if !policy.says_the_same(&before_policy) {
            self.recount.rescore(transaction, &policy).await?;
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.recount.forget();
    }
}

/// The accounts about which something else was decided, and the logins that
/// are on other lists.
fn affected(
    before: &ClassDecisions,
    after: &ClassDecisions,
) -> (BTreeSet<AccountReference>, Vec<String>) {
    let accounts = before.accounts().chain(after.accounts());
    let accounts = accounts.filter(|(account, _)| before.of(account) != after.of(account));
    let accounts = accounts.map(|(account, _)| account.clone()).collect();
    let lists = before.lists().chain(after.lists());
    let changed = lists.filter(|(name, _)| before.list(name) != after.list(name));
    let logins: BTreeSet<&String> = changed.flat_map(|(_, list)| &list.logins).collect();
    (accounts, logins.into_iter().cloned().collect())
}
