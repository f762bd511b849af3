//! Whom people worked for, and when.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{AccountReference, Period};

/// The most affiliations of one account.
const MOST: usize = 100;

/// The most letters of a company's name.
const LONGEST_NAME: usize = 100;

/// The years in which somebody may begin to work somewhere, or end.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2999;

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

/// What a company is known by, however its name is spelt: without regard to
/// case, and to spaces around words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CompanyKey(String);

impl CompanyKey {
    /// The company that a name spells.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
        Self(words.join(" "))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom an account worked for on the days of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Employment<'a> {
    /// On all of them for the same company, or for none that is known.
    Steady(Option<&'a str>),
    /// That hangs on the day.
    Changing,
}

/// Why these cannot be somebody's affiliations.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AffiliationFault {
    /// A company without a name, or with one that is none.
    #[error("{0:?} cannot name a company; use 1 to {LONGEST_NAME} letters without line breaks")]
    Name(String),
    /// A day in a year that nobody works in.
    #[error("the time at {0} begins or ends in a year outside of {first} to {last}", first = YEARS.start(), last = YEARS.end())]
    Year(String),
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
        let mut days = affiliation.from.iter().chain(&affiliation.until);
        if days.any(|day| !YEARS.contains(&day.year())) {
            faults.push(AffiliationFault::Year(name.clone()));
        }
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

    /// Whom an account worked for on the days of a period.
    #[must_use]
    pub fn during(&self, account: &AccountReference, period: Period) -> Employment<'_> {
        self.between(account, period.days())
    }

    /// The same of the days from one on and before another; `None` for all
    /// there are.
    #[must_use]
    pub fn between(
        &self,
        account: &AccountReference,
        days: Option<(NaiveDate, NaiveDate)>,
    ) -> Employment<'_> {
        let overlaps = |affiliation: &&Affiliation| {
            days.is_none_or(|(first, end)| {
                affiliation.from.is_none_or(|from| from < end)
                    && affiliation.until.is_none_or(|until| first < until)
            })
        };
        let covers = |affiliation: &Affiliation| {
            let begins = affiliation
                .from
                .is_none_or(|from| days.is_some_and(|(first, _)| from <= first));
            let ends = affiliation
                .until
                .is_none_or(|until| days.is_some_and(|(_, end)| end <= until));
            begins && ends
        };
        match self.of(account).iter().find(overlaps) {
            None => Employment::Steady(None),
            Some(first) if covers(first) => Employment::Steady(Some(&first.company)),
            Some(_) => Employment::Changing,
        }
    }

    /// How each company is written: as most affiliations write it, and of
    /// spellings that are as frequent as the first by the alphabet.
    #[must_use]
    pub fn spellings(&self) -> BTreeMap<CompanyKey, String> {
        let mut uses: BTreeMap<CompanyKey, BTreeMap<&str, u64>> = BTreeMap::new();
        for affiliation in self.0.values().flatten() {
            let company = uses
                .entry(CompanyKey::of(&affiliation.company))
                .or_default();
            *company.entry(&affiliation.company).or_default() += 1;
        }
        let spelt = uses.into_iter().filter_map(|(key, spellings)| {
            let best = spellings
                .into_iter()
                .min_by_key(|(name, uses)| (Reverse(*uses), *name));
            Some((key, best?.0.to_owned()))
        });
        spelt.collect()
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
    fn whom_one_worked_for_in_a_period_hangs_on_the_day_where_it_changed() {
        let account = AccountReference::from_id(7);
        let mut affiliations = Affiliations::default();
        let given = vec![
            at("A", None, Some("2020-01-15")),
            at("B", Some("2020-03-01"), None),
        ];
        affiliations.set(account.clone(), given);
        let during = |period: &str| affiliations.during(&account, period.parse().unwrap());
        assert_eq!(during("2019"), Employment::Steady(Some("A")));
        assert_eq!(during("2020-01-14"), Employment::Steady(Some("A")));
        assert_eq!(during("2020-01-15"), Employment::Steady(None));
        assert_eq!(during("2020-02"), Employment::Steady(None));
        assert_eq!(during("2020-03"), Employment::Steady(Some("B")));
        for changing in ["2020-01", "2020-Q1", "all", "2020-01-14..2020-01-15"] {
            assert_eq!(during(changing), Employment::Changing, "{changing}");
        }
        affiliations.set(account.clone(), vec![at("A", None, None)]);
        let all = affiliations.during(&account, Period::All);
        assert_eq!(all, Employment::Steady(Some("A")));
        let stranger = AccountReference::from_id(8);
        let unknown = affiliations.during(&stranger, Period::All);
        assert_eq!(unknown, Employment::Steady(None));
    }

    #[test]
    fn a_company_is_one_however_it_is_spelt() {
        let mut affiliations = Affiliations::default();
        for (id, name) in [
            (1, "Octo Inc."),
            (2, " octo  INC. "),
            (3, "Octo Inc."),
            (4, "Hub"),
        ] {
            affiliations.set(AccountReference::from_id(id), vec![at(name, None, None)]);
        }
        let spellings = affiliations.spellings();
        let expected = [("hub", "Hub"), ("octo inc.", "Octo Inc.")];
        let expected = expected.map(|(key, name)| (CompanyKey::of(key), name.to_owned()));
        assert_eq!(spellings, BTreeMap::from(expected));
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
