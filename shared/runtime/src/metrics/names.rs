//! Every metric in one list, with what it means.

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// What kind of metric a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number that only grows while the process runs.
    Counter,
    /// A number as it is now.
    Gauge,
    /// How many of something there were in each bucket.
    Histogram,
}

/// Every metric this program has: its name, its kind and what it means.
pub const METRICS: &[(&str, Kind, &str)] = &[
    (
        "api_request_duration_seconds",
        Kind::Histogram,
        "Time to answer, by method and endpoint.",
    ),
    (
        "api_requests_limited_total",
        Kind::Counter,
        "Requests that were too many for their reader, by whose allowance it was: an address's, its images', or a key's.",
    ),
    (
        "api_requests_total",
        Kind::Counter,
        "Requests, by method, endpoint and status.",
    ),
    (
        "archive_hours",
        Kind::Gauge,
        "Hours of the 31 days up to the newest archive file read, by how completely their file was read.",
    ),
    (
        "archive_newest_hour_timestamp_seconds",
        Kind::Gauge,
        "The newest hour of which an archive file was read, in seconds since 1970.",
    ),
    (
        "backup_newest_timestamp_seconds",
        Kind::Gauge,
        "When the last backup was made, in seconds since 1970; 0 when there was none.",
    ),
    (
        "backup_rehearsed_timestamp_seconds",
        Kind::Gauge,
        "When a backup was last restored on trial, in seconds since 1970; 0 when none was.",
    ),
    (
        "bigquery_bytes_billed_total",
        Kind::Counter,
        "Bytes that BigQuery charged for.",
    ),
    (
        "board_cache_hits_total",
        Kind::Counter,
        "Boards answered from memory.",
    ),
    (
        "board_cache_misses_total",
        Kind::Counter,
        "Boards computed from the database.",
    ),
    (
        "boards_computed_total",
        Kind::Counter,
        "Boards that no table holds, by how: anew, or followed from the version before.",
    ),
    (
        "budget_forecast_dollars",
        Kind::Gauge,
        "Dollars that the month will have cost at its end if it goes on as it did.",
    ),
    (
        "budget_limit_dollars",
        Kind::Gauge,
        "Dollars that may be spent, by period: the UTC day or month.",
    ),
    (
        "budget_reserved_dollars",
        Kind::Gauge,
        "Dollars that are reserved and not settled, by period.",
    ),
    (
        "budget_settled_dollars",
        Kind::Gauge,
        "Dollars that are known to be spent, by period.",
    ),
    (
        "budget_utilization_percent",
        Kind::Gauge,
        "Percent of the limit that is spent or reserved, by period.",
    ),
    (
        "circuit_open",
        Kind::Gauge,
        "Whether a dependency is left alone after failures, by dependency.",
    ),
    (
        "contributions_published_total",
        Kind::Counter,
        "Events stored by the log.",
    ),
    (
        "contributors_ranked",
        Kind::Gauge,
        "Contributors on the board of all repositories and all time.",
    ),
    (
        "database_bytes",
        Kind::Gauge,
        "Bytes that the database takes on disk.",
    ),
    (
        "database_freeze_age",
        Kind::Gauge,
        "Transactions, or multixacts, since the oldest that rows may still bear: at two thousand million the database takes no more writing.",
    ),
    (
        "database_pool_in_use",
        Kind::Gauge,
        "Database connections in use.",
    ),
    (
        "database_pool_limit",
        Kind::Gauge,
        "Database connections there may be.",
    ),
    (
        "database_pool_size",
        Kind::Gauge,
        "Database connections open.",
    ),
    (
        "dead_letters_open",
        Kind::Gauge,
        "Dead letters that nobody has redriven or discarded, by service.",
    ),
    (
        "dead_letters_total",
        Kind::Counter,
        "Messages and lines set aside, by service.",
    ),
    (
        "dependency_available",
        Kind::Gauge,
        "Whether the projector can reach what it hangs on, by dependency.",
    ),
    (
        "errors_told_total",
        Kind::Counter,
        "Errors for the error tracker, by outcome: sent, refused, unreachable, or left out as too many.",
    ),
    (
        "generation_state",
        Kind::Gauge,
        "Whether a generation of the read models is in a state, by generation and state.",
    ),
    (
        "github_points_left",
        Kind::Gauge,
        "Points of GraphQL that the GitHub tokens asked with have left until their resets.",
    ),
    (
        "github_requests_left",
        Kind::Gauge,
        "Requests that the GitHub tokens asked with have left until their resets.",
    ),
    (
        "github_requests_total",
        Kind::Counter,
        "Requests to GitHub's API, by the class of the answer's status.",
    ),
    (
        "job_runs_total",
        Kind::Counter,
        "Attempts at jobs, by job and by how they ended.",
    ),
    (
        "job_seconds",
        Kind::Histogram,
        "Time of one attempt at a job, by job.",
    ),
    ("jobs_running", Kind::Gauge, "Jobs being done, by queue."),
    (
        "jobs_waiting",
        Kind::Gauge,
        "Jobs that wait to be done or tried again, by queue.",
    ),
    (
        "live_readers_dropped_total",
        Kind::Counter,
        "Readers of streams that were let go because they were too slow, by what is told of.",
    ),
    (
        "live_streams_open",
        Kind::Gauge,
        "Streams of events that are open, by what is told of: board, contributions or jobs.",
    ),
    (
        "process_cpu_seconds_total",
        Kind::Counter,
        "Processor time of this process, in seconds.",
    ),
    (
        "process_max_fds",
        Kind::Gauge,
        "Files that this process may have open.",
    ),
    (
        "process_open_fds",
        Kind::Gauge,
        "Files that this process has open.",
    ),
    (
        "process_resident_memory_bytes",
        Kind::Gauge,
        "Memory of this process.",
    ),
    (
        "process_start_time_seconds",
        Kind::Gauge,
        "When this process was started, in seconds since 1970.",
    ),
    ("process_threads", Kind::Gauge, "Threads of this process."),
    (
        "process_virtual_memory_bytes",
        Kind::Gauge,
        "Address space of this process.",
    ),
    (
        "process_virtual_memory_max_bytes",
        Kind::Gauge,
        "Address space that this process may have.",
    ),
    (
        "projection_batch_seconds",
        Kind::Histogram,
        "Time to commit a batch, by projection and generation.",
    ),
    (
        "projection_checkpoint",
        Kind::Gauge,
        "Last stream sequence projected, by projection and generation.",
    ),
    (
        "projection_delay_seconds",
        Kind::Gauge,
        "Age of the oldest message not yet projected, by projection and generation.",
    ),
    (
        "projection_eta_seconds",
        Kind::Gauge,
        "Time until the stream's end is reached at the present rate, by projection and generation.",
    ),
    (
        "projection_lag",
        Kind::Gauge,
        "Messages on the stream not yet projected, by projection and generation; below 0 where the checkpoint is ahead of the log.",
    ),
    (
        "projection_messages_per_second",
        Kind::Gauge,
        "How fast the last batches were projected, by projection and generation.",
    ),
    (
        "projection_messages_total",
        Kind::Counter,
        "Messages projected, by projection and generation.",
    ),
    (
        "projection_restarts_total",
        Kind::Counter,
        "How often a projection started again from its checkpoint, by projection and cause.",
    ),
    (
        "publish_batch_seconds",
        Kind::Histogram,
        "Time until the log acknowledged a batch.",
    ),
    (
        "queue_paused",
        Kind::Gauge,
        "Whether a queue of jobs stands still, by queue.",
    ),
    (
        "rank_boards_bytes",
        Kind::Gauge,
        "Memory of the boards whose ranks are answered from memory.",
    ),
    (
        "ranks_answered_total",
        Kind::Counter,
        "Ranks on boards over all repositories, by where they came from.",
    ),
    (
        "read_model_rows",
        Kind::Gauge,
        "Rows of the read models as the planner of Postgres estimates them, by table.",
    ),
    (
        "schedule_fired_total",
        Kind::Counter,
        "Triggers of the schedule, by job.",
    ),
    (
        "score_differences_total",
        Kind::Counter,
        "Numbers on boards that were not what they follow from, of those audited.",
    ),
    (
        "scores_audited_total",
        Kind::Counter,
        "Places on boards whose numbers were compared with what they follow from.",
    ),
    (
        "scrape_duration_seconds",
        Kind::Histogram,
        "Time to read and publish one unit.",
    ),
    (
        "scrape_events_processed_total",
        Kind::Counter,
        "GitHub events read, by type.",
    ),
    (
        "scrape_jobs_total",
        Kind::Counter,
        "Units read, by how that ended.",
    ),
    (
        "standby_lag_seconds",
        Kind::Gauge,
        "How long the standby has lacked what was heard of, or took to get it; only where there is one.",
    ),
    (
        "standby_reads_total",
        Kind::Counter,
        "Snapshots that were asked of the standby, by whether it was read, behind or away.",
    ),
    (
        "standby_usable",
        Kind::Gauge,
        "Whether the standby is read in place of the primary; only where there is one.",
    ),
    (
        "stream_bytes",
        Kind::Gauge,
        "Bytes of a stream of the log, of one copy, by stream.",
    ),
    (
        "stream_last_sequence",
        Kind::Gauge,
        "Sequence of the last message of a stream of the log, by stream.",
    ),
    (
        "subscriber_messages_behind",
        Kind::Gauge,
        "Contributions that a subscribed webhook has still to be told of, by webhook.",
    ),
    (
        "subscriber_messages_total",
        Kind::Counter,
        "Messages sent to subscribed webhooks, by webhook and what became of them.",
    ),
    (
        "table_bloat_bytes",
        Kind::Gauge,
        "Bytes that a read model takes beyond what its rows need, as estimated from its statistics, by table.",
    ),
    (
        "table_bytes",
        Kind::Gauge,
        "Bytes that a read model takes without its indexes, as of when it was last vacuumed or analysed, by table.",
    ),
    (
        "table_dead_rows",
        Kind::Gauge,
        "Rows of a read model that are dead and not vacuumed, by table.",
    ),
    (
        "webhook_deliveries_total",
        Kind::Counter,
        "Webhook deliveries, by what became of them.",
    ),
    (
        "webhook_delivery_seconds",
        Kind::Histogram,
        "Time until a webhook delivery was answered.",
    ),
];

/// Tells the recorder of this process what each of them means.
pub(super) fn describe() {
    for (name, kind, description) in METRICS {
        match kind {
            Kind::Counter => describe_counter!(*name, *description),
            Kind::Gauge => describe_gauge!(*name, *description),
            Kind::Histogram => describe_histogram!(*name, *description),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_said_once() {
        assert!(METRICS.is_sorted_by(|(a, ..), (b, ..)| a < b));
    }

    #[test]
    fn counters_and_they_alone_are_called_total() {
        for (name, kind, _) in METRICS {
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
        }
    }
}
