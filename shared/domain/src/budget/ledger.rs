//! The ledger of a month: a fold over what was written down.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ceiling::month_of;
use super::price::cost;
use super::{
    BudgetDefinition, Ceiling, Money, Refusal, Release, Request, Reservation, ReservationId,
    Settlement, ThresholdReached,
};

/// What can be written down in a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", content = "data", rename_all = "snake_case")]
pub enum Entry {
    /// How much may be spent from now on.
    Defined(BudgetDefinition),
    /// Something counts as spent.
    Reserved(Reservation),
    /// It is known what was spent.
    Settled(Settlement),
    /// Nothing was spent.
    Released(Release),
    /// Something may not be spent.
    Refused(Refusal),
    /// Somebody was told.
    Threshold(ThresholdReached),
}

/// Why something cannot be written down.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// Nobody said how much may be spent.
    #[error("no budget is defined, so nothing may be spent; define one first")]
    NoBudget,
    /// The request is of another month than the ledger.
    #[error("{at} does not lie in the month of this ledger, which begins on {month}")]
    OtherMonth {
        /// When it was asked for.
        at: DateTime<Utc>,
        /// The ledger's month.
        month: NaiveDate,
    },
    /// Nothing is known of the reservation.
    #[error("there is no reservation {0} in this ledger")]
    Unknown(ReservationId),
}

/// A reservation of which nothing is known yet but that it was made.
pub type Outstanding = Reservation;

/// Sums, in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    /// What is known to be spent.
    pub settled: Money,
    /// What may have been spent at most, besides.
    pub reserved: Money,
    /// How much of what is reserved has expired and is assumed spent.
    pub assumed: Money,
}

impl Spending {
    /// What counts against a limit.
    #[must_use]
    pub fn total(&self) -> Money {
        self.settled + self.reserved
    }
}

/// A reservation and what became of it.
#[derive(Clone, Debug)]
struct Account {
    reservation: Reservation,
    /// What it came to, once that is known.
    settled: Option<(u64, Money)>,
}

impl Account {
    fn bytes(&self) -> u64 {
        let settled = self.settled.map(|(bytes, _)| bytes);
        settled.unwrap_or(self.reservation.bytes)
    }

    /// Bytes of the free ones that it takes.
    fn free_bytes(&self) -> u64 {
        self.reservation.free_bytes.min(self.bytes())
    }

    fn amount(&self) -> Money {
        let settled = self.settled.map(|(_, amount)| amount);
        settled.unwrap_or(self.reservation.amount)
    }
}

/// The ledger of a month, in UTC.
#[derive(Clone, Debug)]
pub struct Ledger {
    month: NaiveDate,
    definition: Option<BudgetDefinition>,
    accounts: BTreeMap<ReservationId, Account>,
    told: BTreeSet<(Ceiling, NaiveDate, u8)>,
}

impl Ledger {
    /// The empty ledger of the month of an instant.
    #[must_use]
    pub fn of_month(instant: DateTime<Utc>) -> Self {
        Self {
            month: month_of(instant),
            definition: None,
            accounts: BTreeMap::new(),
            told: BTreeSet::new(),
        }
    }

    /// What may be spent, as last defined.
    #[must_use]
    pub fn definition(&self) -> Option<&BudgetDefinition> {
        self.definition.as_ref()
    }

