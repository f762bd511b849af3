//! Boards of companies, and of the people of one.
//!
//! Kept is what those did of whom an affiliation is known, each divided by
//! whom it was done for: mostly all of it for one, and then nothing needs to
//! be read that the board of contributors has not read. When the data changes,
//! those are divided anew whose places changed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use domain::{
    AccountReference, ClassFilter, CompanyKey, CompanyStanding, ContributionKind, Employment,
    Metric, Period, Policy, rank_companies,
};
use moka::future::Cache;
use moka::ops::compute::Op;

use super::divided::{Dividing, Parts};
use super::tally::Member;
use super::work::Work;
use super::{
    Board, NotComputed, Tally, TallyKey, current_tally, is_computed, kept, tally_key, weight,
};
use crate::affiliations::{KnownAffiliations, known_affiliations};
use crate::api::{Api, KEPT_IDLE};
use crate::problem::Problem;
use crate::queries::board::{members_of, totals};
use crate::queries::changes::{Position, changed_since, last_change};
use crate::queries::daily::{Wanted, active_days, each_count_of};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;
use crate::version::DataVersion;

pub(crate) type CompanyTallies = Cache<TallyKey, Arc<CompanyTally>>;

pub(crate) fn company_tallies_cache(max_bytes: u64) -> CompanyTallies {
    Cache::builder()
        .max_capacity(max_bytes)
        .weigher(|_, tally: &Arc<CompanyTally>| weight(tally.divided.len(), 260))
        .time_to_idle(KEPT_IDLE)
        .build()
}

/// What those did in a scope and a period of whom an affiliation is known, in
/// one version of the data.
#[derive(Debug)]
pub(crate) struct CompanyTally {
    version: DataVersion,
    policy: u32,
    decision: i64,
    position: Option<Position>,
    repositories: Option<Vec<String>>,
    divided: HashMap<AccountReference, Parts>,
    /// What everybody did; `None` where the board of contributors is stored.
    everybody: Option<Arc<Tally>>,
}

/// A whole board of companies in order.
#[derive(Debug)]
pub(crate) struct CompanyBoard {
    pub(crate) ranked: Vec<(u64, CompanyStanding)>,
    pub(crate) companies: HashMap<CompanyKey, Work>,
    /// What was done for no company that is known.
    pub(crate) unaffiliated: Work,
    /// What everybody on the board of contributors did.
    pub(crate) everybody: Work,
}

impl CompanyBoard {
    /// The rows that follow a place, wherever it would be by now.
    pub(crate) fn after(&self, place: Option<&CompanyStanding>) -> &[(u64, CompanyStanding)] {
        let start = place.map_or(0, |place| {
            self.ranked
                .partition_point(|(_, standing)| standing <= place)
        });
        &self.ranked[start..]
    }
}

/// The board of companies of a scope and a period at the moment of a snapshot.
pub(crate) async fn company_board(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
    metric: Metric,
    class: ClassFilter,
) -> Result<CompanyBoard, Problem> {
    let tally = company_tally(api, snapshot, target, period).await?;
    let everybody = match &tally.everybody {
        Some(everybody) => Work::of_members(&everybody.members, metric, class),
        None => Work::of_totals(&totals(snapshot.connection(), period, class).await?, metric),
    };
    Ok(CompanyBoard::of(&tally, everybody, metric, class))
}

