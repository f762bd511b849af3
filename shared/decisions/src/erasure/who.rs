//! Who is to be forgotten, found on the log.

use std::collections::BTreeSet;

use domain::AccountReference;
use event_log::{EventLog, LogStream};
use events::{AccountSighting, Envelope, Event};

use super::AT_ONCE;
use crate::DecisionError;

/// A person: an account, and every login it was seen under. Kept in memory for
/// as long as it takes to forget them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    account: AccountReference,
    logins: BTreeSet<String>,
}

impl Person {
    /// Finds the logins of an account on the log.
    ///
    /// # Errors
    /// [`DecisionError::Log`] when the log cannot be read.
    pub async fn find(log: &EventLog, account: AccountReference) -> Result<Self, DecisionError> {
        let mut logins = BTreeSet::new();
        let mut backlog = log.backlog(LogStream::Contributions, 0).await?;
        while let Some(batch) = backlog.next_batch(AT_ONCE).await? {
            for message in batch {
                let Ok(envelope) = Envelope::decode(&message.payload) else {
                    continue;
                };
                each_account(&envelope.event, &mut |seen| {
                    if seen.reference() == account && !seen.login.is_empty() {
                        logins.insert(seen.login.to_ascii_lowercase());
                    }
                });
            }
        }
        Ok(Self { account, logins })
    }

    /// Their references: the account, and `@` with each login.
    pub fn references(&self) -> impl Iterator<Item = String> {
        let logins = self.logins.iter().map(|login| format!("@{login}"));
        std::iter::once(self.account.to_string()).chain(logins)
    }

    /// How many logins were found.
    #[must_use]
    pub fn logins(&self) -> usize {
        self.logins.len()
    }
}

/// Every account that an event of the contributions' stream shows.
fn each_account(event: &Event, take: &mut impl FnMut(&AccountSighting)) {
    match event {
        Event::ContributionRecorded(event) => {
            event
                .actor
                .iter()
                .chain(&event.credited)
                .for_each(&mut *take);
            let pull_request = event.pull_request.iter();
            pull_request
                .filter_map(|found| found.author.as_ref())
                .for_each(take);
        }
        Event::ContributionEnriched(event) => {
            event.accounts.iter().for_each(|seen| take(&seen.account));
            let pull_request = event.pull_request.iter();
            pull_request
                .filter_map(|found| found.author.as_ref())
                .for_each(take);
        }
        _ => {}
    }
}
