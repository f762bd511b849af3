//! The command line of what asks the query API.

use clap::Args;

use super::export::Export;

/// Whose knowledge is wanted.
#[derive(Debug, Default, Args)]
pub struct Moment {
    /// The answer as it was known at an instant that was made readable with `replay as-of`.
    #[arg(long)]
    pub as_of: Option<String>,
    /// The day that year, quarter, month, week, day, 7d, 28d, 90d and 365d are of.
    #[arg(long)]
    pub on: Option<String>,
}

impl Moment {
    /// The parameters of the API.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let as_of = self.as_of.clone().map(|as_of| ("as_of", as_of));
        let on = self.on.clone().map(|on| ("on", on));
        as_of.into_iter().chain(on)
    }
}

/// Which board, and how much of it.
#[derive(Debug, Args)]
pub struct Top {
    /// global, owner/repository, an organisation, or group: and the name of a group.
    #[arg(default_value = "global")]
    pub scope: String,
    /// all, 2016, 2016-Q1, 2016-01, 2015-W53, 2016-01-01, 2016-01-04..2016-02-15; or year,
    /// quarter, month, week, day; or 7d, 28d, 90d, 365d.
    #[arg(long, default_value = "all")]
    pub period: String,
    /// score, or one kind of contribution.
    #[arg(long, default_value = "score")]
    pub kind: String,
    /// human, bot, agent or everyone.
    #[arg(long, default_value = "human")]
    pub class: String,
    /// Rank companies: what people did counts for the one they worked for on the day.
    #[arg(long)]
    pub companies: bool,
    /// Those only who worked for this company, with what they did for it.
    #[arg(long, conflicts_with = "companies")]
    pub company: Option<String>,
    /// Rows.
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
    /// Where to go on: the next_cursor of the page before.
    #[arg(long)]
    pub cursor: Option<String>,
    /// What was known then (`replay as-of`), and relative periods of which day.
    #[command(flatten)]
    pub moment: Moment,
    /// The whole board as a file.
    #[command(flatten)]
    pub file: Export,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}

/// Whose place on which board.
#[derive(Debug, Args)]
pub struct Rank {
    /// The login.
    pub login: String,
    /// global, owner/repository, an organisation, or group: and the name of a group.
    #[arg(default_value = "global")]
    pub scope: String,
    /// The board's period, as for `top`.
    #[arg(long, default_value = "all")]
    pub period: String,
    /// score, or one kind of contribution.
    #[arg(long, default_value = "score")]
    pub kind: String,
    /// human, bot, agent or everyone.
    #[arg(long, default_value = "human")]
    pub class: String,
    /// What was known then (`replay as-of`), and relative periods of which day.
    #[command(flatten)]
    pub moment: Moment,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}

/// Which contributor.
#[derive(Debug, Args)]
pub struct Contributor {
    /// The login.
    pub login: String,
    /// The period of the counts.
    #[arg(long, default_value = "all")]
    pub period: String,
    /// What was known then (`replay as-of`), and relative periods of which day.
    #[command(flatten)]
    pub moment: Moment,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}

/// How much of a list.
#[derive(Debug, Args)]
pub struct Paged {
    /// Rows.
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Where to go on.
    #[arg(long)]
    pub cursor: Option<String>,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}
