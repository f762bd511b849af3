//! What a deployment may set.

use std::time::Duration;

use domain::snapshot::SecretKey;

/// Settings of the query API.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A text shown above every page, for instance that the data is made up.
    pub demo_notice: Option<String>,
    /// What snapshots of boards are signed with; without it, none are.
    pub snapshot_key: Option<SecretKey>,
    /// Where this server is found by others, without a closing slash; what is
    /// pasted into their pages leads there.
    pub public_url: Option<String>,
    /// The longest a request may take.
    pub request_timeout: Duration,
    /// The longest that readiness waits for the database.
    pub readiness_timeout: Duration,
    /// Most memory for answers and boards kept, in mebibytes.
    pub cache_mebibytes: u64,
    /// Most streams of events that are open at the same time.
    pub streams: usize,
    /// The longest that a connection may take nothing of what is sent on it.
    pub stalled_limit: Duration,
    /// Most memory for boards whose ranks are asked for often, in mebibytes. A
    /// board takes 20 to 40 bytes for each member.
    pub rank_mebibytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            demo_notice: None,
            snapshot_key: None,
            public_url: None,
            request_timeout: Duration::from_secs(15),
            readiness_timeout: Duration::from_secs(1),
            streams: 4_000,
            stalled_limit: Duration::from_secs(30),
            cache_mebibytes: 256,
            rank_mebibytes: 512,
        }
    }
}