    /// Takes over what was written down. The same entry twice is the same as
    /// once; of a reservation that was settled twice the first counts.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Defined(definition) => self.definition = Some(definition.clone()),
            Entry::Reserved(reservation) => {
                self.accounts
                    .entry(reservation.reservation)
                    .or_insert_with(|| Account {
                        reservation: reservation.clone(),
                        settled: None,
                    });
            }
            Entry::Settled(settlement) => {
                self.close(settlement.reservation, settlement.bytes, settlement.amount);
            }
            Entry::Released(release) => self.close(release.reservation, 0, Money::ZERO),
            Entry::Refused(_) => {}
            Entry::Threshold(reached) => {
                self.told
                    .insert((reached.ceiling, reached.of, reached.percent));
            }
        }
    }

    fn close(&mut self, reservation: ReservationId, bytes: u64, amount: Money) {
        if let Some(account) = self.accounts.get_mut(&reservation) {
            account.settled.get_or_insert((bytes, amount));
        }
    }

    /// Decides on a request: what to write down is a reservation, or a refusal
    /// that names the limit of which least is left.
    ///
    /// # Errors
    /// [`LedgerError::NoBudget`], or [`LedgerError::OtherMonth`].
    pub fn decide(&self, request: &Request) -> Result<Entry, LedgerError> {
        let definition = self.definition.as_ref().ok_or(LedgerError::NoBudget)?;
        if month_of(request.at) != self.month {
            return Err(LedgerError::OtherMonth {
                at: request.at,
                month: self.month,
            });
        }
        if let Some(account) = self.accounts.get(&request.reservation) {
            return Ok(Entry::Reserved(account.reservation.clone()));
        }
        let taken: u64 = self.accounts.values().map(Account::free_bytes).sum();
        let free_bytes = definition.price.free_bytes.saturating_sub(taken);
        let free_bytes = free_bytes.min(request.bytes);
        let amount = definition.price.of(request.bytes - free_bytes);
        let (left, ceiling) = self.least_left(definition, request);
        if amount > left {
            return Ok(Entry::Refused(Refusal {
                reservation: request.reservation,
                job: request.job.clone(),
                source: request.source,
                amount,
                ceiling,
                limit: definition.ceilings.of(ceiling),
                left,
                refused_at: request.at,
            }));
        }
        Ok(Entry::Reserved(Reservation {
            reservation: request.reservation,
            job: request.job.clone(),
            source: request.source,
            reference: request.reference.clone(),
            repositories: request.repositories.clone(),
            bytes: request.bytes,
            free_bytes,
            of_a_tebibyte: definition.price.of_a_tebibyte,
            amount,
            reserved_at: request.at,
            expires_at: request.expires_at,
        }))
    }

    /// The limit of which least is left, and how much.
    fn least_left(&self, definition: &BudgetDefinition, request: &Request) -> (Money, Ceiling) {
        let day = self.of_day(request.at.date_naive(), request.at);
        let job = self.sum(request.at, |found| found.job == request.job);
        let month = self.of_month_until_now(request.at);
        let left = [
            (Ceiling::Day, day),
            (Ceiling::Month, month),
            (Ceiling::Job, job),
        ]
        .map(|(ceiling, spent)| (definition.ceilings.of(ceiling) - spent.total(), ceiling));
        left.into_iter()
            .min()
            .unwrap_or((Money::ZERO, Ceiling::Month))
    }

    /// What a reservation came to, to be written down: bytes that were charged
    /// cost what they do beyond the free ones that were set aside for it.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`].
    pub fn settle(
        &self,
        reservation: ReservationId,
        bytes: u64,
        at: DateTime<Utc>,
    ) -> Result<Settlement, LedgerError> {
        let account = self.accounts.get(&reservation);
        let found = account.ok_or(LedgerError::Unknown(reservation))?;
        let reserved = &found.reservation;
        let free_bytes = reserved.free_bytes.min(bytes);
        Ok(Settlement {
            reservation,
            reserved_at: reserved.reserved_at,
            bytes,
            amount: cost(bytes - free_bytes, reserved.of_a_tebibyte),
            settled_at: at,
        })
    }

    /// Whether something was reserved under this id.
    #[must_use]
    pub fn holds(&self, reservation: ReservationId) -> bool {
        self.accounts.contains_key(&reservation)
    }

    /// Whether it is known what a reservation came to.
    #[must_use]
    pub fn is_closed(&self, reservation: ReservationId) -> bool {
        let account = self.accounts.get(&reservation);
        account.is_some_and(|account| account.settled.is_some())
    }

    /// Reservations of which nothing is known but that they were made, and
    /// whether they have expired.
    pub fn outstanding(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&Outstanding, bool)> {
        self.accounts
            .values()
            .filter(|account| account.settled.is_none())
            .map(move |account| (&account.reservation, account.reservation.expires_at <= now))
    }

    /// Thresholds that are reached and of which nobody was told yet.
    #[must_use]
    pub fn thresholds(&self, now: DateTime<Utc>) -> Vec<ThresholdReached> {
        let Some(definition) = &self.definition else {
            return Vec::new();
        };
        let day = now.date_naive();
        let spent = [
            (Ceiling::Day, day, self.of_day(day, now)),
            (Ceiling::Month, self.month, self.of_month_until_now(now)),
        ];
        let thresholds = [
            definition.thresholds.warning,
            definition.thresholds.critical,
        ];
        spent
            .into_iter()
            .flat_map(|spent| thresholds.map(|percent| (spent, percent)))
            .filter_map(|((ceiling, of, spent), percent)| {
                let limit = definition.ceilings.of(ceiling);
                let is_reached = limit > Money::ZERO && spent.total() >= limit.percent(percent);
                let is_news = !self.told.contains(&(ceiling, of, percent));
                (is_reached && is_news).then_some(ThresholdReached {
                    ceiling,
                    of,
                    percent,
                    amount: spent.total(),
                    limit,
                    reached_at: now,
                })
            })
            .collect()
    }

    /// What was spent of what was reserved on a day.
    #[must_use]
    pub fn of_day(&self, day: NaiveDate, now: DateTime<Utc>) -> Spending {
        self.sum(now, |found| found.reserved_at.date_naive() == day)
    }

    /// What was spent in the month.
    #[must_use]
    pub fn of_month_until_now(&self, now: DateTime<Utc>) -> Spending {
        self.sum(now, |_| true)
    }

    /// What was spent of the reservations chosen.
    pub fn sum(&self, now: DateTime<Utc>, chosen: impl Fn(&Reservation) -> bool) -> Spending {
        let mut sum = Spending::default();
        let accounts = self.accounts.values();
        for account in accounts.filter(|account| chosen(&account.reservation)) {
            match account.settled {
                Some(_) => sum.settled = sum.settled + account.amount(),
                None => sum.reserved = sum.reserved + account.amount(),
            }
            if account.settled.is_none() && account.reservation.expires_at <= now {
                sum.assumed = sum.assumed + account.amount();
            }
        }
        sum
    }

    /// Everything that was reserved, with what it came to so far.
    pub fn reservations(&self) -> impl Iterator<Item = (&Reservation, Option<Money>)> {
        self.accounts.values().map(|account| {
            (
                &account.reservation,
                account.settled.map(|(_, amount)| amount),
            )
        })
    }
}
