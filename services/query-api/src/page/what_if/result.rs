//! A board as it would be, in words.

use domain::{Policy, PolicyRecord};

use crate::addresses::path_segment;
use crate::page::board::Movement;
use crate::page::words::{class_mark, counted, period_words};
use crate::points::{number, parts};
use crate::resources::what_if::{WhatIf, WhatIfEntry, WhatIfRequest};
use crate::target::ScopeName;

/// One contributor's place as it would be.
pub(super) struct RowView {
    pub(super) rank: String,
    pub(super) present_rank: String,
    pub(super) movement: Movement,
    pub(super) login: String,
    pub(super) page: String,
    pub(super) mark: Option<&'static str>,
    pub(super) score: (String, String),
    pub(super) present: (String, String),
    /// What is gained or lost, with its sign, and which of both it is.
    pub(super) difference: (String, String),
    pub(super) sort: &'static str,
}

/// A board as it would be, and the policy that it would be by.
pub(super) struct ResultView {
    pub(super) scope: String,
    pub(super) period: String,
    pub(super) summary: String,
    pub(super) rows: Vec<RowView>,
    /// What is to change, as it is published.
    pub(super) document: String,
    pub(super) command: String,
    /// The whole policy, in thousandths.
    pub(super) whole: String,
    pub(super) version: u32,
}

impl ResultView {
    pub(super) fn of(found: WhatIf, request: &WhatIfRequest) -> Self {
        let WhatIf { leaderboard, meta } = found;
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let members = counted(count(meta.members), "contributor", "contributors");
        let scope = match meta.scope.name.as_str() {
            "global" => "All repositories".to_owned(),
            name => name.to_owned(),
        };
        let group = match &request.scope {
            ScopeName::Group(name) => format!(" --group {}", path_segment(name)),
            _ => String::new(),
        };
        Self {
            scope,
            period: period_words(request.period),
            summary: match meta.moved {
                0 => format!("None of {members} would have another place."),
                moved => format!(
                    "{} of {members} would have another place.",
                    number(count(moved))
                ),
            },
            rows: leaderboard.into_iter().map(RowView::of).collect(),
            document: pretty(&request.policy),
            command: format!("leaderboard policy publish policy.json{group} --actor … --reason …"),
            version: meta.policy.version,
            whole: pretty(&PolicyRecord::from(Policy::from(meta.policy))),
        }
    }
}

/// Policies are plain maps and numbers, which can always be written.
fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

impl RowView {
    fn of(entry: WhatIfEntry) -> Self {
        let rank = |rank: u64| number(i64::try_from(rank).unwrap_or(i64::MAX));
        let difference = entry.score_thousandths - entry.present_score_thousandths;
        let (whole, decimals) = parts(difference);
        Self {
            rank: rank(entry.rank),
            present_rank: entry.present_rank.map_or_else(|| "–".to_owned(), rank),
            movement: Movement::between(entry.movement, entry.present_rank),
            page: format!("/contributors/{}", path_segment(&entry.login)),
            mark: class_mark(entry.class),
            score: parts(entry.score_thousandths),
            present: parts(entry.present_score_thousandths),
            difference: match difference {
                1.. => (format!("+{whole}"), decimals),
                _ => (whole, decimals),
            },
            sort: match difference {
                1.. => "up",
                0 => "same",
                _ => "down",
            },
            login: entry.login,
        }
    }
}
