//! Arguments of the commands about counting: `policy`, `account`, `class-list`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::AccountClass;

use super::Json;
use super::tracking::Deciding;

/// What to do with scoring policies.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Show what things are worth.
    Show(ShowPolicy),
    /// Show every policy there ever was.
    List(Json),
    /// Publish a policy: the one that holds, with something changed.
    Publish(PublishPolicy),
    /// Let a group's boards follow the general policy again.
    Withdraw(WithdrawPolicy),
}

/// Options of `policy show`.
#[derive(Debug, Args)]
pub struct ShowPolicy {
    /// The policy of this group's boards.
    #[arg(long)]
    pub group: Option<String>,
    /// The policy of this version; default: the one that holds.
    #[arg(value_name = "VERSION", conflicts_with = "group")]
    pub number: Option<u32>,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `policy publish`.
#[derive(Debug, Args)]
pub struct PublishPolicy {
    /// What is to change, as JSON or TOML (`docs/decisions.md`); - for JSON from the standard input.
    pub file: Option<PathBuf>,
    /// What a kind is worth, such as commit=12.5.
    #[arg(long, value_name = "KIND=POINTS")]
    pub points: Vec<String>,
    /// A policy that there was before.
    #[arg(long, conflicts_with_all = ["file", "points"])]
    pub again: Option<u32>,
    /// For the boards of this group only.
    #[arg(long)]
    pub group: Option<String>,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}

/// Options of `policy withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawPolicy {
    /// The group.
    pub group: String,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}

/// What to decide about accounts. An account is a login, a numeric id, or @ and a login of which no
/// id is known.
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Say whether a person, a bot or an agent is behind an account.
    Classify(Classify),
    /// Say that two accounts are one person; the second one is credited for both.
    Link(Link),
    /// Say that an account is credited itself again.
    Unlink(Unlink),
    /// Say whom somebody worked for, all their life.
    Affiliate(Affiliate),
}

/// What is behind an account.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Class {
    /// A person.
    Human,
    /// Automation.
    Bot,
    /// An AI agent.
    Agent,
    /// Somebody who does not want to be shown.
    Hidden,
    /// Whatever it is taken for without a decision.
    Undecided,
}

impl Class {
    /// The class, if it is one.
    #[must_use]
    pub fn decided(self) -> Option<AccountClass> {
        match self {
            Self::Human => Some(AccountClass::Human),
            Self::Bot => Some(AccountClass::Bot),
            Self::Agent => Some(AccountClass::Agent),
            Self::Hidden => Some(AccountClass::Hidden),
            Self::Undecided => None,
        }
    }
}

/// Options of `account classify`.
#[derive(Debug, Args)]
pub struct Classify {
    /// The account.
    pub account: String,
    /// What is behind it.
    pub class: Class,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}

/// Options of `account link`.
#[derive(Debug, Args)]
pub struct Link {
    /// The account that is credited no more.
    pub account: String,
    /// The one that is credited in its place.
    pub into: String,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}

/// Options of `account unlink`.
#[derive(Debug, Args)]
pub struct Unlink {
    /// The account.
    pub account: String,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}

/// Options of `account affiliate`.
#[derive(Debug, Args)]
pub struct Affiliate {
    /// The account.
    pub account: String,
    /// Companies, with the days from and before which, where known: "Octo Inc.",
    /// "Octo Inc.:2019-01-01..2021-06-01", "Hub Ltd.:2021-06-01..". None says that nothing is known.
    pub companies: Vec<String>,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}

/// What to do with lists of logins of one class.
#[derive(Debug, Subcommand)]
pub enum ClassLists {
    /// Say who is on a list; whoever was and is not named now is so no more.
    Define(DefineClassList),
    /// Show the lists.
    List(Json),
}

/// Options of `class-list define`.
#[derive(Debug, Args)]
pub struct DefineClassList {
    /// The list: lower-case letters, digits and hyphens.
    pub list: String,
    /// The class of everybody on it.
    pub class: Class,
    /// Logins. None takes the list back.
    pub logins: Vec<String>,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}
