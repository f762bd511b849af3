//! Which accounts were decided to be one person.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::AccountReference;

/// Accounts whose credit goes to another. A link moves credit, and nothing
/// else: taking it back brings back exactly what was before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountLinks(BTreeMap<AccountReference, AccountReference>);

/// Why two accounts cannot be linked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LinkFault {
    /// An account is itself already.
    #[error("an account cannot be linked to itself")]
    Itself,
    /// Its credit would come back to where it came from.
    #[error("{into} is credited to {account} already; unlink it first")]
    Circle {
        /// The account to be linked.
        account: AccountReference,
        /// What it was to be linked to.
        into: AccountReference,
    },
}

impl AccountLinks {
    /// Who is credited for what an account did.
    #[must_use]
    pub fn credited<'a>(&'a self, account: &'a AccountReference) -> &'a AccountReference {
        let mut credited = account;
        while let Some(next) = self.0.get(credited) {
            credited = next;
        }
        credited
    }

    /// Whether nothing is linked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Links an account to another; whatever it was linked to before.
    ///
    /// # Errors
    /// [`LinkFault`]; nothing is changed then.
    pub fn link(
        &mut self,
        account: AccountReference,
        into: AccountReference,
    ) -> Result<(), LinkFault> {
        if account == into {
            return Err(LinkFault::Itself);
        }
        let mut reached = Some(&into);
        while let Some(next) = reached {
            if *next == account {
                return Err(LinkFault::Circle { account, into });
            }
            reached = self.0.get(next);
        }
        self.0.insert(account, into);
        Ok(())
    }

    /// Takes a link back. Returns what the account was linked to.
    pub fn unlink(&mut self, account: &AccountReference) -> Option<AccountReference> {
        self.0.remove(account)
    }

    /// What an account is linked to itself.
    #[must_use]
    pub fn linked_to(&self, account: &AccountReference) -> Option<&AccountReference> {
        self.0.get(account)
    }

    /// The links, by account.
    pub fn iter(&self) -> impl Iterator<Item = (&AccountReference, &AccountReference)> {
        self.0.iter()
    }

    /// The accounts that are credited otherwise than under other links, each
    /// with who was credited then and who is now.
    #[must_use]
    pub fn moved_since(
        &self,
        before: &Self,
    ) -> BTreeMap<AccountReference, (AccountReference, AccountReference)> {
        let accounts: BTreeSet<_> = before.0.keys().chain(self.0.keys()).collect();
        accounts
            .into_iter()
            .filter_map(|account| {
                let (then, now) = (before.credited(account), self.credited(account));
                (then != now).then(|| (account.clone(), (then.clone(), now.clone())))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: u64) -> AccountReference {
        AccountReference::from_id(id)
    }

    #[test]
    fn credit_goes_along_the_chain_and_never_in_a_circle() {
        let mut links = AccountLinks::default();
        links.link(account(1), account(2)).unwrap();
        links.link(account(2), account(3)).unwrap();
        assert_eq!(*links.credited(&account(1)), account(3));
        assert_eq!(links.link(account(4), account(4)), Err(LinkFault::Itself));
        let circle = links.link(account(3), account(1)).unwrap_err();
        assert!(matches!(circle, LinkFault::Circle { .. }));
        assert_eq!(*links.credited(&account(3)), account(3));
    }

    #[test]
    fn what_moved_is_known_and_taking_back_brings_back() {
        let before = AccountLinks::default();
        let mut links = before.clone();
        links.link(account(1), account(2)).unwrap();
        let moved = links.moved_since(&before);
        assert_eq!(moved[&account(1)], (account(1), account(2)));
        assert_eq!(links.unlink(&account(1)), Some(account(2)));
        assert_eq!(links, before);
    }
}
