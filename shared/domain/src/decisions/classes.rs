//! Who was decided to be a person, a bot or an agent.

use std::collections::{BTreeMap, BTreeSet};

use crate::{AccountClass, AccountReference};

/// A named list of logins that are of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassList {
    /// The class of those on it.
    pub class: AccountClass,
    /// Logins in lower case.
    pub logins: BTreeSet<String>,
}

impl ClassList {
    /// A list of logins, whatever their case.
    #[must_use]
    pub fn new<'a>(class: AccountClass, logins: impl IntoIterator<Item = &'a str>) -> Self {
        let logins = logins.into_iter().map(str::to_ascii_lowercase);
        Self {
            class,
            logins: logins.collect(),
        }
    }
}

/// The decisions about classes: single accounts, and lists of logins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassDecisions {
    accounts: BTreeMap<AccountReference, AccountClass>,
    lists: BTreeMap<String, ClassList>,
}

impl ClassDecisions {
    /// Decides about one account; `None` takes the decision back.
    pub fn decide(&mut self, account: AccountReference, class: Option<AccountClass>) {
        match class {
            Some(class) => drop(self.accounts.insert(account, class)),
            None => drop(self.accounts.remove(&account)),
        }
    }

    /// Says who is on a list. A list without logins is none.
    pub fn define(&mut self, name: String, list: ClassList) {
        if list.logins.is_empty() {
            self.lists.remove(&name);
        } else {
            self.lists.insert(name, list);
        }
    }

    /// What was decided about an account.
    #[must_use]
    pub fn of(&self, account: &AccountReference) -> Option<AccountClass> {
        self.accounts.get(account).copied()
    }

    /// The class that lists give to whoever has borne these logins. Where they
    /// disagree, an agent goes before a bot and a bot before a person.
    #[must_use]
    pub fn listed<'a>(&self, logins: impl IntoIterator<Item = &'a str>) -> Option<AccountClass> {
        let lists = self.lists.values();
        let logins = logins.into_iter().map(str::to_ascii_lowercase);
        logins
            .filter_map(|login| {
                let on = lists.clone().filter(|list| list.logins.contains(&login));
                on.map(|list| list.class).max()
            })
            .max()
    }

    /// The decisions about single accounts.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountReference, AccountClass)> {
        let accounts = self.accounts.iter();
        accounts.map(|(account, class)| (account, *class))
    }

    /// The lists by name.
    pub fn lists(&self) -> impl Iterator<Item = (&str, &ClassList)> {
        let lists = self.lists.iter();
        lists.map(|(name, list)| (name.as_str(), list))
    }

    /// A list.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<&ClassList> {
        self.lists.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decisions;

    #[test]
    fn an_account_goes_before_lists_and_lists_before_what_is_derived() {
        let account = AccountReference::from_id(7);
        let class = |decisions: &Decisions| {
            decisions.class(&account, ["Octo", "robo"], AccountClass::Human)
        };
        let mut decisions = Decisions::default();
        assert_eq!(class(&decisions), AccountClass::Human);
        let list = ClassList::new(AccountClass::Bot, ["ROBO"]);
        decisions.classes.define("ci".into(), list);
        assert_eq!(class(&decisions), AccountClass::Bot);
        let human = ClassList::new(AccountClass::Human, ["octo"]);
        decisions.classes.define("people".into(), human);
        assert_eq!(class(&decisions), AccountClass::Bot);
        decisions
            .classes
            .decide(account.clone(), Some(AccountClass::Human));
        assert_eq!(class(&decisions), AccountClass::Human);
        decisions.classes.decide(account.clone(), None);
        decisions
            .classes
            .define("ci".into(), ClassList::new(AccountClass::Bot, []));
        let derived = decisions.class(&account, ["octo"], AccountClass::Agent);
        assert_eq!(derived, AccountClass::Human);
        assert_eq!(decisions.classes.lists().count(), 1);
    }
}
