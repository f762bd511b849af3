//! How the work done for each company is spread over the period: as that of
//! contributors, by whom they worked for on each day.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use domain::{AccountClass, AccountReference, CompanyKey, CompanyStanding};

use super::trend::{Trends, bars, kinds_of, spans_of};
use crate::affiliations::{KnownAffiliations, known_affiliations};
use crate::api::Api;
use crate::problem::Problem;
use crate::queries::accounts::accounts_of;
use crate::queries::daily::{DaySpans, counts_by_span};
use crate::queries::snapshot::Snapshot;
use crate::resources::leaderboard::{BoardRequest, CompanyLeaderboard};
use crate::target::find_target;

/// Reads and draws what was done for a page's companies in its period; of all time, in
/// the last year there is data of.
pub(super) async fn load_company_trends(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &BoardRequest<CompanyStanding>,
    board: &CompanyLeaderboard,
    newest: NaiveDate,
) -> Result<Option<Trends>, Problem> {
    let Some(spans) = spans_of(request.period, newest) else {
        return Ok(None);
    };
    let shown = board.leaderboard.iter();
    let shown: HashSet<CompanyKey> = shown.map(|entry| CompanyKey::of(&entry.company)).collect();
    let known = known_affiliations(api, snapshot).await?;
    let people = people_of(&known, &shown);
    let accounts = accounts_of(snapshot.connection(), &people).await?;
    let is_shown = |account: &String| {
        let class = accounts.get(account).map(|account| account.class);
        let class = class.unwrap_or(AccountClass::Human);
        request.class.classes().contains(&class)
    };
    let people: Vec<String> = people.into_iter().filter(is_shown).collect();
    let target = find_target(snapshot, &request.scope).await?;
    let kinds = kinds_of(request.metric, &board.meta.policy);
    // Whom somebody worked for may change on any day.
    let days = DaySpans { length: 1, ..spans };
    let (connection, repositories) = (snapshot.connection(), target.repositories());
    let counts = counts_by_span(connection, repositories, &people, &kinds, days).await?;
    let mut values: HashMap<String, Vec<i64>> = HashMap::new();
    for (account, day, quantity) in counts {
        let Some(company) = company_on(&known, account, spans.first, day) else {
            continue;
        };
        let place = usize::try_from(day / spans.length).ok();
        if !shown.contains(&company) {
            continue;
        }
        let of_company = values.entry(company.as_str().to_owned());
        let of_company = of_company.or_insert_with(|| vec![0; bars(spans)]);
        if let Some(value) = place.and_then(|place| of_company.get_mut(place)) {
            *value += quantity;
        }
    }
    Ok(Trends::drawn(request.period, spans, values))
}

/// Everybody who ever worked for one of some companies.
fn people_of(known: &KnownAffiliations, companies: &HashSet<CompanyKey>) -> Vec<String> {
    let all = known.affiliations.iter();
    let people = all.filter(|(_, of)| {
        let mut of = of.iter();
        of.any(|affiliation| companies.contains(&CompanyKey::of(&affiliation.company)))
    });
    people.map(|(account, _)| account.to_string()).collect()
}

/// The company that somebody worked for so many days after a first one.
fn company_on(
    known: &KnownAffiliations,
    account: String,
    first: NaiveDate,
    days: i32,
) -> Option<CompanyKey> {
    let day = first.checked_add_days(Days::new(u64::try_from(days).ok()?))?;
    let account = AccountReference::from_stored(account);
    let company = known.affiliations.company(&account, day)?;
    Some(CompanyKey::of(company))
}