impl CompanyBoard {
    /// Adds up what was done for each company; whatever is left of what
    /// everybody did was done for none.
    fn of(tally: &CompanyTally, everybody: Work, metric: Metric, class: ClassFilter) -> Self {
        let mut companies: HashMap<CompanyKey, Work> = HashMap::new();
        let mut unaffiliated = everybody.clone();
        for parts in tally.divided.values() {
            // All parts of an account are of its class.
            let shown = |(_, member): &&(_, Arc<Member>)| class.classes().contains(&member.class);
            let (mut value, mut alone) = (0, 0);
            for (company, member) in parts.iter().filter(shown) {
                value += member.value(metric);
                match company {
                    Some(company) => {
                        let work = companies.entry(company.clone()).or_default();
                        work.people += i64::from(member.value(metric) > 0);
                        work.add(member, 1);
                        unaffiliated.add(member, -1);
                    }
                    None => alone = member.value(metric),
                }
            }
            unaffiliated.people += i64::from(alone > 0) - i64::from(value > 0);
        }
        unaffiliated.counts.retain(|_, count| *count != 0);
        let standings = companies.iter().map(|(company, work)| CompanyStanding {
            company: company.clone(),
            value: work.value(metric),
            merged: work.value(Metric::Kind(ContributionKind::PullRequestMerged)),
            reviews: work.value(Metric::Kind(ContributionKind::PullRequestReviewed)),
        });
        Self {
            ranked: rank_companies(standings.collect()),
            companies,
            unaffiliated,
            everybody,
        }
    }
}

/// The board of one company's people: of each what was done for it.
pub(crate) async fn company_members(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
    metric: Metric,
    class: ClassFilter,
    company: &CompanyKey,
) -> Result<Board, Problem> {
    let tally = company_tally(api, snapshot, target, period).await?;
    let members = tally.divided.iter().filter_map(|(account, parts)| {
        let mut parts = parts.iter();
        let (_, member) = parts.find(|(of, _)| of.as_ref() == Some(company))?;
        Some((account.clone(), Arc::clone(member)))
    });
    let of_company = Tally {
        version: tally.version,
        policy: tally.policy,
        position: tally.position,
        repositories: tally.repositories.clone(),
        members: Arc::new(members.collect()),
        changed: None,
    };
    Ok(Board::order(Arc::new(of_company), metric, class))
}

/// The tally of the snapshot's moment. Requests for the same one at the same
/// time compute it once.
async fn company_tally(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
) -> Result<Arc<CompanyTally>, Problem> {
    let key = tally_key(snapshot.version(), target, period);
    let known = known_affiliations(api, snapshot).await?;
    let everybody = match is_computed(target, period) {
        true => Some(current_tally(api, snapshot, target, key.clone()).await?),
        false => None,
    };
    let entry = api.company_tallies().entry(key);
    let computed = entry.and_try_compute_with(|before| async move {
        let before = before.map(moka::Entry::into_value);
        let version = snapshot.version();
        if before
            .as_ref()
            .is_some_and(|tally| tally.version == version)
        {
            return Ok(Op::Nop);
        }
        let policy = snapshot.policy(target).clone();
        let wanted = Wanted {
            repositories: target.repositories(),
            period,
        };
        let computing = Computing {
            policy: &policy,
            wanted,
            known: &known,
            everybody: everybody.as_ref(),
        };
        let tally = computing.tally(snapshot, before.as_deref()).await?;
        Ok::<_, Problem>(Op::Put(Arc::new(tally)))
    });
    kept(computed.await?).ok_or_else(|| Problem::internal(&NotComputed))
}

/// What a tally is computed from.
struct Computing<'a> {
    policy: &'a Policy,
    wanted: Wanted<'a>,
    known: &'a KnownAffiliations,
    everybody: Option<&'a Arc<Tally>>,
}

