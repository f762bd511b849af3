//! The list of events: what can be on the log, under which type.

use chrono::{DateTime, Utc};
use domain::budget::{
    BudgetDefinition, Refusal, Release, Reservation, Settlement, ThresholdReached,
};
use domain::jobs::{
    JobCompleted, JobFailed, JobProgressed, JobQueued, JobRetrying, JobReturned, JobSkipped,
    JobStarted, QueuePaused, QueueResumed,
};
use domain::schedule::{ScheduleDefined, ScheduleFired, ScheduleMissed};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::value::RawValue;

use crate::{
    AccountClassified, AccountsLinked, AccountsUnlinked, AffiliationsSet, CircuitChanged,
    ClassListDefined, ContributionEnriched, ContributionRecorded, ContributionReinstated,
    ContributionRetracted, ContributorErased, CoverageObserved, DeadLetterRecorded,
    DeadLetterResolved, DecodeError, DisputeAnswered, DisputeRaised, Envelope, GroupDefined,
    LogLevelChanged, NoticeSent, PolicyPublished, PolicyWithdrawn, ReportPublished,
    RepositoryTracked, RepositoryUntracked,
};

/// Declares all events at one place: the variant, its data, the type it has in
/// the envelope, and which field of the data tells when it happened.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident($data:ident) = $event_type:literal, at $time:ident;)*) => {
        /// Everything that can be on the log.
        #[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
        pub enum Event {
            $($(#[$doc])* $variant($data),)*
        }

        /// Each event's data and its type.
        pub(crate) const MESSAGES: &[(&str, &str)] = &[$((stringify!($data), $event_type),)*];

        /// Hands the data of every event to a generator of schemas.
        pub(crate) fn describe_all(generator: &mut SchemaGenerator) {
            $(generator.subschema_for::<$data>();)*
        }

        impl Event {
            /// The event's type with its version, as the envelope carries it.
            #[must_use]
            pub fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $event_type,)*
                }
            }

            /// When what it tells happened.
            #[must_use]
            pub fn time(&self) -> DateTime<Utc> {
                match self {
                    $(Self::$variant(event) => event.$time,)*
                }
            }

            pub(crate) fn data(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$variant(event) => serde_json::to_string(event),)*
                }
            }

            pub(crate) fn encode_in(&self, envelope: &Envelope) -> Result<Vec<u8>, serde_json::Error> {
                match self {
                    $(Self::$variant(data) => envelope.encode_with(data),)*
                }
            }

            /// Reads the data of an event type. A type's older versions are read
            /// here too and lifted to the present one, so nothing else knows of them.
            pub(crate) fn from_data(event_type: &str, data: &RawValue) -> Result<Self, DecodeError> {
                match event_type {
                    $($event_type => Ok(Self::$variant(serde_json::from_str(data.get())?)),)*
                    unknown => Err(DecodeError::UnknownType(unknown.to_owned())),
                }
            }
        }
    };
}

