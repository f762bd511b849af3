//! The ledger of a month, read from the log and written to it.

use chrono::{DateTime, NaiveTime, Utc};
use domain::budget::{
    BudgetDefinition, Entry, Ledger, LedgerError, Refusal, Release, Request, Reservation,
    ReservationId,
};
use event_log::{Book, EventLog, LogError, LogStream};
use events::{Event, Subject, ledger_entry, ledger_event};
use thiserror::Error;

use super::observe::observe;

/// All ledgers.
const EVERY_MONTH: &str = "costs.v1.usd.>";

/// Why money could not be reserved or settled.
#[derive(Debug, Error)]
pub enum BudgetError {
    /// The ledger does not allow it at all.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The log cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A definition that cannot hold.
    #[error("this budget cannot be: {}", .0.join("; "))]
    Definition(Vec<String>),
}

/// What was decided on a request; either is on the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// So much counts as spent now.
    Reserved(Reservation),
    /// It may not be spent. Trying again is no use before a limit changes.
    Refused(Refusal),
}

/// The ledgers on the log.
#[derive(Clone)]
pub struct LedgerLog {
    log: EventLog,
    /// Who writes, such as `/scraper/bigquery`.
    origin: String,
}

impl LedgerLog {
    /// The ledgers on a log, written to in the name of a service.
    #[must_use]
    pub fn new(log: EventLog, origin: &str) -> Self {
        Self {
            log,
            origin: origin.to_owned(),
        }
    }

    /// The ledger of the month of an instant.
    ///
    /// # Errors
    /// [`BudgetError::Log`].
    pub async fn ledger(&self, at: DateTime<Utc>) -> Result<Ledger, BudgetError> {
        Ok(self.open(at).await?.state().clone())
    }

    /// Decides how much may be spent from now on.
    ///
    /// # Errors
    /// [`BudgetError::Definition`] with every fault, or [`BudgetError::Log`].
    pub async fn define(&self, definition: BudgetDefinition) -> Result<(), BudgetError> {
        let faults = definition.faults();
        if !faults.is_empty() {
            return Err(BudgetError::Definition(faults));
        }
        let at = definition.defined_at;
        let entry = Entry::Defined(definition);
        self.write(at, |_| Ok(Some(entry.clone()))).await?;
        self.tell_thresholds(at).await
    }

    /// Reserves what a request can cost at most, or refuses it.
    ///
    /// # Errors
    /// [`BudgetError::Ledger`] when no budget is defined, or
    /// [`BudgetError::Log`]: then it may be reserved, and asking again under
    /// the same id tells.
    pub async fn reserve(&self, request: &Request) -> Result<Decision, BudgetError> {
        let mut decided = None;
        self.write(request.at, |ledger| {
            let entry = ledger.decide(request)?;
            decided = match &entry {
                Entry::Reserved(reservation) => Some(Decision::Reserved(reservation.clone())),
                Entry::Refused(refusal) => Some(Decision::Refused(refusal.clone())),
                _ => None,
            };
            let is_known = matches!(&entry, Entry::Reserved(reservation)
                if ledger.holds(reservation.reservation));
            Ok((!is_known).then_some(entry))
        })
        .await?;
        self.tell_thresholds(request.at).await?;
        decided.ok_or(BudgetError::Ledger(LedgerError::NoBudget))
    }

    /// Writes down what a reservation came to: so many bytes were charged.
    ///
    /// # Errors
    /// [`BudgetError::Ledger`] when nothing is known of the reservation, or
    /// [`BudgetError::Log`].
    pub async fn settle(
        &self,
        reservation: &Reservation,
        bytes: u64,
        at: DateTime<Utc>,
    ) -> Result<(), BudgetError> {
        let id = reservation.reservation;
        self.write(reservation.reserved_at, |ledger| {
            let settlement = ledger.settle(id, bytes, at)?;
            Ok((!ledger.is_closed(id)).then_some(Entry::Settled(settlement)))
        })
        .await?;
        self.tell_thresholds(reservation.reserved_at).await
    }

    /// Writes down that nothing of a reservation was spent, and why.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub async fn release(
        &self,
        reservation: &Reservation,
        reason: &str,
        at: DateTime<Utc>,
    ) -> Result<(), BudgetError> {
        let id: ReservationId = reservation.reservation;
        let release = Release {
            reservation: id,
            reserved_at: reservation.reserved_at,
            reason: reason.to_owned(),
            released_at: at,
        };
        self.write(reservation.reserved_at, |ledger| {
            if !ledger.holds(id) {
                return Err(LedgerError::Unknown(id));
            }
            Ok((!ledger.is_closed(id)).then(|| Entry::Released(release.clone())))
        })
        .await
    }

    /// Tells of each threshold that is reached, once.
    async fn tell_thresholds(&self, at: DateTime<Utc>) -> Result<(), BudgetError> {
        let mut is_more = true;
        while is_more {
            is_more = false;
            self.write(at, |ledger| {
                let next = ledger.thresholds(at).into_iter().next();
                is_more = next.is_some();
                Ok(next.map(Entry::Threshold))
            })
            .await?;
        }
        Ok(())
    }

    async fn write(
        &self,
        at: DateTime<Utc>,
        mut decide: impl FnMut(&Ledger) -> Result<Option<Entry>, LedgerError>,
    ) -> Result<(), BudgetError> {
        let mut book = self.open(at).await?;
        let decide = |ledger: &Ledger| Ok::<_, BudgetError>(decide(ledger)?.map(ledger_event));
        let written = book.write(&self.log, &self.origin, decide).await?;
        if let Some(entry) = written.as_ref().and_then(ledger_entry) {
            observe(&entry);
        }
        Ok(())
    }

    /// The ledger of a month; the first to open one carries over what was last
    /// decided on.
    async fn open(&self, at: DateTime<Utc>) -> Result<Book<Ledger>, BudgetError> {
        let ledger = Ledger::of_month(at);
        let mut book = Book::new(LogStream::Costs, Subject::of_ledger(at), ledger);
        book.catch_up(&self.log).await?;
        if book.state().definition().is_none()
            && let Some(definition) = self.definition_before(at).await?
        {
            let carry_over = |ledger: &Ledger| {
                let is_defined = ledger.definition().is_some();
                let definition = Event::BudgetDefined(definition.clone());
                Ok::<_, LogError>((!is_defined).then_some(definition))
            };
            book.write(&self.log, &self.origin, carry_over).await?;
        }
        Ok(book)
    }

    /// What was decided on before a month, as it is written down at the
    /// beginning of that month: the same, whoever writes it.
    async fn definition_before(
        &self,
        at: DateTime<Utc>,
    ) -> Result<Option<BudgetDefinition>, BudgetError> {
        let begin = beginning_of_month(at);
        let all = self.log.read_all(LogStream::Costs, EVERY_MONTH, 0).await?;
        let latest = all
            .into_iter()
            .filter_map(|recorded| match recorded.envelope.event {
                Event::BudgetDefined(definition) => Some(definition),
                _ => None,
            })
            .filter(|definition| definition.defined_at < begin)
            .max_by_key(|definition| definition.defined_at);
        Ok(latest.map(|definition| BudgetDefinition {
            defined_at: begin,
            ..definition
        }))
    }
}

fn beginning_of_month(at: DateTime<Utc>) -> DateTime<Utc> {
    use chrono::Datelike;
    let day = at.date_naive();
    let first = day.with_day(1).unwrap_or(day);
    first.and_time(NaiveTime::MIN).and_utc()
}
