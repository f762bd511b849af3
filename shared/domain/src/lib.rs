//! The product's truth, with no I/O: what a contribution is, who gets the
//! credit, what it is worth, and how boards are ordered.
//!
//! Everything here is a pure function of its arguments and can be read and
//! tested without a runtime, a database or a message broker. The rules are
//! applied by the scraper (which names contributions) and by the projector
//! (which folds them into read models); the query API uses the same rules to
//! explain a score.

mod account;
pub mod audit;
mod board;
pub mod budget;
pub mod change;
mod company;
mod contribution;
pub mod coverage;
mod credit;
mod daily;
mod decisions;
pub mod dispute;
mod explanation;
mod fact;
mod identity;
pub mod jobs;
mod letter_filter;
mod period;
mod policy;
mod rank_histogram;
mod repository;
mod retraction;
pub mod schedule;
mod scorer;
mod sighting_record;
pub mod snapshot;
mod tally;
mod tracking;

pub use account::{AccountClass, AccountReference, classify};
pub use board::{ClassFilter, Metric, ParseMetricError, Scope, Standing, rank_standings};
pub use company::{CompanyStanding, rank_companies};
pub use contribution::{
    ContributionKind, CreditBasis, Lines, MOST_COUNTED, PullRequestKey, PushKey, Sighting, Source,
    SourceReference, UnknownKind, countable, countable_instant,
};
pub use coverage::{CoverageVerdict, judge_coverage};
pub use credit::{Knowledge, Resolution, canonical_form, canonical_key, resolve};
pub use daily::{DailyCount, DailyCounts, DailyKey};
pub use decisions::{
    AccountLinks, Affiliation, AffiliationFault, Affiliations, ClassDecisions, ClassList,
    CompanyKey, Decisions, Employment, LinkFault, Policies, PublishedPolicy, WordsFault,
    check_affiliations, check_words,
};
pub use explanation::{ExplainedContribution, Explainer, Scorable, explain};
pub use fact::{AuthorEvidence, AuthorSource, Fact};
pub use identity::{
    KeyReferences, SemanticKey, contribution_id, is_key_of_content, references_in_key,
};
pub use letter_filter::{LETTER_FILTER_PARTS, LetterFilter, LetterFilterFault};
pub use period::{ParsePeriodError, Period, PeriodKind, ROLLING_DAYS};
pub use policy::{
    DailyRule, DayCounts, Policy, PolicyFault, PolicyFaults, PolicyRecord, Step, Thousandths,
};
pub use rank_histogram::{LevelRange, RankHistogram, ranges_above};
pub use repository::{InvalidRepositoryName, RepositoryName, RepositoryReference};
pub use retraction::Retraction;
pub use scorer::Scorer;
pub use sighting_record::SightingRecord;
pub use tally::{CompanyBoard, Tally};
pub use tracking::{Decided, DecidedRepository, RepositoryGroup, Tracking, TrackingDecision};