events! {
    /// A source saw a contribution.
    ContributionRecorded(ContributionRecorded) = "leaderboard.contribution.recorded.v1", at occurred_at;
    /// Something about contributions was learned.
    ContributionEnriched(ContributionEnriched) = "leaderboard.contribution.enriched.v1", at occurred_at;
    /// A contribution counts no more.
    ContributionRetracted(ContributionRetracted) = "leaderboard.contribution.retracted.v1", at retracted_at;
    /// A contribution counts again.
    ContributionReinstated(ContributionReinstated) = "leaderboard.contribution.reinstated.v1", at reinstated_at;
    /// A unit of a source was read.
    CoverageObserved(CoverageObserved) = "leaderboard.coverage.observed.v1", at observed_at;
    /// Something could not be read.
    DeadLetterRecorded(DeadLetterRecorded) = "leaderboard.dead_letter.recorded.v1", at recorded_at;
    /// Somebody did something about what could not be read.
    DeadLetterResolved(DeadLetterResolved) = "leaderboard.dead_letter.resolved.v1", at resolved_at;
    /// Somebody decided how much may be spent.
    BudgetDefined(BudgetDefinition) = "leaderboard.budget.defined.v1", at defined_at;
    /// So much of a limit is spent or reserved.
    BudgetThresholdReached(ThresholdReached) = "leaderboard.budget.threshold_reached.v1", at reached_at;
    /// Something counts as spent until it is known what was.
    CostReserved(Reservation) = "leaderboard.cost.reserved.v1", at reserved_at;
    /// It is known what was spent.
    CostSettled(Settlement) = "leaderboard.cost.settled.v1", at settled_at;
    /// Nothing of what was reserved was spent.
    CostReleased(Release) = "leaderboard.cost.released.v1", at released_at;
    /// Something may not be spent.
    CostRefused(Refusal) = "leaderboard.cost.refused.v1", at refused_at;
    /// A repository is tracked.
    RepositoryTracked(RepositoryTracked) = "leaderboard.repository.tracked.v1", at decided_at;
    /// A repository is tracked no more.
    RepositoryUntracked(RepositoryUntracked) = "leaderboard.repository.untracked.v1", at decided_at;
    /// Repositories belong together.
    GroupDefined(GroupDefined) = "leaderboard.group.defined.v1", at decided_at;
    /// Things are worth something else.
    PolicyPublished(PolicyPublished) = "leaderboard.policy.published.v1", at decided_at;
    /// A group has no policy of its own any more.
    PolicyWithdrawn(PolicyWithdrawn) = "leaderboard.policy.withdrawn.v1", at decided_at;
    /// An account is a person's, a bot or an agent.
    AccountClassified(AccountClassified) = "leaderboard.account.classified.v1", at decided_at;
    /// Logins are of one class.
    ClassListDefined(ClassListDefined) = "leaderboard.class_list.defined.v1", at decided_at;
    /// Two accounts are one person.
    AccountsLinked(AccountsLinked) = "leaderboard.accounts.linked.v1", at decided_at;
    /// An account is credited itself again.
    AccountsUnlinked(AccountsUnlinked) = "leaderboard.accounts.unlinked.v1", at decided_at;
    /// Whom an account worked for.
    AffiliationsSet(AffiliationsSet) = "leaderboard.affiliations.set.v1", at decided_at;
    /// Somebody is forgotten.
    ContributorErased(ContributorErased) = "leaderboard.contributor.erased.v1", at decided_at;
    /// Somebody misses something.
    DisputeRaised(DisputeRaised) = "leaderboard.dispute.raised.v1", at raised_at;
    /// GitHub was asked for it.
    DisputeAnswered(DisputeAnswered) = "leaderboard.dispute.answered.v1", at answered_at;
    /// A running process logs something else.
    LogLevelChanged(LogLevelChanged) = "leaderboard.log_level.changed.v1", at changed_at;
    /// A job is due at other times.
    ScheduleDefined(ScheduleDefined) = "leaderboard.schedule.defined.v1", at defined_at;
    /// A job is due, or somebody wants it.
    ScheduleFired(ScheduleFired) = "leaderboard.schedule.fired.v1", at fired_at;
    /// Due times went by, and nothing is done about them.
    ScheduleMissed(ScheduleMissed) = "leaderboard.schedule.missed.v1", at noticed_at;
    /// Something is to be done.
    JobQueued(JobQueued) = "leaderboard.job.queued.v1", at queued_at;
    /// Something is not done, because the same is not done yet.
    JobSkipped(JobSkipped) = "leaderboard.job.skipped.v1", at skipped_at;
    /// A worker does it.
    JobStarted(JobStarted) = "leaderboard.job.started.v1", at started_at;
    /// The worker is still at it.
    JobProgressed(JobProgressed) = "leaderboard.job.progressed.v1", at progressed_at;
    /// It failed, and is tried again.
    JobRetrying(JobRetrying) = "leaderboard.job.retrying.v1", at failed_at;
    /// The worker had to stop, and another may do it.
    JobReturned(JobReturned) = "leaderboard.job.returned.v1", at returned_at;
    /// It is done.
    JobCompleted(JobCompleted) = "leaderboard.job.completed.v1", at completed_at;
    /// It cannot be done.
    JobFailed(JobFailed) = "leaderboard.job.failed.v1", at failed_at;
    /// No job of a queue is started any more.
    QueuePaused(QueuePaused) = "leaderboard.queue.paused.v1", at paused_at;
    /// Jobs of a queue are started again.
    QueueResumed(QueueResumed) = "leaderboard.queue.resumed.v1", at resumed_at;
    /// A worker leaves something alone after failures, or does so no more.
    CircuitChanged(CircuitChanged) = "leaderboard.circuit.changed.v1", at changed_at;
    /// How things stood on a day.
    ReportPublished(ReportPublished) = "leaderboard.report.published.v1", at published_at;
    /// Somebody was told that a job failed.
    NoticeSent(NoticeSent) = "leaderboard.notice.sent.v1", at sent_at;
}
