//! The tables that grow with what happens on GitHub, or with the years.

/// Tables that may be too large to be read, locked or written anew as a whole.
///
/// Not among them: what people decide (links, lists, affiliations, groups, policies),
/// bots and agents (`account_classes`), what is kept for a while only (`board_changes`,
/// `contribution_changes`, `job_steps`, `circuits`), one row per projection, job or queue.
pub const BIG_TABLES: [&str; 23] = [
    "board_rows",
    "contribution_events",
    "contribution_identities",
    "coverage_hours",
    "coverage_units",
    "daily_counts",
    "dead_letter_resolutions",
    "dead_letters",
    "decisions",
    "disputes",
    "jobs",
    "ledger_entries",
    "merge_commits",
    "names",
    "other_commits",
    "period_lines",
    "pull_request_contributions",
    "pull_requests",
    "push_heads",
    "pushes",
    "rank_histogram",
    "reference_links",
    "references_by_name",
];

/// The big table that a table is, or is a partition of.
#[must_use]
pub fn big_table_of(table: &str) -> Option<&'static str> {
    let is_of = |big: &&&str| {
        let partition = table.strip_prefix(**big);
        partition.is_some_and(|rest| {
            rest.is_empty()
                || rest.starts_with('_') && rest.chars().all(|c| c == '_' || c.is_ascii_digit())
        })
    };
    BIG_TABLES.iter().find(is_of).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_belong_to_their_table() {
        assert_eq!(big_table_of("jobs"), Some("jobs"));
        assert_eq!(
            big_table_of("contribution_events_2024_02"),
            Some("contribution_events")
        );
        assert_eq!(big_table_of("board_rows_7"), Some("board_rows"));
        assert_eq!(big_table_of("pushes_of"), None);
        assert_eq!(big_table_of("job_steps"), None);
    }
}
