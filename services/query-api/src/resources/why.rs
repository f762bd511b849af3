//! What moved a contributor between two instants.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::change::{ChangeCause, Counted, Counting, differing, split_change};
use domain::{AccountReference, ClassFilter, Period, Policy};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::contributor::find_contributor;
use super::leaderboard::ScopeResource;
use super::period::PeriodResource;
use crate::api::Api;
use crate::computed::{Members, tally_under};
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::accounts::canonical_account;
use crate::queries::contributions::{counted_contributions, credited_to};
use crate::queries::snapshot::Snapshot;
use crate::target::{ScopeName, Target, find_target};

/// Whose place is asked about, and between which instants.
#[derive(Clone, Debug)]
pub(crate) struct WhyRequest {
    pub(crate) scope: ScopeName,
    pub(crate) period: Period,
    pub(crate) class: ClassFilter,
    /// The earlier instant.
    pub(crate) from: DateTime<Utc>,
    /// The later one; none for now.
    pub(crate) to: Option<DateTime<Utc>>,
}

/// What moved a contributor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Why {
    /// The place and the score then.
    pub(crate) before: Place,
    /// The place and the score afterwards.
    pub(crate) after: Place,
    /// What changed the score, cause by cause; they add up.
    pub(crate) causes: Vec<CauseResource>,
    /// What changed the place.
    pub(crate) movement: Movement,
    /// What was asked.
    pub(crate) meta: WhyMeta,
}

/// A place on a board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Place {
    /// The rank; null for who is not on the board.
    pub(crate) rank: Option<u64>,
    /// How many are on it.
    pub(crate) members: u64,
    /// Points.
    #[schema(example = "1234.560")]
    pub(crate) score: String,
    /// The same in thousandths.
    pub(crate) score_thousandths: i64,
    /// The policy they were given by.
    pub(crate) policy_version: u32,
}

/// What one cause did to the score.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CauseResource {
    /// `policy`, `identity`, `correction`, `backfill` or `activity`.
    #[schema(value_type = String, example = "activity")]
    pub(crate) cause: ChangeCause,
    /// Points that it added, or took when below zero.
    #[schema(example = "25.000")]
    pub(crate) points: String,
    /// The same in thousandths.
    pub(crate) points_thousandths: i64,
    /// How many contributions came, went or changed by it.
    pub(crate) contributions: usize,
}

/// What changed the place: places gained, or lost when below zero; null where
/// there was no place before or is none afterwards.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Movement {
    /// In all.
    pub(crate) places: Option<i64>,
    /// By the contributor's own score alone, if everybody else had theirs of
    /// before.
    pub(crate) by_own_score: Option<i64>,
    /// By what others did, and what became known of them.
    pub(crate) by_others: Option<i64>,
}

/// What was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhyMeta {
    /// The account: a numeric id, or `@login` where no id is known.
    #[schema(value_type = String, example = "583231")]
    pub(crate) account: AccountReference,
    /// The scope.
    pub(crate) scope: ScopeResource,
    /// The period.
    pub(crate) period: PeriodResource,
    /// Whose contributions are on the board.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: ClassFilter,
    /// The earlier instant.
    pub(crate) from: DateTime<Utc>,
    /// The later one; null for now.
    pub(crate) to: Option<DateTime<Utc>>,
    /// When this was found out.
    pub(crate) generated_at: DateTime<Utc>,
}

/// A moment of the data, and a board in it.
struct Moment {
    snapshot: Snapshot,
    target: Target,
    policy: Policy,
    members: Members,
    counting: Vec<Counting>,
}

impl Moment {
    async fn of(
        api: &Api,
        as_of: Option<DateTime<Utc>>,
        request: &WhyRequest,
        account: &AccountReference,
    ) -> Result<Self, Problem> {
        let mut snapshot = api.snapshot_of(as_of).await?;
        let target = find_target(&mut snapshot, &request.scope).await?;
        let policy = snapshot.policy(&target).clone();
        let period = request.period;
        let [members] = tally_under(&mut snapshot, &target, period, [&policy]).await?;
        let (connection, repositories) = (snapshot.connection(), target.repositories());
        let counted = counted_contributions(connection, account, repositories, period).await?;
        let counting = counted.into_iter().map(|one| Counting {
            id: one.id,
            occurred_at: one.occurred_at,
            scorable: one.scorable,
        });
        Ok(Self {
            policy,
            members: Members::clone(&members),
            counting: counting.collect(),
            snapshot,
            target,
        })
    }

    /// Those of a class who have any points, and their scores.
    fn scores(&self, class: ClassFilter) -> impl Iterator<Item = (&AccountReference, i64)> {
        let of_class = move |class_of| class.classes().contains(&class_of);
        let members = self.members.iter();
        let members =
            members.filter(move |(_, member)| of_class(member.class) && member.score != 0);
        members.map(|(account, member)| (account, member.score))
    }

