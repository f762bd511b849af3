//! A board under another policy, beside what it is. Nothing is stored.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    AccountClass, AccountReference, ClassFilter, Metric, Period, PolicyRecord, Standing,
    rank_standings,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::leaderboard::{ScopeResource, shown_login};
use super::period::PeriodResource;
use crate::api::Api;
use crate::computed::{Members, tally_under};
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::accounts::accounts_of;
use crate::queries::snapshot::Snapshot;
use crate::target::{ScopeName, find_target};

/// Which board is wanted, and under which policy.
#[derive(Clone, Debug)]
pub(crate) struct WhatIfRequest {
    pub(crate) scope: ScopeName,
    pub(crate) period: Period,
    pub(crate) class: ClassFilter,
    pub(crate) limit: u32,
    /// What is to change of the policy that holds.
    pub(crate) policy: Value,
}

/// A board as it would be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIf {
    /// The first places as they would be.
    pub(crate) leaderboard: Vec<WhatIfEntry>,
    /// What the board is, and what it is compared with.
    pub(crate) meta: WhatIfMeta,
}

/// One contributor's place as it would be, and is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIfEntry {
    /// The place under the policy that was asked about.
    pub(crate) rank: u64,
    /// The place now; null for who has no points now.
    pub(crate) present_rank: Option<u64>,
    /// How many places would be gained, or lost when below zero.
    pub(crate) movement: Option<i64>,
    /// The present login.
    #[schema(example = "octocat")]
    pub(crate) login: String,
    /// The account: a numeric id, or `@login` where no id is known.
    #[schema(value_type = String, example = "583231")]
    pub(crate) account: AccountReference,
    /// `human`, `bot` or `agent`.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: AccountClass,
    /// Points under the policy that was asked about.
    #[schema(example = "25")]
    pub(crate) score: String,
    /// The same in thousandths.
    pub(crate) score_thousandths: i64,
    /// Points now.
    #[schema(example = "30")]
    pub(crate) present_score: String,
    /// The same in thousandths.
    pub(crate) present_score_thousandths: i64,
}

/// What the board is, and what it is compared with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIfMeta {
    /// The scope.
    pub(crate) scope: ScopeResource,
    /// The period.
    pub(crate) period: PeriodResource,
    /// Whose contributions are shown.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: ClassFilter,
    /// The policy that was asked about, in full. Worth is in thousandths of a
    /// point.
    #[schema(value_type = Object)]
    pub(crate) policy: PolicyRecord,
    /// The version of the policy that holds now.
    pub(crate) present_policy_version: u32,
    /// How many would be on the board.
    pub(crate) members: usize,
    /// How many of them would have another place.
    pub(crate) moved: usize,
    /// The last sequence of the log that is counted.
    pub(crate) version: i64,
    /// When this was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

/// Computes a board under another policy.
pub(crate) async fn load_what_if(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &WhatIfRequest,
) -> Result<WhatIf, Problem> {
    let target = find_target(snapshot, &request.scope).await?;
    let present = snapshot.policy(&target).clone();
    let policy = present
        .entered(snapshot.policies().next_version(), &request.policy)
        .map_err(|faults| Problem::parameter("policy", "", faults))?;
    let [now, then] = tally_under(snapshot, &target, request.period, [&present, &policy]).await?;
    let ranks_now: HashMap<AccountReference, u64> = ranked(&now, request.class)
        .into_iter()
        .map(|(rank, standing)| (standing.contributor, rank))
        .collect();
    let would_be = ranked(&then, request.class);
    let moved = would_be
        .iter()
        .filter(|(rank, standing)| ranks_now.get(&standing.contributor) != Some(rank));
    let (moved, members) = (moved.count(), would_be.len());
    let shown: Vec<(u64, Standing)> = would_be.into_iter().take(request.limit as usize).collect();
    let references: Vec<String> = shown
        .iter()
        .map(|(_, s)| s.contributor.to_string())
        .collect();
    let accounts = accounts_of(snapshot.connection(), &references).await?;
    let entry = |(rank, standing): (u64, Standing)| {
        let account = standing.contributor;
        let before = ranks_now.get(&account).copied();
        let present = now.get(&account).map_or(0, |member| member.score);
        let known = accounts.get(account.as_str());
        let login = known.map(|known| known.login.clone());
        WhatIfEntry {
            rank,
            present_rank: before,
            movement: before.map(|before| before.cast_signed() - rank.cast_signed()),
            login: shown_login(login, &account),
            class: known.map(|known| known.class).unwrap_or_default(),
            score: decimal(standing.value),
            score_thousandths: standing.value,
            present_score: decimal(present),
            present_score_thousandths: present,
            account,
        }
    };
    Ok(WhatIf {
        leaderboard: shown.into_iter().map(entry).collect(),
        meta: WhatIfMeta {
            scope: ScopeResource::from(&target),
            period: request.period.into(),
            class: request.class,
            policy: policy.into(),
            present_policy_version: present.version,
            members,
            moved,
            version: snapshot.version().contributions,
            generated_at: api.now(),
        },
    })
}

/// Those of a class who have any points, in order.
fn ranked(members: &Members, class: ClassFilter) -> Vec<(u64, Standing)> {
    let of_class = members
        .iter()
        .filter(|(_, member)| class.classes().contains(&member.class));
    let standings =
        of_class.map(|(contributor, member)| member.standing(contributor, Metric::Score));
    rank_standings(standings.filter(|standing| standing.value != 0).collect())
}