impl Computing<'_> {
    /// The tally of the snapshot's moment, from one before where that can be.
    async fn tally(
        &self,
        snapshot: &mut Snapshot,
        before: Option<&CompanyTally>,
    ) -> Result<CompanyTally, sqlx::Error> {
        let followed = match before.filter(|before| self.goes_on_from(before)) {
            Some(before) => {
                let changed = changed_since(snapshot.connection(), before.position).await?;
                changed.map(|(position, changed)| (before, position, changed))
            }
            None => None,
        };
        let (position, divided) = match followed {
            Some((before, position, changed)) => {
                let changed: HashSet<String> = changed.into_iter().collect();
                let accounts = self.known.accounts();
                let accounts = accounts
                    .filter(|account| changed.contains(account.as_str()))
                    .cloned()
                    .collect();
                let mut divided = before.divided.clone();
                divided.retain(|account, _| !changed.contains(account.as_str()));
                divided.extend(self.divide(snapshot, accounts).await?);
                (position, divided)
            }
            None => {
                let position = last_change(snapshot.connection()).await?;
                let accounts = self.known.accounts().cloned().collect();
                (position, self.divide(snapshot, accounts).await?)
            }
        };
        Ok(CompanyTally {
            version: snapshot.version(),
            policy: self.policy.version,
            decision: self.known.decision,
            position,
            repositories: self.wanted.repositories.map(<[String]>::to_vec),
            divided,
            everybody: self.everybody.map(Arc::clone),
        })
    }

    /// Whether another tally differs only by what people did since.
    fn goes_on_from(&self, before: &CompanyTally) -> bool {
        before.repositories.as_deref() == self.wanted.repositories
            && before.policy == self.policy.version
            && before.decision == self.known.decision
    }

    /// What some accounts did, by whom it was done for.
    async fn divide(
        &self,
        snapshot: &mut Snapshot,
        accounts: Vec<AccountReference>,
    ) -> Result<HashMap<AccountReference, Parts>, sqlx::Error> {
        let affiliations = &self.known.affiliations;
        let whole = |company: Option<&str>, member| {
            let parts = [(company.map(CompanyKey::of), member)];
            Parts::from(parts)
        };
        let mut divided = HashMap::new();
        let mut dated = HashMap::new();
        for (account, member) in self.members(snapshot, accounts).await? {
            match affiliations.during(&account, self.wanted.period) {
                Employment::Steady(company) => {
                    divided.insert(account, whole(company, member));
                }
                Employment::Changing => {
                    dated.insert(account, member);
                }
            }
        }
        let days = self.days_of(snapshot, &dated).await?;
        let mut changing = Vec::new();
        for (account, member) in dated {
            // Whom somebody worked for before and after they did anything is no matter.
            let active = days.get(&account).copied();
            let employment = active.map(|days| affiliations.between(&account, Some(days)));
            match employment {
                Some(Employment::Steady(company)) => {
                    divided.insert(account, whole(company, member));
                }
                Some(Employment::Changing) | None => changing.push(account.to_string()),
            }
        }
        if !changing.is_empty() {
            let every_kind = ContributionKind::ALL.map(|kind| kind.to_string());
            let mut dividing = Dividing::new(self.policy, affiliations);
            let connection = snapshot.connection();
            each_count_of(connection, self.wanted, &every_kind, &changing, |count| {
                dividing.take(count);
            })
            .await?;
            divided.extend(dividing.finish());
        }
        Ok(divided)
    }

    /// The days of the period from the first on which some did anything to the
    /// first after the last.
    async fn days_of(
        &self,
        snapshot: &mut Snapshot,
        accounts: &HashMap<AccountReference, Arc<Member>>,
    ) -> Result<HashMap<AccountReference, (NaiveDate, NaiveDate)>, sqlx::Error> {
        if accounts.is_empty() {
            return Ok(HashMap::new());
        }
        let accounts: Vec<String> = accounts.keys().map(ToString::to_string).collect();
        let days = active_days(snapshot.connection(), self.wanted.period, &accounts).await?;
        let until = |(account, (first, last)): (AccountReference, (NaiveDate, NaiveDate))| {
            Some((account, (first, last.succ_opt()?)))
        };
        Ok(days.into_iter().filter_map(until).collect())
    }

    /// Those of some accounts who did anything, and what.
    async fn members(
        &self,
        snapshot: &mut Snapshot,
        accounts: Vec<AccountReference>,
    ) -> Result<Vec<(AccountReference, Arc<Member>)>, sqlx::Error> {
        if let Some(everybody) = self.everybody {
            let members = accounts.into_iter().filter_map(|account| {
                let member = Arc::clone(everybody.members.get(&account)?);
                Some((account, member))
            });
            return Ok(members.collect());
        }
        let accounts: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let members = members_of(snapshot.connection(), self.wanted.period, &accounts).await?;
        let members = members.into_iter().map(|(account, class, did)| {
            let member = Member::new(class, did.score, did.counts);
            (account, Arc::new(member))
        });
        Ok(members.collect())
    }
}
