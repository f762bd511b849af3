//! Arguments of `retract` and `reinstate`.

use clap::Args;
use domain::ContributionKind;

/// Options of `retract` and `reinstate`.
#[derive(Debug, Args)]
pub struct Decide {
    /// Which contribution: the address of a pull request, review, issue, comment or commit on
    /// GitHub, or the contribution's id.
    pub contribution: String,
    /// Which of those that the address shows, such as pull_request_merged.
    #[arg(long)]
    pub kind: Option<ContributionKind>,
    /// Who decides; kept with the decision.
    #[arg(long, env = "LEADERBOARD_ACTOR", default_value = "operator")]
    pub actor: String,
    /// Why; shown to everybody.
    #[arg(long)]
    pub reason: String,
    /// Print what came of it as JSON.
    #[arg(long)]
    pub json: bool,
}
