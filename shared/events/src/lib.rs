//! The events on the wire: what services tell each other through the log.
//!
//! Every event is a `CloudEvents` 1.0 envelope around versioned data. The
//! types here are the contract: JSON Schema and the `AsyncAPI` document are
//! generated from them, and golden files keep every version readable.

mod async_api;
mod circuit;
mod contribution;
mod counting;
mod coverage;
mod dead_letter;
mod dispute;
mod envelope;
mod erasure;
mod event;
mod examples;
mod facts;
mod fold;
mod jobs;
mod ledger;
mod log_level;
mod report;
mod schedule;
mod subject;
mod tracking;

pub use async_api::async_api_document;
pub use circuit::CircuitChanged;
pub use contribution::{
    AccountSeen, AccountSighting, ContributionEnriched, ContributionRecorded,
    ContributionReinstated, ContributionRetracted, PullRequestSighting, PushSighting,
    RepositorySeen, RepositorySighting,
};
pub use counting::{
    AccountClassified, AccountsLinked, AccountsUnlinked, AffiliationsSet, ClassListDefined,
    PolicyPublished, PolicyWithdrawn,
};
pub use coverage::{CoverageObserved, HourCount};
pub use dead_letter::{
    DeadLetterOutcome, DeadLetterRecorded, DeadLetterResolved, Received, ReceivedForm,
};
pub use dispute::{DisputeAnswered, DisputeRaised};
pub use envelope::{DecodeError, Envelope, time_of};
pub use erasure::{
    ContributorErased, Erased, ErasedReferences, ErasureKey, InvalidErasureKey, history_of,
};
pub use event::Event;
pub use facts::LogPosition;
pub use fold::Fold;
pub use jobs::{job_entry, job_event};
pub use ledger::{ledger_entry, ledger_event};
pub use log_level::LogLevelChanged;
pub use report::{NoticeSent, ReportPublished};
pub use subject::{Subject, partition_of};
pub use tracking::{GroupDefined, RepositoryTracked, RepositoryUntracked, tracking_of};
