//! Whom people worked for, and when.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::AccountReference;

/// The most affiliations of one account.
const MOST: usize = 100;

/// The most letters of a company's name.
const LONGEST_NAME: usize = 100;

/// A time at a company.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Affiliation {
    /// The first UTC day; none for as long as anything is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The first UTC day after it; none when it has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// The company, as it is written.
    pub company: String,
}

impl Affiliation {
    /// Whether a day lies in it.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

/// Why these cannot be somebody's affiliations.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AffiliationFault {
    /// A company without a name, or with one that is none.
    #[error("{0:?} cannot name a company; use 1 to {LONGEST_NAME} letters without line breaks")]
    Name(String),
    /// A time that ends before it begins.
    #[error("the time at {0} ends before it begins")]
    Backwards(String),
    /// Two times that overlap: a contribution is made for one company.
    #[error("the times at {0} and {1} overlap")]
    Overlap(String, String),
    /// More than can be.
    #[error("there are more than {MOST} affiliations")]
    TooMany,
}

/// Puts affiliations in order, and names everything that is wrong with them.
///
/// # Errors
/// Every fault there is.
pub fn check_affiliations(
    mut affiliations: Vec<Affiliation>,
) -> Result<Vec<Affiliation>, Vec<AffiliationFault>> {
    affiliations.sort();
    let mut faults = Vec::new();
    if affiliations.len() > MOST {
        faults.push(AffiliationFault::TooMany);
    }
    for affiliation in &affiliations {
        let name = &affiliation.company;
        let is_name = !name.trim().is_empty()
            && name.chars().count() <= LONGEST_NAME
            && !name.contains(char::is_control);
        if !is_name {
            faults.push(AffiliationFault::Name(name.clone()));
        }
        let dates = affiliation.from.zip(affiliation.until);
        if dates.is_some_and(|(from, until)| until <= from) {
            faults.push(AffiliationFault::Backwards(name.clone()));
        }
    }
    for (one, next) in affiliations.iter().zip(affiliations.iter().skip(1)) {
        let ends_first = one
            .until
            .zip(next.from)
            .is_some_and(|(end, start)| end <= start);
        if !ends_first {
            let names = (one.company.clone(), next.company.clone());
            faults.push(AffiliationFault::Overlap(names.0, names.1));
        }
    }
    if faults.is_empty() {
        Ok(affiliations)
    } else {
        Err(faults)
    }
}

/// The affiliations of everybody, as last decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affiliations(BTreeMap<AccountReference, Vec<Affiliation>>);

impl Affiliations {
    /// Says whom an account worked for, all its life.
    pub fn set(&mut self, account: AccountReference, affiliations: Vec<Affiliation>) {
        if affiliations.is_empty() {
            self.0.remove(&account);
        } else {
            self.0.insert(account, affiliations);
        }
    }

    /// Whom an account worked for, in order.
    #[must_use]
    pub fn of(&self, account: &AccountReference) -> &[Affiliation] {
        self.0.get(account).map_or(&[], Vec::as_slice)
    }

    /// The company an account worked for on a day.
    #[must_use]
    pub fn company(&self, account: &AccountReference, day: NaiveDate) -> Option<&str> {
        let mut all = self.of(account).iter();
        let found = all.find(|affiliation| affiliation.holds_on(day));
        found.map(|affiliation| affiliation.company.as_str())
    }

    /// Everybody who has any.
    pub fn iter(&self) -> impl Iterator<Item = (&AccountReference, &[Affiliation])> {
        let all = self.0.iter();
        all.map(|(account, affiliations)| (account, affiliations.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(company: &str, from: Option<&str>, until: Option<&str>) -> Affiliation {
        let day = |text: &str| text.parse().unwrap();
        Affiliation {
            from: from.map(day),
            until: until.map(day),
            company: company.to_owned(),
        }
    }

    #[test]
    fn each_day_belongs_to_one_company() {
        let given = vec![
            at("B", Some("2020-01-01"), None),
            at("A", None, Some("2020-01-01")),
        ];
        let account = AccountReference::from_id(7);
        let mut affiliations = Affiliations::default();
        affiliations.set(account.clone(), check_affiliations(given).unwrap());
        let company = |day: &str| affiliations.company(&account, day.parse().unwrap());
        assert_eq!(company("2019-12-31"), Some("A"));
        assert_eq!(company("2020-01-01"), Some("B"));
    }

    #[test]
    fn every_fault_is_named() {
        let given = vec![
            at("A", Some("2020-01-01"), Some("2019-01-01")),
            at("B", Some("2020-06-01"), None),
            at(" ", Some("2021-01-01"), None),
        ];
        let faults = check_affiliations(given).unwrap_err();
        assert!(faults.contains(&AffiliationFault::Backwards("A".into())));
        assert!(faults.contains(&AffiliationFault::Name(" ".into())));
        assert!(faults.contains(&AffiliationFault::Overlap("B".into(), " ".into())));
    }
}