    fn place(&self, class: ClassFilter, account: &AccountReference) -> Place {
        let score = self.members.get(account).map_or(0, |member| member.score);
        let stands = self.scores(class).any(|(other, _)| other == account);
        Place {
            rank: stands.then(|| self.rank_of(class, account, score)),
            members: self.scores(class).count() as u64,
            score: decimal(score),
            score_thousandths: score,
            policy_version: self.policy.version,
        }
    }

    /// The rank that a score would have among all others.
    fn rank_of(&self, class: ClassFilter, account: &AccountReference, score: i64) -> u64 {
        let above = self
            .scores(class)
            .filter(|(other, of)| *other != account && *of > score);
        above.count() as u64 + 1
    }

    fn counted(&self) -> Counted<'_> {
        Counted {
            policy: &self.policy,
            contributions: &self.counting,
        }
    }
}

/// Finds out what moved a contributor.
pub(crate) async fn load_why(api: &Api, login: &str, request: &WhyRequest) -> Result<Why, Problem> {
    let mut present = api.snapshot_of(request.to).await?;
    let account = find_contributor(&mut present, login)
        .await?
        .account
        .reference;
    drop(present);
    let mut then = Moment::of(api, Some(request.from), request, &account).await?;
    let mut now = Moment::of(api, request.to, request, &account).await?;
    let causes_of = causes_of(&mut then, &mut now, request.from, &account).await?;
    let cause_of = |id: Uuid| {
        causes_of
            .get(&id)
            .copied()
            .unwrap_or(ChangeCause::Correction)
    };
    let causes = split_change(then.counted(), now.counted(), cause_of);
    let before = then.place(request.class, &account);
    let after = now.place(request.class, &account);
    let alone = then.rank_of(request.class, &account, after.score_thousandths);
    Ok(Why {
        movement: movement(before.rank, alone, after.rank),
        before,
        after,
        causes: causes
            .into_iter()
            .map(|one| CauseResource {
                cause: one.cause,
                points: decimal(one.points),
                points_thousandths: one.points,
                contributions: one.contributions,
            })
            .collect(),
        meta: WhyMeta {
            account,
            scope: ScopeResource::from(&now.target),
            period: request.period.into(),
            class: request.class,
            from: request.from,
            to: request.to,
            generated_at: api.now(),
        },
    })
}

fn movement(before: Option<u64>, alone: u64, after: Option<u64>) -> Movement {
    let gained = |from: u64, to: u64| from.cast_signed() - to.cast_signed();
    let both = before.zip(after);
    Movement {
        places: both.map(|(before, after)| gained(before, after)),
        by_own_score: both.map(|(before, _)| gained(before, alone)),
        by_others: both.map(|(_, after)| gained(alone, after)),
    }
}

/// Why each contribution that does not count alike does not.
async fn causes_of(
    then: &mut Moment,
    now: &mut Moment,
    from: DateTime<Utc>,
    account: &AccountReference,
) -> Result<HashMap<Uuid, ChangeCause>, Problem> {
    let differing: Vec<Uuid> = differing(&then.counting, &now.counting)
        .into_iter()
        .collect();
    let credited_then = credited_to(then.snapshot.connection(), &differing).await?;
    let credited_now = credited_to(now.snapshot.connection(), &differing).await?;
    let after: HashMap<Uuid, DateTime<Utc>> = now
        .counting
        .iter()
        .map(|one| (one.id, one.occurred_at))
        .collect();
    let mut one_person: HashMap<AccountReference, bool> = HashMap::new();
    let mut causes = HashMap::with_capacity(differing.len());
    for id in differing {
        let others = [credited_then.get(&id), credited_now.get(&id)];
        let other = others
            .into_iter()
            .flatten()
            .flatten()
            .find(|who| *who != account);
        let cause = match (credited_then.contains_key(&id), after.get(&id), other) {
            (false, Some(at), _) if *at >= from => ChangeCause::Activity,
            (false, Some(_), _) => ChangeCause::Backfill,
            (_, _, Some(other)) => {
                let known = one_person.get(other).copied();
                let is_one = match known {
                    Some(is_one) => is_one,
                    None => are_one_person(then, now, account, other).await?,
                };
                one_person.insert(other.clone(), is_one);
                if is_one {
                    ChangeCause::Identity
                } else {
                    ChangeCause::Correction
                }
            }
            _ => ChangeCause::Correction,
        };
        causes.insert(id, cause);
    }
    Ok(causes)
}

/// Whether two accounts were, or are, one person by decision.
async fn are_one_person(
    then: &mut Moment,
    now: &mut Moment,
    one: &AccountReference,
    other: &AccountReference,
) -> Result<bool, Problem> {
    for snapshot in [&mut then.snapshot, &mut now.snapshot] {
        let connection = snapshot.connection();
        let of_one = canonical_account(connection, one.clone()).await?;
        let of_other = canonical_account(connection, other.clone()).await?;
        if of_one == of_other {
            return Ok(true);
        }
    }
    Ok(false)
}
